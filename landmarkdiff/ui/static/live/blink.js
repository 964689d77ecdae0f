/** Photo and simulation take turns in one place, once a second. */

const HALF_SECOND = 500;

export class Blink {
  #timer = 0;

  /** @param {function(boolean): void} showBefore */
  constructor(showBefore) {
    this.showBefore = showBefore;
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
  }

  get on() {
    return this.#timer !== 0;
  }

  /** Whether the system asks for less motion: nothing blinks then. */
  get refused() {
    return this.still.matches;
  }

  /** Begin or end; the simulation is what shows afterwards. */
  set(on) {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.showBefore(false);
    if (!on || this.refused) return;
    let before = false;
    this.#timer = setInterval(() => {
      // Who asks for less motion gets it at once.
      if (this.refused) {
        this.set(false);
        return;
      }
      before = !before;
      this.showBefore(before);
    }, HALF_SECOND);
  }
}
