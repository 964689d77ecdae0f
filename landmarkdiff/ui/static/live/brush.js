/** The brush: pushes the skin of the simulation by pointer and by keys. */

import { element, shape } from "./elements.js";
import { Pushes } from "./pushes.js";

/** A push shorter than this is a tap, mm. */
const LEAST_MM = 0.1;
/** Millimetres have so many digits in a plan. */
const DIGITS = 1e3;
/** How far a key moves the brush, or pulls; and with Shift. CSS pixels. */
const KEY_PX = [2, 12];

const rounded = (values) => values.map((each) => Math.round(each * DIGITS) / DIGITS);

export class Brush {
  #pushes = null;
  /** What is known of this photo; null: nothing. @type {?PushParts} */
  parts = null;
  /** What a plan keeps, in its order. @type {Push[]} */
  #kept = [];
  #on = false;
  /** The push that is being drawn: where it was put down, and how far it was pulled, mm. */
  #drawn = null;
  /** Where the brush is, photo pixels; null: not over the picture. */
  #place = null;
  #modeBefore = null;

  /**
   * @param {LivePreview} preview
   * @param {function(number, number): string} number
   * @param {function(Push): void} onPush
   */
  constructor(preview, { number, onPush }) {
    this.preview = preview;
    this.number = number;
    this.onPush = onPush;
    this.radius = 15;
    this.symmetric = false;
    this.rings = [1, 2].map(() => shape("circle", { class: "ld-live-brush-ring" }));
    this.pulls = [1, 2].map(() => shape("line", { class: "ld-live-brush-pull" }));
    const drawing = { class: "ld-live-overlay ld-live-brush-drawing", "aria-hidden": "true" };
    this.drawing = shape("svg", drawing, ...this.rings, ...this.pulls);
    this.reading = element("output", { class: "ld-live-brush-text" });
    this.button = element("button", {
      class: "ld-live-brush",
      type: "button",
      "aria-label": preview.t("live.brush_area"),
    });
    preview.stage.append(this.drawing, this.reading, this.button);
    this.button.addEventListener("focus", () => {
      if (!this.#place) this.#moveTo(this.preview.view);
    });
    this.#hide();
  }

  // -- what is pushed ------------------------------------------------------------------------

  /** @param {?PushParts} parts Of this photo; null: none are known. */
  setParts(parts) {
    this.parts = parts;
    this.#pushes = parts && new Pushes(parts);
    this.#drawn = null;
    this.#show();
  }

  /** Carry out what the plan keeps. @param {Push[]} pushes */
  keep(pushes) {
    this.#kept = pushes;
    this.#drawn = null;
    this.#show();
  }

  /** What is kept, as it was given. */
  get kept() {
    return this.#kept;
  }

  /** Another photo: nothing is known of it. */
  forget() {
    this.#kept = [];
    this.#place = null;
    this.on = false;
    this.setParts(null);
  }

  #show() {
    this.#pushes?.keep(this.#kept);
    this.#redraw();
  }

  #redraw() {
    const { picture, frames } = this.preview;
    picture.setPushes(this.#pushes?.any ? this.#pushes : null);
    frames.request();
  }

  /** Bounds of the radius, mm; null before they are known. */
  get radii() {
    return this.#pushes?.facts.radii ?? null;
  }

  get on() {
    return this.#on;
  }

  /** Taken up, the whole simulation shows. */
  set on(on) {
    if (on === this.#on) return;
    const { preview } = this;
    this.#on = on;
    this.release();
    if (on) {
      this.#modeBefore = preview.mode;
      preview.setMode("after");
    } else {
      if (preview.mode === "after" && this.#modeBefore) preview.setMode(this.#modeBefore);
      this.#hide();
    }
    preview.stage.classList.toggle("has-brush", on);
    this.button.hidden = !on;
    preview.frames.request();
  }

  // -- drawing -------------------------------------------------------------------------------

  /** A gesture that pushes from a place of the stage; null where the brush is not taken up. */
  gesture(event, place) {
    const { preview } = this;
    const taken = this.#on && this.#pushes && !preview.overlay.handle.contains(event.target);
    if (!taken || this.#kept.length >= this.#pushes.facts.count) return null;
    const { view, frames } = preview;
    const pane = view.paneAt(place);
    this.#begin(view.toPhoto(place, pane));
    const move = (to) => {
      frames.touch();
      this.#pullTo(view.toPhoto(to, pane));
    };
    return { move, end: (dropped) => (dropped ? this.#end() : this.release()) };
  }

  /** Where a mouse goes over the picture. */
  hover(place) {
    if (!this.#on || this.#drawn) return;
    this.#moveTo(place);
  }

  #moveTo({ x, y }) {
    this.#place = { x, y };
    this.preview.frames.request();
  }

  #begin(place) {
    this.#place = place;
    this.#drawn = { from: place, push: this.#pushOf(place, 0, 0), limit: null };
    this.preview.frames.request();
  }

  #pushOf(from, dx, dy) {
    const pushes = this.#pushes;
    const vector = pushes.vectorOf(dx, dy);
    const length = Math.hypot(...vector);
    const most = pushes.most(this.radius);
    const share = length > most ? most / length : 1;
    return {
      start: rounded(pushes.startAt(from)),
      // Towards 0, so that what is rounded keeps its bound.
      vector: vector.map((each) => Math.trunc(each * share * DIGITS) / DIGITS),
      radius: this.radius,
      symmetric: this.symmetric,
    };
  }

  #pullTo({ x, y }) {
    const drawn = this.#drawn;
    if (!drawn) return;
    const pushes = this.#pushes;
    const [dx, dy] = [x - drawn.from.x, y - drawn.from.y];
    drawn.push = { ...this.#pushOf(drawn.from, dx, dy), start: drawn.push.start };
    const share = pushes.draw(drawn.push);
    const asked = Math.hypot(dx, dy) * pushes.facts.mm_per_px;
    const moved = pushes.movedMm(pushes.strokeOf(drawn.push));
    drawn.moved = moved;
    const longest = pushes.most(this.radius);
    if (share < 0.97 || moved < 0.9 * Math.min(asked, longest)) drawn.limit = "gives_way";
    else drawn.limit = asked > longest + 0.05 ? "most" : null;
    this.#place = { x, y };
    this.#redraw();
  }

  /** Let the push stand, if it is one. */
  #end() {
    const drawn = this.#drawn;
    this.#drawn = null;
    if (!drawn || Math.hypot(...drawn.push.vector) < LEAST_MM) {
      this.#show();
      return;
    }
    this.#kept = [...this.#kept, drawn.push];
    this.#show();
    this.preview.say(this.words(drawn));
    this.onPush(drawn.push);
  }

  /** Give up what is being drawn. */
  release() {
    if (!this.#drawn) return;
    this.#drawn = null;
    this.#pushes?.draw(null);
    this.#redraw();
  }

  /** What became of a push, in a sentence. */
  words({ limit, moved = 0 }) {
    const mm = this.number(moved, 1);
    return this.preview.t(`live.brush_${limit ?? "pushed"}`, { mm });
  }

  // -- keys ----------------------------------------------------------------------------------

  /** @returns {boolean} Whether the key was the brush's. */
  key({ target, key, shiftKey }, arrows) {
    if (target !== this.button || !this.#pushes) return false;
    const { view } = this.preview;
    const arrow = arrows[key];
    if (arrow) {
      const far = KEY_PX[Number(shiftKey)] / view.scale;
      const place = { x: this.#place.x + view.across * far * arrow[0], y: this.#place.y + far * arrow[1] };
      if (this.#drawn) this.#pullTo(place);
      else this.#moveTo(place);
    } else if (key === "Enter") {
      if (this.#drawn) this.#end();
      else if (this.#kept.length < this.#pushes.facts.count) this.#begin(this.#place);
    } else if (key === "Escape" && this.#drawn) {
      this.release();
    } else {
      return false;
    }
    return true;
  }

  // -- what lies over the picture ------------------------------------------------------------

  #hide() {
    this.drawing.style.display = "none";
    this.reading.hidden = true;
    this.button.hidden = !this.#on;
  }

  /** Lay the brush over a pane. */
  update(viewport, pane) {
    if (!this.#on || !this.#place || !this.#pushes) {
      this.#hide();
      return;
    }
    this.drawing.style.display = "";
    const { mm_per_px: mm } = this.#pushes.facts;
    const push = this.#drawn?.push ?? {
      ...this.#pushOf(this.#place, 0, 0),
      symmetric: this.symmetric,
    };
    const { starts, vectors } = this.#pushes.strokeOf(push);
    this.rings.forEach((ring, k) => {
      const shown = k < starts.length;
      for (const each of [ring, this.pulls[k]]) each.style.display = shown ? "" : "none";
      if (!shown) return;
      const [x, y] = starts[k];
      const from = viewport.toStage({ x, y }, pane);
      const to = viewport.toStage({ x: x + vectors[k][0], y: y + vectors[k][1] }, pane);
      set(ring, { cx: to.x, cy: to.y, r: (this.radius / mm) * viewport.scale });
      set(this.pulls[k], { x1: from.x, y1: from.y, x2: to.x, y2: to.y });
    });
    const at = viewport.toStage(this.#place, pane);
    this.button.style.transform = `translate(${at.x}px, ${at.y}px)`;
    const [x, y] = starts[0].map((each, k) => each + vectors[0][k]);
    this.#read(viewport.toStage({ x, y }, pane), viewport.scale);
  }

  /** Write beside the ring how far the skin has come, or what holds it. */
  #read({ x, y }, scale) {
    const drawn = this.#drawn;
    this.reading.hidden = !drawn;
    if (!drawn) return;
    const far = () => this.preview.t("live.scale_bar", { mm: this.number(drawn.moved ?? 0, 1) });
    const words = drawn.limit ? this.words(drawn) : far();
    if (this.reading.textContent !== words) this.reading.textContent = words;
    this.reading.classList.toggle("is-limit", drawn.limit !== null);
    const { mm_per_px: mm } = this.#pushes.facts;
    const above = y - (this.radius / mm) * scale - 22;
    const at = { x, y: above > 14 ? above : y + (this.radius / mm) * scale + 22 };
    const half = this.reading.offsetWidth / 2 + 6;
    const held = Math.min(Math.max(at.x, half), this.preview.stage.clientWidth - half);
    this.reading.style.transform = `translate(${held}px, ${at.y}px) translate(-50%, -50%)`;
  }
}

function set(drawn, attributes) {
  for (const [name, value] of Object.entries(attributes)) drawn.setAttribute(name, value);
}
