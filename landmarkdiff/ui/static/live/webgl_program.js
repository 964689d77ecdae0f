/** What WebGL runs: one program draws everything, from vertices with a place and a shift. */

/* A vertex lies at `node` in the result and shows the photo at `node + shift`, in a light that is
   `light` times as strong in red, green and blue, and shines by its fourth. */
const VERTEX_SHADER = `#version 300 es
layout(location = 0) in vec2 node;
layout(location = 1) in vec2 shift;
layout(location = 2) in vec4 light;
uniform vec4 view;  // scale and offset from photo pixels to clip space
uniform vec2 size;  // of the full photo, pixels
uniform mat3x2 crease;  // from photo pixels to the texture of what folds lose
uniform vec4 frame;  // where the eye's texture lies: corner in photo pixels, and 1 over its size
uniform vec4 layerFrame;  // the same of what lies in front of the face
out vec2 place;
out vec2 still;
out vec4 inEye;  // place and still in the eye's texture
out vec4 inLayer;  // and in that of the layer in front
out vec4 change;
out vec2 moved;
out vec2 inCrease;
void main() {
  change = light;
  moved = shift;
  inCrease = crease * vec3(node + shift, 1.0);
  gl_Position = vec4(node * view.xy + view.zw, 0.0, 1.0);
  place = (node + shift + 0.5) / size;
  still = (node + 0.5) / size;
  inEye = (vec4(node + shift, node) - frame.xyxy) * frame.zwzw;
  inLayer = (vec4(node + shift, node) - layerFrame.xyxy) * layerFrame.zwzw;
}`;
/** Steps of a layer's matte in which the face beside it is a continued one; the rest are the layer. */
const FACE_STEPS = 127;
/** No gloss that is taken off leaves less of a pixel than this share. */
const LEAST_MATT = 0.7;
/** How far colours of a map cover the picture, from which part of their scale on, and its paleness. */
const COVER = "0.8";
const FAINT = "5.0";
const PALE = "0.8";
/** The maps that there are, as the shader counts them. */
const MAPS = { movement: 1, light: 2 };
const FRAGMENT_SHADER = `#version 300 es
precision highp float;
uniform highp sampler2D picture;
uniform highp sampler2D eye;  // the whole eye, and how much of each place is eye
uniform bool behind;  // whether an eye lies behind what is drawn
uniform highp sampler2D layer;  // the face behind what lies in front of it, and how much that is
uniform bool covered;  // whether something lies in front
in vec2 place;
in vec2 still;
in vec4 inEye;
in vec4 inLayer;
uniform bool lit;
in vec4 change;
in vec2 moved;
uniform int map;  // 0: the picture; 1: how far it moves; 2: how its brightness changes
uniform float end;  // what the last colour stands for: photo pixels; a share of full brightness
uniform vec3 stops[5];  // colours from -1 to 1
uniform highp sampler2D creases;  // what is added where folds soften
uniform bool softened;
in vec2 inCrease;
out vec4 colour;
// Codes of sRGB and the light that they stand for (IEC 61966-2-1).
vec3 linear(vec3 code) {
  vec3 curve = pow((code + 0.055) / 1.055, vec3(2.4));
  return mix(code / 12.92, curve, step(0.04045, code));
}
vec3 coded(vec3 light) {
  vec3 curve = 1.055 * pow(light, vec3(1.0 / 2.4)) - 0.055;
  return mix(12.92 * light, curve, step(0.0031308, light));
}
// The face without what lies in front of it.
vec3 face(vec2 at, vec2 within) {
  vec3 photo = texture(picture, at, -0.5).rgb;
  if (!covered) return photo;
  vec4 cell = texture(layer, within);
  return mix(photo, cell.rgb, clamp(cell.a * 255.0 / ${FACE_STEPS}.0, 0.0, 1.0));
}
float grey(vec3 code) {
  return dot(code, vec3(0.299, 0.587, 0.114));
}
// As workflows/output/difference.py: the colour of a value over the pale picture.
vec3 mapped(float seen, float value) {
  float at = 2.0 * (clamp(value, -1.0, 1.0) + 1.0);
  int below = min(int(at), 3);
  vec3 own = mix(stops[below], stops[below + 1], at - float(below));
  float cover = ${COVER} * min(abs(value) * ${FAINT}, 1.0);
  return mix(vec3(1.0 - ${PALE} * (1.0 - seen)), own, cover);
}
void main() {
  colour = texture(picture, place, -0.5);  // between sharp and free of moire
  if (covered) colour.rgb = face(place, inLayer.xy);
  if (behind) {  // as EyeLayer.put_behind of the server
    vec4 moved = texture(eye, inEye.xy);
    vec4 own = texture(eye, inEye.zw);
    vec3 photo = face(still, inLayer.zw);
    colour.rgb += moved.a * (mix(own.rgb, photo, own.a) - mix(moved.rgb, colour.rgb, moved.a));
  }
  float before = grey(colour.rgb);
  if (lit) {  // as Shading.applied of the server
    vec3 matt = linear(colour.rgb) * change.rgb;
    colour.rgb = coded(clamp(max(matt + change.a, ${LEAST_MATT} * matt), 0.0, 1.0));
  }
  if (softened) colour.rgb += texture(creases, inCrease).rgb;  // as Softening.applied
  float lighter = grey(colour.rgb) - before;
  float open = 1.0;
  if (covered) {  // as FrontLayer.put_before of the server
    float steps = texture(layer, inLayer.zw).a * 255.0 - ${FACE_STEPS}.0;
    open = 1.0 - clamp(steps / (255.0 - ${FACE_STEPS}.0), 0.0, 1.0);
    vec3 moved = colour.rgb - face(still, inLayer.zw);
    colour.rgb = clamp(texture(picture, still, -0.5).rgb + open * moved, 0.0, 1.0);
  }
  // What lies in front neither moves nor changes.
  float seen = grey(colour.rgb);
  if (map == 1) colour.rgb = mapped(seen, open * length(moved) / end);
  if (map == 2) colour.rgb = mapped(seen, open * lighter / end);
}`;
const NODE = 0;
const SHIFT = 1;
const LIGHT = 2;

export class Program {
  constructor(gl) {
    this.gl = gl;
    this.handle = gl.createProgram();
    for (const [type, text] of [
      [gl.VERTEX_SHADER, VERTEX_SHADER],
      [gl.FRAGMENT_SHADER, FRAGMENT_SHADER],
    ]) {
      const shader = gl.createShader(type);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(this.handle, shader);
      gl.deleteShader(shader);
    }
    gl.linkProgram(this.handle);
    if (!gl.getProgramParameter(this.handle, gl.LINK_STATUS) && !gl.isContextLost()) {
      throw new Error(`the shaders do not link: ${gl.getProgramInfoLog(this.handle)}`);
    }
    this.view = gl.getUniformLocation(this.handle, "view");
    this.size = gl.getUniformLocation(this.handle, "size");
    this.frame = gl.getUniformLocation(this.handle, "frame");
    this.behind = gl.getUniformLocation(this.handle, "behind");
    this.eye = gl.getUniformLocation(this.handle, "eye");
    this.lit = gl.getUniformLocation(this.handle, "lit");
    this.layerFrame = gl.getUniformLocation(this.handle, "layerFrame");
    this.covered = gl.getUniformLocation(this.handle, "covered");
    this.layer = gl.getUniformLocation(this.handle, "layer");
    this.map = gl.getUniformLocation(this.handle, "map");
    this.end = gl.getUniformLocation(this.handle, "end");
    this.stops = gl.getUniformLocation(this.handle, "stops");
    this.softened = gl.getUniformLocation(this.handle, "softened");
    this.creases = gl.getUniformLocation(this.handle, "creases");
    this.crease = gl.getUniformLocation(this.handle, "crease");
  }

  use() {
    this.gl.useProgram(this.handle);
  }

  /** From pixels to clip space: x * scaleX + offsetX, y * scaleY + offsetY. */
  setView(scaleX, scaleY, offsetX, offsetY) {
    this.gl.uniform4f(this.view, scaleX, scaleY, offsetX, offsetY);
  }

  /** Size of what the texture holds, in the units of the vertices. */
  setSize({ width, height }) {
    this.gl.uniform2f(this.size, width, height);
  }

  /** Draw this eye behind what follows; null: none. @param {?LiveEye} eye */
  setEye(eye) {
    const { gl } = this;
    gl.uniform1i(this.behind, Number(eye !== null));
    gl.uniform1i(this.eye, 1); // its texture's unit; the picture's is 0
    if (eye) this.#setCells(this.frame, eye);
  }

  /** Draw what follows behind this layer; null: behind none. @param {?LiveFront} layer */
  setFront(layer) {
    const { gl } = this;
    gl.uniform1i(this.covered, Number(layer !== null));
    gl.uniform1i(this.layer, 2); // its texture's unit
    if (layer) this.#setCells(this.layerFrame, layer);
  }

  #setCells(frame, { x, y, step, rows, columns }) {
    const half = 0.5 * step;
    this.gl.uniform4f(frame, x - half, y - half, 1 / (step * columns), 1 / (step * rows));
  }

  /** Whether the vertices' light counts. */
  setLit(lit) {
    this.gl.uniform1i(this.lit, lit ? 1 : 0);
  }

  /** Draw in the colours of a map; null: as a picture. @param {?ColourMap} map */
  setMap(map) {
    const { gl } = this;
    gl.uniform1i(this.map, map ? MAPS[map.kind] : 0);
    if (!map) return;
    gl.uniform1f(this.end, map.end);
    gl.uniform3fv(this.stops, map.stops.flat().map((each) => each / 255));
  }

  /** Soften folds in what follows; null: none. @param {?Softening} softening */
  setSoftening(softening) {
    const { gl } = this;
    gl.uniform1i(this.softened, Number(softening !== null));
    gl.uniform1i(this.creases, 3); // its texture's unit
    if (softening) gl.uniformMatrix3x2fv(this.crease, false, softening.toTexture);
  }

  delete() {
    this.gl.deleteProgram(this.handle);
  }
}

/** Buffers of vertices: where they lie, how far they are shifted, their light, what they make up. */
export class Vertices {
  constructor(gl) {
    this.gl = gl;
    this.array = gl.createVertexArray();
    this.nodes = gl.createBuffer();
    this.shifts = gl.createBuffer();
    this.lights = gl.createBuffer();
    this.indices = gl.createBuffer();
  }

  bind() {
    this.gl.bindVertexArray(this.array);
  }

  /** @param {Float32Array} places Interleaved x, y. */
  setNodes(places, usage) {
    this.#set(NODE, 2, this.nodes, places, usage);
  }

  /** @param {Float32Array|number} shifts Interleaved x, y; or room for so many bytes. */
  setShifts(shifts, usage) {
    this.#set(SHIFT, 2, this.shifts, shifts, usage);
  }

  /** @param {Float32Array|number} lights Four for each vertex; or room for so many bytes. */
  setLights(lights, usage) {
    this.#set(LIGHT, 4, this.lights, lights, usage);
  }

  #set(attribute, size, buffer, values, usage) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, values, usage);
    gl.vertexAttribPointer(attribute, size, gl.FLOAT, false, 0, 0);
    gl.enableVertexAttribArray(attribute);
  }

  /**
   * Draw a rectangle.
   * @param {number[]} corners As `cornersOf` orders them.
   * @param {number[]} sources What of the texture lies at each corner, from its top-left edge.
   */
  drawRectangle(corners, sources) {
    const { gl } = this;
    const shifts = sources.map((source, i) => source - corners[i] - 0.5);
    this.bind();
    this.setNodes(new Float32Array(corners), gl.DYNAMIC_DRAW);
    this.setShifts(new Float32Array(shifts), gl.DYNAMIC_DRAW);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }
}

/** Top left, top right, bottom left, bottom right; interleaved x, y. */
export function cornersOf(left, top, right, bottom) {
  return [left, top, right, top, left, bottom, right, bottom];
}
