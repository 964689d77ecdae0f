/**
 * The canvas: as fine as there is time for, drawn by WebGL 2 where the browser has it, and the
 * viewport's scene in its own pixels.
 */

import { CanvasPicture } from "./canvas_picture.js";
import { element } from "./elements.js";
import { WebglPicture } from "./webgl_picture.js";

/** Pixels drawn at most while something moves and the processor draws; and at rest. */
const MOVING_PIXELS = 1.3e6;
const RESTING_PIXELS = 8e6;
/** How long a picture takes to go over into another, ms. */
const GO_OVER_MS = 250;

/**
 * Make a canvas as fine as the screen, as far as there is time for.
 * @param {HTMLElement} stage What the canvas fills.
 * @param {number} limit Pixels that it may have.
 * @param {number} fineness Its pixels to one of the screen, each way, where the limit allows.
 * @returns {number} Its pixels to a CSS pixel.
 */
export function fitCanvas(canvas, stage, limit, fineness = 1) {
  const { clientWidth, clientHeight } = stage;
  const area = Math.max(clientWidth * clientHeight, 1);
  const ratio = Math.min((window.devicePixelRatio || 1) * fineness, Math.sqrt(limit / area));
  const width = Math.max(1, Math.round(clientWidth * ratio));
  const height = Math.max(1, Math.round(clientHeight * ratio));
  const same = canvas.width === width && canvas.height === height;
  if (!same) Object.assign(canvas, { width, height });
  return ratio;
}

export class Display {
  #background = null;

  /** Frames drawn so far. */
  frames = 0;

  /** @param {HTMLElement} stage What the canvas fills. */
  constructor(stage, label) {
    this.stage = stage;
    const fresh = () =>
      element("canvas", { class: "ld-live-canvas", role: "img", "aria-label": label });
    this.canvas = fresh();
    this.picture = WebglPicture.on(this.canvas);
    /** Whether the browser draws the warp itself. */
    this.webgl = this.picture !== null;
    if (!this.webgl) {
      // A canvas that was asked for one kind of context gives no other.
      this.canvas = fresh();
      this.picture = new CanvasPicture(this.canvas);
    }
  }

  /**
   * Draw what a viewport shows.
   * @param {object} frame
   * @param {Viewport} frame.viewport
   * @param {{x: number, y: number, width: number, height: number}[]} frame.panes CSS pixels.
   * @param {(?number)[]} frame.froms From which CSS x on each pane shows the simulation, or null.
   * @param {number} frame.opacity Of the simulation, 0 to 1.
   * @param {?number} frame.line CSS x of the divider.
   * @param {boolean} frame.moving
   * @param {?ColourMap} frame.map What the simulation is drawn in the colours of.
   * @param {?object} frame.loupe Panes, `froms`, and their view, as `Loupe.scene` gives them.
   * @returns {boolean} Whether it could be drawn: a context that was lost comes back later.
   */
  draw({ viewport, panes, froms, opacity = 1, line, moving, map = null, loupe = null }) {
    if (this.picture.lost) return false;
    const limit = moving && this.picture.software ? MOVING_PIXELS : RESTING_PIXELS;
    const ratio = fitCanvas(this.canvas, this.stage, limit);
    if (!moving || !this.#background) this.#background = backgroundOf(this.stage);
    const paned = (areas, starts, view) =>
      areas.map((area, number) => this.#pane(area, starts[number], view, ratio, viewport));
    this.picture.draw({
      panes: paned(panes, froms, viewport),
      opacity,
      map,
      loupe: loupe && {
        panes: paned(loupe.panes, loupe.froms, loupe.view),
        scale: loupe.view.scale * ratio,
      },
      scale: viewport.scale * ratio,
      line: line === null ? null : line * ratio,
      background: this.#background,
      pixelRatio: ratio,
      moving,
    });
    this.frames++;
    return true;
  }

  /** Let the picture that has just been drawn go over into the next one. */
  goOver() {
    const { width, height } = this.canvas;
    const last = element("canvas", { class: "ld-live-canvas", "aria-hidden": "true", width, height });
    last.getContext("2d").drawImage(this.canvas, 0, 0);
    this.canvas.after(last);
    last.animate([{ opacity: 1 }, { opacity: 0 }], GO_OVER_MS).onfinish = () => last.remove();
  }

  /** @returns {Pane} */
  #pane({ x: left, y: top, width, height }, from, { x, y, scale }, ratio, { mirrored, photo }) {
    const along = (from, to, most) => [Math.round(from * ratio), Math.min(Math.round(to * ratio), most)];
    const [start, end] = along(left, left + width, this.canvas.width);
    const [first, last] = along(top, top + height, this.canvas.height);
    // Of what is seen: in a mirror the photo is counted from its right edge.
    const seen = mirrored ? photo.width - 1 - x : x;
    return {
      area: { x: start, y: first, width: end - start, height: last - first },
      offsetX: (left + width / 2 - (seen + 0.5) * scale) * ratio,
      offsetY: (top + height / 2 - (y + 0.5) * scale) * ratio,
      mirrored,
      from: from === null ? null : from * ratio,
    };
  }
}

/** Red, green and blue of the ground around what is shown, 0 to 1. */
export function backgroundOf(stage) {
  const parts = getComputedStyle(stage).backgroundColor.match(/[\d.]+/g);
  return parts ? parts.slice(0, 3).map((each) => Number(each) / 255) : [0.9, 0.9, 0.9];
}
