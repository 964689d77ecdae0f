/** What pointers and the wheel do to the head: turn, move, make larger, take a point along. */

import { clamp } from "../live/scene.js";

/** Degrees that the head turns for a CSS pixel. */
const TURN = 0.45;
/** Zoom of the wheel, per CSS pixel that it turns; with Ctrl, as a touch pad pinches, more. */
const WHEEL_ZOOM = 0.0016;
const PINCH_ZOOM = 0.01;
const MAX_WHEEL = 240;
const LINE_PX = 16;

export class Gestures {
  /** Where each pointer that is down was last seen, CSS pixels of the stage. */
  #pointers = new Map();
  /** @type {?function(object, object, number): void} What a move from one place to another does. */
  #move = null;

  /**
   * @param {HeadViewer} viewer What is acted on.
   * @param {AbortSignal} signal Ends the listening.
   */
  constructor(viewer, signal) {
    this.viewer = viewer;
    const hear = (name, listener, options = {}) =>
      viewer.stage.addEventListener(name, listener, { signal, ...options });
    hear("pointerdown", (event) => this.#down(event));
    hear("pointermove", (event) => this.#moved(event));
    hear("pointerup", (event) => this.#up(event));
    hear("pointercancel", (event) => this.#up(event));
    hear("dblclick", (event) => {
      if (!event.target.closest("button")) viewer.fit();
    });
    hear("wheel", (event) => this.#wheel(event), { passive: false });
    hear("contextmenu", (event) => event.preventDefault());
  }

  #place(event) {
    const box = this.viewer.stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #down(event) {
    if (event.button > 2) return;
    const { stage, camera, measures } = this.viewer;
    this.#pointers.set(event.pointerId, this.#place(event));
    stage.setPointerCapture(event.pointerId);
    camera.stop();
    const pin = measures.pins.findIndex((each) => each.contains(event.target));
    if (this.#pointers.size === 2) this.#move = (...given) => this.#pinch(...given);
    else if (pin >= 0) this.#move = (to) => this.viewer.movePoint(pin, to);
    else if (event.button > 0 || event.shiftKey) this.#move = (to, from) => this.#pan(to, from);
    else this.#move = (to, from) => this.#turn(to, from);
    stage.classList.toggle("is-panning", pin < 0);
  }

  #turn(to, from) {
    this.viewer.camera.turn((to.x - from.x) * TURN, (from.y - to.y) * TURN);
    this.viewer.cameraMoved();
  }

  #pan(to, from) {
    this.viewer.camera.pan(to.x - from.x, to.y - from.y);
    this.viewer.cameraMoved();
  }

  /** Two fingers make the head larger and move it. */
  #pinch(to, from, pointer) {
    const other = [...this.#pointers].find(([id]) => id !== pointer)?.[1];
    if (!other) return;
    const apart = (place) => Math.max(Math.hypot(place.x - other.x, place.y - other.y), 1);
    const middle = { x: (to.x + other.x) / 2, y: (to.y + other.y) / 2 };
    this.viewer.camera.pan((to.x - from.x) / 2, (to.y - from.y) / 2);
    this.viewer.camera.zoomBy(apart(to) / apart(from), middle);
    this.viewer.cameraMoved();
  }

  #moved(event) {
    const from = this.#pointers.get(event.pointerId);
    if (!from || !this.#move) return;
    const to = this.#place(event);
    this.#pointers.set(event.pointerId, to);
    this.#move(to, from, event.pointerId);
  }

  #up(event) {
    if (!this.#pointers.delete(event.pointerId)) return;
    // After a pinch the finger that is left turns on.
    const turns = this.#pointers.size === 1;
    this.#move = turns ? (to, from) => this.#turn(to, from) : null;
    if (!turns) this.viewer.stage.classList.remove("is-panning");
  }

  #wheel(event) {
    const { camera } = this.viewer;
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
    const turned = clamp(event.deltaY * lines, -MAX_WHEEL, MAX_WHEEL);
    const factor = Math.exp(-turned * (event.ctrlKey ? PINCH_ZOOM : WHEEL_ZOOM));
    // At its whole size the head leaves the wheel to the page.
    if (factor < 1 && camera.zoom <= 1 && !event.ctrlKey) return;
    event.preventDefault();
    camera.zoomBy(factor, this.#place(event));
    this.viewer.cameraMoved();
  }
}
