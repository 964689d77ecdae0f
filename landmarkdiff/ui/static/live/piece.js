/** One of a warp's splines: of one procedure, through control points of its own. */

import { ThinPlateSpline } from "./spline.js";

/**
 * What each piece has in the nodes' displacement, as
 * `landmarkdiff.manipulation.pieces.piece_weights` has it; null for an only one.
 * @param {Array<?Uint8Array>} coverages (rows, columns) each.
 * @returns {Array<?Float32Array>}
 */
export function pieceWeights(coverages) {
  if (coverages.length === 1) return [null];
  return coverages.map((own) =>
    Float32Array.from(own, (level, node) => {
      let total = 0;
      for (const each of coverages) total += each[node];
      return level / Math.max(total, 1);
    }),
  );
}

export class Piece {
  #generation = -1;

  /**
   * @param {{controls: Uint16Array, anchors: Float32Array}} piece Its control points by their place
   *   among the model's; and the points around that stay, pixels.
   * @param {?Float32Array} weight (rows, columns) Its part in the nodes' displacement.
   * @param {Grid} grid
   * @param {BeyondOutline} places Where the spline is read for each node.
   */
  constructor({ controls, anchors }, weight, grid, places) {
    const count = controls.length;
    const pointCount = count + anchors.length / 2;
    this.controls = controls;
    this.weight = places.within(weight);
    this.grid = grid;
    this.places = places;
    this.pointCount = pointCount;
    this.points = new Float64Array(2 * pointCount);
    this.points.set(anchors, 2 * count);
    this.spline = new ThinPlateSpline(pointCount);
    this.values = new Float64Array(2 * pointCount);
    this.steps = new Float64Array(2 * count);
    // The four nodes around each control.
    this.aroundShares = new Float64Array(4 * count);
    this.aroundX = new Float64Array(4 * count);
    this.aroundY = new Float64Array(4 * count);
    this.aroundBasis = new Float64Array(4 * count * (pointCount + 3));
    // Its nodes; the first `activeCount` of each count.
    this.active = new Int32Array(grid.nodeCount);
    this.activeX = new Float64Array(grid.nodeCount);
    this.activeY = new Float64Array(grid.nodeCount);
    this.activeCount = 0;
    this.moved = new Float64Array(2 * grid.nodeCount);
  }

  /**
   * Put the spline through where its controls come to lie.
   * @param {Float64Array} targets (model's controls, 2) Pixels.
   * @param {Mask} mask
   */
  place(targets, mask) {
    const { controls, points, grid, places, aroundShares, aroundX, aroundY } = this;
    this.#activate(mask);
    controls.forEach((own, i) => {
      points[2 * i] = targets[2 * own];
      points[2 * i + 1] = targets[2 * own + 1];
    });
    this.spline.place(points, this.pointCount);
    for (let i = 0; i < controls.length; i++) {
      grid.findCorners(points[2 * i], points[2 * i + 1]);
      for (let k = 0; k < 4; k++) {
        const node = grid.corner[k];
        aroundShares[4 * i + k] = mask.share[node] > 0 ? grid.weight[k] : 0;
        aroundX[4 * i + k] = places.x[node];
        aroundY[4 * i + k] = places.y[node];
      }
    }
    this.spline.basis(aroundX, aroundY, 4 * controls.length, this.aroundBasis);
  }

  #activate(mask) {
    if (mask.generation === this.#generation) return;
    this.#generation = mask.generation;
    let count = 0;
    for (let i = 0; i < mask.activeCount; i++) {
      const node = mask.active[i];
      if (this.weight && !(this.weight[node] > 0)) continue;
      this.active[count] = node;
      this.activeX[count] = this.places.x[node];
      this.activeY[count] = this.places.y[node];
      count++;
    }
    this.activeCount = count;
  }

  /**
   * Solve for displacements of the model's controls: (controls, 2) pixels, from `first` on.
   *
   * Between nodes the field is linear and the spline is not: what the landmarks would miss by that
   * is added to their values; once where landmarks share a cell, more would make waves.
   */
  solve(allowed, first = 0) {
    const { spline, controls, values, steps } = this;
    values.fill(0);
    controls.forEach((own, i) => {
      steps[2 * i] = allowed[first + 2 * own];
      steps[2 * i + 1] = allowed[first + 2 * own + 1];
      values[2 * i] = -steps[2 * i];
      values[2 * i + 1] = -steps[2 * i + 1];
    });
    spline.solve(values);
    for (let round = spline.spacing > 1.5 * this.grid.step ? 2 : 1; round > 0; round--) {
      this.#correct();
      spline.solve(values);
    }
  }

  #correct() {
    const { controls, values, steps, aroundShares, aroundBasis } = this;
    const { weights } = this.spline;
    const size = this.pointCount + 3;
    for (let i = 0; i < controls.length; i++) {
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
      values[2 * i] -= u + steps[2 * i];
      values[2 * i + 1] -= v + steps[2 * i + 1];
    }
  }

  /** Add what it has in the displacement of its nodes: into (rows, columns, 2) pixels. */
  addTo(field) {
    const { active, activeX, activeY, activeCount, moved, weight } = this;
    this.spline.at(activeX, activeY, activeCount, moved);
    for (let i = 0; i < activeCount; i++) {
      const node = active[i];
      const part = weight ? weight[node] : 1;
      field[2 * node] += moved[2 * i] * part;
      field[2 * node + 1] += moved[2 * i + 1] * part;
    }
  }

  /**
   * Add what it has in the displacement of chosen nodes.
   * @param {Int32Array} nodes
   * @param {function(number, number, number)} add Takes the number of the node among these, and its
   *   displacement.
   */
  addAt(nodes, add) {
    const moved = new Float64Array(2 * nodes.length);
    const xs = Float64Array.from(nodes, (node) => this.places.x[node]);
    const ys = Float64Array.from(nodes, (node) => this.places.y[node]);
    this.spline.at(xs, ys, nodes.length, moved);
    nodes.forEach((node, i) => {
      const part = this.weight ? this.weight[node] : 1;
      if (part > 0) add(i, moved[2 * i] * part, moved[2 * i + 1] * part);
    });
  }
}
