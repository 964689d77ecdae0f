/** The grain that is laid anew, as WebGL holds it. */

import { Texture } from "./webgl_texture.js";

/** The units of its textures; the picture's is 0, an eye's 1, the layer's 2, that of folds 3. */
export const SMOOTH = 4;
export const CORNERS = 5;

export class GrainTextures {
  #parts = null;
  #smooth = null;
  #laid = null;
  #corners = null;

  constructor(gl) {
    this.gl = gl;
  }

  /** @param {?LaidGrain} laid Its corners are read now. */
  set(laid) {
    this.#laid = laid;
    if (!laid) return;
    const { gl } = this;
    if (this.#parts !== laid.parts) {
      this.delete();
      this.#laid = laid;
      this.#parts = laid.parts;
      const { facts, cells } = laid.parts;
      this.#at(SMOOTH, () => {
        this.#smooth = Texture.cells(gl, { ...facts, cells });
      });
    }
    this.#at(CORNERS, () => {
      this.#corners ??= gl.createTexture();
      gl.bindTexture(gl.TEXTURE_2D, this.#corners);
      Texture.numbers(gl, { rows: laid.rows, columns: laid.columns, cells: laid.corners });
    });
  }

  /** Lay grain in what `draw` draws. @param {Program} program @param {function(): void} draw */
  during(program, draw) {
    const { gl } = this;
    if (this.#laid) {
      this.#at(SMOOTH, () => gl.bindTexture(gl.TEXTURE_2D, this.#smooth));
      this.#at(CORNERS, () => gl.bindTexture(gl.TEXTURE_2D, this.#corners));
      program.setGrain(this.#laid);
    }
    draw();
    program.setGrain(null);
  }

  #at(unit, work) {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0 + unit);
    work();
    gl.activeTexture(gl.TEXTURE0);
  }

  delete() {
    for (const each of [this.#smooth, this.#corners]) if (each) this.gl.deleteTexture(each);
    this.#smooth = this.#corners = this.#parts = this.#laid = null;
  }
}
