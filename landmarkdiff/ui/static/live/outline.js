/**
 * What lies beyond the outline of the face, as `landmarkdiff/manipulation/outline.py` has it: it goes
 * along with the nearest place of the outline, and less with every pixel.
 */

/** So many cells beyond the outline go along whole. */
const WHOLE_CELLS = 1.5;

export class BeyondOutline {
  /**
   * @param {?{polygon: Float32Array, reach: number}} outline Corners in turn, convex, interleaved
   *   x, y; pixels. Beyond `reach` pixels nothing moves. null: the splines are read everywhere.
   * @param {Grid} grid
   */
  constructor(outline, grid) {
    const { nodeCount } = grid;
    /** Where the splines are read for each node, pixels. */
    this.x = Float64Array.from({ length: nodeCount }, (_, node) => grid.nodeX(node));
    this.y = Float64Array.from({ length: nodeCount }, (_, node) => grid.nodeY(node));
    /** How much of it each node takes; null: all. */
    this.fade = outline && new Float32Array(nodeCount).fill(1);
    if (!outline) return;
    for (let node = 0; node < nodeCount; node++) this.#bring(node, outline, grid.step);
  }

  /** Bring a node that lies beyond the outline to the nearest place on it. */
  #bring(node, { polygon, reach }, step) {
    const px = this.x[node];
    const py = this.y[node];
    let beyond = false;
    let least = Infinity;
    const count = polygon.length / 2;
    for (let i = 0; i < count; i++) {
      const next = (i + 1) % count;
      const edgeX = polygon[2 * next] - polygon[2 * i];
      const edgeY = polygon[2 * next + 1] - polygon[2 * i + 1];
      const dx = px - polygon[2 * i];
      const dy = py - polygon[2 * i + 1];
      beyond = beyond || edgeX * dy - edgeY * dx < 0;
      const share = (dx * edgeX + dy * edgeY) / (edgeX * edgeX + edgeY * edgeY);
      const along = Math.min(Math.max(share, 0), 1);
      const square = (dx - along * edgeX) ** 2 + (dy - along * edgeY) ** 2;
      if (square < least) {
        least = square;
        this.x[node] = polygon[2 * i] + along * edgeX;
        this.y[node] = polygon[2 * i + 1] + along * edgeY;
      }
    }
    if (beyond) {
      const away = Math.sqrt(least) - WHOLE_CELLS * step;
      this.fade[node] = Math.max(1 - Math.max(away, 0) / reach, 0);
    } else {
      this.x[node] = px;
      this.y[node] = py;
    }
  }

  /** The part of a piece in each node, with what lies beyond the outline; null: all of it. */
  within(weight) {
    if (!this.fade) return weight;
    return weight ? weight.map((part, node) => part * this.fade[node]) : this.fade;
  }
}
