/** Reads the head of the server, as `landmarkdiff/head/payload.py` writes it. */

import { PackedArrays, areKnots, need } from "../live/packed_arrays.js";

const FORMAT = { kind: "LDHD", version: 1, what: "a head" };
/** More vertices than any head of the server has; bounds what a broken file can ask for. */
const MAX_VERTICES = 1 << 18;

/**
 * @typedef {object} HeadEffect
 * @property {string} key `procedure.effect`.
 * @property {string} unit Of the values: mm or deg.
 * @property {number} value As planned.
 * @property {number[]} knots Values, ascending.
 * @property {Uint32Array} moved (n) The vertices that it moves.
 * @property {Float32Array} displacements (knots, n, 3) By how much, mm.
 *
 * @typedef {object} Head Lengths in mm, in the face frame.
 * @property {object} header
 * @property {Float32Array} vertices (V, 3) Before.
 * @property {Uint32Array} triangles (T, 3)
 * @property {Float32Array} uv (V, 2) Place in the texture, downwards.
 * @property {Uint8Array} texture A JPEG.
 * @property {Uint8Array} seen (V) 255 where a photo shows the surface well, 0 where none does.
 * @property {Uint32Array} twin (V) The first vertex at the same place.
 * @property {Uint32Array} midline The profile, from the hairline to the neck.
 * @property {Uint32Array} neck The open edge of the neck, around.
 * @property {HeadEffect[]} effects
 */

/**
 * Read the whole head and check that it fits together.
 * @param {ArrayBuffer} buffer
 * @returns {Head}
 * @throws {ModelError}
 */
export function readHead(buffer) {
  const arrays = new PackedArrays(buffer, FORMAT);
  const { header } = arrays;
  need(header && typeof header === "object" && header.arrays, "no arrays");
  need(Array.isArray(header.effects), "no effects");
  const vertices = arrays.readFinite("vertices", null, 3);
  const count = vertices.length / 3;
  need(count > 0 && count <= MAX_VERTICES, `${count} vertices`);
  const numbers = (name, ...shape) => {
    const read = arrays.read(name, "uint32", ...shape);
    need(read.every((each) => each < count), `${name} names a vertex that is not there`);
    return read;
  };
  const twin = numbers("twin", count);
  need(twin.every((each, i) => each <= i && twin[each] === each), "twin names no first vertices");
  return {
    header,
    vertices,
    triangles: numbers("triangles", null, 3),
    uv: arrays.readFinite("uv", count, 2),
    texture: arrays.read("texture", "uint8", null),
    seen: arrays.read("seen", "uint8", count),
    twin,
    midline: numbers("midline", null),
    neck: numbers("neck", null),
    effects: header.effects.map((effect, number) => readEffect(effect, number, arrays, numbers)),
  };
}

function readEffect({ key, unit, value, knots }, number, arrays, numbers) {
  need(typeof key === "string" && typeof unit === "string" && Number.isFinite(value), "effect");
  need(areKnots(knots), `knots of the effect ${key}`);
  const moved = numbers(`moved${number}`, null);
  const displacements = arrays.readFinite(`displacements${number}`, knots.length, moved.length, 3);
  return { key, unit, value, knots, moved, displacements };
}
