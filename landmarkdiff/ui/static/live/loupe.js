/**
 * A loupe over the picture: the photo before and the simulation at one place, beside each other and
 * larger than the picture shows them. It is drawn by the picture itself, from the same photo.
 */

import { element } from "./elements.js";
import { clamp } from "./scene.js";

/** How many times larger than the picture. */
const FACTORS = [2, 3, 4, 6, 8];
/** Side of each half, as a share of the stage's width, and its bounds; CSS pixels. */
const SHARE = 0.4;
const LEAST = 96;
const MOST = 220;
const LEAST_TALL = 72;
/** Between the halves; from the place and the edges of the stage. */
const GAP = 2;
const ASIDE = 30;
const MARGIN = 6;

export class Loupe {
  #factor = 1;

  /** Which place of the photo it shows, photo pixels; null: it is closed. */
  place = null;

  /** @param {{t: function, number: function}} given As for the preview. */
  constructor({ t, number }) {
    this.t = t;
    this.number = number;
    this.tag = element("span", { class: "ld-live-lens-tag" }, t("live.before"));
    this.reading = element("span", { class: "ld-live-lens-text" });
    this.frame = element("div", { class: "ld-live-lens" }, this.tag, this.reading);
    this.mark = element("div", { class: "ld-live-lens-mark" });
    this.frame.hidden = this.mark.hidden = true;
  }

  get on() {
    return this.place !== null;
  }

  get factor() {
    return FACTORS[this.#factor];
  }

  /** Larger or smaller. @param {1|-1} step */
  change(step) {
    this.#factor = clamp(this.#factor + step, 0, FACTORS.length - 1);
  }

  /** Go to a place of the photo, no farther than its edges. */
  moveTo({ x, y }, { width, height }) {
    this.place = { x: clamp(x, 0, width - 1), y: clamp(y, 0, height - 1) };
  }

  close() {
    this.place = null;
  }

  /**
   * Where it lies on the stage and what it shows.
   * @param {Viewport} viewport
   * @param {object[]} panes Of the stage, CSS pixels.
   * @param {boolean} simulated Whether there is a simulation to be shown beside the photo.
   * @returns {?{panes: object[], froms: (?number)[], view: object, at: object}} null: it is closed.
   */
  scene(viewport, panes, simulated) {
    if (!this.on) return null;
    const { stage } = viewport;
    const { clientWidth: width, clientHeight: height } = stage;
    const side = Math.floor(clamp(SHARE * width, LEAST, Math.min(MOST, (width - 3 * MARGIN) / 2)));
    const whole = 2 * side + GAP;
    // In the pane where the place is seen; of two, the one of the simulation.
    const at = viewport.toStage(this.place, panes.at(-1));
    const left = clamp(at.x - whole / 2, MARGIN, Math.max(width - whole - MARGIN, MARGIN));
    // Above the place, or else where there is more room: it does not cover what it shows.
    const above = at.y - ASIDE - MARGIN;
    const below = height - at.y - ASIDE - MARGIN;
    const lies = above >= side || above >= below;
    const tall = Math.round(clamp(lies ? above : below, LEAST_TALL, side));
    const top = lies ? at.y - ASIDE - tall : at.y + ASIDE;
    const y = Math.round(clamp(top, MARGIN, Math.max(height - tall - MARGIN, MARGIN)));
    const half = { y, width: side, height: tall };
    const halves = [Math.round(left), Math.round(left) + side + GAP].map((x) => ({ ...half, x }));
    return {
      panes: halves,
      froms: [null, simulated ? halves[1].x : null],
      view: { ...this.place, scale: viewport.scale * this.factor },
      at,
    };
  }

  /** Words for the place: magnification and what happens there. */
  words(change) {
    const factor = this.number(this.factor, 0);
    if (change?.mm == null) return this.t("live.loupe_factor", { factor });
    return this.t("live.loupe_reading", { factor, mm: this.number(change.mm, 1) });
  }

  /** Lay frame and mark where the picture has drawn it. */
  update(scene, change) {
    const { frame, mark } = this;
    frame.hidden = mark.hidden = scene === null;
    if (!scene) return;
    const [{ x, y, width, height }] = scene.panes;
    frame.style.transform = `translate(${x}px, ${y}px)`;
    frame.style.width = `${2 * width + GAP}px`;
    frame.style.height = `${height}px`;
    const [across, down] = [width, height].map((each) => Math.max(each / this.factor, 8));
    mark.style.width = `${across}px`;
    mark.style.height = `${down}px`;
    mark.style.transform = `translate(${scene.at.x - across / 2}px, ${scene.at.y - down / 2}px)`;
    const words = this.words(change);
    if (this.reading.textContent !== words) this.reading.textContent = words;
  }
}
