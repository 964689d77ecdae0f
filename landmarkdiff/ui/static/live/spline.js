/**
 * The thin-plate spline, as `landmarkdiff/manipulation/spline.py` has it: through the values at its
 * points with the least bending.
 *
 * Places and values are pixels of the photo; inside, lengths are in units of the points' extent.
 */

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

/** r2 log r2 for r2 >= 0. */
function radial(square) {
  BITS_FLOAT[0] = square;
  const bits = BITS_INT[0];
  const cell = (bits >> FINE_BITS) & MANTISSA_MASK;
  const low = MANTISSA_LOG[cell];
  const share = (bits & FINE_MASK) * FINE_SCALE;
  return square * (EXPONENT_LOG[bits >>> 23] + low + share * (MANTISSA_LOG[cell + 1] - low));
}

/** Thin-plate splines through up to `capacity` points; all arrays are made once. */
export class ThinPlateSpline {
  constructor(capacity) {
    const size = capacity + 3;
    this.x = new Float64Array(capacity);
    this.y = new Float64Array(capacity);
    this.matrix = new Float64Array(size * size);
    this.order = new Int32Array(size);
    this.right = new Float64Array(2 * size);
    this.weights = new Float64Array(2 * size);
  }

  /**
   * Take `count` points and factorise their system.
   * @param {Float64Array} points Interleaved x, y; pixels.
   * @param {number} count
   * @throws {FitError} They are fewer than three, coincide, or lie on one line.
   */
  place(points, count) {
    this.count = count;
    this.#normalise(points);
    const nearest = this.#system();
    if (count < 3 || nearest < 1e-14) throw new FitError("control points coincide or are too few");
    /** Least distance between two points, pixels. */
    this.spacing = Math.sqrt(nearest) * this.radius;
    this.#factorise(count + 3);
  }

  #normalise(points) {
    const { x, y, count } = this;
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < count; i++) {
      left = Math.min(left, points[2 * i]);
      right = Math.max(right, points[2 * i]);
      top = Math.min(top, points[2 * i + 1]);
      bottom = Math.max(bottom, points[2 * i + 1]);
    }
    this.centreX = (left + right) / 2;
    this.centreY = (top + bottom) / 2;
    this.radius = Math.max(Math.max(right - left, bottom - top) / 2, 1e-9);
    for (let i = 0; i < count; i++) {
      x[i] = (points[2 * i] - this.centreX) / this.radius;
      y[i] = (points[2 * i + 1] - this.centreY) / this.radius;
    }
  }

  /** Fill the matrix; returns the least squared distance between two points, at most 1. */
  #system() {
    const { x, y, matrix, count } = this;
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
    return nearest;
  }

  /** LU decomposition in place, with partial pivoting. */
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
      if (best !== k) this.#swapRows(k, best, size);
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

  #swapRows(first, second, size) {
    const { matrix, order } = this;
    for (let j = 0, a = first * size, b = second * size; j < size; j++, a++, b++) {
      [matrix[a], matrix[b]] = [matrix[b], matrix[a]];
    }
    [order[first], order[second]] = [order[second], order[first]];
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

  /** Evaluate at `count` places (separate x and y) into `out` (interleaved). */
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
        const value = radial(dx * dx + dy * dy);
        u += weights[2 * j] * value;
        v += weights[2 * j + 1] * value;
      }
      out[2 * i] = u;
      out[2 * i + 1] = v;
    }
  }

  /** Basis functions at `count` places: rows of (points + 3) into `out`, to multiply weights by. */
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
