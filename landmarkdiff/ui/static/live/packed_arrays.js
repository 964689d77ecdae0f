/** Reads arrays behind a JSON header, as `landmarkdiff/packed_arrays.py` writes them. */

/** Bytes before the header: the kind, the version, the header's length. */
const PREFIX = 12;
const TYPES = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  int16: Int16Array,
  float32: Float32Array,
};

/** What came cannot be read: what is wrong with it. */
export class ModelError extends Error {
  name = "ModelError";
}

export function need(truth, what) {
  if (!truth) throw new ModelError(`the model is wrong: ${what}`);
}

/** Whether these are knots of an effect: finite, ascending, two or more. */
export function areKnots(knots) {
  return (
    Array.isArray(knots) &&
    knots.length >= 2 &&
    knots.every((knot, i) => Number.isFinite(knot) && (i === 0 || knot > knots[i - 1]))
  );
}

/** Place of a value among knots: the knot after it, and that knot's share of the two around it. */
export function between(knots, value) {
  let after = 0;
  while (after < knots.length && knots[after] < value) after++;
  after = Math.min(Math.max(after, 1), knots.length - 1);
  const before = knots[after - 1];
  return { after, share: (value - before) / (knots[after] - before) };
}

/** The header, and the arrays by name. */
export class PackedArrays {
  /**
   * @param {ArrayBuffer} buffer
   * @param {{kind: string, version: number, what: string}} wanted What it is called in an error.
   * @throws {ModelError}
   */
  constructor(buffer, { kind, version, what }) {
    if (!(buffer instanceof ArrayBuffer)) throw new ModelError("the model is not an ArrayBuffer");
    if (buffer.byteLength < PREFIX) throw new ModelError("the model is cut off");
    const found = String.fromCharCode(...new Uint8Array(buffer, 0, 4));
    if (found !== kind) throw new ModelError(`not ${what}: it starts with "${found}"`);
    const view = new DataView(buffer);
    const own = view.getUint32(4, true);
    if (own !== version) {
      throw new ModelError(`version ${own} of the model; this page reads ${version}`);
    }
    this.buffer = buffer;
    this.start = PREFIX + view.getUint32(8, true);
    if (this.start > buffer.byteLength) throw new ModelError("the header of the model is cut off");
    this.header = this.#readHeader();
  }

  #readHeader() {
    const bytes = new Uint8Array(this.buffer, PREFIX, this.start - PREFIX);
    try {
      return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    } catch (error) {
      throw new ModelError(`the header of the model is not JSON: ${error.message}`);
    }
  }

  has(name) {
    return Boolean(this.header.arrays[name]);
  }

  /** A copy, whatever the alignment: the buffer stays the caller's. `null` takes any length. */
  read(name, dtype, ...shape) {
    const place = this.header.arrays[name];
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
