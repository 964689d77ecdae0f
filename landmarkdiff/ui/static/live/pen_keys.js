/** The pen by keys: arrows move its tip, Enter puts it down and lifts it, Escape gives a stroke up. */

import { element } from "./elements.js";

/** How far a key moves the tip, CSS pixels; and with Shift. */
const STEP_PX = [3, 15];
/** Nearer to the edge than this the picture comes along, CSS pixels. */
const EDGE_PX = 24;

export class PenKeys {
  #place = null;
  #stroke = null;

  /**
   * @param {LivePreview} preview
   * @param {object} pen
   * @param {function(number[]): number[]} pen.within The nearest place of the photo.
   * @param {function(number[]): ?object} pen.begin Begins a stroke: `{add(place), end(dropped)}`;
   *   null where there is no room for one.
   */
  constructor(preview, pen) {
    this.preview = preview;
    this.pen = pen;
    this.tip = element("div", { class: "ld-live-pen-tip", "aria-hidden": "true" });
    this.tip.hidden = true;
  }

  /** The pen is put away: a stroke that was under way is given up. */
  putAway() {
    this.#stroke?.end(true);
    this.#stroke = this.#place = null;
    this.tip.hidden = true;
  }

  /** @returns {boolean} Whether the key was the pen's. */
  key({ target, key, shiftKey }, arrows) {
    const { stage } = this.preview;
    if (target !== stage) return false;
    if (arrows[key]) this.#move(arrows[key], STEP_PX[Number(shiftKey)]);
    else if (key === "Enter") this.#putDownOrLift();
    else if (key === "Escape" && this.#stroke) this.#giveUp();
    else return false;
    this.preview.frames.request();
    return true;
  }

  get place() {
    const { x, y } = this.preview.view;
    return this.#place ?? this.pen.within([x, y]);
  }

  #move([dx, dy], px) {
    const { view } = this.preview;
    const [x, y] = this.place;
    const far = px / view.scale;
    this.#place = this.pen.within([x + view.across * far * dx, y + far * dy]);
    this.#stroke?.add(this.#place);
    this.#bringAlong();
  }

  /** Keep the tip in sight. */
  #bringAlong() {
    const { view } = this.preview;
    const pane = view.panes().at(-1);
    const [px, py] = this.place;
    const { x, y } = view.toStage({ x: px, y: py }, pane);
    const over = (at, start, length) =>
      Math.min(0, at - start - EDGE_PX) + Math.max(0, at - start - length + EDGE_PX);
    const [dx, dy] = [over(x, pane.x, pane.width), over(y, pane.y, pane.height)];
    if (dx || dy) view.pan(-dx, -dy);
  }

  #putDownOrLift() {
    const { preview } = this;
    this.#place = this.place;
    if (this.#stroke) {
      const kept = this.#stroke.end(false);
      this.#stroke = null;
      preview.say(preview.t(kept ? "live.pen_lifted" : "live.pen_nothing"));
      return;
    }
    this.#stroke = this.pen.begin(this.#place);
    if (this.#stroke) preview.say(preview.t("live.pen_down"));
  }

  #giveUp() {
    this.#stroke.end(true);
    this.#stroke = null;
    this.preview.say(this.preview.t("live.pen_nothing"));
  }

  /** Lay the tip over the pane, once keys have moved it. */
  update(viewport, panes) {
    this.tip.hidden = this.#place === null;
    if (!this.#place) return;
    const [px, py] = this.#place;
    const { x, y } = viewport.toStage({ x: px, y: py }, panes.at(-1));
    this.tip.style.transform = `translate(${x}px, ${y}px)`;
    this.tip.classList.toggle("is-down", this.#stroke !== null);
  }
}
