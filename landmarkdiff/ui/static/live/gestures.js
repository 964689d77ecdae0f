/** What pointers and the wheel do to the picture: pan, zoom, divider, annotations, landmarks, hold. */

import { listenToHold } from "./hold.js";
import { clamp } from "./scene.js";

/** How near a pointer grips the divider's line, CSS pixels. */
const LINE_REACH = 22;
/** Zoom of the wheel, per CSS pixel that it turns; with Ctrl, as a touch pad pinches, more. */
const WHEEL_ZOOM = 0.0016;
const PINCH_ZOOM = 0.01;
const MAX_WHEEL = 240;
const LINE_PX = 16;

function distance(a, b) {
  return Math.max(Math.hypot(a.x - b.x, a.y - b.y), 1);
}

/**
 * @typedef {object} Gesture What the pointers that are down are doing.
 * @property {function(object, object, number): void} move To a place, from one, by this pointer.
 * @property {function(boolean): void} [end] `dropped`, or taken away by the browser.
 */

export class Gestures {
  /** Where each pointer that is down was last seen, CSS pixels of the stage. */
  #pointers = new Map();
  /** @type {?Gesture} */
  #gesture = null;
  #pan = { move: (place, before) => this.#panBy(place.x - before.x, place.y - before.y) };
  #pinch = { move: (place, before, pointer) => this.#pinchTo(place, before, pointer) };

  /**
   * @param {LivePreview} preview What is acted on.
   * @param {AbortSignal} signal Ends the listening.
   */
  constructor(preview, signal) {
    this.preview = preview;
    const { stage } = preview;
    const hear = (name, listener, options = {}) =>
      stage.addEventListener(name, listener, { signal, ...options });
    hear("pointerdown", (event) => this.#down(event));
    hear("pointermove", (event) => this.#move(event));
    hear("pointerup", (event) => this.#up(event));
    hear("pointercancel", (event) => this.#up(event));
    hear("dblclick", (event) => this.#doubleClick(event));
    hear("wheel", (event) => this.#wheel(event), { passive: false });
    const held = () => preview.comparison.held;
    listenToHold(preview.toolbar.hold, { hold: (on) => preview.holdBefore(on), held }, signal);
  }

  #place(event) {
    const box = this.preview.stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #down(event) {
    const { stage, photo, view, overlay } = this.preview;
    if (event.button !== 0 || !photo) return;
    const place = this.#place(event);
    this.#pointers.set(event.pointerId, place);
    stage.setPointerCapture(event.pointerId);
    view.stop();
    if (this.#pointers.size === 2) {
      overlay.landmarks.release();
      this.preview.brush.release();
      this.#gesture?.end?.(false);
      this.#gesture = this.#pinch;
      return;
    }
    this.#gesture =
      this.preview.annotating.gesture(event, place) ??
      this.preview.brush.gesture(event, place) ??
      this.#landmarkGesture(place) ??
      this.#loupeGesture(event, place) ??
      this.#dividerGesture(event, place) ??
      this.#pan;
    stage.classList.toggle("is-panning", this.#gesture === this.#pan && view.canPan);
  }

  #landmarkGesture(from) {
    const { view, overlay, frames } = this.preview;
    const { landmarks } = overlay;
    const place = view.toPhoto(from, view.panes()[0]);
    landmarks.look(place);
    frames.request();
    const index = landmarks.nearest(place, view.scale);
    if (index < 0) return null;
    landmarks.choose(index);
    const move = ({ x, y }) => {
      landmarks.drag((view.across * (x - from.x)) / view.scale, (y - from.y) / view.scale);
      frames.request();
    };
    const end = (dropped) => {
      if (dropped) landmarks.putDown();
      else landmarks.release();
      frames.request();
    };
    move(from);
    return { move, end };
  }

  /** A finger moves the loupe; a mouse does without being pressed. */
  #loupeGesture(event, from) {
    const { overlay, looking } = this.preview;
    if (!overlay.loupe.on || event.pointerType === "mouse") return null;
    if (overlay.handle.contains(event.target)) return null;
    const move = (place) => looking.moveLoupe(this.#toPhoto(place));
    move(from);
    return { move };
  }

  #toPhoto(place) {
    const { view } = this.preview;
    return view.toPhoto(place, view.paneAt(place));
  }

  #dividerGesture(event, { x }) {
    const { preview } = this;
    const { line } = preview.layout();
    if (line === null) return null;
    const gripped = this.#isNear(line, x) || preview.overlay.handle.contains(event.target);
    if (!gripped && !this.#dragsDivider(event)) return null;
    // Gripped beside the line, the line keeps its distance; elsewhere it comes.
    const aside = gripped ? line - x : 0;
    const move = (place) => {
      preview.frames.touch();
      preview.setDivider((place.x + aside) / preview.view.pane.width);
    };
    if (!gripped && event.pointerType === "mouse") move({ x });
    return { move };
  }

  #isNear(line, x) {
    return line !== null && Math.abs(x - line) <= LINE_REACH;
  }

  /** Away from the line a drag moves the divider where there is nothing to pan. */
  #dragsDivider(event) {
    const { view } = this.preview;
    return event.pointerType === "mouse" ? !view.canPan : view.atHome;
  }

  #move(event) {
    const place = this.#place(event);
    const before = this.#pointers.get(event.pointerId);
    if (before && this.#gesture) {
      this.#pointers.set(event.pointerId, place);
      this.#gesture.move(place, before, event.pointerId);
    } else if (event.pointerType === "mouse") {
      this.#hover(place);
    }
    const { overlay, looking } = this.preview;
    if (overlay.loupe.on && event.pointerType === "mouse") looking.moveLoupe(this.#toPhoto(place));
  }

  #panBy(dx, dy) {
    this.preview.frames.touch();
    this.preview.view.pan(dx, dy);
  }

  #pinchTo(place, before, pointer) {
    const other = [...this.#pointers].find(([id]) => id !== pointer)?.[1];
    if (!other) return;
    const { view, frames } = this.preview;
    const middle = { x: (place.x + other.x) / 2, y: (place.y + other.y) / 2 };
    const factor = distance(place, other) / distance(before, other);
    const next = view.zoomedAt(factor, middle, view.paneAt(other));
    next.x -= (view.across * (place.x - before.x)) / 2 / next.scale;
    next.y -= (place.y - before.y) / 2 / next.scale;
    frames.touch();
    view.move(next);
  }

  #hover(place) {
    const { overlay, brush, frames } = this.preview;
    brush.hover(this.#toPhoto(place));
    if (overlay.landmarks.on) {
      overlay.landmarks.look(this.#toPhoto(place));
      frames.request();
    }
    const { x } = place;
    const { stage, view } = this.preview;
    const near = this.#isNear(this.preview.layout().line, x);
    stage.classList.toggle("is-near-line", near);
    stage.classList.toggle("can-pan", view.canPan && !near);
  }

  #up(event) {
    if (!this.#pointers.delete(event.pointerId)) return;
    this.#gesture?.end?.(event.type === "pointerup");
    // After a pinch the finger that is left pans on.
    const pans = this.#pointers.size === 1 && this.#gesture === this.#pinch;
    this.#gesture = pans ? this.#pan : null;
    if (!this.#gesture) this.#pointers.clear();
    this.preview.stage.classList.remove("is-panning");
  }

  #doubleClick(event) {
    const { preview } = this;
    if (!preview.photo || event.target.closest("button")) return;
    if (preview.view.atHome) preview.glide(preview.view.zoomedAt(2, this.#place(event)));
    else preview.fit();
  }

  #wheel(event) {
    const { photo, view, frames } = this.preview;
    if (!photo) return;
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
    const turned = clamp(event.deltaY * lines, -MAX_WHEEL, MAX_WHEEL);
    const factor = Math.exp(-turned * (event.ctrlKey ? PINCH_ZOOM : WHEEL_ZOOM));
    // At its smallest the picture leaves the wheel to the page.
    if (factor < 1 && !view.canPan && !event.ctrlKey) return;
    event.preventDefault();
    frames.touch();
    view.move(view.zoomedAt(factor, this.#place(event)));
  }
}
