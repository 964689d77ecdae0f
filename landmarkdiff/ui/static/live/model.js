/**
 * A plan on a photo, fitted at any values without asking the server: the same field as
 * `landmarkdiff.manipulation.field.fit_field` makes, to rounding.
 */

import { between } from "./packed_arrays.js";
import { firstTrial, followFactors, leastDeterminants, searchFactors } from "./folds.js";
import { Grid } from "./grid.js";
import { SurfaceLight } from "./light.js";
import { Mask } from "./mask.js";
import { readModel } from "./model_file.js";
import { ThinPlateSpline } from "./spline.js";

export class LiveModel {
  /**
   * Read the server's model.
   * @param {ArrayBuffer} buffer
   * @returns {LiveModel}
   * @throws {ModelError}
   */
  static decode(buffer) {
    return new LiveModel(readModel(buffer));
  }

  /** All memory that a fit needs is taken here, so that a frame allocates nothing. */
  constructor(parts) {
    const { header, coverage, regions, controlRegions, controls, anchors, teeth, effects } = parts;
    const controlCount = controls.length / 2;
    const pointCount = controlCount + anchors.length / 2;
    this.header = header;
    this.teeth = teeth;
    this.effects = effects;
    this.eyes = parts.eyes;
    this.controlCount = controlCount;
    this.pointCount = pointCount;
    this.controls = Float64Array.from(controls);
    this.grid = new Grid(header.grid);
    this.surfaceLight = parts.light && new SurfaceLight(parts.light, this.grid);
    const count = header.region_count;
    const restRegions = { count, labels: regions, controls: controlRegions };
    this.mask = new Mask(this.grid, coverage, restRegions, this.controls);
    this.points = new Float64Array(2 * pointCount);
    this.points.set(anchors, 2 * controlCount);
    this.spline = new ThinPlateSpline(pointCount);
    /** Planned displacement of the controls and the teeth; of the controls, as far as allowed. */
    this.planned = new Float64Array(2 * controlCount);
    this.teethShift = new Float64Array(2);
    this.allowed = new Float64Array(2 * controlCount);
    this.reach = new Float64Array(controlCount);
    this.moving = new Int32Array(controlCount);
    this.values = new Float64Array(2 * pointCount);
    // The four nodes around each control.
    this.aroundShares = new Float64Array(4 * controlCount);
    this.aroundX = new Float64Array(4 * controlCount);
    this.aroundY = new Float64Array(4 * controlCount);
    this.aroundBasis = new Float64Array(4 * controlCount * (pointCount + 3));
    this.moved = new Float64Array(2 * this.grid.nodeCount);
    /** Result of the last fit: (rows, columns, 2), pixels; overwritten by the next one. */
    this.displacement = new Float32Array(2 * this.grid.nodeCount);
    /** The last trial, from which a drag goes on. */
    this.trial = null;
    /** Fits that the last call took. */
    this.fits = 0;
  }

  /**
   * Fit the field; effects that are not named stay at 0.
   *
   * @param {Object<string, number>} values By effect key, in the effect's unit.
   * @param {{exact?: boolean}} [options] With `exact` (the default) the search for the largest
   *   warp without folds goes exactly as on the server. Without, it goes on from the last call,
   *   so that a frame takes one to three fits.
   * @returns {{displacement: Float32Array, light: ?Float32Array, foldFactor: number}} The source of
   *   node (row, column) lies at node + displacement, pixels; `light` is that on the moved skin, as
   *   `SurfaceLight.on` returns it, or null. The arrays are the model's own and are overwritten by
   *   the next fit.
   * @throws {FitError}
   */
  fit(values, { exact = true } = {}) {
    this.fits = 0;
    const { count } = this.mask.regions;
    this.mask.cover(this.#plan(values));
    if (this.mask.regions.count !== count) this.trial = null;
    if (this.planned.every((each) => each === 0)) {
      this.displacement.fill(0);
      return this.#fitted(values, 1);
    }
    const { min_jacobian: bound, fold_attempts: attempts } = this.header;
    const attempt = (factors, least) => this.#attempt(factors, least);
    if (exact) {
      const limits = { count: this.mask.regions.count, bound, attempts };
      this.trial = searchFactors(attempt, limits);
    } else {
      this.trial ??= firstTrial(this.mask.regions.count);
      followFactors(attempt, this.trial, bound);
    }
    return this.#fitted(values, Math.min(...this.trial.factors));
  }

  #fitted(values, foldFactor) {
    const { displacement, mask } = this;
    const light = this.surfaceLight?.on(values, foldFactor, displacement, mask.share) ?? null;
    return { displacement, light, foldFactor };
  }

  /** Add up what the effects plan; returns what they add to the mask. */
  #plan(values) {
    const { planned, teethShift } = this;
    planned.fill(0);
    teethShift.fill(0);
    const coverings = [];
    for (const { key, knots, vectors, teeth, coverage } of this.effects) {
      const value = Number.isFinite(values[key]) ? values[key] : 0;
      const { after, share } = between(knots, value);
      const low = (after - 1) * planned.length;
      const high = after * planned.length;
      for (let i = 0; i < planned.length; i++) {
        planned[i] += vectors[low + i] * (1 - share) + vectors[high + i] * share;
      }
      teethShift[0] += teeth[2 * after - 2] * (1 - share) + teeth[2 * after] * share;
      teethShift[1] += teeth[2 * after - 1] * (1 - share) + teeth[2 * after + 1] * share;
      if (coverage) {
        const clipped = Math.min(Math.max(value, knots[0]), knots[knots.length - 1]);
        coverings.push({ coverage, ...between(knots, clipped) });
      }
    }
    return coverings;
  }

  /** One fit with a factor for each region; `least` takes the regions' least determinants. */
  #attempt(factors, least) {
    this.fits++;
    const { allowed, planned, reach, points, controls, values, controlCount, mask } = this;
    const owners = mask.regions.controls;
    for (let i = 0; i < controlCount; i++) {
      allowed[2 * i] = planned[2 * i] * factors[owners[i]];
      allowed[2 * i + 1] = planned[2 * i + 1] * factors[owners[i]];
    }
    this.#findReach();
    // The mask scales the spline, so the spline itself carries the whole displacement to where
    // the landmark ends up after scaling: then mask times spline meets it exactly.
    values.fill(0);
    for (let i = 0; i < 2 * controlCount; i++) {
      points[i] = controls[i] + reach[i >> 1] * allowed[i];
      values[i] = -allowed[i];
    }
    this.spline.place(points, this.pointCount);
    this.spline.solve(values);
    this.#aroundControls();
    this.#correct();
    this.#spread();
    leastDeterminants(this.displacement, this.grid, mask.regions.labels, least);
  }

  /** Share of its displacement with which each control point meets the mask at its target. */
  #findReach() {
    const { allowed, controls, reach, moving, controlCount, mask } = this;
    let count = 0;
    reach.fill(1);
    for (let i = 0; i < controlCount; i++) {
      if (allowed[2 * i] !== 0 || allowed[2 * i + 1] !== 0) moving[count++] = i;
    }
    for (let round = 0; round < 24; round++) {
      let largest = 0;
      for (let k = 0; k < count; k++) {
        const i = moving[k];
        const before = reach[i];
        const px = controls[2 * i] + before * allowed[2 * i];
        const py = controls[2 * i + 1] + before * allowed[2 * i + 1];
        reach[i] = 0.5 * (before + mask.shareAt(px, py));
        largest = Math.max(largest, Math.abs(reach[i] - before));
      }
      if (largest < 1e-5) break;
    }
  }

  /** The nodes around each control, the mask's share in each, and the spline's basis there. */
  #aroundControls() {
    const { points, controlCount, grid, mask } = this;
    const { aroundShares, aroundX, aroundY } = this;
    for (let i = 0; i < controlCount; i++) {
      grid.findCorners(points[2 * i], points[2 * i + 1]);
      for (let k = 0; k < 4; k++) {
        const node = grid.corner[k];
        aroundShares[4 * i + k] = mask.share[node] > 0 ? grid.weight[k] : 0;
        aroundX[4 * i + k] = grid.nodeX(node);
        aroundY[4 * i + k] = grid.nodeY(node);
      }
    }
    this.spline.basis(aroundX, aroundY, 4 * controlCount, this.aroundBasis);
  }

  /* Between nodes the field is linear and the spline is not: what the landmarks would miss by
     that is added to their values; once where landmarks share a cell, more would make waves. */
  #correct() {
    const { spline, controlCount, values, allowed, aroundShares, aroundBasis } = this;
    const size = this.pointCount + 3;
    for (let round = spline.spacing > 1.5 * this.grid.step ? 2 : 1; round > 0; round--) {
      const { weights } = spline;
      for (let i = 0; i < controlCount; i++) {
        let u = 0;
        let v = 0;
        for (let k = 4 * i; k < 4 * i + 4; k++) {
          const part = aroundShares[k];
          if (part === 0) continue;
          let nodeU = 0;
          let nodeV = 0;
          for (let j = 0, at = k * size; j < size; j++, at++) {
            nodeU += weights[2 * j] * aroundBasis[at];
            nodeV += weights[2 * j + 1] * aroundBasis[at];
          }
          u += part * nodeU;
          v += part * nodeV;
        }
        values[2 * i] -= u + allowed[2 * i];
        values[2 * i + 1] -= v + allowed[2 * i + 1];
      }
      spline.solve(values);
    }
  }

  /** Evaluate on the nodes, carry the teeth as one piece, and scale by the mask. */
  #spread() {
    const { moved, displacement, teeth } = this;
    const { active, activeX, activeY, activeCount, share } = this.mask;
    const [shiftX, shiftY] = this.teethShift;
    this.spline.at(activeX, activeY, activeCount, moved);
    displacement.fill(0);
    for (let i = 0; i < activeCount; i++) {
      const node = active[i];
      let u = moved[2 * i];
      let v = moved[2 * i + 1];
      if (teeth) {
        u += teeth[node] * (-shiftX - u);
        v += teeth[node] * (-shiftY - v);
      }
      displacement[2 * node] = u * share[node];
      displacement[2 * node + 1] = v * share[node];
    }
  }
}
