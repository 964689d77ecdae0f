/** A ruler over the picture that reads millimetres. */

import { element, shape } from "./elements.js";

export class Ruler {
  #ends = null;

  constructor({ t, number }) {
    this.t = t;
    this.number = number;
    this.line = shape(
      "g",
      { class: "ld-live-ruler-line" },
      shape("line", { class: "ld-live-ruler-edge" }),
      shape("line", { class: "ld-live-ruler-core" }),
    );
    this.endButtons = [1, 2].map((end) =>
      element("button", {
        class: "ld-live-ruler-end",
        type: "button",
        "aria-label": t("live.ruler_end", { number: end }),
      }),
    );
    this.text = element("output", { class: "ld-live-ruler-text" });
  }

  get shown() {
    return this.#ends !== null;
  }

  hide() {
    this.#ends = null;
  }

  /** Lay it across the middle of what a viewport shows. */
  show({ x, y, scale, pane }) {
    const half = (0.2 * pane.width) / scale;
    const height = y + (0.18 * pane.height) / scale;
    this.setEnds({ x: x - half, y: height }, { x: x + half, y: height });
  }

  /** @param {{x: number, y: number}} first Photo pixels. */
  setEnds(first, second) {
    this.#ends = [{ ...first }, { ...second }];
  }

  setEnd(number, place) {
    this.#ends[number] = { ...place };
  }

  /** Shift an end by photo pixels. */
  shiftEnd(number, dx, dy) {
    this.#ends[number].x += dx;
    this.#ends[number].y += dy;
  }

  /**
   * The two ends in photo pixels and their distance; null when hidden.
   * @param {?number} mmPerPx null: unknown, as the reading in mm is then.
   */
  reading(mmPerPx) {
    if (!this.#ends) return null;
    const [a, b] = this.#ends;
    const pixels = Math.hypot(b.x - a.x, b.y - a.y);
    return { ends: [{ ...a }, { ...b }], pixels, mm: mmPerPx ? pixels * mmPerPx : null };
  }

  /** Lay it over a pane. */
  update(viewport, pane, photo) {
    const { line, endButtons, text, shown } = this;
    line.style.display = shown ? "" : "none";
    text.hidden = !shown;
    for (const button of endButtons) button.hidden = !shown;
    if (!shown) return;
    const [a, b] = this.#ends.map((end) => viewport.toStage(end, pane));
    for (const each of line.children) {
      each.setAttribute("x1", a.x);
      each.setAttribute("y1", a.y);
      each.setAttribute("x2", b.x);
      each.setAttribute("y2", b.y);
    }
    [a, b].forEach((place, k) => {
      endButtons[k].style.transform = `translate(${place.x}px, ${place.y}px)`;
    });
    const { x, y } = besideLine(a, b);
    text.style.transform = `translate(${x}px, ${y}px) translate(-50%, -50%)`;
    const words = this.#words(photo);
    if (text.textContent !== words) text.textContent = words;
  }

  #words({ mmPerPx, relativeUncertainty }) {
    const { mm } = this.reading(mmPerPx);
    if (mm === null) return "";
    if (!relativeUncertainty) return this.t("live.scale_bar", { mm: this.number(mm, 1) });
    const error = this.number(mm * relativeUncertainty, 1);
    return this.t("live.ruler_reading", { mm: this.number(mm, 1), error });
  }
}

/** Beside a line, on its upper side, so that neither end is covered. */
function besideLine(a, b) {
  const length = Math.max(Math.hypot(b.x - a.x, b.y - a.y), 1);
  const turn = b.x >= a.x ? 1 : -1;
  const away = 22 + 26 * Math.abs((b.y - a.y) / length);
  return {
    x: (a.x + b.x) / 2 + (turn * away * (b.y - a.y)) / length,
    y: (a.y + b.y) / 2 - (turn * away * (b.x - a.x)) / length,
  };
}
