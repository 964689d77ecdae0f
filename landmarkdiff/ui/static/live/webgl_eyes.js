/** The eyes that lie behind the lids, as WebGL holds them. */

import { Texture } from "./webgl_texture.js";

/** The unit of an eye's texture; the picture's is 0. */
const UNIT = 1;

export class Eyes {
  #eyes = [];
  #textures = [];

  constructor(gl) {
    this.gl = gl;
  }

  /** @param {LiveEye[]} eyes */
  set(eyes) {
    if (eyes === this.#eyes) return;
    this.delete();
    this.#eyes = eyes;
    this.#textures = eyes.map((eye) => Texture.cells(this.gl, eye));
  }

  /**
   * Draw something once for each eye, with the eye behind it.
   * @param {Program} program
   * @param {function(LiveEye): void} draw
   */
  each(program, draw) {
    const { gl } = this;
    this.#eyes.forEach((eye, number) => {
      gl.activeTexture(gl.TEXTURE0 + UNIT);
      gl.bindTexture(gl.TEXTURE_2D, this.#textures[number]);
      gl.activeTexture(gl.TEXTURE0);
      program.setEye(eye);
      draw(eye);
    });
    program.setEye(null);
  }

  delete() {
    for (const texture of this.#textures) this.gl.deleteTexture(texture);
    this.#textures = [];
    this.#eyes = [];
  }
}

/** What an eye covers of the photo, photo pixels: outside of it nothing of it shows. */
export function boundsOf({ x, y, step, rows, columns }) {
  return { left: x, top: y, right: x + step * (columns - 1), bottom: y + step * (rows - 1) };
}
