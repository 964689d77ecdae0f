/** What lies in front of the face, as WebGL holds it: it stays while the face moves behind it. */

import { Texture } from "./webgl_texture.js";

/** The unit of its texture; the picture's is 0, an eye's is 1. */
const UNIT = 2;

export class Front {
  #layer = null;
  #texture = null;

  constructor(gl) {
    this.gl = gl;
  }

  /** @param {?LiveFront} layer null: nothing lies in front. */
  set(layer) {
    if (layer === this.#layer) return;
    this.delete();
    this.#layer = layer;
    if (layer) this.#texture = Texture.cells(this.gl, layer);
  }

  /**
   * Draw something behind it.
   * @param {Program} program
   * @param {function(): void} draw
   */
  over(program, draw) {
    const { gl } = this;
    if (this.#layer) {
      gl.activeTexture(gl.TEXTURE0 + UNIT);
      gl.bindTexture(gl.TEXTURE_2D, this.#texture);
      gl.activeTexture(gl.TEXTURE0);
    }
    program.setFront(this.#layer);
    draw();
    program.setFront(null);
  }

  delete() {
    if (this.#texture) this.gl.deleteTexture(this.#texture);
    this.#texture = null;
    this.#layer = null;
  }
}
