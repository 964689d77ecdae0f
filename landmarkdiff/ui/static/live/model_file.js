/** Reads the live model of the server, as `landmarkdiff/manipulation/live_model.py` writes it. */

import { readCreases } from "./creases.js";
import { PackedArrays, areKnots, need } from "./packed_arrays.js";

const FORMAT = { kind: "LDLM", version: 3, what: "a live model" };
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
  checkFolds(header.folds ?? {});
  need(Number.isInteger(header.piece_count) && header.piece_count >= 0, "no pieces");
  need(Array.isArray(header.pieces_beyond_face), "no pieces beyond the face");
  need(Number.isInteger(header.region_count) && header.region_count > 0, "no regions");
}

function checkFolds({ least, aim, blame, largest_step: step, attempts }) {
  need(least > 0 && aim >= least && aim < 1, "no bound for folds");
  need(blame?.length === 2 && blame[0] >= 0 && blame[1] > blame[0], "no blame for folds");
  need(step > 0 && step < 1, "no step for folds");
  need(Number.isInteger(attempts) && attempts > 0, "no fold attempts");
}

function readPiece(number, arrays, header, controlCount) {
  const { rows, columns } = header.grid;
  const controls = arrays.read(`piece_controls${number}`, "uint16", null);
  need(controls.every((each) => each < controlCount), "unknown control point");
  const several = header.piece_count > 1;
  return {
    controls,
    anchors: arrays.readFinite(`anchors${number}`, null, 2),
    coverage: several ? arrays.read(`piece_coverage${number}`, "uint8", rows, columns) : null,
    beyondFace: header.pieces_beyond_face.includes(number),
  };
}

function readOutline({ outline_reach: reach }, arrays) {
  if (!arrays.has("outline")) return null;
  const polygon = arrays.readFinite("outline", null, 2);
  need(polygon.length >= 6 && polygon.length <= 2 * MAX_POINTS, "no outline");
  need(reach > 0 && Number.isFinite(reach), "no end of the outline");
  return { polygon, reach };
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

function readCells({ x, y, step, rows, columns }, name, what, arrays) {
  need([x, y].every(Number.isFinite) && step > 0 && Number.isFinite(step), `place of ${what}`);
  need([rows, columns].every((each) => Number.isInteger(each) && each > 0), `size of ${what}`);
  return { x, y, step, rows, columns, cells: arrays.read(name, "uint8", rows, columns, 4) };
}

function readLight(header, arrays, nodeCount) {
  const facts = header.light;
  if (!facts) return null;
  const { coefficients, floor, lamp, gloss, luminance, bounds, steps } = facts;
  const finite = (list, length) =>
    Array.isArray(list) && list.length === length && list.every(Number.isFinite);
  need(Array.isArray(coefficients) && coefficients.length === 3, "no light");
  need(coefficients.every((each) => finite(each, 9)) && finite(floor, 3), "the light is cut off");
  need(floor.every((each) => each > 0), "light below darkness");
  need(finite(luminance, 3) && finite(bounds, 2) && bounds[0] > 0, "no bounds of the light");
  need(!lamp || (finite(lamp.direction, 3) && finite(lamp.strength, 3)), "lamp");
  need(!gloss || (finite(gloss.direction, 3) && gloss.exponent > 0), "gloss");
  need([steps?.normal, steps?.turn, steps?.weight].every((each) => each > 0), "steps of the light");
  need(Array.isArray(facts.effects), "no effects of the light");
  const nodes = arrays.read("light_nodes", "uint32", null);
  need(nodes.every((each) => each < nodeCount), "light beyond the grid");
  const effects = facts.effects.map(({ key, knots }, number) => {
    need(typeof key === "string" && areKnots(knots), "knots of the light");
    const turned = knots.filter((each) => each !== 0).length;
    const held = arrays.read(`light_turns${number}`, "int16", turned, nodes.length, 2);
    let next = 0;
    const size = 2 * nodes.length;
    const turns = knots.map((knot) =>
      knot === 0 ? null : held.subarray(size * next, size * ++next),
    );
    return { key, knots, turns };
  });
  return {
    facts,
    nodes,
    normals: arrays.read("light_normals", "int16", nodes.length, 2),
    weight: arrays.read("light_weight", "uint8", nodes.length),
    shine: arrays.read("light_shine", "uint8", nodes.length),
    effects,
  };
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
 * @typedef {object} LiveFront What lies in front of the face; its place as an eye's.
 * @property {Uint8Array} cells (rows, columns, 4) The face behind it, RGB; up to 127 how much of the
 *   face beside it is continued, above how much of each place lies in front.
 *
 * @typedef {object} LightParts
 * @property {object} facts
 * @property {Uint32Array} nodes (n) Nodes in and around the mask.
 * @property {Int16Array} normals (n, 2) x and y of the unit normal, in steps.
 * @property {Uint8Array} weight (n) How far the light is changed, in steps.
 * @property {Uint8Array} shine (n) Share of the fitted gloss that the skin has, in steps.
 * @property {{key: string, knots: number[], turns: (?Int16Array)[]}[]} effects What each adds to x
 *   and y at its knots, in steps; null at 0, where nothing turns.
 *
 * @typedef {object} LivePiece One spline.
 * @property {Uint16Array} controls Its control points, by their place among the model's.
 * @property {Float32Array} anchors (anchors, 2) Points around that stay, pixels.
 * @property {?Uint8Array} coverage (rows, columns) What its procedure covers; null for an only one.
 * @property {boolean} beyondFace Whether it is read beyond the outline of the face, as of an ear.
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
 * @property {LivePiece[]} pieces
 * @property {?Float32Array} teeth (rows, columns) Weight of the teeth, which move as one piece.
 * @property {LiveEffect[]} effects
 * @property {LiveEye[]} eyes
 * @property {?LiveFront} front null: nothing lies in front.
 * @property {?LightParts} light null: the light stays as the photo has it.
 * @property {?{polygon: Float32Array, reach: number}} outline Of the face; null: splines are read
 *   everywhere.
 * @property {?{facts: object, folds: Crease[]}} creases null: the plan softens no fold.
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
  const controlCount = controls.length / 2;
  need(controlCount <= MAX_POINTS, `${controlCount} control points`);
  const pieces = Array.from({ length: header.piece_count }, (_, number) =>
    readPiece(number, arrays, header, controlCount),
  );
  need(pieces.every(({ anchors }) => anchors.length <= 2 * MAX_POINTS), "too many points around");
  const controlRegions = arrays.read("control_regions", "uint16", controlCount);
  const known = (each) => each < regionCount;
  need(regions.every(known) && controlRegions.every(known), "unknown region");
  const teeth = arrays.has("teeth") ? arrays.readFinite("teeth", rows, columns) : null;
  const effects = header.effects.map((effect, number) =>
    readEffect(effect, number, arrays, controlCount, grid),
  );
  const eyes = header.eyes.map((eye, k) => readCells(eye, `eye${k}`, "an eye", arrays));
  const front = header.front ? readCells(header.front, "front", "a layer", arrays) : null;
  const light = readLight(header, arrays, rows * columns);
  const fitted = { header, coverage, regions, controlRegions, controls, pieces, teeth, effects };
  const outline = readOutline(header, arrays);
  return { ...fitted, eyes, front, light, outline, creases: readCreases(header, arrays) };
}
