/**
 * The grain of a photo where a warp stretches it: the same numbers as
 * `landmarkdiff.manipulation.grain` works out.
 */

import { need } from "./packed_arrays.js";

const CHANNELS = 4;
/** No stretch is told beyond this: the square of its inverse. */
const LEAST = 1e-2;

/**
 * @typedef {object} GrainParts
 * @property {object} facts
 * @property {Uint8Array} cells (rows, columns, 4) Smooth red, green and blue of the photo, and how
 *   much of what they leave is grain.
 *
 * @typedef {object} LaidGrain Where grain is laid anew.
 * @property {GrainParts} parts
 * @property {{x: number, y: number, cell: number}} lattice Where its first corner lies in the result
 *   and how far apart the corners are; photo pixels.
 * @property {number} rows
 * @property {number} columns
 * @property {Float32Array} corners (rows, columns, 4) Whole pixels to the place of the photo that each
 *   corner's piece shows, x and y; how much is laid anew; nothing. The array is the model's.
 */

/**
 * Read the grain of a live model.
 * @param {object} header
 * @param {PackedArrays} arrays
 * @returns {?GrainParts} null: it stays with the warp.
 * @throws {ModelError}
 */
export function readGrain(header, arrays) {
  const facts = header.grain;
  if (!facts) return null;
  const { x, y, step, rows, columns, lattice, aside, size, stretched, scatter } = facts;
  need([x, y, step, aside, size].every(Number.isFinite) && step > 0 && size > 0, "size of grain");
  need(Number.isInteger(lattice) && lattice > 0, "lattice of grain");
  need(stretched?.length === 2 && stretched[1] > stretched[0], "stretch of grain");
  need(scatter?.length === 4 && scatter.every(Number.isFinite) && scatter[2] > 0, "place of grain");
  return { facts, cells: arrays.read("grain", "uint8", rows, columns, CHANNELS) };
}

export class Grain {
  /** @param {GrainParts} parts @param {Grid} grid */
  constructor(parts, grid) {
    const { lattice, scatter, aside } = parts.facts;
    const nodes = (count) =>
      Array.from({ length: Math.ceil((count - 1) / lattice) + 1 }, (_, i) =>
        Math.min(i * lattice, count - 1),
      );
    this.grid = grid;
    this.stretched = parts.facts.stretched;
    this.rows = nodes(grid.rows);
    this.columns = nodes(grid.columns);
    const [rows, columns] = [this.rows.length, this.columns.length];
    /** How far aside each piece is taken from, x and y. */
    this.aside = new Float64Array(2 * rows * columns);
    const [one, two, modulus, angle] = scatter;
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        const turn = angle * ((one * i + two * j) % modulus);
        this.aside.set([aside * Math.cos(turn), aside * Math.sin(turn)], 2 * (i * columns + j));
      }
    }
    this.laid = {
      parts,
      lattice: { x: grid.originX, y: grid.originY, cell: grid.step * lattice },
      rows,
      columns,
      corners: new Float32Array(CHANNELS * rows * columns),
    };
  }

  /**
   * Where grain is laid anew.
   * @param {Float32Array} displacement (rows, columns, 2) Pixels.
   * @returns {?LaidGrain} null: nothing is stretched. The next call overwrites it.
   */
  on(displacement) {
    const { laid, rows, columns, aside } = this;
    if (rows.length < 2 || columns.length < 2) return null;
    let any = false;
    for (let i = 0, place = 0; i < rows.length; i++) {
      for (let j = 0; j < columns.length; j++, place++) {
        const node = 2 * (rows[i] * this.grid.columns + columns[j]);
        const share = this.#share(displacement, rows[i], columns[j]);
        const at = CHANNELS * place;
        any ||= share > 0;
        laid.corners[at] = Math.round(displacement[node] + aside[2 * place]);
        laid.corners[at + 1] = Math.round(displacement[node + 1] + aside[2 * place + 1]);
        laid.corners[at + 2] = share;
      }
    }
    return any ? laid : null;
  }

  /** How much is laid anew at a node: by how far the photo is drawn out there. */
  #share(displacement, row, column) {
    const { columns, rows, step } = this.grid;
    const [left, right] = [Math.max(column - 1, 0), Math.min(column + 1, columns - 1)];
    const [top, bottom] = [Math.max(row - 1, 0), Math.min(row + 1, rows - 1)];
    const west = 2 * (row * columns + left);
    const east = 2 * (row * columns + right);
    const north = 2 * (top * columns + column);
    const south = 2 * (bottom * columns + column);
    const wide = (right - left) * step;
    const tall = (bottom - top) * step;
    const across = 1 + (displacement[east] - displacement[west]) / wide;
    const b = (displacement[east + 1] - displacement[west + 1]) / wide;
    const c = (displacement[south] - displacement[north]) / tall;
    const down = 1 + (displacement[south + 1] - displacement[north + 1]) / tall;
    const square = across * across + b * b + c * c + down * down;
    const area = across * down - b * c;
    const least = 0.5 * (square - Math.sqrt(Math.max(square * square - 4 * area * area, 0)));
    const stretch = 1 / Math.sqrt(Math.max(least, LEAST));
    const [from, to] = this.stretched;
    const share = Math.min(Math.max((stretch - from) / (to - from), 0), 1);
    return share * share * (3 - 2 * share);
  }
}
