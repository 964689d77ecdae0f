/** The warp of a plan at its present values: fitted when something has changed, and not before. */

import { LiveModel } from "./model.js";
import { FitError } from "./spline.js";

/** Whether two sets of values mean the same; an effect that is not named is at 0. */
function sameValues(first, second) {
  const keys = new Set([...Object.keys(first), ...Object.keys(second)]);
  return [...keys].every((key) => (first[key] ?? 0) === (second[key] ?? 0));
}

export class Warp {
  #stale = false;
  #values = {};
  #foldFactor = 1;
  /** Whether the last fit was made quickly, and not by the server's own search. */
  #quick = false;

  /** @type {?LiveModel} */
  model = null;
  /** Fits so far, and how long the last call took, ms. */
  fits = 0;
  fitMs = 0;

  /** @param {function(string, object): void} emit Takes `fold` and `error`. */
  constructor(emit) {
    this.emit = emit;
  }

  /** No model is known: there is another photo. */
  clear() {
    this.model = null;
    this.#stale = false;
    this.#setFold(1);
  }

  /** @param {ArrayBuffer} buffer @throws {ModelError} The last model stays. */
  setModel(buffer) {
    this.model = LiveModel.decode(buffer);
    this.#stale = true;
  }

  get values() {
    return { ...this.#values };
  }

  /** Take values; returns whether they are others. */
  setValues(values) {
    const same = this.isAt(values);
    this.#values = { ...values };
    this.#stale ||= !same;
    return !same;
  }

  isAt(values) {
    return sameValues(values, this.#values);
  }

  /** By how much the warp is made smaller so as not to fold; 1 if not at all. */
  get foldFactor() {
    return this.#foldFactor;
  }

  #setFold(factor) {
    if (factor === this.#foldFactor) return;
    this.#foldFactor = factor;
    this.emit("fold", { factor });
  }

  /** Whether a fit may differ from the last one: a quick one only where it was made smaller. */
  isStale(exact) {
    const better = exact && this.#quick && this.#foldFactor < 1;
    return this.model !== null && (this.#stale || better);
  }

  /**
   * Fit where something has changed.
   * @param {boolean} exact Made smaller by the server's own search, where it folds.
   * @returns {?{mask: Mask, displacement: Float32Array, light: ?Float32Array,
   *   softening: ?Softening}} null: what was there before stands.
   */
  fit(exact) {
    if (!this.isStale(exact)) return null;
    this.#stale = false;
    this.#quick = !exact;
    const started = performance.now();
    let field = null;
    try {
      const fitted = this.model.fit(this.#values, { exact });
      const { displacement, light, softening, foldFactor } = fitted;
      field = { mask: this.model.mask, displacement, light, softening };
      this.#setFold(foldFactor);
    } catch (error) {
      if (!(error instanceof FitError)) throw error;
      this.emit("error", { error });
    }
    this.fitMs = performance.now() - started;
    this.fits += this.model.fits;
    return field;
  }
}
