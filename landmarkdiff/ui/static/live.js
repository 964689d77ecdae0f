/**
 * The live preview: a plan fitted and drawn in the browser, with no call to the server.
 *
 * The server sends a binary model once per photo and set of effects (`landmarkdiff/manipulation/live_model.py`):
 * control points, their displacement per effect, and the mask. `LiveModel` fits the same
 * thin-plate spline as `landmarkdiff.manipulation.field.fit_field`, `GlPicture` draws the photo through it
 * with WebGL 2, `FlatPicture` shows pictures that the server made where there is no WebGL 2, and
 * `LivePreview` is the viewer around them.
 *
 * Photo coordinates are pixels of the upright full-size photo; the centre of the top-left pixel
 * is (0, 0), so the photo reaches from -0.5 to width - 0.5.
 */

// ------------------------------------------------------------------------------------------
// The model and its fit
// ------------------------------------------------------------------------------------------

const MAGIC = "LDLM";
const VERSION = 1;
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

/** A fit has no solution: control points coincide, or the picture folds however small. */
export class FitError extends Error {
  name = "FitError";
}

/* log r2 from the bits of a float32: its exponent, and its mantissa by a table with linear
   interpolation. The error stays below 2e-8 of a logarithm's unit, and it takes a third of the
   time of Math.log. */
const MANTISSA_BITS = 12;
const FINE_BITS = 23 - MANTISSA_BITS;
const FINE_MASK = (1 << FINE_BITS) - 1;
const FINE_SCALE = 1 / (1 << FINE_BITS);
const MANTISSA_MASK = (1 << MANTISSA_BITS) - 1;
const MANTISSA_LOG = Float64Array.from({ length: (1 << MANTISSA_BITS) + 1 }, (_, i) =>
  Math.log1p(i / (1 << MANTISSA_BITS)),
);
const EXPONENT_LOG = Float64Array.from({ length: 256 }, (_, i) => (i - 127) * Math.LN2);
const BITS_FLOAT = new Float32Array(1);
const BITS_INT = new Int32Array(BITS_FLOAT.buffer);

/** r2 log r2 for r2 >= 0, as the loops below have it inline. */
function radial(square) {
  BITS_FLOAT[0] = square;
  const bits = BITS_INT[0];
  const cell = (bits >> FINE_BITS) & MANTISSA_MASK;
  const low = MANTISSA_LOG[cell];
  const share = (bits & FINE_MASK) * FINE_SCALE;
  return square * (EXPONENT_LOG[bits >>> 23] + low + share * (MANTISSA_LOG[cell + 1] - low));
}

/** Thin-plate spline through up to `capacity` points; all arrays are made once. */
class Spline {
  constructor(capacity) {
    const size = capacity + 3;
    this.x = new Float64Array(capacity);
    this.y = new Float64Array(capacity);
    this.matrix = new Float64Array(size * size);
    this.order = new Int32Array(size);
    this.right = new Float64Array(2 * size);
    this.weights = new Float64Array(2 * size);
  }

  /** Take `count` points (interleaved x, y; pixels) and factorise their system. */
  place(points, count) {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < count; i++) {
      left = Math.min(left, points[2 * i]);
      right = Math.max(right, points[2 * i]);
      top = Math.min(top, points[2 * i + 1]);
      bottom = Math.max(bottom, points[2 * i + 1]);
    }
    this.count = count;
    this.centreX = (left + right) / 2;
    this.centreY = (top + bottom) / 2;
    this.radius = Math.max(Math.max(right - left, bottom - top) / 2, 1e-9);
    const { x, y, matrix } = this;
    for (let i = 0; i < count; i++) {
      x[i] = (points[2 * i] - this.centreX) / this.radius;
      y[i] = (points[2 * i + 1] - this.centreY) / this.radius;
    }
    const size = count + 3;
    let nearest = 1;
    matrix.fill(0, 0, size * size);
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < i; j++) {
        const dx = x[i] - x[j];
        const dy = y[i] - y[j];
        const square = dx * dx + dy * dy;
        if (square < nearest) nearest = square;
        const value = square > 0 ? square * Math.log(square) : 0;
        matrix[i * size + j] = value;
        matrix[j * size + i] = value;
      }
      matrix[i * size + count] = matrix[count * size + i] = 1;
      matrix[i * size + count + 1] = matrix[(count + 1) * size + i] = x[i];
      matrix[i * size + count + 2] = matrix[(count + 2) * size + i] = y[i];
    }
    if (count < 3 || nearest < 1e-14) throw new FitError("control points coincide or are too few");
    /** Least distance between two points, pixels. */
    this.spacing = Math.sqrt(nearest) * this.radius;
    this.#factorise(size);
  }

  #factorise(size) {
    const { matrix, order } = this;
    for (let i = 0; i < size; i++) order[i] = i;
    for (let k = 0; k < size; k++) {
      let best = k;
      let largest = Math.abs(matrix[k * size + k]);
      for (let i = k + 1; i < size; i++) {
        const value = Math.abs(matrix[i * size + k]);
        if (value > largest) {
          largest = value;
          best = i;
        }
      }
      if (!(largest > 1e-12)) throw new FitError("control points lie on one line");
      if (best !== k) {
        for (let j = 0, a = k * size, b = best * size; j < size; j++, a++, b++) {
          const kept = matrix[a];
          matrix[a] = matrix[b];
          matrix[b] = kept;
        }
        const kept = order[k];
        order[k] = order[best];
        order[best] = kept;
      }
      const pivot = 1 / matrix[k * size + k];
      const upper = k * size;
      for (let i = k + 1; i < size; i++) {
        const row = i * size;
        const factor = matrix[row + k] * pivot;
        if (factor === 0) continue;
        matrix[row + k] = factor;
        for (let j = k + 1; j < size; j++) matrix[row + j] -= factor * matrix[upper + j];
      }
    }
  }

  /** Find the weights for values (interleaved x, y) at the points. */
  solve(values) {
    const { matrix, order, right, weights, count } = this;
    const size = count + 3;
    for (let i = 0; i < size; i++) {
      const from = order[i];
      let u = from < count ? values[2 * from] : 0;
      let v = from < count ? values[2 * from + 1] : 0;
      for (let j = 0, at = i * size; j < i; j++, at++) {
        u -= matrix[at] * right[2 * j];
        v -= matrix[at] * right[2 * j + 1];
      }
      right[2 * i] = u;
      right[2 * i + 1] = v;
    }
    for (let i = size - 1; i >= 0; i--) {
      let u = right[2 * i];
      let v = right[2 * i + 1];
      for (let j = i + 1, at = i * size + j; j < size; j++, at++) {
        u -= matrix[at] * weights[2 * j];
        v -= matrix[at] * weights[2 * j + 1];
      }
      const pivot = matrix[i * size + i];
      weights[2 * i] = u / pivot;
      weights[2 * i + 1] = v / pivot;
    }
  }

  /** Evaluate at `count` places (separate x and y, pixels) into `out` (interleaved). */
  at(xs, ys, count, out) {
    const { x, y, weights, count: points, centreX, centreY } = this;
    const inverse = 1 / this.radius;
    const constant = 2 * points;
    for (let i = 0; i < count; i++) {
      const px = (xs[i] - centreX) * inverse;
      const py = (ys[i] - centreY) * inverse;
      let u = weights[constant] + weights[constant + 2] * px + weights[constant + 4] * py;
      let v = weights[constant + 1] + weights[constant + 3] * px + weights[constant + 5] * py;
      for (let j = 0; j < points; j++) {
        const dx = px - x[j];
        const dy = py - y[j];
        const square = dx * dx + dy * dy;
        BITS_FLOAT[0] = square;
        const bits = BITS_INT[0];
        const cell = (bits >> FINE_BITS) & MANTISSA_MASK;
        const low = MANTISSA_LOG[cell];
        const value =
          square *
          (EXPONENT_LOG[bits >>> 23] +
            low +
            (bits & FINE_MASK) * FINE_SCALE * (MANTISSA_LOG[cell + 1] - low));
        u += weights[2 * j] * value;
        v += weights[2 * j + 1] * value;
      }
      out[2 * i] = u;
      out[2 * i + 1] = v;
    }
  }

  /** Basis functions at `count` places: rows of (points + 3) into `out`. */
  basis(xs, ys, count, out) {
    const { x, y, count: points, centreX, centreY } = this;
    const inverse = 1 / this.radius;
    let at = 0;
    for (let i = 0; i < count; i++) {
      const px = (xs[i] - centreX) * inverse;
      const py = (ys[i] - centreY) * inverse;
      for (let j = 0; j < points; j++) {
        const dx = px - x[j];
        const dy = py - y[j];
        out[at++] = radial(dx * dx + dy * dy);
      }
      out[at++] = 1;
      out[at++] = px;
      out[at++] = py;
    }
  }
}

/** Rounds half to even, as the server does. */
function roundHalfEven(value) {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** Place of a value among knots: the knot after it, and its share between the two. */
function between(knots, value) {
  let after = 0;
  while (after < knots.length && knots[after] < value) after++;
  after = Math.min(Math.max(after, 1), knots.length - 1);
  const before = knots[after - 1];
  return { after, share: (value - before) / (knots[after] - before) };
}

/** While the slider moves, the determinant that the next guess of a fold factor aims at. */
const FOLD_AIM = 0.02;
/** Fits in one frame at most while the slider moves. */
const DRAG_FITS = 3;

/** A plan on a photo, ready to be fitted at any values. */
export class LiveModel {
  /**
   * Read the server's model.
   * @param {ArrayBuffer} buffer
   * @returns {LiveModel}
   * @throws {ModelError}
   */
  static decode(buffer) {
    if (!(buffer instanceof ArrayBuffer)) throw new ModelError("the model is not an ArrayBuffer");
    if (buffer.byteLength < 12) throw new ModelError("the model is cut off");
    const magic = String.fromCharCode(...new Uint8Array(buffer, 0, 4));
    if (magic !== MAGIC) throw new ModelError(`not a live model: it starts with "${magic}"`);
    const view = new DataView(buffer);
    const version = view.getUint32(4, true);
    if (version !== VERSION) {
      throw new ModelError(`version ${version} of the model; this page reads ${VERSION}`);
    }
    const start = 12 + view.getUint32(8, true);
    if (start > buffer.byteLength) throw new ModelError("the header of the model is cut off");
    let header;
    try {
      header = JSON.parse(
        new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(buffer, 12, start - 12)),
      );
    } catch (error) {
      throw new ModelError(`the header of the model is not JSON: ${error.message}`);
    }
    return new LiveModel(header, buffer, start);
  }

  constructor(header, buffer, start) {
    const need = (truth, what) => {
      if (!truth) throw new ModelError(`the model is wrong: ${what}`);
    };
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

    const array = (name, dtype, ...shape) => {
      const place = header.arrays[name];
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
      const from = start + place.offset;
      need(from + length * Type.BYTES_PER_ELEMENT <= buffer.byteLength, `${name} is cut off`);
      // A copy, whatever the alignment: the buffer stays the caller's.
      return new Type(buffer.slice(from, from + length * Type.BYTES_PER_ELEMENT));
    };
    const finite = (name, values) => {
      need(values.every(Number.isFinite), `${name} holds what is not a number`);
      return values;
    };

    this.header = header;
    this.rows = rows;
    this.columns = columns;
    this.nodeCount = rows * columns;
    this.coverage = array("coverage", "uint8", rows, columns);
    this.labels = array("regions", "uint16", rows, columns);
    const controls = finite("controls", array("controls", "float32", null, 2));
    const anchors = finite("anchors", array("anchors", "float32", null, 2));
    this.controlCount = controls.length / 2;
    this.pointCount = this.controlCount + anchors.length / 2;
    need(this.pointCount <= MAX_POINTS, `${this.pointCount} control points`);
    this.controlLabels = array("control_regions", "uint16", this.controlCount);
    this.regionCount = header.region_count;
    need(Number.isInteger(this.regionCount) && this.regionCount > 0, "no regions");
    const known = (each) => each < this.regionCount;
    need(this.labels.every(known) && this.controlLabels.every(known), "unknown region");
    this.teeth = header.arrays.teeth
      ? finite("teeth", array("teeth", "float32", rows, columns))
      : null;
    this.effects = header.effects.map(({ key, knots }, number) => {
      need(typeof key === "string" && Array.isArray(knots) && knots.length >= 2, "effect");
      need(
        knots.every((knot, i) => Number.isFinite(knot) && (i === 0 || knot > knots[i - 1])),
        `knots of ${key}`,
      );
      const count = knots.length;
      return {
        key,
        knots,
        vectors: finite(key, array(`vectors${number}`, "float32", count, this.controlCount, 2)),
        teeth: finite(key, array(`teeth${number}`, "float32", count, 2)),
        coverage: header.arrays[`coverage${number}`]
          ? array(`coverage${number}`, "int16", count, rows, columns)
          : null,
      };
    });
    this.#reserve(controls, anchors);
  }

  /** All memory that a fit needs, so that a frame allocates nothing. */
  #reserve(controls, anchors) {
    const { nodeCount, controlCount, pointCount } = this;
    const { x, y, step } = this.header.grid;
    this.controls = Float64Array.from(controls);
    this.points = new Float64Array(2 * pointCount);
    this.points.set(anchors, 2 * controlCount);
    this.spline = new Spline(pointCount);
    this.wanted = new Float64Array(2 * controlCount);
    this.scaled = new Float64Array(2 * controlCount);
    this.reached = new Float64Array(controlCount);
    this.moving = new Int32Array(controlCount);
    this.values = new Float64Array(2 * pointCount);
    this.corner = new Int32Array(4);
    this.cornerShare = new Float64Array(4);
    this.aroundNodes = new Int32Array(4 * controlCount);
    this.aroundShares = new Float64Array(4 * controlCount);
    this.aroundX = new Float64Array(4 * controlCount);
    this.aroundY = new Float64Array(4 * controlCount);
    this.aroundBasis = new Float64Array(4 * controlCount * (pointCount + 3));
    this.share = new Float64Array(nodeCount);
    this.shareOf = null;
    this.active = new Int32Array(nodeCount);
    this.activeX = new Float64Array(nodeCount);
    this.activeY = new Float64Array(nodeCount);
    this.moved = new Float64Array(2 * nodeCount);
    /** Result of the last fit: (rows, columns, 2), pixels; overwritten by the next one. */
    this.displacement = new Float32Array(2 * nodeCount);
    this.originX = x + (step - 1) / 2;
    this.originY = y + (step - 1) / 2;
    this.regions = { count: this.regionCount, labels: this.labels, controls: this.controlLabels };
    this.ownRegions = this.regions;
    this.drag = null;
    /** Changes when other nodes take part than before; the mesh is then made anew. */
    this.generation = 0;
    /** Fits that the last call took. */
    this.fits = 0;
    this.#prepareShare([]);
  }

  /**
   * Fit the field; effects that are not named stay at 0.
   *
   * @param {Object<string, number>} values By effect key, in the effect's unit.
   * @param {{exact?: boolean}} [options] With `exact` (the default) the search for the largest
   *   warp without folds goes exactly as on the server. Without, it goes on from the last call,
   *   so that a frame takes one to three fits.
   * @returns {{displacement: Float32Array, foldFactor: number}} The source of node (row, column)
   *   lies at node + displacement, pixels. The array is the model's own and is overwritten by the
   *   next fit.
   * @throws {FitError}
   */
  fit(values, { exact = true } = {}) {
    const { wanted, effects } = this;
    wanted.fill(0);
    let shiftX = 0;
    let shiftY = 0;
    const covering = [];
    for (const effect of effects) {
      const value = Number.isFinite(values[effect.key]) ? values[effect.key] : 0;
      const { knots, vectors, teeth } = effect;
      const { after, share } = between(knots, value);
      const low = (after - 1) * wanted.length;
      const high = after * wanted.length;
      for (let i = 0; i < wanted.length; i++) {
        wanted[i] += vectors[low + i] * (1 - share) + vectors[high + i] * share;
      }
      shiftX += teeth[2 * after - 2] * (1 - share) + teeth[2 * after] * share;
      shiftY += teeth[2 * after - 1] * (1 - share) + teeth[2 * after + 1] * share;
      if (effect.coverage) {
        const clipped = Math.min(Math.max(value, knots[0]), knots[knots.length - 1]);
        covering.push({ effect, ...between(knots, clipped) });
      }
    }
    this.fits = 0;
    this.#prepareShare(covering);
    if (wanted.every((each) => each === 0)) {
      this.displacement.fill(0);
      return { displacement: this.displacement, foldFactor: 1 };
    }
    const factor = exact ? this.#search(shiftX, shiftY) : this.#follow(shiftX, shiftY);
    return { displacement: this.displacement, foldFactor: factor };
  }

  /** The mask at these values, the nodes that it leaves, and its regions. */
  #prepareShare(covering) {
    const of = covering.map(({ after, share }) => `${after}:${share}`).join(" ");
    if (of === this.shareOf) return;
    this.shareOf = of;
    const { coverage, share, columns, nodeCount } = this;
    const { step } = this.header.grid;
    let same = true;
    let count = 0;
    let changed = false;
    for (let node = 0; node < nodeCount; node++) {
      let sum = coverage[node];
      for (const { effect, after, share: part } of covering) {
        const low = effect.coverage[(after - 1) * nodeCount + node];
        const high = effect.coverage[after * nodeCount + node];
        sum += low * (1 - part) + high * part;
      }
      const level = Math.min(Math.max(roundHalfEven(sum), 0), 255);
      same = same && level > 0 === coverage[node] > 0;
      share[node] = Math.fround(Math.fround(level) / 255);
      if (level > 0) {
        changed = changed || this.active[count] !== node;
        this.active[count] = node;
        this.activeX[count] = this.originX + step * (node % columns);
        this.activeY[count] = this.originY + step * Math.floor(node / columns);
        count++;
      }
    }
    if (changed || count !== this.activeCount) this.generation++;
    this.activeCount = count;
    // The lids that close may join regions of the mask or part them.
    const regions = same ? this.ownRegions : this.#regionsOf(share);
    if (regions.count !== this.regions.count) this.drag = null;
    this.regions = regions;
  }

  /** Connected regions of the mask (8 neighbours), and the one nearest to each control point. */
  #regionsOf(share) {
    const { rows, columns, nodeCount, controls, controlCount } = this;
    const labels = new Uint16Array(nodeCount);
    const stack = [];
    let count = 1;
    for (let first = 0; first < nodeCount; first++) {
      if (!(share[first] > 0) || labels[first]) continue;
      labels[first] = count;
      stack.push(first);
      while (stack.length) {
        const node = stack.pop();
        const row = Math.floor(node / columns);
        const column = node % columns;
        for (let r = Math.max(row - 1, 0); r <= Math.min(row + 1, rows - 1); r++) {
          for (let c = Math.max(column - 1, 0); c <= Math.min(column + 1, columns - 1); c++) {
            const near = r * columns + c;
            if (share[near] > 0 && !labels[near]) {
              labels[near] = count;
              stack.push(near);
            }
          }
        }
      }
      count++;
    }
    const nearest = new Uint16Array(controlCount);
    const { x, y, step } = this.header.grid;
    for (let i = 0; i < controlCount; i++) {
      const column = Math.min(Math.max(Math.trunc((controls[2 * i] - x) / step), 0), columns - 1);
      const row = Math.min(Math.max(Math.trunc((controls[2 * i + 1] - y) / step), 0), rows - 1);
      let least = Infinity;
      for (let node = 0; least > 0 && node < nodeCount; node++) {
        if (!labels[node]) continue;
        const dx = (node % columns) - column;
        const dy = Math.floor(node / columns) - row;
        if (dx * dx + dy * dy < least) {
          least = dx * dx + dy * dy;
          nearest[i] = labels[node];
        }
        if (labels[row * columns + column]) {
          nearest[i] = labels[row * columns + column];
          least = 0;
        }
      }
    }
    return { count, labels, controls: nearest };
  }

  /** The largest warp without folds, by the server's own sequence of trials. */
  #search(shiftX, shiftY) {
    const count = this.regions.count;
    const factors = new Float64Array(count).fill(1);
    const low = new Float64Array(count);
    const high = new Float64Array(count).fill(1);
    const least = new Float64Array(count);
    const bound = this.header.min_jacobian;
    for (let attempt = 0; attempt < this.header.fold_attempts; attempt++) {
      this.#fitOnce(factors, shiftX, shiftY, least);
      let settled = true;
      let folded = false;
      for (let region = 0; region < count; region++) {
        if (least[region] < bound) {
          // What another region made fold although it had settled starts again, from half.
          if (low[region] >= factors[region]) low[region] = 0.5 * factors[region];
          high[region] = factors[region];
          folded = true;
        } else {
          low[region] = Math.max(low[region], factors[region]);
        }
        settled = settled && (low[region] === 1 || high[region] - low[region] < 0.02);
      }
      if (settled && !folded) {
        this.drag = { factors, least };
        return Math.min(...factors);
      }
      for (let region = 0; region < count; region++) {
        const done = low[region] === 1 || high[region] - low[region] < 0.02;
        factors[region] = done ? low[region] : (low[region] + high[region]) / 2;
      }
    }
    throw new FitError("the plan folds the picture even when it is made very small");
  }

  /** A warp without folds that is near the largest, from the last one: 1 - J grows as the warp. */
  #follow(shiftX, shiftY) {
    const count = this.regions.count;
    const bound = this.header.min_jacobian;
    this.drag ??= {
      factors: new Float64Array(count).fill(1),
      least: new Float64Array(count).fill(1),
    };
    const { factors, least } = this.drag;
    const aim = (region) => {
      const room = 1 - least[region];
      const grown = (factors[region] * (1 - bound - FOLD_AIM)) / room;
      factors[region] = room > 1e-6 ? Math.min(1, grown) : 1;
    };
    for (let region = 0; region < count; region++) aim(region);
    for (let attempt = 1; ; attempt++) {
      this.#fitOnce(factors, shiftX, shiftY, least);
      if (attempt === DRAG_FITS || least.every((each) => !(each < bound))) break;
      for (let region = 0; region < count; region++) if (least[region] < bound) aim(region);
    }
    return Math.min(...factors);
  }

  /** One fit with a factor for each region; `least` takes the regions' least determinants. */
  #fitOnce(factors, shiftX, shiftY, least) {
    this.fits++;
    const { scaled, wanted, reached, points, controls, values, controlCount } = this;
    const owners = this.regions.controls;
    for (let i = 0; i < controlCount; i++) {
      scaled[2 * i] = wanted[2 * i] * factors[owners[i]];
      scaled[2 * i + 1] = wanted[2 * i + 1] * factors[owners[i]];
    }
    this.#reach();
    // The mask scales the spline, so the spline itself carries the whole displacement to where
    // the landmark ends up after scaling: then mask times spline meets it exactly.
    values.fill(0);
    for (let i = 0; i < 2 * controlCount; i++) {
      points[i] = controls[i] + reached[i >> 1] * scaled[i];
      values[i] = -scaled[i];
    }
    this.spline.place(points, this.pointCount);
    this.spline.solve(values);
    this.#correct();
    this.#spread(shiftX, shiftY);
    this.#fold(least);
  }

  /** Nodes and weights around a place: into `corner` and `cornerShare`. */
  #around(px, py) {
    const { rows, columns, corner, cornerShare } = this;
    const { step } = this.header.grid;
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
    cornerShare[0] = (1 - fx) * (1 - fy);
    cornerShare[1] = fx * (1 - fy);
    cornerShare[2] = (1 - fx) * fy;
    cornerShare[3] = fx * fy;
  }

  #shareAt(px, py) {
    const { x, y, step } = this.header.grid;
    const right = x + this.columns * step - 0.5;
    const bottom = y + this.rows * step - 0.5;
    if (!(px >= x - 0.5 && py >= y - 0.5 && px <= right && py <= bottom)) return 0;
    this.#around(px, py);
    const { share, corner, cornerShare } = this;
    let sum = 0;
    for (let k = 0; k < 4; k++) sum += share[corner[k]] * cornerShare[k];
    return sum;
  }

  /** Share of its displacement with which each control point meets the mask at its target. */
  #reach() {
    const { scaled, controls, reached, moving, controlCount } = this;
    let count = 0;
    reached.fill(1);
    for (let i = 0; i < controlCount; i++) {
      if (scaled[2 * i] !== 0 || scaled[2 * i + 1] !== 0) moving[count++] = i;
    }
    for (let round = 0; round < 24; round++) {
      let largest = 0;
      for (let k = 0; k < count; k++) {
        const i = moving[k];
        const before = reached[i];
        const px = controls[2 * i] + before * scaled[2 * i];
        const py = controls[2 * i + 1] + before * scaled[2 * i + 1];
        reached[i] = 0.5 * (before + this.#shareAt(px, py));
        largest = Math.max(largest, Math.abs(reached[i] - before));
      }
      if (largest < 1e-5) break;
    }
  }

  /* Between nodes the field is linear and the spline is not: what the landmarks would miss by
     that is added to their values; once where landmarks share a cell, more would make waves. */
  #correct() {
    const { spline, points, controlCount, share, values, scaled, columns } = this;
    const { aroundNodes, aroundShares, aroundX, aroundY, aroundBasis } = this;
    const { step } = this.header.grid;
    for (let i = 0; i < controlCount; i++) {
      this.#around(points[2 * i], points[2 * i + 1]);
      for (let k = 0; k < 4; k++) {
        const node = this.corner[k];
        aroundNodes[4 * i + k] = node;
        aroundShares[4 * i + k] = share[node] > 0 ? this.cornerShare[k] : 0;
        aroundX[4 * i + k] = this.originX + step * (node % columns);
        aroundY[4 * i + k] = this.originY + step * Math.floor(node / columns);
      }
    }
    spline.basis(aroundX, aroundY, 4 * controlCount, aroundBasis);
    const size = this.pointCount + 3;
    for (let round = spline.spacing > 1.5 * step ? 2 : 1; round > 0; round--) {
      const { weights } = spline;
      for (let i = 0; i < controlCount; i++) {
        let u = 0;
        let v = 0;
        for (let k = 4 * i; k < 4 * i + 4; k++) {
          const part = aroundShares[k];
          if (part === 0) continue;
          let nodeU = 0;
          let nodeV = 0;
          for (let j = 0, at = k * size; j < size; j++, at++) {
            nodeU += weights[2 * j] * aroundBasis[at];
            nodeV += weights[2 * j + 1] * aroundBasis[at];
          }
          u += part * nodeU;
          v += part * nodeV;
        }
        values[2 * i] -= u + scaled[2 * i];
        values[2 * i + 1] -= v + scaled[2 * i + 1];
      }
      spline.solve(values);
    }
  }

  /** Evaluate on the nodes, carry the teeth as one piece, and scale by the mask. */
  #spread(shiftX, shiftY) {
    const { active, activeCount, moved, displacement, share, teeth } = this;
    this.spline.at(this.activeX, this.activeY, activeCount, moved);
    displacement.fill(0);
    for (let i = 0; i < activeCount; i++) {
      const node = active[i];
      let u = moved[2 * i];
      let v = moved[2 * i + 1];
      if (teeth) {
        u += teeth[node] * (-shiftX - u);
        v += teeth[node] * (-shiftY - v);
      }
      displacement[2 * node] = u * share[node];
      displacement[2 * node + 1] = v * share[node];
    }
  }

  /** Least determinant of the Jacobian in each region, from the corners of every cell. */
  #fold(least) {
    const { displacement: d, columns, rows } = this;
    const { labels } = this.regions;
    const { step } = this.header.grid;
    least.fill(Infinity);
    const area = 1 / (step * step);
    for (let row = 0; row + 1 < rows; row++) {
      for (let column = 0; column + 1 < columns; column++) {
        const a = row * columns + column;
        const c = a + columns;
        const owner = Math.max(labels[a], labels[a + 1], labels[c], labels[c + 1]);
        if (owner === 0) continue;
        const topX = step + d[2 * a + 2] - d[2 * a];
        const topY = d[2 * a + 3] - d[2 * a + 1];
        const lowX = step + d[2 * c + 2] - d[2 * c];
        const lowY = d[2 * c + 3] - d[2 * c + 1];
        const leftX = d[2 * c] - d[2 * a];
        const leftY = step + d[2 * c + 1] - d[2 * a + 1];
        const rightX = d[2 * c + 2] - d[2 * a + 2];
        const rightY = step + d[2 * c + 3] - d[2 * a + 3];
        const smallest =
          area *
          Math.min(
            topX * leftY - topY * leftX,
            topX * rightY - topY * rightX,
            lowX * leftY - lowY * leftX,
            lowX * rightY - lowY * rightX,
          );
        if (smallest < least[owner]) least[owner] = smallest;
      }
    }
  }
}

// ------------------------------------------------------------------------------------------
// Drawing
// ------------------------------------------------------------------------------------------

/* One program draws everything: a vertex lies at `node` in the result and shows the photo at
   `node + shift`. */
const VERTEX_SHADER = `#version 300 es
layout(location = 0) in vec2 node;
layout(location = 1) in vec2 shift;
uniform vec4 view;  // scale and offset from photo pixels to clip space
uniform vec2 size;  // of the full photo, pixels
out vec2 place;
void main() {
  gl_Position = vec4(node * view.xy + view.zw, 0.0, 1.0);
  place = (node + shift + 0.5) / size;
}`;
const FRAGMENT_SHADER = `#version 300 es
precision highp float;
uniform highp sampler2D picture;
in vec2 place;
out vec4 colour;
void main() {
  colour = texture(picture, place, -0.5);  // between sharp and free of moire
}`;
/** Longest side of a texture; a larger photo is drawn smaller on the screen anyway. */
const MAX_TEXTURE = 4096;
/** The divider: white with dark edges, to be seen on light skin and dark. CSS pixels. */
const LINE = [
  { half: 2, colour: [0.2, 0.25, 0.28] },
  { half: 1, colour: [1, 1, 1] },
];
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/**
 * @typedef {object} Pane
 * @property {{x: number, y: number, width: number, height: number}} area Device pixels.
 * @property {number} offsetX Device pixels of the photo's left edge, from the canvas's.
 * @property {number} offsetY
 * @property {?number} from Device pixel from which rightwards the simulation shows; null: nowhere.
 *
 * @typedef {object} Scene
 * @property {Pane[]} panes
 * @property {number} scale Device pixels to a photo pixel.
 * @property {?number} line Device x of the divider.
 * @property {number[]} background Red, green, blue; 0 to 1.
 * @property {number} pixelRatio
 * @property {boolean} moving
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Area Device pixels.
 */

/** Size of what the browser can draw. */
function sizeOf(image) {
  return {
    width: image.naturalWidth || image.videoWidth || image.width,
    height: image.naturalHeight || image.videoHeight || image.height,
  };
}

/** The image itself, or a canvas with it no larger than `limit` on its longer side. */
function fitting(image, limit) {
  const { width, height } = sizeOf(image);
  const shrink = limit / Math.max(width, height);
  if (shrink >= 1) return image;
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * shrink));
  canvas.height = Math.max(1, Math.round(height * shrink));
  const context = canvas.getContext("2d", { alpha: false });
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** The word that marks a simulation, as a picture to be drawn into the canvas. */
function labelPicture(text, pixelRatio) {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  const size = 12 * pixelRatio;
  const font = `600 ${size}px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif`;
  const style = () => {
    context.font = font;
    if ("letterSpacing" in context) context.letterSpacing = `${0.09 * size}px`;
  };
  style();
  const pad = 0.75 * size;
  canvas.width = Math.ceil(context.measureText(text).width + 2 * pad);
  canvas.height = Math.ceil(2 * size);
  style();
  context.fillStyle = "rgba(12, 18, 22, 0.62)";
  context.beginPath();
  context.roundRect(0, 0, canvas.width, canvas.height, canvas.height / 2);
  context.fill();
  context.fillStyle = "#fff";
  context.textBaseline = "middle";
  context.fillText(text, pad, canvas.height / 2 + 0.04 * size);
  return canvas;
}

/** Where the label lies in a pane: upright where it is wide enough, else along the edge. */
function labelPlace(label, pane, pixelRatio) {
  const { area, from } = pane;
  const left = Math.max(from, area.x);
  const right = area.x + area.width;
  const gap = 10 * pixelRatio;
  const upright = right - left >= label.width + 2 * gap;
  const width = upright ? label.width : label.height;
  const height = upright ? label.height : label.width;
  const aside = upright ? gap : Math.max(0, Math.min(gap, (right - left - width) / 2));
  return { x: right - aside - width, y: area.y + gap, width, height, upright };
}

/** The part of one area that lies in another; without size where they do not meet. */
function meeting(first, second) {
  const x = Math.max(first.x, second.x);
  const y = Math.max(first.y, second.y);
  const right = Math.min(first.x + first.width, second.x + second.width);
  const bottom = Math.min(first.y + first.height, second.y + second.height);
  return { x, y, width: Math.max(right - x, 0), height: Math.max(bottom - y, 0) };
}

/**
 * Draws with WebGL 2.
 *
 * What costs time without a graphics card is pixels, and mipmaps most of all. So while something
 * moves one level of the mipmap is looked at, and where only values have changed only the mesh is
 * drawn again: it covers the same pixels as before.
 */
class GlPicture {
  /** @returns {?GlPicture} null where there is no WebGL 2. */
  static on(canvas) {
    const gl = canvas.getContext("webgl2", {
      alpha: false,
      antialias: false,
      depth: false,
      stencil: false,
      preserveDrawingBuffer: true, // the mesh alone may be drawn again
      powerPreference: "high-performance",
    });
    return gl && !gl.isContextLost() ? new GlPicture(canvas, gl) : null;
  }

  constructor(canvas, gl) {
    this.canvas = canvas;
    this.gl = gl;
    this.photo = null;
    this.result = null;
    this.labelText = "";
    this.model = null;
    this.displacement = null;
    this.lost = false;
    this.#build();
  }

  /** Everything that a lost context takes with it; the sources are kept. */
  #build() {
    const { gl } = this;
    const facts = gl.getExtension("WEBGL_debug_renderer_info");
    this.renderer = String(gl.getParameter(facts ? facts.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
    this.software = SOFTWARE.test(this.renderer);
    const program = gl.createProgram();
    for (const [type, text] of [
      [gl.VERTEX_SHADER, VERTEX_SHADER],
      [gl.FRAGMENT_SHADER, FRAGMENT_SHADER],
    ]) {
      const shader = gl.createShader(type);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
      gl.deleteShader(shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
      throw new Error(`the shaders do not link: ${gl.getProgramInfoLog(program)}`);
    }
    this.program = program;
    this.viewPlace = gl.getUniformLocation(program, "view");
    this.sizePlace = gl.getUniformLocation(program, "size");
    this.quad = this.#vertices();
    this.turned = this.#vertices();
    this.mesh = null;
    this.meshOf = null;
    this.stale = { quick: true, fine: true };
    this.textures = { photo: null, result: null, label: null };
    this.labelRatio = 0;
    this.drawn = null;
    gl.disable(gl.DITHER);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    if (this.photo) this.textures.photo = this.#upload(this.photo.image);
    if (this.result) this.textures.result = this.#upload(this.result);
  }

  restore() {
    this.#build();
    this.lost = false;
  }

  #vertices() {
    const { gl } = this;
    return {
      array: gl.createVertexArray(),
      nodeBuffer: gl.createBuffer(),
      shiftBuffer: gl.createBuffer(),
      indexBuffer: gl.createBuffer(),
    };
  }

  #upload(image) {
    const { gl } = this;
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false); // the first row is v = 0
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    const limit = Math.min(MAX_TEXTURE, gl.getParameter(gl.MAX_TEXTURE_SIZE));
    const source = fitting(image, limit);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, source);
    gl.generateMipmap(gl.TEXTURE_2D);
    this.#filter(gl.LINEAR_MIPMAP_LINEAR);
    const { width, height } = sizeOf(source);
    return { handle: texture, longest: Math.max(width, height) };
  }

  #filter(smaller) {
    const { gl } = this;
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, smaller);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  }

  /** @param {{image: *, width: number, height: number}} photo Size of the full photo, pixels. */
  setPhoto(photo) {
    this.photo = photo;
    this.drawn = null;
    if (this.lost) return;
    this.gl.deleteTexture(this.textures.photo?.handle ?? null);
    this.textures.photo = this.#upload(photo.image);
  }

  setResult(image) {
    if (this.result === image) return;
    this.result = image;
    this.drawn = null;
    if (this.lost) return;
    this.gl.deleteTexture(this.textures.result?.handle ?? null);
    this.textures.result = image ? this.#upload(image) : null;
  }

  setLabel(text) {
    this.labelText = text;
    this.labelRatio = 0;
    this.drawn = null;
  }

  /** @param {?LiveModel} model */
  setField(model, displacement) {
    this.model = model;
    this.displacement = displacement;
    this.stale = { quick: true, fine: true };
  }

  /**
   * Bring the mesh up to date. The server's field is bilinear in a cell; two triangles miss it by
   * up to 0.2 mm in the middle, four around the middle by a quarter of that. `quick` takes two.
   */
  #mesh(quick) {
    const { gl, model } = this;
    this.mesh ??= this.#vertices();
    const { mesh } = this;
    gl.bindVertexArray(mesh.array);
    if (this.meshOf?.model !== model || this.meshOf.generation !== model.generation) {
      this.#cells(mesh);
      this.meshOf = { model, generation: model.generation };
      this.stale = { quick: true, fine: true };
    }
    const which = quick ? "quick" : "fine";
    if (this.stale[which]) {
      const { displacement } = this;
      const { cells, columns, shifts } = mesh;
      gl.bindBuffer(gl.ARRAY_BUFFER, mesh.shiftBuffer);
      gl.bufferSubData(gl.ARRAY_BUFFER, 0, displacement);
      if (!quick) {
        for (let i = 0; i < cells.length; i++) {
          const a = 2 * cells[i];
          const c = a + 2 * columns;
          for (let k = 0; k < 2; k++) {
            const across = displacement[a + k] + displacement[a + 2 + k];
            shifts[2 * i + k] = 0.25 * (across + displacement[c + k] + displacement[c + 2 + k]);
          }
        }
        gl.bufferSubData(gl.ARRAY_BUFFER, displacement.byteLength, shifts);
      }
      this.stale = { quick: false, fine: quick && this.stale.fine };
    }
  }

  /** Vertices of all nodes and of the middles of the cells that the mask touches; triangles. */
  #cells(mesh) {
    const { gl, model } = this;
    const { rows, columns, share } = model;
    const { step } = model.header.grid;
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
    const count = rows * columns;
    const places = new Float32Array(2 * (count + cells.length));
    for (let node = 0; node < count; node++) {
      places[2 * node] = model.originX + step * (node % columns);
      places[2 * node + 1] = model.originY + step * Math.floor(node / columns);
    }
    const triangles = new Uint32Array(18 * cells.length);
    cells.forEach((a, i) => {
      const [b, c, d, middle] = [a + 1, a + columns, a + columns + 1, count + i];
      places[2 * middle] = places[2 * a] + step / 2;
      places[2 * middle + 1] = places[2 * a + 1] + step / 2;
      triangles.set([a, b, c, c, b, d], 6 * i);
      const around = [a, b, middle, b, d, middle, d, c, middle, c, a, middle];
      triangles.set(around, 6 * cells.length + 12 * i);
    });
    gl.bindBuffer(gl.ARRAY_BUFFER, mesh.nodeBuffer);
    gl.bufferData(gl.ARRAY_BUFFER, places, gl.STATIC_DRAW);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    gl.enableVertexAttribArray(0);
    gl.bindBuffer(gl.ARRAY_BUFFER, mesh.shiftBuffer);
    gl.bufferData(gl.ARRAY_BUFFER, places.byteLength, gl.DYNAMIC_DRAW);
    gl.vertexAttribPointer(1, 2, gl.FLOAT, false, 0, 0);
    gl.enableVertexAttribArray(1);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, mesh.indexBuffer);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, triangles, gl.STATIC_DRAW);
    Object.assign(mesh, {
      cells: Int32Array.from(cells),
      columns,
      before,
      shifts: new Float32Array(2 * cells.length),
      left: model.originX + step * left,
      right: model.originX + step * right,
      top: model.originY + step * top,
      bottom: model.originY + step * bottom,
    });
  }

  #quad(left, top, right, bottom) {
    const { gl, quad } = this;
    gl.bindVertexArray(quad.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, quad.nodeBuffer);
    const corners = new Float32Array([left, top, right, top, left, bottom, right, bottom]);
    gl.bufferData(gl.ARRAY_BUFFER, corners, gl.DYNAMIC_DRAW);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    gl.enableVertexAttribArray(0);
    gl.vertexAttrib2f(1, 0, 0);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /** Set what part of the target is drawn to; `flip` as for a canvas, whose rows go upwards. */
  #clip({ x, y, width, height }, flip, whole) {
    this.gl.scissor(x, flip ? whole - y - height : y, width, height);
  }

  /** Where photo pixels come to lie in a target of this size. */
  #place({ scale, offsetX, offsetY }, width, height, flip) {
    const sign = flip ? -1 : 1;
    this.gl.uniform4f(
      this.viewPlace,
      (2 * scale) / width,
      (sign * 2 * scale) / height,
      (2 * (offsetX + 0.5 * scale)) / width - 1,
      sign * ((2 * (offsetY + 0.5 * scale)) / height - 1),
    );
    this.gl.uniform2f(this.sizePlace, this.photo.width, this.photo.height);
  }

  #whole(texture) {
    const { gl, photo } = this;
    gl.bindTexture(gl.TEXTURE_2D, texture);
    this.#quad(-0.5, -0.5, photo.width - 0.5, photo.height - 0.5);
  }

  /** The mesh, as far as it lies between two photo places from left to right. */
  #warped(texture, quick, from, to) {
    const { gl } = this;
    if (!this.model || !this.displacement) return;
    gl.bindTexture(gl.TEXTURE_2D, texture);
    this.#mesh(quick);
    const { before, columns, cells } = this.mesh;
    const { originX } = this.model;
    const { step } = this.model.header.grid;
    const column = (x) => clamp(x, 0, columns - 1);
    const first = before[column(Math.floor((from - originX) / step) - 1)];
    const count = before[column(Math.ceil((to - originX) / step) + 1)] - first;
    if (count <= 0) return;
    const offset = quick ? 6 * first : 6 * cells.length + 12 * first;
    gl.drawElements(gl.TRIANGLES, (quick ? 6 : 12) * count, gl.UNSIGNED_INT, 4 * offset);
  }

  /** Look at one level of the mipmaps, or mix the two nearest. */
  #level({ handle, longest }, scale, quick) {
    const { gl, photo } = this;
    gl.bindTexture(gl.TEXTURE_2D, handle);
    const shrink = Math.log2(longest / (Math.max(photo.width, photo.height) * scale));
    const level = quick ? clamp(Math.round(shrink - 0.5), 0, 12) : 0;
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_BASE_LEVEL, level);
    gl.texParameteri(
      gl.TEXTURE_2D,
      gl.TEXTURE_MIN_FILTER,
      quick || shrink <= 0 ? gl.LINEAR : gl.LINEAR_MIPMAP_LINEAR,
    );
  }

  /** The parts of a pane: where the photo lies in it, and where the simulation. */
  #parts({ area, offsetX, offsetY, from }, scale) {
    const { photo } = this;
    const [left, top] = [Math.round(offsetX), Math.round(offsetY)];
    const plain = meeting(area, {
      x: left,
      y: top,
      width: Math.round(offsetX + photo.width * scale) - left,
      height: Math.round(offsetY + photo.height * scale) - top,
    });
    if (from === null) return { plain, simulated: null };
    const line = Math.max(Math.round(from), plain.x);
    const width = Math.max(plain.x + plain.width - line, 0);
    return { plain, simulated: { ...plain, x: line, width } };
  }

  /** What has to be drawn again when only the displacement has changed; null: all. */
  #changed(scene, key) {
    const { model, meshOf, mesh } = this;
    if (key !== this.drawn || !meshOf) return null;
    if (meshOf.model !== model || meshOf.generation !== model.generation) return null;
    const { scale } = scene;
    const pane = scene.panes.find((each) => each.from !== null);
    if (!pane) return null;
    const x = Math.floor(pane.offsetX + (mesh.left + 0.5) * scale) - 1;
    const y = Math.floor(pane.offsetY + (mesh.top + 0.5) * scale) - 1;
    const right = Math.ceil(pane.offsetX + (mesh.right + 0.5) * scale) + 1;
    const bottom = Math.ceil(pane.offsetY + (mesh.bottom + 0.5) * scale) + 1;
    const { simulated } = this.#parts(pane, scale);
    const bounds = meeting({ x, y, width: right - x, height: bottom - y }, simulated);
    const label = labelPlace(this.labelImage, pane, scene.pixelRatio);
    const { width, height } = meeting(bounds, label);
    // The label is mixed with what lies under it, so that has to be drawn anew as well.
    return { bounds, meshOnly: width === 0 || height === 0 };
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { gl, canvas, textures, photo } = this;
    const { width, height } = canvas;
    const { scale } = scene;
    const quick = scene.moving && this.software;
    const { panes, line, background } = scene;
    const key = JSON.stringify([panes, scale, line, background, quick, width, height]);
    const all = { bounds: { x: 0, y: 0, width, height }, meshOnly: false };
    const { bounds, meshOnly } = this.#changed(scene, key) ?? all;
    this.drawn = key;
    gl.viewport(0, 0, width, height);
    gl.useProgram(this.program);
    gl.activeTexture(gl.TEXTURE0);
    gl.enable(gl.SCISSOR_TEST);
    if (!meshOnly) {
      this.#clip(bounds, true, height);
      gl.clearColor(...background, 1);
      gl.clear(gl.COLOR_BUFFER_BIT);
    }
    if (!photo) return;
    for (const texture of [textures.photo, textures.result]) {
      if (texture) this.#level(texture, scale, quick);
    }
    for (const pane of panes) {
      const { plain, simulated } = this.#parts(pane, scale);
      this.#place({ ...pane, scale }, width, height, true);
      if (!meshOnly) {
        this.#clip(meeting(plain, bounds), true, height);
        this.#whole(textures.photo.handle);
      }
      if (!simulated) continue;
      const part = meeting(simulated, bounds);
      this.#clip(part, true, height);
      const photoX = (x) => (x - pane.offsetX) / scale - 0.5;
      if (textures.result) this.#whole(textures.result.handle);
      else {
        const [from, to] = [photoX(part.x), photoX(part.x + part.width)];
        this.#warped(textures.photo.handle, quick, from, to);
      }
    }
    if (line !== null) this.#line(scene, bounds);
    for (const pane of panes) {
      if (pane.from !== null && !meshOnly) this.#label(pane, scene.pixelRatio, bounds);
    }
    gl.bindVertexArray(null);
  }

  #line({ line, pixelRatio }, bounds) {
    const { gl, canvas } = this;
    for (const { half, colour } of LINE) {
      const x = Math.round(line - half * pixelRatio);
      const width = Math.max(Math.round(2 * half * pixelRatio), 1);
      this.#clip(meeting({ x, y: 0, width, height: canvas.height }, bounds), true, canvas.height);
      gl.clearColor(...colour, 1);
      gl.clear(gl.COLOR_BUFFER_BIT);
    }
  }

  #label(pane, pixelRatio, bounds) {
    const { gl, canvas } = this;
    if (this.labelRatio !== pixelRatio) {
      gl.deleteTexture(this.textures.label?.handle ?? null);
      this.labelImage = labelPicture(this.labelText, pixelRatio);
      this.textures.label = { handle: gl.createTexture() };
      gl.bindTexture(gl.TEXTURE_2D, this.textures.label.handle);
      gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, this.labelImage);
      gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
      this.#filter(gl.LINEAR);
      this.labelRatio = pixelRatio;
    }
    const { width, height } = this.labelImage;
    const place = labelPlace(this.labelImage, pane, pixelRatio);
    gl.bindTexture(gl.TEXTURE_2D, this.textures.label.handle);
    this.#clip(bounds, true, canvas.height);
    gl.enable(gl.BLEND);
    gl.uniform2f(this.sizePlace, width, height);
    const x = (2 * Math.round(place.x)) / canvas.width - 1;
    const y = 1 - (2 * Math.round(place.y)) / canvas.height;
    const across = 2 / canvas.width;
    const down = 2 / canvas.height;
    if (place.upright) {
      gl.uniform4f(this.viewPlace, across, -down, x + across / 2, y - down / 2);
      this.#quad(-0.5, -0.5, width - 0.5, height - 0.5);
    } else {
      this.#turned(place, width, height);
    }
    gl.disable(gl.BLEND);
  }

  /** The label along the edge, read from top to bottom: texture coordinates by the shifts. */
  #turned(place, width, height) {
    const { gl, canvas } = this;
    const x = (2 * Math.round(place.x)) / canvas.width - 1;
    const y = 1 - (2 * Math.round(place.y)) / canvas.height;
    gl.uniform4f(this.viewPlace, 2 / canvas.width, -2 / canvas.height, x, y);
    const { turned } = this;
    gl.bindVertexArray(turned.array);
    const corners = [0, 0, height, 0, 0, width, height, width];
    const sources = [0, height, 0, 0, width, height, width, 0];
    const shifts = sources.map((source, k) => source - corners[k] - 0.5);
    for (const [at, buffer, values] of [
      [0, turned.nodeBuffer, corners],
      [1, turned.shiftBuffer, shifts],
    ]) {
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(values), gl.DYNAMIC_DRAW);
      gl.vertexAttribPointer(at, 2, gl.FLOAT, false, 0, 0);
      gl.enableVertexAttribArray(at);
    }
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /**
   * Which place of the photo each pixel of the simulated picture shows: the same drawing, with a
   * texture that holds its own coordinates in place of the photo.
   *
   * @param {number} limit Longest side of the picture that is drawn, pixels.
   * @param {{quick?: boolean}} [options] The mesh as it is drawn while something moves.
   * @returns {{width: number, height: number, scale: number, source: Float32Array}} `source` is
   *   (height, width, 2): x and y in photo pixels. Pixel (0, 0) of the picture covers the photo's
   *   from its top-left corner; `scale` is the size of a photo pixel in the picture.
   */
  readback(limit, { quick = false } = {}) {
    const { gl, photo } = this;
    if (!gl.getExtension("EXT_color_buffer_float") || !gl.getExtension("OES_texture_float_linear")) {
      throw new Error("this browser cannot draw coordinates: no float textures");
    }
    const scale = Math.min(1, limit / Math.max(photo.width, photo.height));
    const width = Math.round(photo.width * scale);
    const height = Math.round(photo.height * scale);
    const coordinates = new Float32Array(4 * width * height);
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at += 4) {
        coordinates[at] = ((x + 0.5) * photo.width) / width - 0.5;
        coordinates[at + 1] = ((y + 0.5) * photo.height) / height - 0.5;
      }
    }
    const texture = (values) => {
      const made = gl.createTexture();
      gl.bindTexture(gl.TEXTURE_2D, made);
      gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA32F, width, height, 0, gl.RGBA, gl.FLOAT, values);
      this.#filter(gl.LINEAR);
      return made;
    };
    const coded = texture(coordinates);
    const target = texture(null);
    const frame = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, target, 0);
    gl.viewport(0, 0, width, height);
    gl.useProgram(this.program);
    gl.enable(gl.SCISSOR_TEST);
    // Without a flip the first row that is read is the photo's first.
    this.#clip({ x: 0, y: 0, width, height }, false, height);
    this.#place({ scale, offsetX: 0, offsetY: 0 }, width, height, false);
    this.#whole(coded);
    this.#warped(coded, quick, -Infinity, Infinity);
    gl.bindVertexArray(null);
    const drawn = new Float32Array(4 * width * height);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.FLOAT, drawn);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.deleteFramebuffer(frame);
    gl.deleteTexture(coded);
    gl.deleteTexture(target);
    this.drawn = null;
    const source = new Float32Array(2 * width * height);
    for (let i = 0; i < width * height; i++) {
      source[2 * i] = drawn[4 * i];
      source[2 * i + 1] = drawn[4 * i + 1];
    }
    return { width, height, scale, source };
  }

  /** Wait until what was asked is drawn; for measuring only. */
  finish() {
    const pixel = new Uint8Array(4);
    this.gl.readPixels(0, 0, 1, 1, this.gl.RGBA, this.gl.UNSIGNED_BYTE, pixel);
  }

  destroy() {
    const { gl } = this;
    this.photo = this.result = this.model = this.displacement = null;
    for (const texture of Object.values(this.textures)) gl.deleteTexture(texture?.handle ?? null);
    gl.deleteProgram(this.program);
    gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

/** Shows pictures that the server made, with a 2-D canvas. */
class FlatPicture {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.photo = null;
    this.result = null;
    this.labelText = "";
    this.labelRatio = 0;
    this.lost = false;
    this.software = true;
    this.renderer = "2d";
  }

  setPhoto(photo) {
    this.photo = photo;
  }

  setResult(image) {
    this.result = image;
  }

  setLabel(text) {
    this.labelText = text;
    this.labelRatio = 0;
  }

  setField() {}

  restore() {}

  draw(scene) {
    const { canvas, context, photo, result } = this;
    const colour = scene.background.map((each) => Math.round(255 * each));
    context.fillStyle = `rgb(${colour})`;
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (!photo) return;
    context.imageSmoothingQuality = scene.moving ? "low" : "high";
    const { scale } = scene;
    for (const { area, offsetX, offsetY, from } of scene.panes) {
      const paint = (image, x, right) => {
        context.save();
        context.beginPath();
        context.rect(x, area.y, Math.max(right - x, 0), area.height);
        context.clip();
        context.drawImage(image, offsetX, offsetY, photo.width * scale, photo.height * scale);
        context.restore();
      };
      const right = area.x + area.width;
      paint(photo.image, area.x, right);
      if (from !== null && result) paint(result, Math.max(Math.round(from), area.x), right);
    }
    const { pixelRatio } = scene;
    if (scene.line !== null) {
      for (const { half, colour: [red, green, blue] } of LINE) {
        context.fillStyle = `rgb(${255 * red}, ${255 * green}, ${255 * blue})`;
        context.fillRect(scene.line - half * pixelRatio, 0, 2 * half * pixelRatio, canvas.height);
      }
    }
    for (const pane of scene.panes) if (pane.from !== null) this.#label(pane, pixelRatio);
  }

  #label(pane, pixelRatio) {
    const { context } = this;
    if (this.labelRatio !== pixelRatio) {
      this.labelImage = labelPicture(this.labelText, pixelRatio);
      this.labelRatio = pixelRatio;
    }
    const place = labelPlace(this.labelImage, pane, pixelRatio);
    context.save();
    context.translate(Math.round(place.x), Math.round(place.y));
    if (!place.upright) {
      context.translate(place.width, 0);
      context.rotate(Math.PI / 2);
    }
    context.drawImage(this.labelImage, 0, 0);
    context.restore();
  }

  readback() {
    throw new Error("without WebGL 2 nothing is warped in the browser");
  }

  finish() {}

  destroy() {
    this.photo = this.result = null;
  }
}

// ------------------------------------------------------------------------------------------
// The viewer
// ------------------------------------------------------------------------------------------

/** English; a page gives other words by `options.t(key)`. */
const TEXTS = {
  "live.viewer": "Live preview of the simulation",
  "live.instructions":
    "Arrow keys move the picture, plus and minus zoom, 0 fits it. Hold B or the space bar to " +
    "see the photo before. R shows the ruler, S shows both side by side, F fills the screen.",
  "live.picture": "The photo before and the simulation",
  "live.before": "Before",
  "live.simulation": "Simulation",
  "live.label": "SIMULATION",
  "live.before_shown": "The photo before is shown",
  "live.simulation_shown": "The simulation is shown",
  "live.divider": "Divider between before and simulation",
  "live.divider_value": "Before on {before} %, simulation on {after} % of the picture",
  "live.tools": "Tools of the preview",
  "live.mode_divider": "One picture with a divider",
  "live.mode_side": "Side by side",
  "live.hold": "Hold to see before",
  "live.zoom_in": "Zoom in",
  "live.zoom_out": "Zoom out",
  "live.fit": "Fit",
  "live.ruler": "Ruler in millimetres",
  "live.full_screen": "Full screen",
  "live.scale_bar": "{mm} mm",
  "live.ruler_reading": "{mm} mm ± {error}",
  "live.ruler_end": "Ruler, end {number}. Arrow keys move it.",
  "live.landmarks":
    "Landmarks. Arrow keys choose one, Enter takes it, then arrow keys move it, Enter puts it " +
    "down and Escape puts it back.",
  "live.landmark_chosen": "Landmark {index}",
  "live.landmark_taken": "Landmark {index} taken. Arrow keys move it.",
  "live.landmark_moved": "Landmark {index} moved",
  "live.fallback":
    "This browser cannot draw the preview by itself (no WebGL 2). The simulation comes from the " +
    "server and follows a moment later.",
};

const ICONS = {
  divider: "M4 5h16v14H4zM12 3v18M8 10l-2 2 2 2M16 10l2 2-2 2",
  side: "M3 5h8v14H3zM13 5h8v14h-8z",
  hold: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6z",
  zoom_out: "M5 12h14",
  zoom_in: "M5 12h14M12 5v14",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  ruler: "M3 15.5 15.5 3 21 8.5 8.5 21zM7 11.5l2 2M10 8.5l3 3M13 5.5l2 2",
  full_screen: "M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7",
};
const MODES = ["divider", "side", "after", "before"];
/** Lengths that a scale bar may have, mm. */
const BAR_LENGTHS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200];
const MAX_BAR_PX = 104;
/** The values count as resting when none has come for this long, ms. */
const REST_MS = 120;
/** Server renders that the fallback asks for while the values move, ms between two. */
const RENDER_MS = 250;
/** Pixels drawn at most while something moves and the processor draws; and at rest. */
const MOVING_PIXELS = 1.3e6;
const RESTING_PIXELS = 8e6;
const MAX_SCALE = 12;
const LINE_REACH = 22;
const LANDMARK_REACH = 12;
const FACE_MARGIN = 0.28;
const SVG = "http://www.w3.org/2000/svg";

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

function element(parent, tag, className, attributes = {}) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  parent?.append(made);
  return made;
}

function shape(parent, tag, attributes = {}) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  parent?.append(made);
  return made;
}

/** Zoom and pan: which photo place lies in the middle of a pane, and how large a pixel is. */
class View {
  constructor() {
    this.photo = { width: 1, height: 1 };
    this.pane = { width: 1, height: 1 };
    this.box = null;
    this.scale = 1;
    this.x = 0;
    this.y = 0;
  }

  get least() {
    return Math.min(
      this.pane.width / this.photo.width,
      this.pane.height / this.photo.height,
    );
  }

  get most() {
    return Math.max(MAX_SCALE, 4 * this.least);
  }

  /** The framed box, or the whole photo. */
  home() {
    const { photo, pane, box } = this;
    if (!box) return this.held({ scale: this.least, x: photo.width / 2, y: photo.height / 2 });
    const grown = 1 + 2 * FACE_MARGIN;
    const scale = Math.min(pane.width / (box.width * grown), pane.height / (box.height * grown));
    return this.held({ scale, x: box.x + box.width / 2, y: box.y + box.height / 2 });
  }

  /** A view that shows no more beside the photo than it must. */
  held({ scale, x, y }) {
    const { photo, pane } = this;
    const kept = clamp(scale, this.least, this.most);
    const along = (place, length, shown) =>
      shown >= length
        ? (length - 1) / 2
        : clamp(place, shown / 2 - 0.5, length - 0.5 - shown / 2);
    return {
      scale: kept,
      x: along(x, photo.width, pane.width / kept),
      y: along(y, photo.height, pane.height / kept),
    };
  }

  take({ scale, x, y }) {
    const held = this.held({ scale, x, y });
    const changed = held.scale !== this.scale || held.x !== this.x || held.y !== this.y;
    Object.assign(this, held);
    return changed;
  }

  /** The view that is `factor` as large around a place (dx, dy) from the pane's middle. */
  zoomed(factor, dx = 0, dy = 0, from = this) {
    const scale = clamp(from.scale * factor, this.least, this.most);
    const part = 1 / from.scale - 1 / scale;
    return { scale, x: from.x + dx * part, y: from.y + dy * part };
  }

  get atHome() {
    const home = this.home();
    const near = 0.5 / this.scale;
    return (
      Math.abs(home.scale / this.scale - 1) < 1e-3 &&
      Math.abs(home.x - this.x) < near &&
      Math.abs(home.y - this.y) < near
    );
  }

  get canPan() {
    return this.scale > this.least * 1.001;
  }
}

/**
 * The viewer; make it with `createLivePreview`.
 *
 * Events (`on(name, listener)`), each with one object:
 * - `rest {values}`: the values have not changed for a moment; time for the server's result.
 * - `needrender {values, final}`: without WebGL 2, a server render is wanted for `setFallback`.
 * - `nudge {index, dx, dy}`: a landmark was moved, photo pixels.
 * - `mode {mode}`, `divider {position}`, `view {scale, x, y}`: what the user chose.
 * - `fold {factor}`: by how much the warp is made smaller so as not to fold; 1 if not at all.
 * - `error {error}`: a fit that has no solution; the last picture stays.
 * - `contextlost {}`, `contextrestored {}`.
 */
export class LivePreview {
  #listeners = new Map();
  #cleanup = [];
  #request = 0;
  #restTimer = 0;
  #animation = null;
  #pointers = new Map();
  #gesture = null;
  #photo = null;
  #model = null;
  #values = {};
  #fitWanted = false;
  #valuesMoved = false;
  #moving = false;
  #held = false;
  #mode = "divider";
  #divider = 0.5;
  #fallback = null;
  #lastRender = -Infinity;
  #foldFactor = 1;
  #ruler = null;
  #landmarks = null;
  #landmarkMode = false;
  #chosen = -1;
  #taken = null;
  #stats = { frames: 0, fits: 0, fitMs: 0, drawMs: 0, lastFrameMs: 0 };

  constructor(container, options = {}) {
    this.options = options;
    this.view = new View();
    this.#build(container);
    this.picture = options.forceFallback ? null : GlPicture.on(this.canvas);
    /** Whether the browser draws the warp itself. */
    this.webgl = this.picture !== null;
    if (!this.webgl) {
      // A canvas that was asked for one kind of context gives no other.
      const canvas = this.canvas.cloneNode();
      this.canvas.replaceWith(canvas);
      this.canvas = canvas;
      this.picture = new FlatPicture(canvas);
    }
    this.root.classList.toggle("is-software", this.picture.software);
    this.notice.hidden = this.webgl;
    this.setLabel(options.label ?? this.#t("live.label"));
    if (options.mode) this.setMode(options.mode);
    this.#listen();
    if (options.onChange) {
      for (const name of ["mode", "divider", "view"]) {
        this.on(name, (detail) => options.onChange(name, detail));
      }
    }
    this.#invalidate();
  }

  #t(key, parameters = {}) {
    const given = this.options.t?.(key, parameters);
    const text = given === undefined || given === null || given === key ? TEXTS[key] : given;
    return text.replace(/\{(\w+)\}/g, (whole, name) => parameters[name] ?? whole);
  }

  #number(value, digits) {
    const locale = this.root.closest("[lang]")?.lang || undefined;
    return value.toLocaleString(locale, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
  }

  // -- public ------------------------------------------------------------------------------

  /**
   * Show another photo; model, result, landmarks and zoom are dropped.
   * @param {ImageBitmap|HTMLImageElement|HTMLCanvasElement} image May be smaller than the photo;
   *   it is kept and has to stay open.
   * @param {{width: number, height: number, mmPerPx: number, relativeUncertainty: number}} facts
   *   Of the full photo.
   */
  setPhoto(image, { width, height, mmPerPx = null, relativeUncertainty = null } = {}) {
    const own = sizeOf(image);
    this.#photo = {
      image,
      width: width ?? own.width,
      height: height ?? own.height,
      mmPerPx,
      relativeUncertainty,
    };
    this.#model = null;
    this.#animation = null;
    this.#fallback = null;
    this.#fitWanted = false;
    this.#ruler = null;
    this.#landmarks = null;
    this.#setFold(1);
    this.picture.setField(null, null);
    this.picture.setResult(null);
    this.picture.setPhoto(this.#photo);
    this.view.photo = { width: this.#photo.width, height: this.#photo.height };
    this.view.box = null;
    this.stage.style.setProperty("--ld-live-aspect", `${this.#photo.width} / ${this.#photo.height}`);
    this.#measure();
    this.view.take(this.view.home());
    this.#drawLandmarks();
    this.#invalidate();
  }

  /** Draw the same photo from a sharper picture of it; everything else stays. */
  refinePhoto(image) {
    this.#photo.image = image;
    this.picture.setPhoto(this.#photo);
    this.#invalidate();
  }

  /** Measure with another scale from now on: the photo was calibrated, or another face chosen. */
  setScale({ mmPerPx, relativeUncertainty = null }) {
    Object.assign(this.#photo, { mmPerPx, relativeUncertainty });
    this.#invalidate();
  }

  /**
   * Take the server's model of the plan on this photo.
   * @param {ArrayBuffer} buffer
   * @returns {object} Its header.
   * @throws {ModelError}
   */
  setModel(buffer) {
    const model = LiveModel.decode(buffer);
    this.#model = model;
    this.#dropResult();
    this.#fitWanted = true;
    this.#invalidate();
    return model.header;
  }

  /** Draw the plan at these values (`{"procedure.effect": value}`); others count as 0. */
  setValues(values) {
    const keys = new Set([...Object.keys(values), ...Object.keys(this.#values)]);
    const same = [...keys].every((key) => (values[key] ?? 0) === (this.#values[key] ?? 0));
    this.#values = { ...values };
    if (same) return;
    this.#dropResult();
    this.#fitWanted = true;
    this.#valuesMoved = true;
    this.#touch();
    this.#invalidate();
    if (!this.webgl && performance.now() - this.#lastRender >= RENDER_MS) this.#needRender(false);
  }

  /**
   * Show the server's full-resolution result until a value changes; null shows the warp again.
   * @param {?(ImageBitmap|HTMLImageElement|HTMLCanvasElement)} image
   * @param {Object<string, number>} [values] What it was made for: a late one is ignored.
   * @returns {boolean} Whether it is shown.
   */
  setResult(image, values) {
    if (image && values) {
      const keys = new Set([...Object.keys(values), ...Object.keys(this.#values)]);
      const of = (each) => [...keys].every((key) => (each[key] ?? 0) === (this.#values[key] ?? 0));
      if (!of(values)) return false;
    }
    this.picture.setResult(image ?? (this.webgl ? null : this.#fallback));
    this.#invalidate();
    return Boolean(image);
  }

  /** The word drawn into the picture wherever the simulation shows. */
  setLabel(text) {
    this.picture.setLabel(String(text || TEXTS["live.label"]));
    this.#invalidate();
  }

  /** @param {"divider"|"side"|"after"|"before"} mode */
  setMode(mode) {
    if (!MODES.includes(mode)) throw new RangeError(`mode ${mode}; one of ${MODES.join(", ")}`);
    if (mode === this.#mode) return;
    const home = this.view.atHome;
    this.#mode = mode;
    this.#measure();
    this.view.take(home ? this.view.home() : this.view);
    this.#emit("mode", { mode });
    this.#invalidate();
  }

  get mode() {
    return this.#mode;
  }

  /** Where the divider stands, 0 (all simulation) to 1 (all before). */
  get divider() {
    return this.#divider;
  }

  setDivider(position) {
    const kept = clamp(position, 0, 1);
    if (kept === this.#divider) return;
    this.#divider = kept;
    this.#emit("divider", { position: kept });
    this.#invalidate();
  }

  /** Without WebGL 2: the server's picture of the plan; null takes it away. */
  setFallback(image) {
    this.#fallback = image;
    if (this.webgl) return;
    this.picture.setResult(image);
    this.#invalidate();
  }

  /** Frame a box of the photo (`{x, y, width, height}` or `[x, y, width, height]`, pixels). */
  frameFace(box) {
    const [x, y, width, height] = Array.isArray(box)
      ? box
      : [box.x, box.y, box.width, box.height];
    this.view.box = { x, y, width, height };
    this.#animation = null;
    this.#measure();
    this.view.take(this.view.home());
    this.#viewChanged();
  }

  /** Zoom by a factor around the middle, as the buttons do. */
  zoom(factor) {
    this.#glide(this.view.zoomed(factor, 0, 0, this.#animation?.to));
  }

  /** Back to the framed face, or the whole photo. */
  fit() {
    this.#glide(this.view.home());
  }

  /** Show or hide the ruler. */
  setRuler(shown) {
    if (Boolean(this.#ruler) === shown || !this.#photo) return;
    this.#ruler = null;
    if (shown) {
      const half = (0.2 * this.view.pane.width) / this.view.scale;
      const y = this.view.y + (0.18 * this.view.pane.height) / this.view.scale;
      this.#ruler = [
        { x: this.view.x - half, y },
        { x: this.view.x + half, y },
      ];
    }
    this.#invalidate();
  }

  /** The two ends of the ruler in photo pixels and its reading in mm; null when hidden. */
  get ruler() {
    if (!this.#ruler) return null;
    const [a, b] = this.#ruler;
    const pixels = Math.hypot(b.x - a.x, b.y - a.y);
    const mm = this.#photo.mmPerPx ? pixels * this.#photo.mmPerPx : null;
    return { ends: [{ ...a }, { ...b }], pixels, mm };
  }

  setRulerEnds(first, second) {
    this.#ruler = [{ ...first }, { ...second }];
    this.#invalidate();
  }

  /**
   * The landmarks of the photo, to be nudged.
   * @param {?(number[][]|Float32Array)} points (n, 2) photo pixels, nested or flat.
   */
  setLandmarks(points) {
    const flat = points && points.length && points[0].length ? points.flatMap(([x, y]) => [x, y]) : points;
    this.#landmarks = flat ? Float64Array.from(flat) : null;
    this.#chosen = -1;
    this.#taken = null;
    this.#drawLandmarks();
    this.#invalidate();
  }

  /** Landmarks shown and movable, over the photo before. */
  setLandmarkMode(on) {
    this.#landmarkMode = Boolean(on);
    this.#taken = null;
    this.#drawLandmarks();
    this.#invalidate();
  }

  /** Show the photo before, as long as `on`. */
  holdBefore(on) {
    if (this.#held === on) return;
    this.#held = on;
    this.#say(this.#t(on ? "live.before_shown" : "live.simulation_shown"));
    this.#invalidate();
  }

  /** Fill the screen, or leave it. */
  async setFullScreen(on) {
    if (on && this.root.requestFullscreen) {
      try {
        await this.root.requestFullscreen();
        return;
      } catch (error) {
        // Refused, as in a frame without the permission: fill the window instead.
        if (!(error instanceof TypeError) && error.name !== "NotAllowedError") throw error;
      }
    }
    if (!on && document.fullscreenElement === this.root) await document.exitFullscreen();
    this.root.classList.toggle("is-full", on);
    this.#resized();
  }

  get fullScreen() {
    return document.fullscreenElement === this.root || this.root.classList.contains("is-full");
  }

  /** The picture as it is seen, with the label in it: a PNG. */
  toBlob() {
    this.#moving = false;
    this.flush();
    return new Promise((done, fail) => {
      this.canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("no picture"))), "image/png");
    });
  }

  /** Fit exactly and draw, at once. */
  flush() {
    this.#fitNow(true);
    this.#draw();
  }

  /** What the simulated picture shows where; see `GlPicture.readback`. For tests. */
  readback(limit = 1024, options = {}) {
    this.#fitNow(true);
    const read = this.picture.readback(limit, options);
    this.#invalidate();
    return read;
  }

  get values() {
    return { ...this.#values };
  }

  get model() {
    return this.#model;
  }

  /** Counts and times of the last frame, ms. */
  stats() {
    return {
      ...this.#stats,
      webgl: this.webgl,
      software: this.picture.software,
      renderer: this.picture.renderer,
      foldFactor: this.#foldFactor,
      width: this.canvas.width,
      height: this.canvas.height,
      moving: this.#moving,
      result: Boolean(this.picture.result),
    };
  }

  /** @returns {function(): void} Takes the listener away. */
  on(name, listener) {
    if (!this.#listeners.has(name)) this.#listeners.set(name, new Set());
    this.#listeners.get(name).add(listener);
    return () => this.#listeners.get(name).delete(listener);
  }

  destroy() {
    cancelAnimationFrame(this.#request);
    clearTimeout(this.#restTimer);
    for (const undo of this.#cleanup) undo();
    this.#cleanup = [];
    this.#listeners.clear();
    this.picture.destroy();
    this.root.remove();
  }

  // -- building ----------------------------------------------------------------------------

  #build(container) {
    this.root = element(container, "div", "ld-live");
    const help = `ld-live-help-${Math.random().toString(36).slice(2, 9)}`;
    this.stage = element(this.root, "div", "ld-live-stage", {
      tabindex: "0",
      role: "group",
      "aria-label": this.#t("live.viewer"),
      "aria-describedby": help,
    });
    this.canvas = element(this.stage, "canvas", "ld-live-canvas", {
      role: "img",
      "aria-label": this.#t("live.picture"),
    });
    this.overlay = shape(this.stage, "svg", { class: "ld-live-overlay", "aria-hidden": "true" });
    this.points = shape(this.overlay, "g", { class: "ld-live-points" });
    this.pointPath = shape(this.points, "path", { "vector-effect": "non-scaling-stroke" });
    this.pointMove = shape(this.overlay, "line", { class: "ld-live-point-move" });
    this.pointRing = shape(this.overlay, "circle", { class: "ld-live-point-ring", r: "7" });
    this.rulerLine = shape(this.overlay, "g", { class: "ld-live-ruler-line" });
    for (const className of ["ld-live-ruler-edge", "ld-live-ruler-core"]) {
      shape(this.rulerLine, "line", { class: className });
    }
    this.tagBefore = element(this.stage, "span", "ld-live-tag");
    this.tagBefore.textContent = this.#t("live.before");
    this.handle = element(this.stage, "button", "ld-live-handle", {
      type: "button",
      role: "slider",
      "aria-label": this.#t("live.divider"),
      "aria-valuemin": "0",
      "aria-valuemax": "100",
      "aria-orientation": "horizontal",
    });
    const grip = shape(this.handle, "svg", { viewBox: "0 0 24 24", "aria-hidden": "true" });
    shape(grip, "path", { d: "M9.5 7.5 5 12l4.5 4.5M14.5 7.5 19 12l-4.5 4.5" });
    this.rulerEnds = [1, 2].map((number) =>
      element(this.stage, "button", "ld-live-ruler-end", {
        type: "button",
        "aria-label": this.#t("live.ruler_end", { number }),
      }),
    );
    this.rulerText = element(this.stage, "output", "ld-live-ruler-text");
    this.bar = element(this.stage, "div", "ld-live-bar");
    this.barText = element(this.bar, "span", "ld-live-bar-text");
    this.barLine = element(this.bar, "span", "ld-live-bar-line");
    this.landmarkFocus = element(this.stage, "button", "ld-live-landmarks", {
      type: "button",
      "aria-label": this.#t("live.landmarks"),
    });
    this.notice = element(this.root, "p", "ld-live-notice", { role: "note" });
    this.notice.textContent = this.#t("live.fallback");
    this.notice.hidden = true;
    this.help = element(this.root, "p", "ld-live-unseen", { id: help });
    this.help.textContent = this.#t("live.instructions");
    this.status = element(this.root, "p", "ld-live-unseen", { role: "status" });

    this.tools = element(this.root, "div", "ld-live-tools", {
      role: "toolbar",
      "aria-label": this.#t("live.tools"),
    });
    const group = () => element(this.tools, "div", "ld-live-group");
    const tool = (parent, name, key, work) => {
      const title = this.#t(key);
      const made = element(parent, "button", `ld-live-tool ld-live-${name}`, {
        type: "button",
        title,
        "aria-label": title,
      });
      const icon = shape(made, "svg", { viewBox: "0 0 24 24", "aria-hidden": "true" });
      shape(icon, "path", { d: ICONS[name] });
      if (work) made.addEventListener("click", work);
      return made;
    };
    const modes = group();
    this.toolDivider = tool(modes, "divider", "live.mode_divider", () => this.setMode("divider"));
    this.toolSide = tool(modes, "side", "live.mode_side", () => this.setMode("side"));
    const looks = group();
    this.toolHold = tool(looks, "hold", "live.hold");
    const words = element(this.toolHold, "span", "ld-live-words", { "aria-hidden": "true" });
    words.textContent = this.#t("live.hold");
    this.toolRuler = tool(looks, "ruler", "live.ruler", () => this.setRuler(!this.#ruler));
    const zooms = group();
    this.toolOut = tool(zooms, "zoom_out", "live.zoom_out", () => this.zoom(1 / 1.4));
    this.toolFit = tool(zooms, "fit", "live.fit", () => this.fit());
    this.toolIn = tool(zooms, "zoom_in", "live.zoom_in", () => this.zoom(1.4));
    this.toolFull = tool(group(), "full_screen", "live.full_screen", () =>
      this.setFullScreen(!this.fullScreen),
    );
  }

  #hear(target, name, listener, options) {
    target.addEventListener(name, listener, options);
    this.#cleanup.push(() => target.removeEventListener(name, listener, options));
  }

  #listen() {
    const { stage, canvas } = this;
    this.#hear(canvas, "webglcontextlost", (event) => {
      event.preventDefault();
      this.picture.lost = true;
      this.#emit("contextlost", {});
    });
    this.#hear(canvas, "webglcontextrestored", () => {
      this.picture.restore();
      this.#emit("contextrestored", {});
      this.#invalidate();
    });
    this.#hear(stage, "pointerdown", (event) => this.#pointerDown(event));
    this.#hear(stage, "pointermove", (event) => this.#pointerMove(event));
    this.#hear(stage, "pointerup", (event) => this.#pointerUp(event));
    this.#hear(stage, "pointercancel", (event) => this.#pointerUp(event));
    this.#hear(stage, "dblclick", (event) => this.#doubleClick(event));
    this.#hear(stage, "wheel", (event) => this.#wheel(event), { passive: false });
    this.#hear(this.root, "keydown", (event) => this.#keyDown(event));
    this.#hear(this.root, "keyup", (event) => this.#keyUp(event));
    this.#hear(this.root, "focusout", (event) => {
      if (!this.root.contains(event.relatedTarget)) this.holdBefore(false);
    });
    this.#hear(this.landmarkFocus, "focus", () => this.#chooseLandmark(Math.max(this.#chosen, 0)));
    const hold = (on) => (event) => {
      if (on && event.button !== 0) return;
      if (on) this.toolHold.setPointerCapture(event.pointerId);
      this.holdBefore(on);
    };
    this.#hear(this.toolHold, "pointerdown", hold(true));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      this.#hear(this.toolHold, name, hold(false));
    }
    this.#hear(this.toolHold, "contextmenu", (event) => event.preventDefault());
    // A click without a pointer comes from a screen reader or Enter: nobody can hold those.
    this.#hear(this.toolHold, "click", (event) => {
      if (event.detail === 0) this.holdBefore(!this.#held);
    });
    this.#hear(document, "fullscreenchange", () => this.#resized());
    const again = () => this.#invalidate();
    const observer = new ResizeObserver(() => this.#resized());
    observer.observe(stage);
    this.#cleanup.push(() => observer.disconnect());
    // Light and dark change the ground around the photo.
    this.#hear(matchMedia("(prefers-color-scheme: dark)"), "change", again);
    const themes = new MutationObserver(again);
    for (let each = this.root; each; each = each.parentElement) {
      themes.observe(each, { attributes: true, attributeFilter: ["class", "data-theme"] });
    }
    this.#cleanup.push(() => themes.disconnect());
  }

  #emit(name, detail) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(detail);
  }

  #say(text) {
    this.status.textContent = text;
  }

  // -- fitting and drawing -----------------------------------------------------------------

  #dropResult() {
    if (this.webgl) this.picture.setResult(null);
  }

  #setFold(factor) {
    if (factor === this.#foldFactor) return;
    this.#foldFactor = factor;
    this.#emit("fold", { factor });
  }

  #needRender(final) {
    this.#lastRender = performance.now();
    this.#emit("needrender", { values: this.values, final });
  }

  /** Something moves: draw quickly until it rests. */
  #touch() {
    this.#moving = true;
    clearTimeout(this.#restTimer);
    this.#restTimer = setTimeout(() => this.#rest(), REST_MS);
  }

  #rest() {
    this.#moving = false;
    // A warp that had to be made smaller is searched for once more as the server does it.
    if (this.#foldFactor < 1) this.#fitWanted = true;
    if (this.#fitWanted || this.picture.software) this.#invalidate();
    if (this.#valuesMoved) {
      this.#valuesMoved = false;
      this.#emit("rest", { values: this.values });
      if (!this.webgl) this.#needRender(true);
    }
  }

  #invalidate() {
    if (this.#request) return;
    this.#request = requestAnimationFrame((now) => {
      this.#request = 0;
      this.#step(now);
      this.#fitNow(!this.#moving);
      this.#draw();
    });
  }

  #fitNow(exact) {
    if (!this.#fitWanted && !(exact && this.#foldFactor < 1)) return;
    if (!this.#model || !this.webgl) return;
    this.#fitWanted = false;
    const started = performance.now();
    try {
      const { displacement, foldFactor } = this.#model.fit(this.#values, { exact });
      this.picture.setField(this.#model, displacement);
      this.#setFold(foldFactor);
    } catch (error) {
      if (!(error instanceof FitError)) throw error;
      this.#emit("error", { error });
    }
    this.#stats.fitMs = performance.now() - started;
    this.#stats.fits += this.#model.fits;
  }

  #canvasSize() {
    const { clientWidth, clientHeight } = this.stage;
    const limit = this.#moving && this.picture.software ? MOVING_PIXELS : RESTING_PIXELS;
    const area = Math.max(clientWidth * clientHeight, 1);
    const ratio = Math.min(window.devicePixelRatio || 1, Math.sqrt(limit / area));
    return {
      ratio,
      width: Math.max(1, Math.round(clientWidth * ratio)),
      height: Math.max(1, Math.round(clientHeight * ratio)),
    };
  }

  /** Panes in CSS pixels of the stage: one, or two side by side. */
  #panes() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (this.#mode !== "side") return [{ x: 0, y: 0, width, height }];
    const gap = 2;
    const half = (width - gap) / 2;
    return [
      { x: 0, y: 0, width: half, height },
      { x: half + gap, y: 0, width: half, height },
    ];
  }

  #measure() {
    const [{ width, height }] = this.#panes();
    this.view.pane = { width: Math.max(width, 1), height: Math.max(height, 1) };
  }

  #resized() {
    const home = this.view.atHome;
    this.#measure();
    this.view.take(home ? this.view.home() : this.view);
    this.#invalidate();
  }

  get #simulates() {
    return Boolean(this.#photo && (this.webgl ? this.#model || this.picture.result : this.picture.result));
  }

  /** What each pane shows: from which CSS x on the simulation, or null. */
  #froms(panes) {
    const hidden = this.#held || !this.#simulates;
    if (this.#mode === "side") return [null, hidden ? null : panes[1].x];
    if (hidden || this.#landmarkMode || this.#mode === "before") return [null];
    if (this.#mode === "after") return [0];
    const { width } = panes[0];
    return [this.#divider < 1 ? this.#divider * width : null];
  }

  #background() {
    const found = getComputedStyle(this.stage).backgroundColor.match(/[\d.]+/g);
    return found ? found.slice(0, 3).map((each) => Number(each) / 255) : [0.9, 0.9, 0.9];
  }

  #draw() {
    if (this.picture.lost) return;
    const started = performance.now();
    const { ratio, width, height } = this.#canvasSize();
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    const panes = this.#panes();
    const froms = this.#froms(panes);
    const { view } = this;
    if (!this.#moving || !this.ground) this.ground = this.#background();
    const line = this.#lineX(froms);
    this.picture.draw({
      panes: panes.map((pane, number) => {
        const x = Math.round(pane.x * ratio);
        const area = {
          x,
          y: 0,
          width: Math.min(Math.round((pane.x + pane.width) * ratio), width) - x,
          height,
        };
        return {
          area,
          offsetX: (pane.x + pane.width / 2 - (view.x + 0.5) * view.scale) * ratio,
          offsetY: (pane.y + pane.height / 2 - (view.y + 0.5) * view.scale) * ratio,
          from: froms[number] === null ? null : froms[number] * ratio,
        };
      }),
      scale: view.scale * ratio,
      line: line === null ? null : line * ratio,
      background: this.ground,
      pixelRatio: ratio,
      moving: this.#moving,
    });
    this.#overlayAt(panes, froms, line);
    this.#stats.frames++;
    this.#stats.lastFrameMs = performance.now() - started + this.#stats.fitMs;
    this.#stats.drawMs = performance.now() - started;
  }

  #lineX(froms) {
    const shown = this.#mode === "divider" && !this.#held && !this.#landmarkMode;
    if (!shown || !this.#simulates) return null;
    return froms[0] ?? this.view.pane.width;
  }

  // -- what lies over the canvas -----------------------------------------------------------

  #overlayAt(panes, froms, line) {
    const { view, handle } = this;
    handle.hidden = line === null;
    if (line !== null) {
      // The handle stays where a finger reaches it, even when the line is at the edge.
      handle.style.transform = `translateX(${clamp(line, 20, Math.max(view.pane.width - 20, 20))}px)`;
      const percent = Math.round(100 * this.#divider);
      handle.setAttribute("aria-valuenow", String(percent));
      handle.setAttribute(
        "aria-valuetext",
        this.#t("live.divider_value", { before: percent, after: 100 - percent }),
      );
    }
    const before = froms[0] === null || froms[0] > this.tagBefore.offsetWidth + 24;
    this.tagBefore.hidden = !this.#photo || !before;
    this.toolDivider.setAttribute("aria-pressed", String(this.#mode === "divider"));
    this.toolSide.setAttribute("aria-pressed", String(this.#mode === "side"));
    this.toolHold.setAttribute("aria-pressed", String(this.#held));
    this.toolRuler.setAttribute("aria-pressed", String(Boolean(this.#ruler)));
    this.toolFull.setAttribute("aria-pressed", String(this.fullScreen));
    const touch = this.#landmarkMode || !view.atHome ? "none" : "pan-y";
    this.stage.style.touchAction = touch;
    this.#barAt();
    this.#rulerAt(panes);
    this.#landmarksAt(panes);
  }

  /** From photo pixels to CSS pixels of the stage, in a pane. */
  #toStage({ x, y }, pane) {
    const { view } = this;
    return {
      x: pane.x + pane.width / 2 + (x - view.x) * view.scale,
      y: pane.y + pane.height / 2 + (y - view.y) * view.scale,
    };
  }

  #toPhoto({ x, y }, pane) {
    const { view } = this;
    return {
      x: view.x + (x - pane.x - pane.width / 2) / view.scale,
      y: view.y + (y - pane.y - pane.height / 2) / view.scale,
    };
  }

  #barAt() {
    const mmPerPx = this.#photo?.mmPerPx;
    this.bar.hidden = !mmPerPx;
    if (!mmPerPx) return;
    const pxPerMm = this.view.scale / mmPerPx;
    const mm = BAR_LENGTHS.findLast((each) => each * pxPerMm <= MAX_BAR_PX) ?? BAR_LENGTHS[0];
    this.barLine.style.width = `${mm * pxPerMm}px`;
    const text = this.#t("live.scale_bar", { mm: this.#number(mm, mm < 1 ? 1 : 0) });
    if (this.barText.textContent !== text) this.barText.textContent = text;
  }

  #rulerAt(panes) {
    const shown = Boolean(this.#ruler);
    this.rulerLine.style.display = shown ? "" : "none";
    // An overlay of the stage's size costs time even when nothing is on it.
    this.overlay.style.display = shown || this.#landmarkMode ? "" : "none";
    this.rulerText.hidden = !shown;
    for (const end of this.rulerEnds) end.hidden = !shown;
    if (!shown) return;
    const pane = panes[panes.length - 1];
    const [a, b] = this.#ruler.map((end) => this.#toStage(end, pane));
    for (const line of this.rulerLine.children) {
      line.setAttribute("x1", a.x);
      line.setAttribute("y1", a.y);
      line.setAttribute("x2", b.x);
      line.setAttribute("y2", b.y);
    }
    [a, b].forEach((place, k) => {
      this.rulerEnds[k].style.transform = `translate(${place.x}px, ${place.y}px)`;
    });
    // Beside the line, on its upper side, so that neither end is covered.
    const length = Math.max(Math.hypot(b.x - a.x, b.y - a.y), 1);
    const turn = b.x >= a.x ? 1 : -1;
    const away = 22 + 26 * Math.abs((b.y - a.y) / length);
    const x = (a.x + b.x) / 2 + (turn * away * (b.y - a.y)) / length;
    const y = (a.y + b.y) / 2 - (turn * away * (b.x - a.x)) / length;
    this.rulerText.style.transform = `translate(${x}px, ${y}px) translate(-50%, -50%)`;
    const { mm } = this.ruler;
    const { relativeUncertainty } = this.#photo;
    const text =
      mm === null
        ? ""
        : relativeUncertainty
          ? this.#t("live.ruler_reading", {
              mm: this.#number(mm, 1),
              error: this.#number(mm * relativeUncertainty, 1),
            })
          : this.#t("live.scale_bar", { mm: this.#number(mm, 1) });
    if (this.rulerText.textContent !== text) this.rulerText.textContent = text;
  }

  #drawLandmarks() {
    const shown = this.#landmarkMode && this.#landmarks;
    this.landmarkFocus.hidden = !shown;
    this.points.style.display = shown ? "" : "none";
    if (!shown) return;
    const parts = [];
    for (let i = 0; i < this.#landmarks.length; i += 2) {
      parts.push(`M${this.#landmarks[i].toFixed(2)} ${this.#landmarks[i + 1].toFixed(2)}h0`);
    }
    this.pointPath.setAttribute("d", parts.join(""));
  }

  #landmarksAt(panes) {
    const shown = this.#landmarkMode && this.#landmarks;
    const one = shown && this.#chosen >= 0;
    this.pointRing.style.display = one ? "" : "none";
    this.pointMove.style.display = one && this.#taken ? "" : "none";
    if (!shown) return;
    const { view } = this;
    const origin = this.#toStage({ x: 0, y: 0 }, panes[0]);
    this.points.setAttribute(
      "transform",
      `translate(${origin.x} ${origin.y}) scale(${view.scale})`,
    );
    if (!one) return;
    const own = this.#landmark(this.#chosen);
    const start = this.#toStage(own, panes[0]);
    const { dx, dy } = this.#taken ?? { dx: 0, dy: 0 };
    const end = this.#toStage({ x: own.x + dx, y: own.y + dy }, panes[0]);
    this.pointRing.setAttribute("cx", end.x);
    this.pointRing.setAttribute("cy", end.y);
    this.pointRing.classList.toggle("is-taken", Boolean(this.#taken));
    this.pointMove.setAttribute("x1", start.x);
    this.pointMove.setAttribute("y1", start.y);
    this.pointMove.setAttribute("x2", end.x);
    this.pointMove.setAttribute("y2", end.y);
  }

  // -- landmarks ---------------------------------------------------------------------------

  #landmark(index) {
    return { x: this.#landmarks[2 * index], y: this.#landmarks[2 * index + 1] };
  }

  #nearestLandmark(place) {
    const pane = this.#panes()[0];
    const { x, y } = this.#toPhoto(place, pane);
    let [index, least] = [-1, LANDMARK_REACH / this.view.scale];
    for (let i = 0; 2 * i < this.#landmarks.length; i++) {
      const away = Math.hypot(this.#landmarks[2 * i] - x, this.#landmarks[2 * i + 1] - y);
      if (away <= least) [index, least] = [i, away];
    }
    return index;
  }

  #chooseLandmark(index) {
    this.#chosen = index;
    this.#taken = null;
    this.#say(this.#t("live.landmark_chosen", { index }));
    this.#invalidate();
  }

  /** The nearest landmark in a direction, within a quarter turn. */
  #chooseToward(dx, dy) {
    const own = this.#landmark(this.#chosen);
    let [best, least] = [-1, Infinity];
    for (let i = 0; 2 * i < this.#landmarks.length; i++) {
      const along = (this.#landmarks[2 * i] - own.x) * dx + (this.#landmarks[2 * i + 1] - own.y) * dy;
      const across = Math.abs(
        (this.#landmarks[2 * i] - own.x) * dy - (this.#landmarks[2 * i + 1] - own.y) * dx,
      );
      if (i === this.#chosen || along <= 0 || across > along) continue;
      const away = Math.hypot(along, 2 * across);
      if (away < least) [best, least] = [i, away];
    }
    if (best >= 0) this.#chooseLandmark(best);
  }

  #putDown() {
    const { dx, dy } = this.#taken;
    const index = this.#chosen;
    this.#taken = null;
    if (dx === 0 && dy === 0) {
      this.#invalidate();
      return;
    }
    this.#landmarks[2 * index] += dx;
    this.#landmarks[2 * index + 1] += dy;
    this.#drawLandmarks();
    this.#say(this.#t("live.landmark_moved", { index }));
    this.#invalidate();
    this.#emit("nudge", { index, dx, dy });
  }

  #landmarkKey(event) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
      event.key
    ];
    if (this.#chosen < 0) this.#chosen = 0;
    if (step && this.#taken) {
      const far = (event.shiftKey ? 5 : 1) / this.view.scale;
      this.#taken.dx += far * step[0];
      this.#taken.dy += far * step[1];
    } else if (step) {
      this.#chooseToward(...step);
    } else if (event.key === "Enter" && this.#taken) {
      this.#putDown();
    } else if (event.key === "Enter") {
      this.#taken = { dx: 0, dy: 0 };
      this.#say(this.#t("live.landmark_taken", { index: this.#chosen }));
    } else if (event.key === "Escape" && this.#taken) {
      this.#taken = null;
    } else {
      return false;
    }
    this.#invalidate();
    return true;
  }

  // -- pointer, wheel and keys -------------------------------------------------------------

  #place(event) {
    const box = this.stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #paneAt(place) {
    const panes = this.#panes();
    return panes.findLast((pane) => place.x >= pane.x) ?? panes[0];
  }

  #pointerDown(event) {
    if (event.button !== 0 || !this.#photo) return;
    const place = this.#place(event);
    this.#pointers.set(event.pointerId, place);
    this.stage.setPointerCapture(event.pointerId);
    this.#animation = null;
    if (this.#pointers.size === 2) {
      this.#taken = null;
      this.#gesture = { kind: "pinch" };
      return;
    }
    const end = this.rulerEnds.findIndex((each) => each.contains(event.target));
    const line = this.#lineX(this.#froms(this.#panes()));
    const nearLine = line !== null && Math.abs(place.x - line) <= LINE_REACH;
    const onHandle = this.handle.contains(event.target);
    if (end >= 0) {
      this.#gesture = { kind: "ruler", end };
    } else if (this.#landmarkMode && this.#landmarks && this.#nearestLandmark(place) >= 0) {
      this.#chooseLandmark(this.#nearestLandmark(place));
      this.#taken = { dx: 0, dy: 0 };
      this.#gesture = { kind: "landmark", from: place };
    } else if (line !== null && (onHandle || nearLine || this.#dragsDivider(event))) {
      // Gripped beside the line, the line keeps its distance; elsewhere it comes.
      const gripped = onHandle || nearLine;
      this.#gesture = { kind: "divider", aside: gripped ? line - place.x : 0, from: place };
      if (!gripped && event.pointerType === "mouse") this.#dragDivider(place);
    } else {
      this.#gesture = { kind: "pan" };
    }
    this.stage.classList.toggle("is-panning", this.#gesture.kind === "pan" && this.view.canPan);
  }

  /** Away from the line a drag moves the divider where there is nothing to pan. */
  #dragsDivider(event) {
    return event.pointerType === "mouse" ? !this.view.canPan : this.view.atHome;
  }

  #dragDivider(place) {
    this.#touch();
    this.setDivider((place.x + this.#gesture.aside) / this.view.pane.width);
  }

  #pointerMove(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before || !this.#gesture) {
      if (event.pointerType === "mouse") this.#hover(this.#place(event));
      return;
    }
    const place = this.#place(event);
    this.#pointers.set(event.pointerId, place);
    const { view } = this;
    const [dx, dy] = [place.x - before.x, place.y - before.y];
    switch (this.#gesture.kind) {
      case "pan":
        this.#touch();
        if (view.take({ scale: view.scale, x: view.x - dx / view.scale, y: view.y - dy / view.scale })) {
          this.#viewChanged();
        }
        break;
      case "divider":
        this.#dragDivider(place);
        break;
      case "ruler": {
        const panes = this.#panes();
        this.#ruler[this.#gesture.end] = this.#toPhoto(place, panes[panes.length - 1]);
        this.#invalidate();
        break;
      }
      case "landmark": {
        const { from } = this.#gesture;
        this.#taken = {
          dx: (place.x - from.x) / view.scale,
          dy: (place.y - from.y) / view.scale,
        };
        this.#invalidate();
        break;
      }
      case "pinch":
        this.#pinch(event.pointerId, before, place);
        break;
    }
  }

  #pinch(pointer, before, place) {
    const other = [...this.#pointers].find(([id]) => id !== pointer)?.[1];
    if (!other) return;
    const pane = this.#paneAt(other);
    const { view } = this;
    const apart = (a, b) => Math.max(Math.hypot(a.x - b.x, a.y - b.y), 1);
    const middle = {
      x: (place.x + other.x) / 2 - pane.x - pane.width / 2,
      y: (place.y + other.y) / 2 - pane.y - pane.height / 2,
    };
    const next = view.zoomed(apart(place, other) / apart(before, other), middle.x, middle.y);
    next.x -= (place.x - before.x) / 2 / next.scale;
    next.y -= (place.y - before.y) / 2 / next.scale;
    this.#touch();
    if (view.take(next)) this.#viewChanged();
  }

  #hover(place) {
    const line = this.#lineX(this.#froms(this.#panes()));
    const near = line !== null && Math.abs(place.x - line) <= LINE_REACH;
    this.stage.classList.toggle("is-near-line", near);
    this.stage.classList.toggle("can-pan", this.view.canPan && !near);
  }

  #pointerUp(event) {
    if (!this.#pointers.delete(event.pointerId)) return;
    const { kind } = this.#gesture ?? {};
    if (kind === "landmark" && this.#taken) {
      if (event.type === "pointerup") this.#putDown();
      else this.#taken = null;
    }
    // After a pinch the finger that is left pans on.
    this.#gesture = this.#pointers.size === 1 && kind === "pinch" ? { kind: "pan" } : null;
    if (!this.#gesture) this.#pointers.clear();
    this.stage.classList.remove("is-panning");
  }

  #doubleClick(event) {
    if (!this.#photo || event.target.closest("button")) return;
    const place = this.#place(event);
    const pane = this.#paneAt(place);
    const { view } = this;
    if (!view.atHome) this.fit();
    else this.#glide(view.zoomed(2, place.x - pane.x - pane.width / 2, place.y - pane.height / 2));
  }

  #wheel(event) {
    if (!this.#photo) return;
    const { view } = this;
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const factor = Math.exp(-clamp(event.deltaY * lines, -240, 240) * (event.ctrlKey ? 0.01 : 0.0016));
    // At its smallest the picture leaves the wheel to the page.
    if (factor < 1 && !view.canPan && !event.ctrlKey) return;
    event.preventDefault();
    const place = this.#place(event);
    const pane = this.#paneAt(place);
    this.#touch();
    this.#animation = null;
    const next = view.zoomed(
      factor,
      place.x - pane.x - pane.width / 2,
      place.y - pane.y - pane.height / 2,
    );
    if (view.take(next)) this.#viewChanged();
  }

  #keyDown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.#photo) return;
    const { target, key } = event;
    let used = true;
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    const end = this.rulerEnds.indexOf(target);
    const onTool = this.tools.contains(target);
    if (target === this.landmarkFocus && this.#landmarkKey(event)) {
      event.preventDefault();
      return;
    }
    if (target === this.handle && this.#dividerKey(event)) {
      event.preventDefault();
      return;
    }
    if (arrow && end >= 0) {
      const far = (event.shiftKey ? 10 : 1) / this.view.scale;
      this.#ruler[end].x += far * arrow[0];
      this.#ruler[end].y += far * arrow[1];
      this.#invalidate();
    } else if (arrow && !onTool) {
      const far = (event.shiftKey ? 120 : 40) / this.view.scale;
      const { scale, x, y } = this.#animation?.to ?? this.view;
      this.#glide({ scale, x: x + far * arrow[0], y: y + far * arrow[1] });
    } else if (key === "+" || key === "=") this.zoom(1.25);
    else if (key === "-" || key === "_") this.zoom(1 / 1.25);
    else if (key === "0") this.fit();
    else if (key === "b" || key === "B") this.holdBefore(true);
    else if (key === " " && (target === this.toolHold || (!onTool && end < 0))) this.holdBefore(true);
    else if (event.repeat) used = false;
    else if (key === "f" || key === "F") this.setFullScreen(!this.fullScreen);
    else if (key === "r" || key === "R") this.setRuler(!this.#ruler);
    else if (key === "s" || key === "S") this.setMode(this.#mode === "side" ? "divider" : "side");
    else if (key === "Escape" && this.root.classList.contains("is-full")) this.setFullScreen(false);
    else used = false;
    if (used) event.preventDefault();
  }

  #dividerKey({ key, shiftKey }) {
    const step = shiftKey ? 0.1 : 0.02;
    const moves = { ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step };
    moves.PageDown = -0.1;
    moves.PageUp = 0.1;
    if (key in moves) this.setDivider(Math.round(1000 * (this.#divider + moves[key])) / 1000);
    else if (key === "Home") this.setDivider(0);
    else if (key === "End") this.setDivider(1);
    else return false;
    return true;
  }

  #keyUp(event) {
    if (event.key === "b" || event.key === "B" || event.key === " ") {
      if (this.#held && event.key === " ") event.preventDefault();
      this.holdBefore(false);
    }
  }

  // -- moving the view ---------------------------------------------------------------------

  #viewChanged() {
    const { scale, x, y } = this.view;
    this.#emit("view", { scale, x, y });
    this.#invalidate();
  }

  /** Go to a view in a few frames, or at once where motion is not wanted. */
  #glide(target) {
    const to = this.view.held(target);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.#animation = null;
      if (this.view.take(to)) this.#viewChanged();
      return;
    }
    const { scale, x, y } = this.view;
    this.#animation = { from: { scale, x, y }, to, started: performance.now() };
    this.#invalidate();
  }

  #step(now) {
    if (!this.#animation) return;
    const { from, to, started } = this.#animation;
    const part = clamp((now - started) / 160, 0, 1);
    const eased = 1 - (1 - part) ** 3;
    const mix = (a, b) => a + (b - a) * eased;
    const scale = from.scale * (to.scale / from.scale) ** eased;
    // The places move with the scale, so that the point that is zoomed at stays where it is.
    const way = to.scale === from.scale ? eased : (1 / from.scale - 1 / scale) / (1 / from.scale - 1 / to.scale);
    const changed = this.view.take(
      part === 1 ? to : {
        scale,
        x: to.scale === from.scale ? mix(from.x, to.x) : from.x + (to.x - from.x) * way,
        y: to.scale === from.scale ? mix(from.y, to.y) : from.y + (to.y - from.y) * way,
      },
    );
    if (part < 1) {
      this.#touch();
      this.#invalidate();
    } else {
      this.#animation = null;
    }
    if (changed) this.#viewChanged();
  }
}

/**
 * Put a live preview into a container.
 *
 * @param {HTMLElement} container It is filled.
 * @param {object} [options]
 * @param {function(string): ?string} [options.t] Words by key (`live.…`); English otherwise.
 * @param {string} [options.label] The word drawn into the picture.
 * @param {"divider"|"side"|"after"|"before"} [options.mode]
 * @param {function(string, object): void} [options.onChange] Mode, divider or view changed.
 * @param {boolean} [options.forceFallback] Behave as without WebGL 2.
 * @returns {LivePreview}
 */
export function createLivePreview(container, options = {}) {
  return new LivePreview(container, options);
}
