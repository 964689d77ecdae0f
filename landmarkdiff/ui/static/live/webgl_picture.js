/**
 * Draws the photo and, through the warp, the simulation, with WebGL 2.
 *
 * What costs time without a graphics card is pixels, and mipmaps most of all. So while something
 * moves one level of the mipmap is looked at, and where only values have changed only the mesh is
 * drawn again: it covers the same pixels as before.
 */

import { Label } from "./label.js";
import { LINE, deviceSpan, intersection, partsOf, photoEdge, photoSpan } from "./scene.js";
import { CreaseTexture } from "./webgl_creases.js";
import { Eyes, boundsOf } from "./webgl_eyes.js";
import { Front } from "./webgl_front.js";
import { Mesh } from "./webgl_mesh.js";
import { Program, Vertices, cornersOf } from "./webgl_program.js";
import { PushLayer } from "./webgl_pushes.js";
import { Texture } from "./webgl_texture.js";

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

export class WebglPicture {
  #photo = null;
  #mask = null;
  #displacement = null;
  #eyes = [];
  #front = null;
  #light = null;
  #map = null;
  #softening = null;
  #pushes = null;
  #label = new Label();
  /** The scene that is on the canvas, as text; null: nothing of it may be kept. */
  #drawn = null;

  /** @returns {?WebglPicture} null where there is no WebGL 2. */
  static on(canvas) {
    const gl = canvas.getContext("webgl2", {
      alpha: false,
      antialias: false,
      depth: false,
      stencil: false,
      preserveDrawingBuffer: true, // the mesh alone may be drawn again
      powerPreference: "high-performance",
    });
    return gl && !gl.isContextLost() ? new WebglPicture(canvas, gl) : null;
  }

  constructor(canvas, gl) {
    this.canvas = canvas;
    this.gl = gl;
    this.result = null;
    this.lost = false;
    this.#build();
  }

  /** Everything that a lost context takes with it; the sources are kept. */
  #build() {
    const { gl } = this;
    const facts = gl.getExtension("WEBGL_debug_renderer_info");
    this.renderer = String(gl.getParameter(facts ? facts.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
    this.software = SOFTWARE.test(this.renderer);
    this.program = new Program(gl);
    this.rectangle = new Vertices(gl);
    this.mesh = new Mesh(gl);
    this.mesh.setField(this.#mask, this.#displacement, this.#light);
    this.eyes = new Eyes(gl);
    this.front = new Front(gl);
    this.creases = new CreaseTexture(gl);
    this.creases.set(this.#softening);
    this.pushed = new PushLayer(gl);
    this.pushed.set(this.#pushes);
    this.textures = { photo: null, result: null, label: null };
    this.labelled = null;
    this.#drawn = null;
    gl.disable(gl.DITHER);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    if (this.#photo) this.textures.photo = Texture.withMipmaps(gl, this.#photo.image);
    if (this.result) this.textures.result = Texture.withMipmaps(gl, this.result);
  }

  restore() {
    this.#build();
    this.lost = false;
  }

  /** @param {Photo} photo */
  setPhoto(photo) {
    this.#photo = photo;
    this.#setTexture("photo", photo.image);
  }

  /** A picture over the warp, of the photo's framing; null: the warp shows. */
  setResult(image) {
    if (this.result === image) return;
    this.result = image;
    this.#setTexture("result", image);
  }

  #setTexture(name, image) {
    this.#drawn = null;
    if (this.lost) return;
    this.textures[name]?.delete();
    this.textures[name] = image ? Texture.withMipmaps(this.gl, image) : null;
  }

  setLabel(text) {
    this.#label.setText(text);
    this.#drawn = null;
  }

  /**
   * @param {?Mask} mask null: there is no warp.
   * @param {?Float32Array} displacement (rows, columns, 2) Pixels.
   * @param {{eyes?: LiveEye[], front?: ?LiveFront, light?: ?Float32Array, softening?: ?Softening}}
   *   [more] What lies behind the lids; what lies in front of the face; the light on the skin (rows,
   *   columns, 4), as `SurfaceLight.on` returns it; and what is added to folds.
   */
  setField(
    mask,
    displacement,
    { eyes = [], front = null, light = null, softening = null } = {},
  ) {
    // Folds soften outside of the mesh, too.
    if (softening || this.#softening) this.#drawn = null;
    this.#softening = softening;
    if (!this.lost) this.creases.set(softening);
    this.#mask = mask;
    this.#displacement = displacement;
    this.#eyes = eyes;
    this.#front = front;
    this.#light = light;
    this.mesh.setField(mask, displacement, light);
  }

  /** What is pushed by hand after the warp. @param {?Pushes} pushes null: nothing. */
  setPushes(pushes) {
    this.#pushes = pushes;
    this.#drawn = null;
    if (!this.lost) this.pushed.set(pushes);
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { gl, canvas } = this;
    const { width, height } = canvas;
    const { panes, line, background, scale, pixelRatio } = scene;
    const { opacity = 1, map = null, loupe = null } = scene;
    const quick = scene.moving && this.software;
    const framing = [panes, scale, line, background, quick, width, height];
    const key = JSON.stringify([...framing, opacity, map, loupe]);
    const whole = { bounds: { x: 0, y: 0, width, height }, meshOnly: false };
    const { bounds, meshOnly } = this.#changed(scene, key) ?? whole;
    this.#drawn = key;
    this.#begin(width, height);
    if (!meshOnly) this.#fill(bounds, background);
    if (!this.#photo) return;
    this.#map = map;
    this.#panes(panes, { scale, bounds, meshOnly, quick, opacity });
    if (line !== null) this.#line(scene, bounds);
    if (!meshOnly) this.#labels(panes, pixelRatio, () => bounds);
    if (loupe) {
      for (const { area } of loupe.panes) this.#fill(area, background);
      this.#panes(loupe.panes, { scale: loupe.scale, bounds: whole.bounds, meshOnly: false, quick });
      this.#labels(loupe.panes, pixelRatio, ({ area }) => area);
    }
    gl.bindVertexArray(null);
  }

  #panes(panes, { scale, bounds, meshOnly, quick, opacity = 1 }) {
    const { photo, result } = this.textures;
    const length = Math.max(this.#photo.width, this.#photo.height) * scale;
    photo.chooseLevel(length, quick);
    result?.chooseLevel(length, quick);
    for (const pane of panes) {
      this.#pane(pane, { scale, bounds, meshOnly, quick });
      if (opacity < 1 && pane.from !== null) this.#layPhoto({ ...pane, scale }, bounds, 1 - opacity);
    }
  }

  #labels(panes, pixelRatio, bounds) {
    for (const pane of panes) {
      if (pane.from !== null) this.#drawLabel(pane, pixelRatio, bounds(pane));
    }
  }

  /** What has to be drawn again when only the displacement has changed; null: all. */
  #changed({ panes, scale, pixelRatio, loupe, map, opacity = 1 }, key) {
    const { mesh } = this;
    if (map && opacity < 1) return null; // outside the mesh the photo is paler than itself
    if (key !== this.#drawn || !mesh.isCurrent || loupe || this.pushed.any) return null;
    const pane = panes.find((each) => each.from !== null);
    if (!pane) return null;
    const span = deviceSpan({ ...pane, scale }, this.#photo, mesh.left, mesh.right);
    const x = Math.floor(span[0]) - 1;
    const y = Math.floor(pane.offsetY + (mesh.top + 0.5) * scale) - 1;
    const right = Math.ceil(span[1]) + 1;
    const bottom = Math.ceil(pane.offsetY + (mesh.bottom + 0.5) * scale) + 1;
    const { simulated } = partsOf(pane, this.#photo, scale);
    const bounds = intersection({ x, y, width: right - x, height: bottom - y }, simulated);
    const { width, height } = intersection(bounds, this.#label.place(pane, pixelRatio));
    // The label is mixed with what lies under it, so that has to be drawn anew as well.
    return { bounds, meshOnly: width === 0 || height === 0 };
  }

  #begin(width, height) {
    const { gl } = this;
    gl.viewport(0, 0, width, height);
    this.program.use();
    gl.activeTexture(gl.TEXTURE0);
    gl.enable(gl.SCISSOR_TEST);
  }

  /** Draw to this part of the canvas alone; rows of WebGL go upwards. */
  #clip({ x, y, width, height }) {
    this.gl.scissor(x, this.canvas.height - y - height, width, height);
  }

  #fill(area, colour) {
    const { gl } = this;
    this.#clip(area);
    gl.clearColor(...colour, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  #pane(pane, { scale, bounds, meshOnly, quick }) {
    const { textures, canvas } = this;
    const { plain, simulated } = partsOf(pane, this.#photo, scale);
    this.#frame({ ...pane, scale }, canvas.width, canvas.height, -1);
    if (!meshOnly) {
      this.#clip(intersection(plain, bounds));
      this.#drawPhoto(textures.photo);
    }
    if (!simulated) return;
    const whole = intersection(simulated, bounds);
    // What is pushed across the divider comes from behind it.
    const pushes = this.pushed.any && !this.#map;
    const part = pushes ? intersection(plain, bounds) : whole;
    this.#clip(textures.result && !this.#map ? whole : part);
    // A map is of the warp, whatever picture lies over that.
    if (textures.result && !this.#map) {
      this.#drawPhoto(textures.result);
      return;
    }
    const seen = photoSpan({ ...pane, scale }, this.#photo, part.x, part.x + part.width);
    this.program.setMap(this.#map);
    this.creases.during(this.program, () => {
      if (this.creases.any || (this.#map && !meshOnly)) this.#drawPhoto(textures.photo);
      textures.photo.bind();
      this.#drawMesh(quick, ...seen);
      this.#drawEyes(textures.photo, quick, part, { ...pane, scale });
    });
    this.program.setMap(null);
    if (pushes) this.#push({ ...pane, scale }, part, whole);
  }

  /** Lay the photo over the simulation, as much of it as the share. */
  #layPhoto(view, bounds, share) {
    const { gl, canvas } = this;
    const { simulated } = partsOf(view, this.#photo, view.scale);
    this.#frame(view, canvas.width, canvas.height, -1);
    this.#clip(intersection(simulated, bounds));
    gl.enable(gl.BLEND);
    gl.blendColor(0, 0, 0, share);
    gl.blendFunc(gl.CONSTANT_ALPHA, gl.ONE_MINUS_CONSTANT_ALPHA);
    this.#drawPhoto(this.textures.photo);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.disable(gl.BLEND);
  }

  /** Push what is drawn of a pane, and leave the photo where no simulation shows. */
  #push(view, drawn, simulated) {
    const { width, height } = this.canvas;
    const reached = intersection(this.pushed.reached(view, this.#photo), simulated);
    this.pushed.draw(view, this.#photo, drawn, reached, { height, sign: -1 });
    this.program.use();
    this.#frame(view, width, height, -1);
    this.#clip({ ...drawn, width: simulated.x - drawn.x });
    this.#drawPhoto(this.textures.photo);
  }

  /** Draw the mesh again where an eye lies behind it. */
  #drawEyes(texture, quick, part, view, clip = (area) => this.#clip(area)) {
    const { scale, offsetY } = view;
    this.eyes.set(this.#eyes);
    this.eyes.each(this.program, (eye) => {
      const { left, top, right, bottom } = boundsOf(eye);
      const [first, last] = deviceSpan(view, this.#photo, left, right);
      const x = Math.ceil(first);
      const y = Math.ceil(offsetY + (top + 0.5) * scale);
      const width = Math.max(Math.floor(last) - x, 0);
      const height = Math.max(Math.floor(offsetY + (bottom + 0.5) * scale) - y, 0);
      const area = intersection(part, { x, y, width, height });
      if (area.width === 0 || area.height === 0) return;
      clip(area);
      texture.bind();
      this.#drawMesh(quick, left, right);
    });
  }

  /** Where photo pixels come to lie in a target of this size; `sign` -1: its rows go downwards. */
  #frame(view, width, height, sign) {
    const { scale, offsetY, mirrored = false } = view;
    const across = mirrored ? -scale : scale;
    const edge = photoEdge(view, this.#photo);
    this.program.setView(
      (2 * across) / width,
      (sign * 2 * scale) / height,
      (2 * (edge + 0.5 * across)) / width - 1,
      sign * ((2 * (offsetY + 0.5 * scale)) / height - 1),
    );
    this.program.setSize(this.#photo);
  }

  #drawMesh(quick, from, to, colours = true) {
    this.program.setLit(this.#light !== null);
    this.front.set(colours ? this.#front : null);
    this.front.over(this.program, () => this.mesh.draw(quick, from, to));
    this.program.setLit(false);
  }

  #drawPhoto(texture) {
    const { width, height } = this.#photo;
    texture.bind();
    const corners = cornersOf(-0.5, -0.5, width - 0.5, height - 0.5);
    this.rectangle.drawRectangle(corners, cornersOf(0, 0, width, height));
  }

  #line({ line, pixelRatio }, bounds) {
    const { height } = this.canvas;
    for (const { half, colour } of LINE) {
      const x = Math.round(line - half * pixelRatio);
      const width = Math.max(Math.round(2 * half * pixelRatio), 1);
      this.#fill(intersection({ x, y: 0, width, height }, bounds), colour);
    }
  }

  #drawLabel(pane, pixelRatio, bounds) {
    const { gl, canvas, program, textures } = this;
    const picture = this.#label.picture(pixelRatio);
    if (this.labelled !== picture) {
      textures.label?.delete();
      textures.label = new Texture(gl, picture, { premultiply: true });
      this.labelled = picture;
    }
    const { x, y, upright } = this.#label.place(pane, pixelRatio);
    const { width, height } = picture;
    textures.label.bind();
    this.#clip(bounds);
    gl.enable(gl.BLEND);
    const left = (2 * Math.round(x)) / canvas.width - 1;
    const top = 1 - (2 * Math.round(y)) / canvas.height;
    program.setView(2 / canvas.width, -2 / canvas.height, left, top);
    program.setSize(picture);
    const whole = cornersOf(0, 0, width, height);
    if (upright) {
      this.rectangle.drawRectangle(whole, whole);
    } else {
      // Along the edge it is read from top to bottom.
      const turned = [0, height, 0, 0, width, height, width, 0];
      this.rectangle.drawRectangle(cornersOf(0, 0, height, width), turned);
    }
    gl.disable(gl.BLEND);
  }

  /**
   * Draw the simulation of the whole photo with another texture in the photo's place, into the
   * framebuffer that is bound; its first row is the photo's.
   * @param {{bind: function(): void}} texture
   * @param {{width: number, height: number, scale: number, quick?: boolean, eyes?: boolean,
   *   pushes?: boolean}} target With `eyes` (not the default) those that lie behind their lids are
   *   drawn too, and what lies in front of the face: in colours. With `pushes` those by hand.
   */
  drawSimulation(texture, target) {
    const { width, height, scale, quick = false, eyes = false, pushes = false } = target;
    this.#drawn = null;
    this.#begin(width, height);
    this.gl.scissor(0, 0, width, height);
    this.#frame({ scale, offsetX: 0, offsetY: 0 }, width, height, 1);
    this.creases.during(this.program, () => {
      this.#drawPhoto(texture);
      this.#drawMesh(quick, -Infinity, Infinity, eyes);
      if (!eyes) return;
      // The rows of this target go downwards, those of the canvas upwards.
      const clip = (area) => this.gl.scissor(area.x, area.y, area.width, area.height);
      const part = { x: 0, y: 0, width, height };
      this.#drawEyes(texture, quick, part, { scale, offsetX: 0, offsetY: 0 }, clip);
    });
    this.gl.bindVertexArray(null);
    if (!pushes || !this.pushed.any) return;
    const whole = { x: 0, y: 0, width, height };
    const view = { scale, offsetX: 0, offsetY: 0 };
    this.pushed.draw(view, this.#photo, whole, whole, { height, sign: 1 });
  }

  destroy() {
    this.#photo = this.result = null;
    this.setField(null, null);
    for (const texture of Object.values(this.textures)) texture?.delete();
    this.eyes.delete();
    this.front.delete();
    this.creases.delete();
    this.pushed.delete();
    this.program.delete();
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}
