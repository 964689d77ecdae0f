/** What folds lose of their shadow, as WebGL holds it. */

import { Texture } from "./webgl_texture.js";

/** The unit of its texture; the picture's is 0, an eye's 1, the layer's 2. */
const UNIT = 3;

export class CreaseTexture {
  #softening = null;
  #handle = null;

  constructor(gl) {
    this.gl = gl;
  }

  /** @param {?Softening} softening Its cells are read now. */
  set(softening) {
    this.delete();
    this.#softening = softening;
    if (!softening) return;
    const { gl } = this;
    this.#bound(() => {
      this.#handle = Texture.halves(gl, softening);
    });
  }

  /** Soften folds in what `draw` draws. @param {Program} program @param {function(): void} draw */
  during(program, draw) {
    const { gl } = this;
    if (this.#softening) {
      this.#bound(() => gl.bindTexture(gl.TEXTURE_2D, this.#handle));
      program.setSoftening(this.#softening);
    }
    draw();
    program.setSoftening(null);
  }

  #bound(work) {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0 + UNIT);
    work();
    gl.activeTexture(gl.TEXTURE0);
  }

  get any() {
    return this.#softening !== null;
  }

  delete() {
    if (this.#handle) this.gl.deleteTexture(this.#handle);
    this.#handle = null;
    this.#softening = null;
  }
}
