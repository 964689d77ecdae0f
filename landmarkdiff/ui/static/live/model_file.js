/** Reads the live model of the server, as `landmarkdiff/manipulation/live_model.py` writes it. */

const MAGIC = "LDLM";
const VERSION = 1;
/** Bytes before the header: the magic, the version, the header's length. */
const PREFIX = 12;
/** More nodes than any model of the server has; bounds what a broken file can ask for. */
const MAX_NODES = 1 << 20;
const MAX_POINTS = 1024;
const TYPES = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  float32: Float32Array,
};

/** The model cannot be read: what is wrong with it. */
export class ModelError extends Error {
  name = "ModelError";
}

function need(truth, what) {
  if (!truth) throw new ModelError(`the model is wrong: ${what}`);
}

/** Where the arrays begin, bytes. */
function headerEnd(buffer) {
  if (!(buffer instanceof ArrayBuffer)) throw new ModelError("the model is not an ArrayBuffer");
  if (buffer.byteLength < PREFIX) throw new ModelError("the model is cut off");
  const magic = String.fromCharCode(...new Uint8Array(buffer, 0, 4));
  if (magic !== MAGIC) throw new ModelError(`not a live model: it starts with "${magic}"`);
  const view = new DataView(buffer);
  const version = view.getUint32(4, true);
  if (version !== VERSION) {
    throw new ModelError(`version ${version} of the model; this page reads ${VERSION}`);
  }
  const end = PREFIX + view.getUint32(8, true);
  if (end > buffer.byteLength) throw new ModelError("the header of the model is cut off");
  return end;
}

/**
 * The JSON header of a live model.
 * @param {ArrayBuffer} buffer
 * @returns {object}
 * @throws {ModelError}
 */
export function readHeader(buffer) {
  const bytes = new Uint8Array(buffer, PREFIX, headerEnd(buffer) - PREFIX);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new ModelError(`the header of the model is not JSON: ${error.message}`);
  }
}

function checkHeader(header) {
  need(header && typeof header === "object" && header.grid && header.arrays, "no grid or arrays");
  const { x, y, step, rows, columns } = header.grid;
  need([x, y].every(Number.isInteger), "the grid has no place");
  need([step, rows, columns].every((each) => Number.isInteger(each) && each > 0), "grid size");
  need(rows * columns <= MAX_NODES, `${rows} x ${columns} nodes`);
  need(Array.isArray(header.effects), "no effects");
  need(header.mm_per_px > 0 && Number.isFinite(header.mm_per_px), "no scale");
  need(header.image?.width > 0 && header.image?.height > 0, "no size of the photo");
  need(header.min_jacobian > 0 && header.min_jacobian < 1, "no bound for folds");
  need(Number.isInteger(header.fold_attempts) && header.fold_attempts > 0, "no fold attempts");
  need(Number.isInteger(header.region_count) && header.region_count > 0, "no regions");
}

/** The arrays behind the header, by name. */
class Arrays {
  constructor(places, buffer) {
    this.places = places;
    this.buffer = buffer;
    this.start = headerEnd(buffer);
  }

  has(name) {
    return Boolean(this.places[name]);
  }

  /** A copy, whatever the alignment: the buffer stays the caller's. `null` takes any length. */
  read(name, dtype, ...shape) {
    const place = this.places[name];
    need(place && place.dtype === dtype, `no array ${name} of ${dtype}`);
    need(
      Array.isArray(place.shape) &&
        place.shape.length === shape.length &&
        shape.every((length, axis) => length === null || length === place.shape[axis]),
      `${name} has the shape ${place.shape}`,
    );
    const Type = TYPES[dtype];
    const length = place.shape.reduce((product, each) => product * each, 1);
    need(Number.isSafeInteger(length) && length >= 0, `${name} has the shape ${place.shape}`);
    need(Number.isInteger(place.offset) && place.offset >= 0, `${name} has no place`);
    const from = this.start + place.offset;
    const to = from + length * Type.BYTES_PER_ELEMENT;
    need(to <= this.buffer.byteLength, `${name} is cut off`);
    return new Type(this.buffer.slice(from, to));
  }

  readFinite(name, ...shape) {
    const values = this.read(name, "float32", ...shape);
    need(values.every(Number.isFinite), `${name} holds what is not a number`);
    return values;
  }
}

function readEffect({ key, knots }, number, arrays, controlCount, { rows, columns }) {
  need(typeof key === "string" && Array.isArray(knots) && knots.length >= 2, "effect");
  need(
    knots.every((knot, i) => Number.isFinite(knot) && (i === 0 || knot > knots[i - 1])),
    `knots of ${key}`,
  );
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

/**
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
 */

/**
 * Read the whole model and check that it fits together.
 * @param {ArrayBuffer} buffer
 * @returns {ModelParts}
 * @throws {ModelError}
 */
export function readModel(buffer) {
  const header = readHeader(buffer);
  checkHeader(header);
  const { grid, region_count: regionCount } = header;
  const { rows, columns } = grid;
  const arrays = new Arrays(header.arrays, buffer);
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
  return { header, coverage, regions, controlRegions, controls, anchors, teeth, effects };
}
