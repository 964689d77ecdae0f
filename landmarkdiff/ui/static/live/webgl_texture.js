/** A picture as WebGL holds it. */

import { clamp, fitting, sizeOf } from "./scene.js";

/** Longest side of a texture; a larger photo is drawn smaller on the screen anyway. */
const MAX_TEXTURE = 4096;

export class Texture {
  constructor(gl, image, { premultiply = false } = {}) {
    this.gl = gl;
    this.handle = gl.createTexture();
    const limit = Math.min(MAX_TEXTURE, gl.getParameter(gl.MAX_TEXTURE_SIZE));
    const source = fitting(image, limit);
    const { width, height } = sizeOf(source);
    this.longest = Math.max(width, height);
    this.bind();
    Texture.#unpack(gl, premultiply);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, source);
    Texture.#interpolate(gl);
  }

  /** The texture of cells, (rows, columns, 4) bytes, as WebGL's own. */
  static cells(gl, { rows, columns, cells }) {
    const handle = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, handle);
    Texture.#unpack(gl, false);
    const size = [columns, rows];
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, ...size, 0, gl.RGBA, gl.UNSIGNED_BYTE, cells);
    Texture.#interpolate(gl);
    return handle;
  }

  /** The texture of cells, (rows, columns, 4) numbers, as WebGL's own; bound where it is made. */
  static halves(gl, { rows, columns, cells }) {
    const handle = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, handle);
    Texture.#unpack(gl, false);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA16F, columns, rows, 0, gl.RGBA, gl.FLOAT, cells);
    Texture.#interpolate(gl);
    return handle;
  }

  static #unpack(gl, premultiply) {
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false); // the first row is v = 0
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, premultiply);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  }

  static #interpolate(gl) {
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  }

  /** A texture that is drawn at any size. */
  static withMipmaps(gl, image) {
    const texture = new Texture(gl, image);
    gl.generateMipmap(gl.TEXTURE_2D);
    return texture;
  }

  bind() {
    this.gl.bindTexture(this.gl.TEXTURE_2D, this.handle);
  }

  /**
   * Look at one level of the mipmaps (`quick`), or mix the two nearest.
   * @param {number} length Longer side of the picture as it is drawn, device pixels.
   */
  chooseLevel(length, quick) {
    const { gl } = this;
    this.bind();
    const shrink = Math.log2(this.longest / length);
    const level = quick ? clamp(Math.round(shrink - 0.5), 0, 12) : 0;
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_BASE_LEVEL, level);
    gl.texParameteri(
      gl.TEXTURE_2D,
      gl.TEXTURE_MIN_FILTER,
      quick || shrink <= 0 ? gl.LINEAR : gl.LINEAR_MIPMAP_LINEAR,
    );
  }

  delete() {
    this.gl.deleteTexture(this.handle);
  }
}
