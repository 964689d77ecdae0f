/** What lies over the canvas: the divider's handle, the tag "before", the scale bar, and tools. */

import { element, icon, shape } from "./elements.js";
import { Landmarks } from "./landmarks.js";
import { Ruler } from "./ruler.js";
import { clamp } from "./scene.js";

/** Lengths that the scale bar may have, mm. */
const BAR_LENGTHS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200];
const MAX_BAR_PX = 104;
/** The handle stays this far from the edges, where a finger reaches it; CSS pixels. */
const HANDLE_MARGIN = 20;

export class Overlay {
  /**
   * @param {HTMLElement} stage It is filled.
   * @param {object} given As for `Landmarks`, and `number` for millimetres.
   */
  constructor(stage, given) {
    const { t, number } = given;
    this.t = t;
    this.number = number;
    this.ruler = new Ruler(given);
    this.landmarks = new Landmarks(given);
    const { ruler, landmarks } = this;
    this.drawing = shape(
      "svg",
      { class: "ld-live-overlay", "aria-hidden": "true" },
      landmarks.dots,
      landmarks.labels,
      landmarks.track,
      landmarks.ring,
      ruler.line,
    );
    this.tag = element("span", { class: "ld-live-tag" }, t("live.before"));
    this.handle = element(
      "button",
      {
        class: "ld-live-handle",
        type: "button",
        role: "slider",
        "aria-label": t("live.divider"),
        "aria-valuemin": "0",
        "aria-valuemax": "100",
        "aria-orientation": "horizontal",
      },
      icon("M9.5 7.5 5 12l4.5 4.5M14.5 7.5 19 12l-4.5 4.5"),
    );
    this.barText = element("span", { class: "ld-live-bar-text" });
    this.barLine = element("span", { class: "ld-live-bar-line" });
    this.bar = element("div", { class: "ld-live-bar" }, this.barText, this.barLine);
    stage.append(
      this.drawing,
      this.tag,
      this.handle,
      ...ruler.endButtons,
      ruler.text,
      this.bar,
      landmarks.button,
    );
  }

  /**
   * Bring everything to where the picture is.
   * @param {object} frame
   * @param {Viewport} frame.viewport
   * @param {object[]} frame.panes CSS pixels.
   * @param {(?number)[]} frame.froms Where the simulation begins in each pane.
   * @param {?number} frame.line Where the divider is.
   * @param {number} frame.divider The same, 0 to 1.
   * @param {?Photo} frame.photo With `mmPerPx` and `relativeUncertainty`.
   */
  update({ viewport, panes, froms, line, divider, photo }) {
    this.#updateHandle(line, divider, viewport.pane.width);
    const tagged = froms[0] === null || froms[0] > this.tag.offsetWidth + 24;
    this.tag.hidden = !photo || !tagged;
    this.#updateBar(viewport.scale, photo?.mmPerPx);
    // A drawing of the stage's size costs time even when nothing is on it.
    const drawn = this.ruler.shown || this.landmarks.on;
    this.drawing.style.display = drawn ? "" : "none";
    this.ruler.update(viewport, panes[panes.length - 1], photo);
    this.landmarks.update(viewport, panes[0]);
  }

  #updateHandle(line, divider, width) {
    const { handle } = this;
    handle.hidden = line === null;
    if (line === null) return;
    const x = clamp(line, HANDLE_MARGIN, Math.max(width - HANDLE_MARGIN, HANDLE_MARGIN));
    handle.style.transform = `translateX(${x}px)`;
    const before = Math.round(100 * divider);
    const text = this.t("live.divider_value", { before, after: 100 - before });
    handle.setAttribute("aria-valuenow", String(before));
    handle.setAttribute("aria-valuetext", text);
  }

  #updateBar(scale, mmPerPx) {
    this.bar.hidden = !mmPerPx;
    if (!mmPerPx) return;
    const pxPerMm = scale / mmPerPx;
    const mm = BAR_LENGTHS.findLast((each) => each * pxPerMm <= MAX_BAR_PX) ?? BAR_LENGTHS[0];
    this.barLine.style.width = `${mm * pxPerMm}px`;
    const text = this.t("live.scale_bar", { mm: this.number(mm, mm < 1 ? 1 : 0) });
    if (this.barText.textContent !== text) this.barText.textContent = text;
  }
}
