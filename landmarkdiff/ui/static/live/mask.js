/** The mask: how much of the warp each node takes, and the regions that it falls into. */

/** Rounds half to even, as the server does. */
function roundHalfEven(value) {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/**
 * @typedef {object} Regions
 * @property {number} count With region 0, which is outside of the mask.
 * @property {Uint16Array} labels (rows, columns)
 * @property {Uint16Array} controls The region that each control point belongs to.
 *
 * @typedef {object} Covering What an effect adds to the mask at its value.
 * @property {Int16Array} coverage (knots, rows, columns)
 * @property {number} after The knot after the value.
 * @property {number} share Of that knot; the one before has the rest.
 */

export class Mask {
  /**
   * @param {Grid} grid
   * @param {Uint8Array} coverage (rows, columns) While no effect adds to it.
   * @param {Regions} regions Of that coverage.
   * @param {Float64Array} controls Control points, interleaved x, y; pixels.
   */
  constructor(grid, coverage, regions, controls) {
    const { nodeCount } = grid;
    this.grid = grid;
    this.coverage = coverage;
    this.restRegions = regions;
    this.regions = regions;
    this.controls = controls;
    /** Weight of the warp at each node, 0 to 1. */
    this.share = new Float64Array(nodeCount);
    /** Nodes inside the mask; the first `activeCount` count. */
    this.active = new Int32Array(nodeCount);
    this.activeCount = 0;
    /** Changes when other nodes take part than before. */
    this.generation = 0;
    this.coveredBy = null;
    this.cover([]);
  }

  /** Take what the effects add to the mask at their values. @param {Covering[]} coverings */
  cover(coverings) {
    const coveredBy = coverings.map(({ after, share }) => `${after}:${share}`).join(" ");
    if (coveredBy === this.coveredBy) return;
    this.coveredBy = coveredBy;
    const { coverage, share, grid } = this;
    let same = true;
    let count = 0;
    let changed = false;
    for (let node = 0; node < grid.nodeCount; node++) {
      const level = this.#level(node, coverings);
      same = same && level > 0 === coverage[node] > 0;
      share[node] = Math.fround(Math.fround(level) / 255);
      if (level > 0) {
        changed = changed || this.active[count] !== node;
        this.active[count++] = node;
      }
    }
    if (changed || count !== this.activeCount) this.generation++;
    this.activeCount = count;
    // The lids that close may join regions of the mask or part them.
    this.regions = same ? this.restRegions : this.#findRegions();
  }

  /** Coverage of a node, 0 to 255. */
  #level(node, coverings) {
    const { nodeCount } = this.grid;
    let sum = this.coverage[node];
    for (const { coverage, after, share } of coverings) {
      const low = coverage[(after - 1) * nodeCount + node];
      const high = coverage[after * nodeCount + node];
      sum += low * (1 - share) + high * share;
    }
    return Math.min(Math.max(roundHalfEven(sum), 0), 255);
  }

  /** Weight of the warp at a place, pixels; 0 outside of the grid. */
  shareAt(px, py) {
    const { grid, share } = this;
    if (!grid.covers(px, py)) return 0;
    grid.findCorners(px, py);
    let sum = 0;
    for (let k = 0; k < 4; k++) sum += share[grid.corner[k]] * grid.weight[k];
    return sum;
  }

  #findRegions() {
    const { count, labels } = this.#label();
    const nearest = new Uint16Array(this.controls.length / 2);
    for (let i = 0; i < nearest.length; i++) {
      nearest[i] = this.#nearestLabel(labels, this.controls[2 * i], this.controls[2 * i + 1]);
    }
    return { count, labels, controls: nearest };
  }

  /** Number the connected parts of the mask (8 neighbours) from 1 on. */
  #label() {
    const { grid, share } = this;
    const labels = new Uint16Array(grid.nodeCount);
    let count = 1;
    for (let first = 0; first < grid.nodeCount; first++) {
      if (share[first] > 0 && !labels[first]) this.#flood(first, labels, count++);
    }
    return { count, labels };
  }

  #flood(first, labels, label) {
    const { share } = this;
    const { rows, columns } = this.grid;
    const stack = [first];
    labels[first] = label;
    while (stack.length) {
      const node = stack.pop();
      const row = Math.floor(node / columns);
      const column = node % columns;
      for (let r = Math.max(row - 1, 0); r <= Math.min(row + 1, rows - 1); r++) {
        for (let c = Math.max(column - 1, 0); c <= Math.min(column + 1, columns - 1); c++) {
          const near = r * columns + c;
          if (share[near] > 0 && !labels[near]) {
            labels[near] = label;
            stack.push(near);
          }
        }
      }
    }
  }

  /** The label of the block that a place lies in, or else of the nearest labelled one. */
  #nearestLabel(labels, px, py) {
    const { x, y, step, rows, columns, nodeCount } = this.grid;
    const column = Math.min(Math.max(Math.trunc((px - x) / step), 0), columns - 1);
    const row = Math.min(Math.max(Math.trunc((py - y) / step), 0), rows - 1);
    const own = labels[row * columns + column];
    if (own) return own;
    let [nearest, least] = [0, Infinity];
    for (let node = 0; node < nodeCount; node++) {
      if (!labels[node]) continue;
      const dx = (node % columns) - column;
      const dy = Math.floor(node / columns) - row;
      if (dx * dx + dy * dy < least) {
        least = dx * dx + dy * dy;
        nearest = labels[node];
      }
    }
    return nearest;
  }
}
