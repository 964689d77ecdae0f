/**
 * The lattice of nodes on which a field is known: every `step` pixels, from node (0, 0), the middle
 * of the block of pixels whose top-left one is (x, y).
 */
export class Grid {
  /** @param {{x: number, y: number, step: number, rows: number, columns: number}} grid */
  constructor({ x, y, step, rows, columns }) {
    this.x = x;
    this.y = y;
    this.step = step;
    this.rows = rows;
    this.columns = columns;
    this.nodeCount = rows * columns;
    this.originX = x + (step - 1) / 2;
    this.originY = y + (step - 1) / 2;
    /** The four nodes around the place that was last asked for, and the weight of each. */
    this.corner = new Int32Array(4);
    this.weight = new Float64Array(4);
  }

  /** Where a node lies, photo pixels. */
  nodeX(node) {
    return this.originX + this.step * (node % this.columns);
  }

  nodeY(node) {
    return this.originY + this.step * Math.floor(node / this.columns);
  }

  /** Whether a place lies in the blocks of pixels that the nodes stand for. */
  covers(px, py) {
    const { x, y, step, rows, columns } = this;
    const right = x + columns * step - 0.5;
    const bottom = y + rows * step - 0.5;
    return px >= x - 0.5 && py >= y - 0.5 && px <= right && py <= bottom;
  }

  /** Nodes around a place and their bilinear weights: into `corner` and `weight`. */
  findCorners(px, py) {
    const { rows, columns, step, corner, weight } = this;
    const column = Math.min(Math.max((px - this.originX) / step, 0), columns - 1);
    const row = Math.min(Math.max((py - this.originY) / step, 0), rows - 1);
    const left = Math.min(Math.floor(column), Math.max(columns - 2, 0));
    const top = Math.min(Math.floor(row), Math.max(rows - 2, 0));
    const right = Math.min(left + 1, columns - 1);
    const bottom = Math.min(top + 1, rows - 1);
    const fx = column - left;
    const fy = row - top;
    corner[0] = top * columns + left;
    corner[1] = top * columns + right;
    corner[2] = bottom * columns + left;
    corner[3] = bottom * columns + right;
    weight[0] = (1 - fx) * (1 - fy);
    weight[1] = fx * (1 - fy);
    weight[2] = (1 - fx) * fy;
    weight[3] = fx * fy;
  }
}
