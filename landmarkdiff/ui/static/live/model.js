/**
 * A plan on a photo, fitted at any values without asking the server: the same field as
 * `landmarkdiff.manipulation.field_fit.fit_field` makes, to rounding.
 */

import { Creases } from "./creases.js";
import { Smaller, fitWithoutFolds, pressedCells } from "./folds.js";
import { Grid } from "./grid.js";
import { SurfaceLight } from "./light.js";
import { Mask } from "./mask.js";
import { readModel } from "./model_file.js";
import { BeyondOutline } from "./outline.js";
import { between } from "./packed_arrays.js";
import { Piece, pieceWeights } from "./piece.js";

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

  /** All memory that a fit needs is taken here; only one that folds takes more. */
  constructor(parts) {
    const { header, coverage, regions, controlRegions, controls, pieces, teeth, effects } = parts;
    const controlCount = controls.length / 2;
    this.header = header;
    this.teeth = teeth;
    this.effects = effects;
    this.eyes = parts.eyes;
    this.front = parts.front;
    this.controlCount = controlCount;
    this.controls = Float64Array.from(controls);
    this.grid = new Grid(header.grid);
    this.surfaceLight = parts.light && new SurfaceLight(parts.light, this.grid);
    this.creases = parts.creases && new Creases(parts.creases);
    const count = header.region_count;
    const restRegions = { count, labels: regions, controls: controlRegions };
    this.mask = new Mask(this.grid, coverage, restRegions, this.controls);
    const weights = pieceWeights(pieces.map((each) => each.coverage));
    const places = new BeyondOutline(parts.outline, this.grid);
    const everywhere = new BeyondOutline(null, this.grid);
    this.pieces = pieces
      .map((each, number) => {
        const read = each.beyondFace ? everywhere : places;
        return new Piece(each, weights[number], this.grid, read);
      })
      .filter((each) => each.controls.length > 0);
    /** The node where the teeth are surest, or -1. */
    const surest = (best, each, node) => (each > teeth[best] ? node : best);
    this.teethNode = teeth ? teeth.reduce(surest, 0) : -1;
    /** Displacement of the controls and the teeth that each effect plans, and is allowed. */
    this.planned = new Float64Array(2 * controlCount * effects.length);
    this.shifts = new Float64Array(2 * effects.length);
    this.given = new Float64Array(2 * controlCount * effects.length);
    this.givenShifts = new Float64Array(2 * effects.length);
    /** Of all effects together; where the controls come to lie. */
    this.allowed = new Float64Array(2 * controlCount);
    this.targets = new Float64Array(2 * controlCount);
    this.reach = new Float64Array(controlCount);
    this.moving = new Int32Array(controlCount);
    this.moved = new Float64Array(2 * this.grid.nodeCount);
    /** Result of the last fit: (rows, columns, 2), pixels; overwritten by the next one. */
    this.displacement = new Float32Array(2 * this.grid.nodeCount);
    this.cells = [];
    /** The least determinant that the last fit has anywhere, and the fits of the last call. */
    this.least = 1;
    this.fits = 0;
  }

  /**
   * Fit the field; effects that are not named stay at 0.
   *
   * @param {Object<string, number>} values By effect key, in the effect's unit.
   * @param {{exact?: boolean}} [options] With `exact` (the default) effects give way to folds until
   *   none is left, as on the server. Without, a frame takes three fits at most.
   * @returns {{displacement: Float32Array, light: ?Float32Array, softening: ?Softening,
   *   foldFactor: number}} The source of node (row, column) lies at node + displacement, pixels;
   *   `light` is that on the moved skin, as `SurfaceLight.on` returns it, or null; `softening` that
   *   of folds, as `Creases.added` returns it. The arrays are the model's own and are overwritten
   *   by the next fit.
   * @throws {FitError}
   */
  fit(values, { exact = true } = {}) {
    this.fits = 0;
    this.mask.cover(this.#plan(values));
    if (this.planned.every((each) => each === 0)) {
      this.displacement.fill(0);
      return this.#fitted(values, this.effects.map(() => 1));
    }
    const { regions } = this.mask;
    const smaller = new Smaller(this.effects.length, regions.count, this.header.folds);
    const work = {
      fit: () => this.#fit(smaller),
      cells: (bound) => {
        this.least = pressedCells(this.displacement, this.grid, bound, this.cells);
        return this.cells;
      },
      press: (cells) => smaller.press(cells, this.#byEffect(cells), this.grid, regions.labels),
    };
    fitWithoutFolds(smaller, work, exact);
    return this.#fitted(values, this.effects.map((_, effect) => this.#left(effect, smaller)));
  }

  /** What is left of an effect where it had to give way most. */
  #left(effect, smaller) {
    let least = 1;
    for (let region = 0; region < smaller.regionCount; region++) {
      const factor = smaller.factors[effect * smaller.regionCount + region];
      if (factor < least && this.#acts(effect, region)) least = factor;
    }
    return least;
  }

  #fitted(values, left) {
    const { displacement, mask } = this;
    // Where an effect gave way, the surface moves less, too.
    const done = this.effects.map(({ key }, effect) => [key, left[effect] * (values[key] ?? 0)]);
    const carried = Object.fromEntries(done);
    const light = this.surfaceLight?.on(carried, displacement, mask.share) ?? null;
    const softening = this.creases?.added(carried) ?? null;
    return { displacement, light, softening, foldFactor: Math.min(1, ...left) };
  }

  /** Whether an effect moves a control point of a region. */
  #acts(effect, region) {
    const first = 2 * this.controlCount * effect;
    return this.mask.regions.controls.some(
      (owner, i) =>
        owner === region &&
        (this.planned[first + 2 * i] !== 0 || this.planned[first + 2 * i + 1] !== 0),
    );
  }

  /** Work out what each effect plans; returns what they add to the mask. */
  #plan(values) {
    const { planned, shifts, controlCount } = this;
    const coverings = [];
    this.effects.forEach(({ key, knots, vectors, teeth, coverage }, effect) => {
      const value = Number.isFinite(values[key]) ? values[key] : 0;
      const { after, share } = between(knots, value);
      const size = 2 * controlCount;
      const low = (after - 1) * size;
      const high = after * size;
      for (let i = 0; i < size; i++) {
        planned[effect * size + i] = vectors[low + i] * (1 - share) + vectors[high + i] * share;
      }
      for (let i = 0; i < 2; i++) {
        const before = teeth[2 * after - 2 + i];
        shifts[2 * effect + i] = before * (1 - share) + teeth[2 * after + i] * share;
      }
      if (coverage) {
        const clipped = Math.min(Math.max(value, knots[0]), knots[knots.length - 1]);
        coverings.push({ coverage, ...between(knots, clipped) });
      }
    });
    return coverings;
  }

  /** One fit, with the effects made smaller by their factors. */
  #fit({ factors }) {
    this.fits++;
    const { mask, allowed, controls, targets, reach, controlCount } = this;
    this.#give(factors);
    this.#findReach();
    // The mask scales the spline, so the spline itself carries the whole displacement to where
    // the landmark ends up after scaling: then mask times spline meets it exactly.
    for (let i = 0; i < 2 * controlCount; i++) {
      targets[i] = controls[i] + reach[i >> 1] * allowed[i];
    }
    this.moved.fill(0);
    for (const piece of this.pieces) {
      piece.place(targets, mask);
      piece.solve(allowed);
      piece.addTo(this.moved);
    }
    this.#spread();
  }

  /** What each effect is allowed, and what all are together. */
  #give(factors) {
    const { planned, given, shifts, givenShifts, allowed, controlCount, mask, teethNode } = this;
    const { count, controls: owners, labels } = mask.regions;
    allowed.fill(0);
    for (let effect = 0; effect < this.effects.length; effect++) {
      for (let i = 0, at = 2 * controlCount * effect; i < 2 * controlCount; i++, at++) {
        given[at] = planned[at] * factors[effect * count + owners[i >> 1]];
        allowed[i] += given[at];
      }
      const factor = teethNode < 0 ? 1 : factors[effect * count + labels[teethNode]];
      givenShifts[2 * effect] = shifts[2 * effect] * factor;
      givenShifts[2 * effect + 1] = shifts[2 * effect + 1] * factor;
    }
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

  /** Carry the teeth as one piece, and scale by the mask. */
  #spread() {
    const { moved, displacement, teeth, givenShifts } = this;
    const { active, activeCount, share } = this.mask;
    let [shiftX, shiftY] = [0, 0];
    for (let k = 0; k < givenShifts.length; k += 2) {
      shiftX += givenShifts[k];
      shiftY += givenShifts[k + 1];
    }
    displacement.fill(0);
    for (let i = 0; i < activeCount; i++) {
      const node = active[i];
      let u = moved[2 * node];
      let v = moved[2 * node + 1];
      if (teeth) {
        u += teeth[node] * (-shiftX - u);
        v += teeth[node] * (-shiftY - v);
      }
      displacement[2 * node] = u * share[node];
      displacement[2 * node + 1] = v * share[node];
    }
  }

  /** Displacement of the nodes around cells by each effect: (cells, 4, effects, 2) pixels. */
  #byEffect(cells) {
    const { grid, mask, teeth, givenShifts, controlCount } = this;
    const count = this.effects.length;
    const nodes = Int32Array.from({ length: 4 * cells.length }, (_, i) => {
      const first = cells[i >> 2];
      return first + (i & 1) + (i & 2 ? grid.columns : 0);
    });
    const moved = new Float64Array(2 * count * nodes.length);
    for (let effect = 0; effect < count; effect++) {
      const first = 2 * controlCount * effect;
      for (const piece of this.pieces) {
        piece.solve(this.given, first);
        piece.addAt(nodes, (i, u, v) => {
          moved[2 * (count * i + effect)] += u;
          moved[2 * (count * i + effect) + 1] += v;
        });
      }
      nodes.forEach((node, i) => {
        for (let k = 0; k < 2; k++) {
          const at = 2 * (count * i + effect) + k;
          if (teeth) moved[at] += teeth[node] * (-givenShifts[2 * effect + k] - moved[at]);
          moved[at] *= mask.share[node];
        }
      });
    }
    return moved;
  }
}
