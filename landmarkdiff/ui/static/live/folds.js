/**
 * A warp must not fold the picture: where it would, it is made smaller, each region of the mask by
 * a factor of its own.
 *
 * Folds show in the determinant of the field's Jacobian, which is 1 where nothing moves and
 * negative where the picture lies over itself.
 */

import { FitError } from "./spline.js";

/** While the slider moves, how far above the bound the next guess of a factor aims. */
const MARGIN = 0.02;
/** Fits in one frame at most while the slider moves. */
const DRAG_FITS = 3;

/**
 * @typedef {object} Trial
 * @property {Float64Array} factors By how much each region's displacements are made smaller.
 * @property {Float64Array} least The least determinant that each region had with them.
 *
 * @callback Attempt Fits with these factors, and writes the least determinants that came of it.
 * @param {Float64Array} factors
 * @param {Float64Array} least
 */

/**
 * The largest factors that leave no fold, by the server's own sequence of trials.
 * @param {Attempt} attempt
 * @param {{count: number, bound: number, attempts: number}} limits Regions, the least determinant
 *   that is allowed, trials.
 * @returns {Trial}
 * @throws {FitError} It folds however small.
 */
export function searchFactors(attempt, { count, bound, attempts }) {
  const factors = new Float64Array(count).fill(1);
  const low = new Float64Array(count);
  const high = new Float64Array(count).fill(1);
  const least = new Float64Array(count);
  const settled = (region) => low[region] === 1 || high[region] - low[region] < 0.02;
  for (let trial = 0; trial < attempts; trial++) {
    attempt(factors, least);
    let done = true;
    for (let region = 0; region < count; region++) {
      const folds = least[region] < bound;
      if (folds) {
        // What another region made fold although it had settled starts again, from half.
        if (low[region] >= factors[region]) low[region] = 0.5 * factors[region];
        high[region] = factors[region];
      } else {
        low[region] = Math.max(low[region], factors[region]);
      }
      done = done && settled(region) && !folds;
    }
    if (done) return { factors, least };
    for (let region = 0; region < count; region++) {
      factors[region] = settled(region) ? low[region] : (low[region] + high[region]) / 2;
    }
  }
  throw new FitError("the plan folds the picture even when it is made very small");
}

/** A trial to begin a drag with. */
export function firstTrial(count) {
  return { factors: new Float64Array(count).fill(1), least: new Float64Array(count).fill(1) };
}

/**
 * Factors near the largest without folds, in few fits: from the last trial, since what a
 * determinant lacks to 1 grows as the warp does. The trial is changed.
 * @param {Attempt} attempt
 * @param {Trial} trial
 * @param {number} bound The least determinant that is allowed.
 */
export function followFactors(attempt, { factors, least }, bound) {
  const aim = (region) => {
    const room = 1 - least[region];
    const grown = (factors[region] * (1 - bound - MARGIN)) / room;
    factors[region] = room > 1e-6 ? Math.min(1, grown) : 1;
  };
  for (let region = 0; region < factors.length; region++) aim(region);
  for (let fits = 1; ; fits++) {
    attempt(factors, least);
    if (fits === DRAG_FITS || least.every((each) => !(each < bound))) return;
    for (let region = 0; region < factors.length; region++) if (least[region] < bound) aim(region);
  }
}

/**
 * The least determinant in each region, from the corners of every cell.
 * @param {Float32Array} d (rows, columns, 2) Displacement of the nodes, pixels.
 * @param {Grid} grid
 * @param {Uint16Array} labels (rows, columns) Regions of the mask.
 * @param {Float64Array} least Takes the result; infinite for a region without cells.
 */
export function leastDeterminants(d, { rows, columns, step }, labels, least) {
  least.fill(Infinity);
  const area = 1 / (step * step);
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const a = row * columns + column;
      const c = a + columns;
      const owner = Math.max(labels[a], labels[a + 1], labels[c], labels[c + 1]);
      if (owner === 0) continue;
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
      if (smallest < least[owner]) least[owner] = smallest;
    }
  }
}
