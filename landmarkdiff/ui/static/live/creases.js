/**
 * Folds of the skin that soften: the same numbers as `landmarkdiff.creases.plan` works out.
 *
 * What a plan adds to the codes of the photo lies on an upright map of its own; the warp carries it.
 */

import { areKnots, between, need } from "./packed_arrays.js";

/** More cells than any map of the server has. */
const MAX_CELLS = 1 << 20;
const CHANNELS = 4;

/**
 * @typedef {object} Softening What is added to a photo's codes.
 * @property {Float32Array} cells (rows, columns, 4) Red, green, blue, of 1; the array is the model's.
 * @property {number} rows
 * @property {number} columns
 * @property {number[]} toTexture Photo pixel (x, y) to place in the texture, 0 to 1: by columns.
 *
 * @typedef {object} Crease
 * @property {string[]} effects Keys of the effects on its depth; without one, tension softens it.
 * @property {{key: string, knots: number[], strains: number[]}[]} stretches
 * @property {number} row Where its cells begin in the map.
 * @property {number} column
 * @property {number[]} colour Share of the depth that red, green and blue have.
 * @property {number[]} response Share that is gone when each of the amounts is added.
 * @property {number} height
 * @property {number} width
 * @property {Uint8Array} depth (height, width) In steps of the logarithm of light.
 * @property {Uint8Array} skin (height, width, 3) Smooth codes of the skin.
 */

/** Linear light of each code of sRGB (IEC 61966-2-1). */
const LIGHT = Float64Array.from({ length: 256 }, (_, i) => {
  const code = i / 255;
  return code <= 0.04045 ? code / 12.92 : ((code + 0.055) / 1.055) ** 2.4;
});

function coded(light) {
  const held = Math.min(Math.max(light, 0), 1);
  return held <= 0.0031308 ? 12.92 * held : 1.055 * held ** (1 / 2.4) - 0.055;
}

/** Where a value lies among ascending `places`, whose values are `values`; the ends hold beyond. */
function interpolated(value, places, values) {
  let after = 0;
  while (after < places.length && places[after] < value) after++;
  if (after === 0) return values[0];
  if (after === places.length) return values[after - 1];
  const before = places[after - 1];
  const share = (value - before) / (places[after] - before);
  return values[after - 1] * (1 - share) + values[after] * share;
}

/**
 * Read the folds of a live model.
 * @param {object} header
 * @param {PackedArrays} arrays
 * @returns {?{facts: object, folds: Crease[]}} null: the plan softens none.
 * @throws {ModelError}
 */
export function readCreases(header, arrays) {
  const facts = header.creases;
  if (!facts) return null;
  const finite = (list, length) =>
    Array.isArray(list) && list.length === length && list.every(Number.isFinite);
  const { rows, columns, to_photo: toPhoto, amounts } = facts;
  need(Number.isInteger(rows) && Number.isInteger(columns), "size of the map of folds");
  need(rows > 0 && columns > 0 && rows * columns <= MAX_CELLS, "size of the map of folds");
  need(toPhoto?.length === 2 && toPhoto.every((each) => finite(each, 3)), "place of folds");
  need(Array.isArray(amounts) && finite(amounts, amounts.length), "amounts of folds");
  need(facts.depth_step > 0 && facts.flattened_at > 0, "steps of folds");
  need(facts.most_by_tension >= 0 && facts.most_by_tension <= 1, "tension of folds");
  need(Array.isArray(facts.folds), "no folds");
  const folds = facts.folds.map((fold, number) => {
    need(Array.isArray(fold.effects) && Array.isArray(fold.stretches), "effects of a fold");
    const known = ({ key, knots, strains }) =>
      typeof key === "string" && areKnots(knots) && finite(strains, knots.length);
    need(fold.stretches.every(known), "stretches of a fold");
    need(finite(fold.colour, 3) && finite(fold.response, amounts.length), "depth of a fold");
    const depth = arrays.read(`crease_depth${number}`, "uint8", null, null);
    const [height, width] = header.arrays[`crease_depth${number}`].shape;
    const inside = (first, length, whole) =>
      Number.isInteger(first) && first >= 0 && first + length <= whole;
    need(inside(fold.row, height, rows) && inside(fold.column, width, columns), "place of a fold");
    const skin = arrays.read(`crease_skin${number}`, "uint8", height, width, 3);
    return { ...fold, height, width, depth, skin };
  });
  return { facts, folds };
}

export class Creases {
  /** @param {{facts: object, folds: Crease[]}} parts */
  constructor({ facts, folds }) {
    this.facts = facts;
    this.folds = folds;
    // Only where folds lie, with a ring of nothing around.
    const row = Math.min(...folds.map((each) => each.row)) - 1;
    const column = Math.min(...folds.map((each) => each.column)) - 1;
    const rows = Math.max(...folds.map((each) => each.row + each.height)) + 1 - row;
    const columns = Math.max(...folds.map((each) => each.column + each.width)) + 1 - column;
    this.corner = { row, column };
    this.softening = {
      cells: new Float32Array(CHANNELS * rows * columns),
      rows,
      columns,
      toTexture: toTexture(facts.to_photo, { row, column, rows, columns }),
    };
  }

  /** How much of its depth a fold loses: 0 to 1. */
  share({ effects, stretches }, values) {
    const value = (key) => (Number.isFinite(values[key]) ? values[key] : 0);
    if (effects.length > 0) {
      const largest = Math.max(...effects.map((key) => -value(key)));
      return Math.min(Math.max(largest / 100, 0), 1);
    }
    let strain = 0;
    for (const { key, knots, strains } of stretches) {
      if (value(key) === 0) continue;
      const { after, share } = between(knots, value(key));
      strain += strains[after - 1] * (1 - share) + strains[after] * share;
    }
    return Math.min(Math.max(strain / this.facts.flattened_at, 0), this.facts.most_by_tension);
  }

  /**
   * What is added to the photo's codes.
   * @param {Object<string, number>} values By effect key, as far as they are carried out; others are
   *   at 0.
   * @returns {?Softening} null: nothing. The next call overwrites it.
   */
  added(values) {
    const { facts, softening } = this;
    softening.cells.fill(0);
    let any = false;
    for (const fold of this.folds) {
      const share = this.share(fold, values);
      if (share === 0) continue;
      any = true;
      this.#add(fold, facts.depth_step * interpolated(share, fold.response, facts.amounts));
    }
    return any ? softening : null;
  }

  /** Where two folds meet, the larger change holds. */
  #add({ row, column, height, width, depth, skin, colour }, step) {
    const { cells, columns } = this.softening;
    for (let y = 0; y < height; y++) {
      const start = (row + y - this.corner.row) * columns + column - this.corner.column;
      for (let x = 0; x < width; x++) {
        const own = y * width + x;
        if (depth[own] === 0) continue;
        for (let c = 0; c < 3; c++) {
          const code = skin[3 * own + c];
          const more = coded(LIGHT[code] * Math.exp(step * depth[own] * colour[c])) - code / 255;
          const at = CHANNELS * (start + x) + c;
          if (more > cells[at]) cells[at] = more;
        }
      }
    }
  }
}

/** From photo pixels to a texture of some of the map's cells, whose middles lie at whole numbers. */
function toTexture([[a, b, x], [c, d, y]], { row, column, rows, columns }) {
  const whole = a * d - b * c;
  const inverse = [
    [d / whole, -b / whole, (b * y - d * x) / whole],
    [-c / whole, a / whole, (c * x - a * y) / whole],
  ];
  const scale = ([first, second, offset], from, count) => [
    first / count,
    second / count,
    (offset - from + 0.5) / count,
  ];
  const across = scale(inverse[0], column, columns);
  const down = scale(inverse[1], row, rows);
  return [across[0], down[0], across[1], down[1], across[2], down[2]];
}
