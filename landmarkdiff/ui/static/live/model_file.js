/** Reads the live model of the server, as `landmarkdiff/manipulation/live_model.py` writes it. */

import { PackedArrays, areKnots, need } from "./packed_arrays.js";

const FORMAT = { kind: "LDLM", version: 2, what: "a live model" };
/** More nodes than any model of the server has; bounds what a broken file can ask for. */
const MAX_NODES = 1 << 20;
const MAX_POINTS = 1024;

/**
 * The JSON header of a live model.
 * @param {ArrayBuffer} buffer
 * @returns {object}
 * @throws {ModelError}
 */
export function readHeader(buffer) {
  return new PackedArrays(buffer, FORMAT).header;
}

function checkHeader(header) {
  need(header && typeof header === "object" && header.grid && header.arrays, "no grid or arrays");
  const { x, y, step, rows, columns } = header.grid;
  need([x, y].every(Number.isInteger), "the grid has no place");
  need([step, rows, columns].every((each) => Number.isInteger(each) && each > 0), "grid size");
  need(rows * columns <= MAX_NODES, `${rows} x ${columns} nodes`);
  need(Array.isArray(header.effects), "no effects");
  need(Array.isArray(header.eyes), "no list of eyes");
  need(header.mm_per_px > 0 && Number.isFinite(header.mm_per_px), "no scale");
  need(header.image?.width > 0 && header.image?.height > 0, "no size of the photo");
  need(header.min_jacobian > 0 && header.min_jacobian < 1, "no bound for folds");
  need(Number.isInteger(header.fold_attempts) && header.fold_attempts > 0, "no fold attempts");
  need(Number.isInteger(header.region_count) && header.region_count > 0, "no regions");
}

function readEffect({ key, knots }, number, arrays, controlCount, { rows, columns }) {
  need(typeof key === "string", "effect");
  need(areKnots(knots), `knots of the effect ${key}`);
  const count = knots.length;
  return {
    key,
    knots,
    vectors: arrays.readFinite(`vectors${number}`, count, controlCount, 2),
    teeth: arrays.readFinite(`teeth${number}`, count, 2),
    coverage: arrays.has(`coverage${number}`)
      ? arrays.read(`coverage${number}`, "int16", count, rows, columns)
      : null,
  };
}

function readEye({ x, y, step, rows, columns }, number, arrays) {
  need([x, y].every(Number.isFinite) && step > 0 && Number.isFinite(step), "place of an eye");
  need([rows, columns].every((each) => Number.isInteger(each) && each > 0), "size of an eye");
  return { x, y, step, rows, columns, cells: arrays.read(`eye${number}`, "uint8", rows, columns, 4) };
}

/**
 * @typedef {object} LiveEye An eye behind its lids.
 * @property {number} x Where the middle of the first cell lies, photo pixels.
 * @property {number} y
 * @property {number} step Photo pixels for each cell.
 * @property {number} rows
 * @property {number} columns
 * @property {Uint8Array} cells (rows, columns, 4) The whole eye, RGB; how much of each place is eye.
 *
 * @typedef {object} LiveEffect
 * @property {string} key `procedure.effect`.
 * @property {number[]} knots Values in the effect's unit, ascending.
 * @property {Float32Array} vectors (knots, controls, 2) Displacement of the controls, pixels.
 * @property {Float32Array} teeth (knots, 2) Displacement of the visible teeth, pixels.
 * @property {?Int16Array} coverage (knots, rows, columns) What the effect adds to the mask.
 *
 * @typedef {object} ModelParts
 * @property {object} header
 * @property {Uint8Array} coverage (rows, columns) The mask while no lid closes.
 * @property {Uint16Array} regions (rows, columns) Connected regions of the mask; 0: outside.
 * @property {Uint16Array} controlRegions (controls) The region that each control belongs to.
 * @property {Float32Array} controls (controls, 2) Pixels.
 * @property {Float32Array} anchors (anchors, 2) Points around that stay, pixels.
 * @property {?Float32Array} teeth (rows, columns) Weight of the teeth, which move as one piece.
 * @property {LiveEffect[]} effects
 * @property {LiveEye[]} eyes
 */

/**
 * Read the whole model and check that it fits together.
 * @param {ArrayBuffer} buffer
 * @returns {ModelParts}
 * @throws {ModelError}
 */
export function readModel(buffer) {
  const arrays = new PackedArrays(buffer, FORMAT);
  const { header } = arrays;
  checkHeader(header);
  const { grid, region_count: regionCount } = header;
  const { rows, columns } = grid;
  const coverage = arrays.read("coverage", "uint8", rows, columns);
  const regions = arrays.read("regions", "uint16", rows, columns);
  const controls = arrays.readFinite("controls", null, 2);
  const anchors = arrays.readFinite("anchors", null, 2);
  const points = (controls.length + anchors.length) / 2;
  need(points <= MAX_POINTS, `${points} control points`);
  const controlCount = controls.length / 2;
  const controlRegions = arrays.read("control_regions", "uint16", controlCount);
  const known = (each) => each < regionCount;
  need(regions.every(known) && controlRegions.every(known), "unknown region");
  const teeth = arrays.has("teeth") ? arrays.readFinite("teeth", rows, columns) : null;
  const effects = header.effects.map((effect, number) =>
    readEffect(effect, number, arrays, controlCount, grid),
  );
  const eyes = header.eyes.map((eye, number) => readEye(eye, number, arrays));
  return { header, coverage, regions, controlRegions, controls, anchors, teeth, effects, eyes };
}
