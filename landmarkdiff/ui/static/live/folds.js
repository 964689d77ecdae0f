/**
 * A warp must not fold the picture: where it would, the effects that press it there give way, as
 * `landmarkdiff/manipulation/folds.py` lets them.
 *
 * Folds show in the determinant of the field's Jacobian, which is 1 where nothing moves and
 * negative where the picture lies over itself.
 */

import { FitError } from "./spline.js";

/** Fits in one frame at most while the slider moves. */
const DRAG_FITS = 3;

/**
 * @typedef {object} FoldRule Of the server.
 * @property {number} least The least determinant that is allowed.
 * @property {number} aim What a warp that is made smaller aims at.
 * @property {number[]} blame Parts in a determinant's loss from which on an effect gives way, and
 *   from which on as far as any.
 * @property {number} largest_step By how much an effect is made smaller at a time, at most.
 * @property {number} attempts
 */

/** Change of the determinant of the matrix (a b; c d) along the slopes at `k`. */
function along(a, b, c, d, slopes, k) {
  return d * slopes[k] + a * slopes[k + 3] - c * slopes[k + 1] - b * slopes[k + 2];
}

/**
 * By how much each effect has to give way at one corner.
 * @param {Float64Array} slopes (effects, 4) Of the displacement: u along x, y; v along x, y.
 * @param {FoldRule} rule
 * @param {Float64Array} amounts (effects) Takes the shares of the present sizes; 0 where nothing is
 *   pressed.
 */
export function giveWay(slopes, rule, amounts) {
  const count = amounts.length;
  amounts.fill(0);
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let k = 0; k < 4 * count; k += 4) {
    a += slopes[k];
    b += slopes[k + 1];
    c += slopes[k + 2];
    d += slopes[k + 3];
  }
  const [trace, product] = [a + d, a * d - b * c];
  const lacking = rule.aim - (1 + trace + product);
  if (!(lacking > 0)) return;
  // The share of the whole warp at which the corner has just room enough, and who takes the room.
  const room = 1 - rule.aim;
  const scale = (2 * room) / (Math.sqrt(Math.max(trace ** 2 - 4 * product * room, 0)) - trace);
  let largest = 1e-12;
  for (let e = 0; e < count; e++) {
    const change = along(1 + scale * a, scale * b, scale * c, 1 + scale * d, slopes, 4 * e);
    amounts[e] = Math.max(-change, 0);
    largest = Math.max(largest, amounts[e]);
  }
  const given = new Float64Array(4);
  const [low, high] = rule.blame;
  for (let e = 0; e < count; e++) {
    amounts[e] = Math.min(Math.max((amounts[e] / largest - low) / (high - low), 0), 1);
    for (let k = 0; k < 4; k++) given[k] += amounts[e] * slopes[4 * e + k];
  }
  // With these effects smaller by t times their blame: lacking = gain t + bend t squared.
  const gain = -along(1 + a, b, c, 1 + d, given, 0);
  const root = gain ** 2 + 4 * (given[0] * given[3] - given[1] * given[2]) * lacking;
  const enough = gain + Math.sqrt(Math.max(root, 0));
  const wanted = root >= 0 && enough > 0 ? (2 * lacking) / enough : rule.largest_step;
  const step = Math.min(wanted, rule.largest_step);
  for (let e = 0; e < count; e++) amounts[e] *= step;
}

/** By how much each effect is made smaller in each region of the mask. */
export class Smaller {
  constructor(effectCount, regionCount, rule) {
    this.effectCount = effectCount;
    this.regionCount = regionCount;
    this.rule = rule;
    /** (effects, regions) */
    this.factors = new Float64Array(effectCount * regionCount).fill(1);
  }

  /**
   * Let the effects give way that press cells too much.
   * @param {number[]} cells Each by its top left node.
   * @param {Float64Array} moved (cells, 4, effects, 2) Displacement of the nodes around, by effect.
   * @param {Grid} grid
   * @param {Uint16Array} labels (rows, columns) Regions of the mask.
   */
  press(cells, moved, { columns, step }, labels) {
    const { effectCount: count, regionCount } = this;
    const most = new Float64Array(count * regionCount);
    const slopes = new Float64Array(4 * count);
    const amounts = new Float64Array(count);
    for (let k = 0; k < cells.length; k++) {
      const at = cells[k];
      const below = at + columns;
      const region = Math.max(labels[at], labels[at + 1], labels[below], labels[below + 1]);
      for (let corner = 0; corner < 4; corner++) {
        this.#slopes(moved, k, corner, step, slopes);
        giveWay(slopes, this.rule, amounts);
        for (let e = 0; e < count; e++) {
          const place = e * regionCount + region;
          most[place] = Math.max(most[place], amounts[e]);
        }
      }
    }
    for (let k = 0; k < most.length; k++) this.factors[k] *= 1 - most[k];
  }

  /** Slopes at a corner of the k-th cell: its upper or lower side, and its left or right one. */
  #slopes(moved, k, corner, step, slopes) {
    const count = this.effectCount;
    const [lower, right] = [corner >> 1, corner & 1];
    const node = (which) => 2 * count * (4 * k + which);
    const [from, to] = [node(2 * lower), node(2 * lower + 1)];
    const [top, bottom] = [node(right), node(right + 2)];
    for (let i = 0; i < 2 * count; i++) {
      slopes[2 * i] = (moved[to + i] - moved[from + i]) / step;
      slopes[2 * i + 1] = (moved[bottom + i] - moved[top + i]) / step;
    }
  }
}

/**
 * Fit, and let effects give way until nothing folds.
 *
 * @param {Smaller} smaller
 * @param {{fit: function(), cells: function(number): number[], press: function(number[])}} work
 *   One fit with the factors of `smaller`; cells below a determinant; and the pressing of these.
 * @param {boolean} exact Until it is done, as on the server, and not for one frame of a drag.
 * @throws {FitError} It folds however small.
 */
export function fitWithoutFolds({ rule }, work, exact) {
  for (let fits = 1; fits <= rule.attempts; fits++) {
    work.fit();
    const cells = work.cells(fits === 1 ? rule.aim : rule.least);
    if (!cells.length || (!exact && fits === DRAG_FITS)) return;
    work.press(cells);
  }
  throw new FitError("the plan folds the picture even when it is made very small");
}

/**
 * The least determinant of every cell, from its corners; returns the least of all, at most 1.
 * @param {Float32Array} d (rows, columns, 2) Displacement of the nodes, pixels.
 * @param {Grid} grid
 * @param {number} bound
 * @param {number[]} cells Takes the cells below the bound, each by its top left node.
 */
export function pressedCells(d, { rows, columns, step }, bound, cells) {
  const area = 1 / (step * step);
  let least = 1;
  cells.length = 0;
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const a = row * columns + column;
      const c = a + columns;
      const topX = step + d[2 * a + 2] - d[2 * a];
      const topY = d[2 * a + 3] - d[2 * a + 1];
      const lowX = step + d[2 * c + 2] - d[2 * c];
      const lowY = d[2 * c + 3] - d[2 * c + 1];
      const leftX = d[2 * c] - d[2 * a];
      const leftY = step + d[2 * c + 1] - d[2 * a + 1];
      const rightX = d[2 * c + 2] - d[2 * a + 2];
      const rightY = step + d[2 * c + 3] - d[2 * a + 3];
      const smallest =
        area *
        Math.min(
          topX * leftY - topY * leftX,
          topX * rightY - topY * rightX,
          lowX * leftY - lowY * leftX,
          lowX * rightY - lowY * rightX,
        );
      if (smallest < bound) cells.push(a);
      if (smallest < least) least = smallest;
    }
  }
  return least;
}
