/**
 * Draws a head with WebGL 2, and the word that it is a simulation over it.
 *
 * Without a graphics card the pixels cost most, so what can be worked out for a vertex is, and only
 * what faces the viewer is drawn.
 */

import { Label } from "../live/label.js";
import { Program, Vertices, cornersOf } from "../live/webgl_program.js";
import { Texture } from "../live/webgl_texture.js";
import { heatRow } from "../live/heat.js";
import { HeadBuffers, HeadProgram } from "./program.js";

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;
/** What no photo shows, as `landmarkdiff/head/export/texture.py` draws it too; of 255. */
const UNSEEN_GRAY = 158;
const HEAT_COLOURS = 256;

export class HeadPicture {
  #shape = null;
  #head = null;
  #image = null;
  #generation = -1;
  #label = new Label();

  /** @returns {?HeadPicture} null where there is no WebGL 2. */
  static on(canvas) {
    const gl = canvas.getContext("webgl2", {
      alpha: false,
      antialias: false,
      depth: true,
      stencil: false,
      powerPreference: "high-performance",
    });
    return gl && !gl.isContextLost() ? new HeadPicture(canvas, gl) : null;
  }

  constructor(canvas, gl) {
    this.canvas = canvas;
    this.gl = gl;
    this.lost = false;
    this.#build();
  }

  /** Everything that a lost context takes with it; the sources are kept. */
  #build() {
    const { gl } = this;
    const facts = gl.getExtension("WEBGL_debug_renderer_info");
    this.renderer = String(gl.getParameter(facts ? facts.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
    this.software = SOFTWARE.test(this.renderer);
    this.programs = {
      skin: HeadProgram.skin(gl),
      heat: HeadProgram.heat(gl),
      neck: HeadProgram.neck(gl),
    };
    this.words = new Program(gl);
    this.rectangle = new Vertices(gl);
    this.buffers = new HeadBuffers(gl);
    this.textures = { skin: null, heat: this.#heatTexture(), label: null };
    this.labelled = null;
    gl.disable(gl.DITHER);
    gl.depthFunc(gl.LEQUAL);
    gl.cullFace(gl.BACK);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    if (this.#head) this.setHead(this.#head, this.#shape, this.#image);
  }

  #heatTexture() {
    const row = new ImageData(heatRow(HEAT_COLOURS), HEAT_COLOURS, 1);
    return new Texture(this.gl, row);
  }

  restore() {
    this.lost = false;
    this.#build();
  }

  /**
   * @param {Head} head
   * @param {HeadShape} shape Its surface as it is to be drawn.
   * @param {ImageBitmap|HTMLCanvasElement} image Its texture.
   */
  setHead(head, shape, image) {
    [this.#head, this.#shape, this.#image] = [head, shape, image];
    if (this.lost) return;
    const { buffers, gl } = this;
    buffers.set("uv", head.uv);
    buffers.set("seen", Float32Array.from(head.seen, (each) => each / 255));
    buffers.setTriangles(head.triangles, head.neck);
    this.textures.skin?.delete();
    this.textures.skin = Texture.withMipmaps(gl, image);
    this.#generation = -1;
  }

  setLabel(text) {
    this.#label.setText(text);
  }

  /**
   * @param {object} scene
   * @param {Camera} scene.camera
   * @param {?number[]} scene.light As for `HeadProgram`.
   * @param {number} scene.limit As for `HeadProgram`.
   * @param {number[]} scene.background Red, green, blue; 0 to 1.
   * @param {number} scene.pixelRatio Device pixels to a CSS pixel.
   * @param {boolean} scene.moving
   */
  draw({ camera, light, limit, background, pixelRatio, moving }) {
    const { gl, canvas } = this;
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(...background, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    if (!this.#head) return;
    this.#update();
    gl.enable(gl.DEPTH_TEST);
    gl.enable(gl.CULL_FACE);
    const { matrix, axes, scale } = camera;
    const given = { matrix, axes, light, limit, gray: UNSEEN_GRAY / 255 };
    if (limit > 0) {
      this.textures.heat.bind();
      this.programs.heat.use(given);
    } else {
      // The texture goes once around the head, which shows about a third of it.
      const across = 3 * camera.size.width * scale * pixelRatio;
      this.textures.skin.chooseLevel(across, moving && this.software);
      this.programs.skin.use(given);
    }
    this.buffers.draw();
    gl.disable(gl.CULL_FACE);
    this.programs.neck.use(given);
    this.buffers.drawNeck();
    gl.disable(gl.DEPTH_TEST);
    this.#drawLabel(pixelRatio);
  }

  #update() {
    const shape = this.#shape;
    if (this.#generation === shape.generation) return;
    this.#generation = shape.generation;
    this.buffers.set("positions", shape.positions);
    this.buffers.set("normals", shape.normals);
    this.buffers.set("heights", shape.heights);
  }

  #drawLabel(pixelRatio) {
    const { gl, canvas, words, textures } = this;
    const { width, height } = canvas;
    const picture = this.#label.picture(pixelRatio);
    if (this.labelled !== picture) {
      textures.label?.delete();
      textures.label = new Texture(gl, picture, { premultiply: true });
      this.labelled = picture;
    }
    const pane = { area: { x: 0, y: 0, width, height }, from: 0 };
    const { x, y } = this.#label.place(pane, pixelRatio);
    words.use();
    textures.label.bind();
    gl.enable(gl.BLEND);
    const [left, top] = [(2 * Math.round(x)) / width - 1, 1 - (2 * Math.round(y)) / height];
    words.setView(2 / width, -2 / height, left, top);
    words.setSize(picture);
    const whole = cornersOf(0, 0, picture.width, picture.height);
    this.rectangle.drawRectangle(whole, whole);
    gl.disable(gl.BLEND);
    gl.bindVertexArray(null);
  }

  destroy() {
    this.#head = this.#shape = this.#image = null;
    for (const texture of Object.values(this.textures)) texture?.delete();
    for (const program of Object.values(this.programs)) program.delete();
    this.words.delete();
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}
