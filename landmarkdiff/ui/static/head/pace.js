/** How many pixels there is time for while something moves and the processor draws them. */

/** Between two frames: above the first it is drawn coarser, below the second finer; ms. */
const SLOW_MS = 35;
const QUICK_MS = 20;
/** A longer gap is a pause of the user's. */
const PAUSE_MS = 250;
/** Frames of one fineness before it is judged, and by how much another one has fewer pixels. */
const FRAMES = 5;
const STEP = 0.75;

export class Pace {
  #last = -Infinity;
  #passed = 0;
  #count = 0;

  /** @param {{most: number, least: number}} limits Pixels. */
  constructor({ most, least }) {
    Object.assign(this, { most, least });
    this.pixels = most;
  }

  /** A frame was drawn while something moves. @param {number} now ms. */
  note(now) {
    const passed = now - this.#last;
    this.#last = now;
    if (passed > PAUSE_MS) {
      this.#passed = this.#count = 0;
      return;
    }
    this.#passed += passed;
    if (++this.#count < FRAMES) return;
    const each = this.#passed / this.#count;
    this.#passed = this.#count = 0;
    if (each > SLOW_MS) this.pixels = Math.max(this.pixels * STEP, this.least);
    else if (each < QUICK_MS) this.pixels = Math.min(this.pixels / STEP, this.most);
  }
}
