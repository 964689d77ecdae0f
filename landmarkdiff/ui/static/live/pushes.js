/**
 * Pushes by hand: the same numbers as `landmarkdiff/manipulation/pushes.py` works out.
 *
 * They come after the warp, one after another: the picture that has been drawn is looked at in
 * other places. What each asks of a place is worked out at the nodes of one grid over the face.
 */

import { PackedArrays, need } from "./packed_arrays.js";

const FORMAT = { kind: "LDPB", version: 1, what: "a brush" };
const MAX_NODES = 1 << 20;
/** Landmarks near a place whose depth it takes. */
const NEIGHBOURS = 4;

/**
 * @typedef {object} Push As a plan keeps it; millimetres in the face frame.
 * @property {number[]} start
 * @property {number[]} vector
 * @property {number} radius
 * @property {boolean} symmetric
 *
 * @typedef {object} PushParts
 * @property {object} facts
 * @property {Uint8Array} room (rows, columns) How far a push is let go, in steps of 1/255.
 * @property {Float32Array} points (n, 3) Landmarks, mm in the face frame.
 * @property {Uint8Array} visible (n) Whether the skin of a landmark faces the camera.
 */

/** @param {ArrayBuffer} buffer @returns {PushParts} @throws {ModelError} */
export function readPushes(buffer) {
  const arrays = new PackedArrays(buffer, FORMAT);
  const { header: facts } = arrays;
  const { step, rows, columns } = facts.grid ?? {};
  need([step, rows, columns].every((each) => Number.isInteger(each) && each > 0), "grid size");
  need(rows * columns <= MAX_NODES && rows > 1 && columns > 1, `${rows} x ${columns} nodes`);
  need(facts.mm_per_px > 0 && facts.origin?.length >= 2, "no scale or origin");
  need(facts.rotation?.length === 3, "no pose");
  const points = arrays.readFinite("points", null, 3);
  return {
    facts,
    room: arrays.read("room", "uint8", rows, columns),
    points,
    visible: arrays.read("visible", "uint8", points.length / 3),
  };
}

/** Wendland's C2 function: 1 at 0, 0 from 1 on. */
function kernel(distance) {
  if (distance >= 1) return 0;
  const inside = 1 - distance;
  return inside * inside * inside * inside * (4 * distance + 1);
}

/** The same push on the other side of the face. */
function mirrored({ start: [x, y, z], vector: [across, up, forward], ...rest }) {
  return { ...rest, start: [-x, y, z], vector: [-across, up, forward] };
}

export class Pushes {
  /** What the pushes that are kept ask for: (rows, columns, 2) pixels. */
  #kept;
  #keptBounds = null;

  /** @param {PushParts} parts */
  constructor({ facts, room, points, visible }) {
    Object.assign(this, { facts, room, points, visible });
    const { x, y, step, rows, columns } = facts.grid;
    this.grid = { rows, columns, step, originX: x + (step - 1) / 2, originY: y + (step - 1) / 2 };
    this.#kept = new Float32Array(2 * rows * columns);
    /** The same with the push that is being drawn; pixels to where each node looks. */
    this.displacement = new Float32Array(2 * rows * columns);
    /** Photo places that may look elsewhere: left, top, right, bottom; null: none. */
    this.bounds = null;
    /** Counts every change of the displacement. */
    this.generation = 0;
  }

  /** From millimetres of the face frame to the picture's: right, down and into it, pixels. */
  #project([x, y, z]) {
    const { rotation, mm_per_px: mm } = this.facts;
    const [right, up, near] = rotation.map((row) => row[0] * x + row[1] * y + row[2] * z);
    return [right / mm, -up / mm, -near / mm];
  }

  /** From millimetres right, up and towards the camera to the face frame. */
  #toFace(camera) {
    const { rotation } = this.facts;
    return [0, 1, 2].map((k) => rotation.reduce((sum, row, i) => sum + row[k] * camera[i], 0));
  }

  /** The place of the face's surface below a place of the photo, mm in the face frame. */
  startAt({ x, y }) {
    const { origin, mm_per_px: mm } = this.facts;
    const [right, up] = [(x - origin[0]) * mm, -(y - origin[1]) * mm];
    const near = [];
    for (let i = 0; i < this.points.length; i += 3) {
      const [px, py, pz] = this.#project(this.points.subarray(i, i + 3));
      near.push([(px * mm - right) ** 2 + (-py * mm - up) ** 2, -pz * mm]);
    }
    near.sort((first, second) => first[0] - second[0]);
    let [sum, weight] = [0, 0];
    for (const [square, depth] of near.slice(0, NEIGHBOURS)) {
      const own = 1 / (square + 1);
      sum += own * depth;
      weight += own;
    }
    return this.#toFace([right, up, sum / weight]);
  }

  /** A pull in the picture's plane, photo pixels, as a vector of the face frame, mm. */
  vectorOf(dx, dy) {
    const { mm_per_px: mm } = this.facts;
    return this.#toFace([dx * mm, -dy * mm, 0]);
  }

  /** How far a push of a radius may go, mm. */
  most(radius) {
    return Math.min(this.facts.per_radius * radius, this.facts.farthest);
  }

  /** A push as it shows here: places and pulls in photo pixels. */
  strokeOf(push) {
    const { origin, mm_per_px: mm } = this.facts;
    const both = push.symmetric ? [push, mirrored(push)] : [push];
    // A side that is turned away is not pushed: what lies before it there is another place.
    const seen = both.filter(({ start }) => this.visible[this.#nearest(start)]);
    const sides = seen.length ? seen : [push];
    const place = (vector) => this.#project(vector);
    return {
      starts: sides.map(({ start }) => {
        const [x, y] = place(start);
        return [origin[0] + x, origin[1] + y];
      }),
      vectors: sides.map(({ vector }) => place(vector).slice(0, 2)),
      radius: push.radius / mm,
      hidden: seen.length === 0,
    };
  }

  #nearest([x, y, z]) {
    let [best, least] = [0, Infinity];
    for (let i = 0; i < this.points.length; i += 3) {
      const [px, py, pz] = this.points.subarray(i, i + 3);
      const away = (px - x) ** 2 + (py - y) ** 2 + (pz - z) ** 2;
      if (away < least) [best, least] = [i / 3, away];
    }
    return best;
  }

  /** Carry these out, in their order. @param {Push[]} pushes */
  keep(pushes) {
    this.#kept.fill(0);
    this.displacement.fill(0);
    this.bounds = null;
    for (const push of pushes) {
      this.#draw(push);
      this.#kept.set(this.displacement);
    }
    this.#keptBounds = this.bounds;
    this.generation++;
  }

  /**
   * Carry out one more, instead of the one that was being drawn.
   * @param {?Push} push null: what is kept alone.
   * @returns {number} Share of its way that it goes, so that the skin does not fold.
   */
  draw(push) {
    this.displacement.set(this.#kept);
    this.bounds = this.#keptBounds;
    const share = push ? this.#draw(push) : 1;
    this.generation++;
    return share;
  }

  #draw(push) {
    const stroke = this.strokeOf(push);
    if (stroke.hidden) return 0;
    const { least, rounds } = this.facts;
    if (this.#add(stroke, 1) >= least) return 1;
    let [low, high] = [0, 1];
    for (let round = 0; round < rounds; round++) {
      const middle = 0.5 * (low + high);
      this.displacement.set(this.#kept);
      if (this.#add(stroke, middle) >= least) low = middle;
      else high = middle;
    }
    this.displacement.set(this.#kept);
    this.#add(stroke, low);
    return low;
  }

  /** Add a share of a stroke to what is kept; the least determinant where it acts. */
  #add({ starts, vectors, radius }, share) {
    const { grid, room, displacement } = this;
    const { columns, step, originX, originY } = grid;
    const kept = this.#kept;
    const targets = starts.map(([x, y], k) => [
      x + share * vectors[k][0],
      y + share * vectors[k][1],
    ]);
    const part = this.#around(targets, radius);
    const whole = targets.length > 1 ? 1 + kernel(apart(...targets) / radius) : 1;
    const pulls = targets.map((target, k) => {
      const met = whole * this.#met(target, radius);
      return vectors[k].map((each) => (share * each) / met);
    });
    for (let row = part.top; row < part.bottom; row++) {
      const y = originY + step * row;
      for (let column = part.left; column < part.right; column++) {
        const x = originX + step * column;
        let [dx, dy] = [0, 0];
        targets.forEach(([tx, ty], k) => {
          const weight = kernel(Math.hypot(x - tx, y - ty) / radius);
          dx -= weight * pulls[k][0];
          dy -= weight * pulls[k][1];
        });
        const node = row * columns + column;
        const taken = room[node] / 255;
        dx *= taken;
        dy *= taken;
        const [bx, by] = this.#sampled(kept, x + dx, y + dy);
        displacement[2 * node] = dx + bx;
        displacement[2 * node + 1] = dy + by;
      }
    }
    this.#grow(part);
    return this.#least(part);
  }

  /** What is left of a kernel in its own middle, linear between the nodes. */
  #met([x, y], radius) {
    const { step, originX, originY } = this.grid;
    const [px, py] = [(x - originX) / step, (y - originY) / step];
    const [right, down] = [px - Math.floor(px), py - Math.floor(py)];
    let met = 0;
    for (const [i, shareX] of [[0, 1 - right], [1, right]]) {
      for (const [j, shareY] of [[0, 1 - down], [1, down]]) {
        met += shareX * shareY * kernel((Math.hypot(i - right, j - down) * step) / radius);
      }
    }
    return Math.max(met, this.facts.met);
  }

  /** Rows and columns of the nodes within a radius of some places; the ends excluded. */
  #around(targets, radius) {
    const { rows, columns, step, originX, originY } = this.grid;
    const held = (value, most) => Math.min(Math.max(value, 0), most);
    const [xs, ys] = [targets.map(([x]) => x), targets.map(([, y]) => y)];
    const low = (values, origin) => Math.floor((Math.min(...values) - radius - origin) / step);
    const high = (values, origin) => Math.ceil((Math.max(...values) + radius - origin) / step) + 1;
    const [left, top] = [held(low(xs, originX), columns), held(low(ys, originY), rows)];
    return {
      left,
      top,
      right: Math.max(held(high(xs, originX), columns), left),
      bottom: Math.max(held(high(ys, originY), rows), top),
    };
  }

  #sampled(values, x, y) {
    const { rows, columns, step, originX, originY } = this.grid;
    const px = Math.min(Math.max((x - originX) / step, 0), columns - 1);
    const py = Math.min(Math.max((y - originY) / step, 0), rows - 1);
    const column = Math.min(Math.floor(px), columns - 2);
    const row = Math.min(Math.floor(py), rows - 2);
    const [right, down] = [px - column, py - row];
    const at = 2 * (row * columns + column);
    const below = at + 2 * columns;
    return [0, 1].map(
      (k) =>
        (values[at + k] * (1 - right) + values[at + 2 + k] * right) * (1 - down) +
        (values[below + k] * (1 - right) + values[below + 2 + k] * right) * down,
    );
  }

  /** The least determinant of the map in a part of the grid, and a node around it. */
  #least({ left, top, right, bottom }) {
    const { rows, columns, step } = this.grid;
    const { displacement } = this;
    const [lastRow, lastColumn] = [Math.min(bottom + 1, rows), Math.min(right + 1, columns)];
    let least = 1;
    for (let row = Math.max(top - 1, 0); row + 1 < lastRow; row++) {
      for (let column = Math.max(left - 1, 0); column + 1 < lastColumn; column++) {
        const a = 2 * (row * columns + column);
        const c = a + 2 * columns;
        for (const across of [a, c]) {
          const rightX = 1 + (displacement[across + 2] - displacement[across]) / step;
          const rightY = (displacement[across + 3] - displacement[across + 1]) / step;
          for (const down of [a, a + 2]) {
            const below = down + 2 * columns;
            const downX = (displacement[below] - displacement[down]) / step;
            const downY = 1 + (displacement[below + 1] - displacement[down + 1]) / step;
            least = Math.min(least, rightX * downY - rightY * downX);
          }
        }
      }
    }
    return least;
  }

  #grow({ left, top, right, bottom }) {
    const { step, originX, originY } = this.grid;
    const own = {
      left: originX + step * (left - 1),
      top: originY + step * (top - 1),
      right: originX + step * right,
      bottom: originY + step * bottom,
    };
    const held = this.bounds ?? own;
    this.bounds = {
      left: Math.min(own.left, held.left),
      top: Math.min(own.top, held.top),
      right: Math.max(own.right, held.right),
      bottom: Math.max(own.bottom, held.bottom),
    };
  }

  /** How far a place of the photo is moved, mm, where something was put down on it. */
  movedMm(stroke) {
    const [[x, y]] = stroke.starts;
    const [vx, vy] = stroke.vectors[0];
    const [dx, dy] = this.#sampled(this.displacement, x + vx, y + vy);
    return Math.hypot(dx, dy) * this.facts.mm_per_px;
  }

  /** Whether anything is moved. */
  get any() {
    return this.bounds !== null;
  }
}

function apart([ax, ay], [bx, by]) {
  return Math.hypot(ax - bx, ay - by);
}
