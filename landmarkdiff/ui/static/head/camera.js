/**
 * From where the head is seen: turned about its own upright axis, then tilted, without perspective,
 * so that a millimetre is as long everywhere.
 *
 * Angles are those of a `Pose` of the program, in degrees: with a yaw above 0 the head is turned
 * toward the patient's left and the camera sees the right side; with a pitch above 0 the face is
 * tilted up. Places on the canvas are CSS pixels from its top-left corner.
 */

import { clamp } from "../live/scene.js";

/** The views of a consultation. From below as the base of the nose is photographed. */
export const VIEWS = {
  frontal: { yaw: 0, pitch: 0 },
  left_three_quarter: { yaw: -45, pitch: 0 },
  right_three_quarter: { yaw: 45, pitch: 0 },
  left_profile: { yaw: -90, pitch: 0 },
  right_profile: { yaw: 90, pitch: 0 },
  below: { yaw: 0, pitch: 65 },
};
const MAX_PITCH = 85;
const MAX_ZOOM = 12;
const MIN_ZOOM = 0.5;
/** Room around the head, as a share of the canvas. */
const MARGIN = 0.06;
const GLIDE_MS = 240;

const RADIANS = Math.PI / 180;

/** The same direction, between -180 and 180 degrees. */
function wrapped(yaw) {
  return yaw - 360 * Math.round(yaw / 360);
}

export class Camera {
  #glide = null;

  /** @param {Float32Array} vertices (V, 3) Of the head, mm: its middle is turned about. */
  constructor(vertices) {
    const low = [Infinity, Infinity, Infinity];
    const high = [-Infinity, -Infinity, -Infinity];
    vertices.forEach((value, i) => {
      low[i % 3] = Math.min(low[i % 3], value);
      high[i % 3] = Math.max(high[i % 3], value);
    });
    this.middle = low.map((value, axis) => (value + high[axis]) / 2);
    const [width, height, depth] = low.map((value, axis) => high[axis] - value);
    this.size = { width: Math.max(width, depth), height };
    /** No place of the head is farther from its middle, mm. */
    this.reach = Math.hypot(width, height, depth) / 2 + 1;
    this.canvas = { width: 1, height: 1 };
    this.yaw = 0;
    this.pitch = 0;
    this.zoom = 1;
    /** Where the middle of the canvas looks, from the head's middle, mm to the right and up. */
    this.x = 0;
    this.y = 0;
  }

  setCanvas({ width, height }) {
    this.canvas = { width: Math.max(width, 1), height: Math.max(height, 1) };
  }

  /** CSS pixels to a millimetre. */
  get scale() {
    const { width, height } = this.canvas;
    const room = 1 - 2 * MARGIN;
    return this.zoom * room * Math.min(width / this.size.width, height / this.size.height);
  }

  /** Rows of the rotation from the face frame to the camera: right, up, toward the viewer. */
  get axes() {
    const [sy, cy] = [Math.sin(this.yaw * RADIANS), Math.cos(this.yaw * RADIANS)];
    const [sp, cp] = [Math.sin(this.pitch * RADIANS), Math.cos(this.pitch * RADIANS)];
    return [
      [cy, 0, sy],
      [-sp * sy, cp, sp * cy],
      [-cp * sy, -sp, cp * cy],
    ];
  }

  /** The matrix from mm in the face frame to clip space, by columns. */
  get matrix() {
    const { axes, middle, scale, reach, canvas } = this;
    const factors = [(2 * scale) / canvas.width, (2 * scale) / canvas.height, -1 / reach];
    const shifts = [-this.x, -this.y, 0];
    const matrix = new Float32Array(16);
    axes.forEach((axis, row) => {
      axis.forEach((each, column) => (matrix[4 * column + row] = each * factors[row]));
      const from = axis.reduce((sum, each, k) => sum - each * middle[k], shifts[row]);
      matrix[12 + row] = from * factors[row];
    });
    matrix[15] = 1;
    return matrix;
  }

  /** Where a place of the head lies on the canvas, CSS pixels, and how far toward the viewer, mm. */
  project(place) {
    const away = place.map((each, k) => each - this.middle[k]);
    const [right, up, depth] = this.axes.map((axis) =>
      axis.reduce((sum, each, k) => sum + each * away[k], 0),
    );
    return {
      x: this.canvas.width / 2 + (right - this.x) * this.scale,
      y: this.canvas.height / 2 - (up - this.y) * this.scale,
      depth,
    };
  }

  // -- moving ------------------------------------------------------------------------------

  get state() {
    const { yaw, pitch, zoom, x, y } = this;
    return { yaw, pitch, zoom, x, y };
  }

  take({ yaw = this.yaw, pitch = this.pitch, zoom = this.zoom, x = this.x, y = this.y }) {
    this.yaw = wrapped(yaw);
    this.pitch = clamp(pitch, -MAX_PITCH, MAX_PITCH);
    this.zoom = clamp(zoom, MIN_ZOOM, MAX_ZOOM);
    this.x = clamp(x, -this.reach, this.reach);
    this.y = clamp(y, -this.reach, this.reach);
  }

  /** Turn the head by degrees. */
  turn(yaw, pitch) {
    this.stop();
    this.take({ yaw: this.yaw + yaw, pitch: this.pitch + pitch });
  }

  /** Move the head on the canvas, CSS pixels. */
  pan(dx, dy) {
    this.stop();
    this.take({ x: this.x - dx / this.scale, y: this.y + dy / this.scale });
  }

  /** Make the head larger around a place of the canvas, its middle by default. */
  zoomBy(factor, place = { x: this.canvas.width / 2, y: this.canvas.height / 2 }) {
    this.stop();
    const before = this.scale;
    this.take({ zoom: this.zoom * factor });
    const part = 1 / before - 1 / this.scale;
    const [dx, dy] = [place.x - this.canvas.width / 2, place.y - this.canvas.height / 2];
    this.take({ x: this.x + dx * part, y: this.y - dy * part });
  }

  /** Go to a view in a few frames, by `step`; at once where motion is not wanted. */
  go(view, now) {
    const to = { ...this.state, ...view };
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.stop();
      this.take(to);
      return;
    }
    // The shorter way around.
    to.yaw = this.yaw + wrapped(to.yaw - this.yaw);
    this.#glide = { from: this.state, to, started: now };
  }

  stop() {
    this.#glide = null;
  }

  /** Go on with the way; returns whether more is to come. */
  step(now) {
    if (!this.#glide) return false;
    const { from, to, started } = this.#glide;
    const part = clamp((now - started) / GLIDE_MS, 0, 1);
    const way = 1 - (1 - part) ** 3;
    const mix = (name) => from[name] + (to[name] - from[name]) * way;
    if (part === 1) this.stop();
    this.take(
      part === 1
        ? to
        : {
            yaw: mix("yaw"),
            pitch: mix("pitch"),
            zoom: from.zoom * (to.zoom / from.zoom) ** way,
            x: mix("x"),
            y: mix("y"),
          },
    );
    return part < 1;
  }
}
