/** The surface of a head at any values of a plan's effects, worked out without the server. */

import { between } from "../live/packed_arrays.js";

export class HeadShape {
  #values = {};
  #share = 0;

  /** @param {Head} head */
  constructor({ vertices, triangles, twin, midline, effects }) {
    this.rest = vertices;
    this.triangles = triangles;
    this.twin = twin;
    this.midline = midline;
    this.effects = effects;
    /** (V, 3) mm: the surface as it is drawn. */
    this.positions = Float32Array.from(vertices);
    this.restNormals = new Float32Array(vertices.length);
    this.#findNormals(this.restNormals);
    /** (V, 3) Of unit length. */
    this.normals = Float32Array.from(this.restNormals);
    /** (V) mm: how far each vertex has moved along the normal that it had, outwards positive. */
    this.heights = new Float32Array(vertices.length / 3);
    /** Counts the shapes, so that others see that theirs is an old one. */
    this.generation = 0;
  }

  get values() {
    return { ...this.#values };
  }

  get share() {
    return this.#share;
  }

  /**
   * Take the shape of a plan.
   * @param {Object<string, number>} values By effect key, in its unit; others count as 0.
   * @param {number} share Of the whole displacement: 0 is the head before, 1 the plan.
   */
  set(values, share) {
    this.#values = { ...values };
    this.#share = share;
    this.#blend();
    this.#findNormals(this.normals);
    this.#findHeights();
    this.generation++;
  }

  #blend() {
    const { positions } = this;
    positions.set(this.rest);
    for (const { key, knots, moved, displacements } of this.effects) {
      const value = Number.isFinite(this.#values[key]) ? this.#values[key] : 0;
      if (value === 0 || this.#share === 0) continue;
      const { after, share } = between(knots, value);
      const high = 3 * moved.length * after;
      const low = high - 3 * moved.length;
      const [before, beyond] = [(1 - share) * this.#share, share * this.#share];
      for (let i = 0; i < moved.length; i++) {
        const at = 3 * moved[i];
        for (let k = 0; k < 3; k++) {
          positions[at + k] +=
            displacements[low + 3 * i + k] * before + displacements[high + 3 * i + k] * beyond;
        }
      }
    }
  }

  /** Normals by the triangles around each vertex, the larger ones more; one for both sides of a seam. */
  #findNormals(normals) {
    const { positions: p, triangles, twin } = this;
    normals.fill(0);
    for (let t = 0; t < triangles.length; t += 3) {
      const a = 3 * triangles[t];
      const b = 3 * triangles[t + 1];
      const c = 3 * triangles[t + 2];
      const ux = p[b] - p[a];
      const uy = p[b + 1] - p[a + 1];
      const uz = p[b + 2] - p[a + 2];
      const vx = p[c] - p[a];
      const vy = p[c + 1] - p[a + 1];
      const vz = p[c + 2] - p[a + 2];
      for (let corner = t; corner < t + 3; corner++) {
        const at = 3 * twin[triangles[corner]];
        normals[at] += uy * vz - uz * vy;
        normals[at + 1] += uz * vx - ux * vz;
        normals[at + 2] += ux * vy - uy * vx;
      }
    }
    for (let i = 0; i < twin.length; i++) {
      const at = 3 * i;
      const from = 3 * twin[i];
      if (from === at) {
        const [x, y, z] = [normals[at], normals[at + 1], normals[at + 2]];
        const length = Math.sqrt(x * x + y * y + z * z) || 1;
        normals[at] /= length;
        normals[at + 1] /= length;
        normals[at + 2] /= length;
      } else {
        // Its first vertex has a smaller number, so it is ready.
        normals.copyWithin(at, from, from + 3);
      }
    }
  }

  #findHeights() {
    const { positions, rest, restNormals, heights } = this;
    for (let i = 0, at = 0; i < heights.length; i++, at += 3) {
      heights[i] =
        (positions[at] - rest[at]) * restNormals[at] +
        (positions[at + 1] - rest[at + 1]) * restNormals[at + 1] +
        (positions[at + 2] - rest[at + 2]) * restNormals[at + 2];
    }
  }

  /** The place of a point that lies in a triangle by its weights, mm. */
  placeOf({ triangle, weights }, positions = this.positions) {
    const place = [0, 0, 0];
    weights.forEach((weight, corner) => {
      const at = 3 * this.triangles[3 * triangle + corner];
      for (let k = 0; k < 3; k++) place[k] += weight * positions[at + k];
    });
    return place;
  }
}
