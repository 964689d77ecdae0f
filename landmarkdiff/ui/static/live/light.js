/**
 * The light on the moved skin: the same numbers as `landmarkdiff.light.ratio` works out.
 *
 * Nine harmonics of the normal and a lamp, new light over old, at the nodes; then carried along by
 * the warp.
 */

import { between } from "./packed_arrays.js";

/** Red, green and blue factor, and the gloss. */
const CHANNELS = 4;

/** The nine harmonics of a unit normal, into `out`. */
function harmonics(x, y, z, out) {
  out[0] = 1;
  out[1] = x;
  out[2] = y;
  out[3] = z;
  out[4] = x * y;
  out[5] = x * z;
  out[6] = y * z;
  out[7] = x * x - y * y;
  out[8] = 3 * z * z - 1;
}

export class SurfaceLight {
  /** @param {LightParts} parts @param {Grid} grid */
  constructor({ facts, nodes, normals, weight, shine, effects }, grid) {
    this.facts = facts;
    this.nodes = nodes;
    this.effects = effects;
    this.grid = grid;
    const count = nodes.length;
    this.normals = new Float64Array(3 * count);
    this.weight = Float64Array.from(weight, (each) => each * facts.steps.weight);
    this.shine = Float64Array.from(shine, (each) => each * facts.steps.weight);
    this.before = new Float64Array(3 * count);
    this.shone = new Float64Array(count);
    this.luminance = new Float64Array(count);
    this.turned = new Float64Array(2 * count);
    this.basis = new Float64Array(9);
    this.matt = new Float64Array(3);
    /** The change at the places of the photo: factors less 1, and the gloss. */
    this.change = new Float32Array(CHANNELS * grid.nodeCount);
    /** What the last call made: (rows, columns, 4). */
    this.light = new Float32Array(CHANNELS * grid.nodeCount);
    const least = facts.least_forward ** 2;
    for (let i = 0; i < count; i++) {
      const x = normals[2 * i] * facts.steps.normal;
      const y = normals[2 * i + 1] * facts.steps.normal;
      const z = Math.sqrt(Math.max(1 - x * x - y * y, least));
      this.normals.set([x, y, z], 3 * i);
      this.#mattOn(x, y, z);
      this.before.set(this.matt, 3 * i);
      this.shone[i] = this.#glossOn(x, y, z);
      let light = this.shine[i] * this.shone[i];
      for (let c = 0; c < 3; c++) light += facts.luminance[c] * this.matt[c];
      this.luminance[i] = light;
    }
  }

  /**
   * The light on the warped photo.
   * @param {Object<string, number>} values By effect key, as far as they are carried out; others are
   *   at 0.
   * @param {Float32Array} displacement (rows, columns, 2) Pixels.
   * @param {Float64Array} share (rows, columns) The mask.
   * @returns {Float32Array} (rows, columns, 4) The model's own; the next call overwrites it.
   */
  on(values, displacement, share) {
    this.#change(values);
    const { grid, change, light } = this;
    for (let node = 0; node < grid.nodeCount; node++) {
      const at = CHANNELS * node;
      light[at] = light[at + 1] = light[at + 2] = 1;
      light[at + 3] = 0;
      if (!(share[node] > 0)) continue;
      const x = grid.nodeX(node) + displacement[2 * node];
      const y = grid.nodeY(node) + displacement[2 * node + 1];
      if (!grid.covers(x, y)) continue;
      grid.findCorners(x, y);
      for (let k = 0; k < 4; k++) {
        const from = CHANNELS * grid.corner[k];
        const part = grid.weight[k] * share[node];
        for (let c = 0; c < CHANNELS; c++) light[at + c] += part * change[from + c];
      }
    }
    return light;
  }

  /** How far the normals turn, and what light that gives at the places of the photo. */
  #change(values) {
    const { nodes, normals, before, shine, shone, luminance, weight, turned, matt, change } = this;
    const { facts } = this;
    turned.fill(0);
    for (const { key, knots, turns } of this.effects) {
      const value = Number.isFinite(values[key]) ? values[key] : 0;
      if (value === 0) continue;
      const { after, share } = between(knots, value);
      const low = turns[after - 1];
      const high = turns[after];
      for (let i = 0; i < turned.length; i++) {
        turned[i] += ((low ? low[i] : 0) * (1 - share) + (high ? high[i] : 0) * share) *
          facts.steps.turn;
      }
    }
    const [dimmest, brightest] = facts.bounds;
    for (let i = 0; i < nodes.length; i++) {
      const at = CHANNELS * nodes[i];
      const x = normals[3 * i] + turned[2 * i];
      const y = normals[3 * i + 1] + turned[2 * i + 1];
      const z = normals[3 * i + 2];
      const length = Math.hypot(x, y, z);
      this.#mattOn(x / length, y / length, z / length);
      let whole = 0;
      for (let c = 0; c < 3; c++) {
        const ratio = Math.min(Math.max(matt[c] / before[3 * i + c], dimmest), brightest);
        whole += facts.luminance[c] * ratio;
        change[at + c] = weight[i] * (ratio - 1);
      }
      const shines = this.#glossOn(x / length, y / length, z / length);
      const gloss = shine[i] * (shines - shone[i] * whole);
      const less = facts.most_gloss[0] * luminance[i];
      const more = facts.most_gloss[1] * luminance[i];
      change[at + 3] = weight[i] * (gloss < 0 ? Math.max(gloss, -less) : more * Math.tanh(gloss / more));
    }
  }

  #mattOn(x, y, z) {
    const { basis, matt, facts } = this;
    harmonics(x, y, z, basis);
    const { lamp } = facts;
    const facing = lamp
      ? Math.max(lamp.direction[0] * x + lamp.direction[1] * y + lamp.direction[2] * z, 0)
      : 0;
    for (let c = 0; c < 3; c++) {
      let sum = lamp ? facing * lamp.strength[c] : 0;
      for (let k = 0; k < 9; k++) sum += facts.coefficients[c][k] * basis[k];
      matt[c] = Math.max(sum, facts.floor[c]);
    }
  }

  #glossOn(x, y, z) {
    const { gloss } = this.facts;
    if (!gloss) return 0;
    const [a, b, c] = gloss.direction;
    return gloss.strength * Math.max(a * x + b * y + c * z, 0) ** gloss.exponent;
  }
}
