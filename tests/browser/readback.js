/** Reads back what WebGL draws: the warp is drawn with a texture that holds its own coordinates. */

function floatTexture(gl, width, height, values) {
  const handle = gl.createTexture();
  const bind = () => gl.bindTexture(gl.TEXTURE_2D, handle);
  bind();
  gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA32F, width, height, 0, gl.RGBA, gl.FLOAT, values);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return { handle, bind };
}

/**
 * @param {WebglPicture} picture
 * @param {{width: number, height: number}} photo
 * @param {number} limit Longest side of what is drawn, pixels.
 * @param {boolean} quick The mesh as it is drawn while something moves.
 * @returns {{width: number, height: number, scale: number, source: Float32Array}} `source` is
 *   (height, width, 2): x and y in photo pixels. Pixel (0, 0) covers the photo's from its top-left
 *   corner; `scale` is the size of a photo pixel in what is drawn.
 */
export function readback(picture, photo, limit, quick) {
  const { gl } = picture;
  if (!gl.getExtension("EXT_color_buffer_float") || !gl.getExtension("OES_texture_float_linear")) {
    throw new Error("this browser cannot draw coordinates: no float textures");
  }
  const scale = Math.min(1, limit / Math.max(photo.width, photo.height));
  const width = Math.round(photo.width * scale);
  const height = Math.round(photo.height * scale);
  const coordinates = new Float32Array(4 * width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      coordinates[at] = ((x + 0.5) * photo.width) / width - 0.5;
      coordinates[at + 1] = ((y + 0.5) * photo.height) / height - 0.5;
    }
  }
  const coded = floatTexture(gl, width, height, coordinates);
  const target = floatTexture(gl, width, height, null);
  const frame = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, target.handle, 0);
  picture.drawSimulation(coded, { width, height, scale, quick });
  const drawn = new Float32Array(4 * width * height);
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.FLOAT, drawn);
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  gl.deleteFramebuffer(frame);
  gl.deleteTexture(coded.handle);
  gl.deleteTexture(target.handle);
  const source = new Float32Array(2 * width * height);
  for (let i = 0; i < width * height; i++) {
    source[2 * i] = drawn[4 * i];
    source[2 * i + 1] = drawn[4 * i + 1];
  }
  return { width, height, scale, source };
}

/**
 * The simulation as the viewer's own program draws it.
 * @param {LivePreview} preview
 * @param {{width: number, height: number}} size Pixels.
 * @param {object} [how] What `drawSimulation` is told beside them.
 * @returns {Uint8Array} (height, width, 4)
 */
export function drawnSimulation(preview, { width, height }, how = {}) {
  preview.flush();
  const { picture } = preview;
  const { gl } = picture;
  const target = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, target);
  gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, width, height);
  const frame = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, target, 0);
  picture.textures.photo.chooseLevel(Math.max(width, height), false);
  picture.drawSimulation(picture.textures.photo, { width, height, scale: 1, ...how });
  const pixels = new Uint8Array(4 * width * height);
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  gl.deleteFramebuffer(frame);
  gl.deleteTexture(target);
  return pixels;
}
