/** What lies over the canvas: the divider's handle, the tag "before", the scale bar, and tools. */

import { element, icon, shape } from "./elements.js";
import { Difference } from "./difference.js";
import { Landmarks } from "./landmarks.js";
import { Loupe } from "./loupe.js";
import { clamp } from "./scene.js";

/** Lengths that the scale bar may have, mm. */
const BAR_LENGTHS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200];
const MAX_BAR_PX = 104;
/** The handle stays this far from the edges, where a finger reaches it; CSS pixels. */
const HANDLE_MARGIN = 20;

/** Beside the line of the scale bar: its plate, its distance from the edge, half the handle. */
const BAR_ROOM = 54;

export class Overlay {
  #barWidth = 0;

  /**
   * @param {HTMLElement} stage It is filled.
   * @param {object} given As for `Landmarks`, and `number` for millimetres.
   */
  constructor(stage, given) {
    const { t, number } = given;
    this.t = t;
    this.number = number;
    this.landmarks = new Landmarks(given);
    this.difference = new Difference(given);
    this.loupe = new Loupe(given);
    const { landmarks, difference, loupe } = this;
    this.drawing = shape(
      "svg",
      { class: "ld-live-overlay", "aria-hidden": "true" },
      landmarks.dots,
      landmarks.labels,
      landmarks.track,
      landmarks.ring,
    );
    this.tag = element("span", { class: "ld-live-tag" }, t("live.before"));
    this.mirror = element("span", { class: "ld-live-mirrored" }, t("live.mirrored"));
    this.mirror.hidden = true;
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
      this.mirror,
      this.handle,
      this.bar,
      landmarks.button,
      difference.root,
      loupe.mark,
      loupe.frame,
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
   * @param {?ColourMap} frame.map
   * @param {?object} frame.loupe As `Loupe.scene` gives it; and what is read in it as `change`.
   * @param {?Photo} frame.photo With `mmPerPx`.
   */
  update({ viewport, panes, froms, line, divider, photo, map, loupe, change }) {
    this.#updateBar(viewport.scale, photo?.mmPerPx);
    this.#updateHandle(line, divider, viewport.pane.width);
    const tagged = froms[0] === null || froms[0] > this.tag.offsetWidth + 24;
    this.tag.hidden = !photo || !tagged;
    // A drawing of the stage's size costs time even when nothing is on it.
    this.drawing.style.display = this.landmarks.on ? "" : "none";
    this.landmarks.update(viewport, panes[0]);
    this.difference.update(map);
    this.loupe.update(loupe, change);
  }

  #updateHandle(line, divider, width) {
    const { handle } = this;
    handle.hidden = line === null;
    if (line === null) return;
    const x = clamp(line, HANDLE_MARGIN, Math.max(width - HANDLE_MARGIN, HANDLE_MARGIN));
    handle.style.transform = `translateX(${x}px)`;
    // Above the scale bar where the two would meet.
    const barEnd = this.bar.hidden ? 0 : this.#barWidth + BAR_ROOM;
    handle.classList.toggle("is-above", x < barEnd);
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
    this.#barWidth = mm * pxPerMm;
    this.barLine.style.width = `${this.#barWidth}px`;
    const text = this.t("live.scale_bar", { mm: this.number(mm, mm < 1 ? 1 : 0) });
    if (this.barText.textContent !== text) this.barText.textContent = text;
  }
}
