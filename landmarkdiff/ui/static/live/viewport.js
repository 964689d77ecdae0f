/**
 * Zoom and pan: which photo place lies in the middle of a pane, and how large a photo pixel is.
 *
 * There is one pane, or two side by side with the same framing. A view is `{scale, x, y}`: CSS
 * pixels to a photo pixel, and the photo place in the middle.
 */

import { clamp } from "./scene.js";

const MAX_SCALE = 12;
/** Room on each side of a framed face, as a share of its size. */
const FACE_MARGIN = 0.28;
/** Between two panes, CSS pixels. */
const PANE_GAP = 2;
const GLIDE_MS = 160;

export class Viewport {
  #glide = null;

  /**
   * @param {{clientWidth: number, clientHeight: number}} stage What the panes share, CSS pixels.
   * @param {function(): void} onMove The user, or a glide, has moved the view.
   */
  constructor(stage, onMove) {
    this.stage = stage;
    this.onMove = onMove;
    this.photo = { width: 1, height: 1 };
    this.pane = { width: 1, height: 1 };
    this.sideBySide = false;
    this.mirrored = false;
    this.maxScale = MAX_SCALE;
    this.box = null;
    this.wide = null;
    this.scale = 1;
    this.x = 0;
    this.y = 0;
  }

  /** Another photo: all of it is shown. @param {{width: number, height: number}} size Pixels. */
  setPhoto({ width, height }) {
    this.photo = { width, height };
    this.wide = null;
    this.#frame(null);
  }

  /**
   * Show a box of the photo now and as home: a face with room around; where a face is given as
   * `wide`, the box as it is, and the face as `whole`. With `stay` it is only home.
   */
  frameBox(box, wide = null, { stay = false } = {}) {
    this.wide = wide;
    if (stay) this.box = box;
    else this.#frame(box);
    this.onMove();
  }

  #frame(box) {
    this.box = box;
    this.stop();
    this.#measure();
    this.take(this.home());
  }

  setSideBySide(on) {
    this.#keepHome(() => {
      this.sideBySide = on;
    });
  }

  /** Photo pixels to the right for one to the right on the stage: -1 as in a mirror. */
  get across() {
    return this.mirrored ? -1 : 1;
  }

  resized() {
    this.#keepHome(() => {});
  }

  /** Measure the panes after a change; a view that was at home stays at home. */
  #keepHome(change) {
    const home = this.atHome;
    change();
    this.#measure();
    this.take(home ? this.home() : this);
  }

  #measure() {
    const [{ width, height }] = this.panes();
    this.pane = { width: Math.max(width, 1), height: Math.max(height, 1) };
  }

  /** The panes in CSS pixels of the stage. */
  panes() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (!this.sideBySide) return [{ x: 0, y: 0, width, height }];
    const half = (width - PANE_GAP) / 2;
    return [
      { x: 0, y: 0, width: half, height },
      { x: half + PANE_GAP, y: 0, width: half, height },
    ];
  }

  paneAt(place) {
    const panes = this.panes();
    return panes.findLast((pane) => place.x >= pane.x) ?? panes[0];
  }

  /** From photo pixels to CSS pixels of the stage, in a pane. */
  toStage({ x, y }, pane) {
    return {
      x: pane.x + pane.width / 2 + this.across * (x - this.x) * this.scale,
      y: pane.y + pane.height / 2 + (y - this.y) * this.scale,
    };
  }

  toPhoto({ x, y }, pane) {
    return {
      x: this.x + (this.across * (x - pane.x - pane.width / 2)) / this.scale,
      y: this.y + (y - pane.y - pane.height / 2) / this.scale,
    };
  }

  get least() {
    return Math.min(this.pane.width / this.photo.width, this.pane.height / this.photo.height);
  }

  get most() {
    return Math.max(this.maxScale, 4 * this.least);
  }

  get canPan() {
    return this.scale > this.least * 1.001;
  }

  /** The view of the framed box, or of the whole photo. */
  home() {
    return this.#viewOf(this.box, this.wide ? 0 : FACE_MARGIN);
  }

  /** The view of the whole face, where something in it is framed; else of the whole photo. */
  whole() {
    return this.#viewOf(this.wide, FACE_MARGIN);
  }

  #viewOf(box, margin) {
    const { photo, pane } = this;
    if (!box) return this.held({ scale: this.least, x: photo.width / 2, y: photo.height / 2 });
    const grown = 1 + 2 * margin;
    const scale = Math.min(pane.width / (box.width * grown), pane.height / (box.height * grown));
    return this.held({ scale, x: box.x + box.width / 2, y: box.y + box.height / 2 });
  }

  get atHome() {
    const home = this.home();
    const near = 0.5 / this.scale;
    return (
      Math.abs(home.scale / this.scale - 1) < 1e-3 &&
      Math.abs(home.x - this.x) < near &&
      Math.abs(home.y - this.y) < near
    );
  }

  /** The nearest view that shows no more beside the photo than it must. */
  held({ scale, x, y }) {
    const { photo, pane } = this;
    const kept = clamp(scale, this.least, this.most);
    const along = (place, length, shown) =>
      shown >= length
        ? (length - 1) / 2
        : clamp(place, shown / 2 - 0.5, length - 0.5 - shown / 2);
    return {
      scale: kept,
      x: along(x, photo.width, pane.width / kept),
      y: along(y, photo.height, pane.height / kept),
    };
  }

  /** Take a view as far as it is allowed; returns whether it is another one. */
  take(view) {
    const held = this.held(view);
    const changed = held.scale !== this.scale || held.x !== this.x || held.y !== this.y;
    Object.assign(this, held);
    return changed;
  }

  /** Go to a view at once, as a drag or a wheel does. */
  move(view) {
    this.stop();
    if (this.take(view)) this.onMove();
  }

  /** Move the photo by CSS pixels. */
  pan(dx, dy) {
    const { scale } = this;
    this.move({ scale, x: this.x - (this.across * dx) / scale, y: this.y - dy / scale });
  }

  /** The view that is `factor` as large around a place (dx, dy) from the pane's middle. */
  zoomed(factor, dx = 0, dy = 0, from = this) {
    const scale = clamp(from.scale * factor, this.least, this.most);
    const part = 1 / from.scale - 1 / scale;
    return { scale, x: from.x + this.across * dx * part, y: from.y + dy * part };
  }

  /** The view `factor` as large around a place of the stage. */
  zoomedAt(factor, place, pane = this.paneAt(place)) {
    return this.zoomed(factor, place.x - pane.x - pane.width / 2, place.y - pane.height / 2);
  }

  // -- gliding -----------------------------------------------------------------------------

  /** Where a glide is going, or the view itself: quick presses add up. */
  get goal() {
    return this.#glide?.to ?? this;
  }

  /** Go to a view in a few frames, by `step`. */
  glide(view, now) {
    const { scale, x, y } = this;
    this.#glide = { from: { scale, x, y }, to: this.held(view), started: now };
  }

  /** Stay where the glide has come to. */
  stop() {
    this.#glide = null;
  }

  /** Go on with the glide; returns whether more is to come. */
  step(now) {
    if (!this.#glide) return false;
    const { from, to, started } = this.#glide;
    const part = clamp((now - started) / GLIDE_MS, 0, 1);
    if (part === 1) this.#glide = null;
    if (this.take(part === 1 ? to : between(from, to, 1 - (1 - part) ** 3))) this.onMove();
    return part < 1;
  }
}

/** The view on the way from one to another. */
function between(from, to, way) {
  if (to.scale === from.scale) {
    const mix = (a, b) => a + (b - a) * way;
    return { scale: from.scale, x: mix(from.x, to.x), y: mix(from.y, to.y) };
  }
  const scale = from.scale * (to.scale / from.scale) ** way;
  // The places move with the scale, so that the point that is zoomed at stays where it is.
  const part = (1 / from.scale - 1 / scale) / (1 / from.scale - 1 / to.scale);
  return { scale, x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}
