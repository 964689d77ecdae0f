/** When to draw: once for all that changes before the browser's next frame. */

/** Nothing counts as moving any more when nothing has moved for this long, ms. */
const REST_MS = 120;

export class Frames {
  #request = 0;
  #timer = 0;

  /** Whether something moves, and is to be drawn quickly rather than well. */
  moving = false;

  /** @param {{draw: function(number): void, rest: function(): void}} listeners */
  constructor({ draw, rest }) {
    this.draw = draw;
    this.rest = rest;
  }

  /** Whether a frame is still to be drawn. */
  get pending() {
    return this.#request !== 0;
  }

  request() {
    this.#request ||= requestAnimationFrame((now) => {
      this.#request = 0;
      this.draw(now);
    });
  }

  /** Something moves, until it rests. */
  touch() {
    this.moving = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.moving = false;
      this.rest();
    }, REST_MS);
  }

  stop() {
    cancelAnimationFrame(this.#request);
    clearTimeout(this.#timer);
  }
}
