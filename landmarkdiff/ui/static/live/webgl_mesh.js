/**
 * The warp as triangles over the cells of the mask.
 *
 * The server's field is bilinear in a cell; two triangles miss it by up to 0.2 mm in the middle,
 * four around the middle by a quarter of that. While something moves there are two.
 */

import { clamp } from "./scene.js";
import { Vertices } from "./webgl_program.js";

const QUICK_INDICES = 6;
const FINE_INDICES = 12;

export class Mesh {
  #mask = null;
  #displacement = null;
  #light = null;
  /** The mask that the vertices were made for, and its generation then. */
  #made = null;
  #stale = { quick: true, fine: true };

  constructor(gl) {
    this.gl = gl;
    this.vertices = new Vertices(gl);
  }

  /**
   * @param {?Mask} mask null: there is no warp.
   * @param {?Float32Array} displacement (rows, columns, 2) Pixels.
   * @param {?Float32Array} light (rows, columns, 4) Three factors and the gloss; null: none.
   */
  setField(mask, displacement, light = null) {
    this.#mask = mask;
    this.#displacement = displacement;
    this.#light = light;
    this.#stale = { quick: true, fine: true };
  }

  /** Whether the vertices are those of the present mask. */
  get isCurrent() {
    const made = this.#made;
    return made !== null && made.mask === this.#mask && made.generation === made.mask.generation;
  }

  /** Draw what lies between two photo places from left to right. */
  draw(quick, from, to) {
    if (!this.#mask || !this.#displacement) return;
    const { gl, before, cells } = this.#update(quick);
    const { originX, step, columns } = this.#mask.grid;
    const column = (x) => clamp(x, 0, columns - 1);
    const first = before[column(Math.floor((from - originX) / step) - 1)];
    const count = before[column(Math.ceil((to - originX) / step) + 1)] - first;
    if (count <= 0) return;
    const each = quick ? QUICK_INDICES : FINE_INDICES;
    const offset = (quick ? 0 : QUICK_INDICES * cells.length) + each * first;
    gl.drawElements(gl.TRIANGLES, each * count, gl.UNSIGNED_INT, 4 * offset);
  }

  #update(quick) {
    this.vertices.bind();
    if (!this.isCurrent) {
      this.#build();
      this.#made = { mask: this.#mask, generation: this.#mask.generation };
      this.#stale = { quick: true, fine: true };
    }
    if (this.#stale[quick ? "quick" : "fine"]) {
      this.#shift(quick);
      this.#stale = { quick: false, fine: quick && this.#stale.fine };
    }
    return this;
  }

  /** Shift the nodes by the displacement, and the middles of the cells where they are drawn. */
  #shift(quick) {
    this.#fill(this.vertices.shifts, this.#displacement, 2, quick ? null : this.shifts);
    if (this.#light) this.#fill(this.vertices.lights, this.#light, 4, quick ? null : this.lights);
  }

  /** Fill a buffer with values of the nodes and, into `middles`, their means in the cells. */
  #fill(buffer, values, size, middles) {
    const { gl, cells } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, values);
    if (!middles) return;
    const { columns } = this.#mask.grid;
    for (let i = 0; i < cells.length; i++) {
      const a = size * cells[i];
      const c = a + size * columns;
      for (let k = 0; k < size; k++) {
        const across = values[a + k] + values[a + size + k];
        middles[size * i + k] = 0.25 * (across + values[c + k] + values[c + size + k]);
      }
    }
    gl.bufferSubData(gl.ARRAY_BUFFER, values.byteLength, middles);
  }

  /** Vertices of all nodes and of the middles of the cells that the mask touches; triangles. */
  #build() {
    const { gl, vertices } = this;
    const { grid } = this.#mask;
    this.#findCells();
    const { cells } = this;
    const places = new Float32Array(2 * (grid.nodeCount + cells.length));
    for (let node = 0; node < grid.nodeCount; node++) {
      places[2 * node] = grid.nodeX(node);
      places[2 * node + 1] = grid.nodeY(node);
    }
    const triangles = new Uint32Array((QUICK_INDICES + FINE_INDICES) * cells.length);
    cells.forEach((a, i) => {
      const [b, c, d, middle] = [a + 1, a + grid.columns, a + grid.columns + 1, grid.nodeCount + i];
      places[2 * middle] = places[2 * a] + grid.step / 2;
      places[2 * middle + 1] = places[2 * a + 1] + grid.step / 2;
      triangles.set([a, b, c, c, b, d], QUICK_INDICES * i);
      const around = [a, b, middle, b, d, middle, d, c, middle, c, a, middle];
      triangles.set(around, QUICK_INDICES * cells.length + FINE_INDICES * i);
    });
    vertices.setNodes(places, gl.STATIC_DRAW);
    vertices.setShifts(places.byteLength, gl.DYNAMIC_DRAW);
    vertices.setLights(2 * places.byteLength, gl.DYNAMIC_DRAW);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, vertices.indices);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, triangles, gl.STATIC_DRAW);
    this.shifts = new Float32Array(2 * cells.length);
    this.lights = new Float32Array(4 * cells.length);
  }

  /** Cells that the mask touches, by their top-left nodes, and what they cover of the photo. */
  #findCells() {
    const { grid, share } = this.#mask;
    const { rows, columns, step, originX, originY } = grid;
    const cells = [];
    // By columns: those that the divider hides are not drawn at all. The cells before each column:
    const before = new Int32Array(columns);
    let [left, top, right, bottom] = [columns, rows, 0, 0];
    for (let column = 0; column + 1 < columns; column++) {
      for (let row = 0; row + 1 < rows; row++) {
        const a = row * columns + column;
        const c = a + columns;
        if (!(share[a] || share[a + 1] || share[c] || share[c + 1])) continue;
        cells.push(a);
        left = Math.min(left, column);
        right = column + 1;
        top = Math.min(top, row);
        bottom = Math.max(bottom, row + 1);
      }
      before[column + 1] = cells.length;
    }
    this.cells = Int32Array.from(cells);
    this.before = before;
    this.left = originX + step * left;
    this.right = originX + step * right;
    this.top = originY + step * top;
    this.bottom = originY + step * bottom;
  }
}
