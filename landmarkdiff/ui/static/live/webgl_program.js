/** What WebGL runs: one program draws everything, from vertices with a place and a shift. */

/* A vertex lies at `node` in the result and shows the photo at `node + shift`, in a light that is
   `light` times as strong in red, green and blue, and shines by its fourth. */
const VERTEX_SHADER = `#version 300 es
layout(location = 0) in vec2 node;
layout(location = 1) in vec2 shift;
layout(location = 2) in vec4 light;
uniform vec4 view;  // scale and offset from photo pixels to clip space
uniform vec2 size;  // of the full photo, pixels
uniform vec4 frame;  // where the eye's texture lies: corner in photo pixels, and 1 over its size
out vec2 place;
out vec2 still;
out vec4 inEye;  // place and still in the eye's texture
out vec4 change;
void main() {
  change = light;
  gl_Position = vec4(node * view.xy + view.zw, 0.0, 1.0);
  place = (node + shift + 0.5) / size;
  still = (node + 0.5) / size;
  inEye = (vec4(node + shift, node) - frame.xyxy) * frame.zwzw;
}`;
/** No gloss that is taken off leaves less of a pixel than this share. */
const LEAST_MATT = 0.7;
const FRAGMENT_SHADER = `#version 300 es
precision highp float;
uniform highp sampler2D picture;
uniform highp sampler2D eye;  // the whole eye, and how much of each place is eye
uniform bool behind;  // whether an eye lies behind what is drawn
in vec2 place;
in vec2 still;
in vec4 inEye;
uniform bool lit;
in vec4 change;
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
void main() {
  colour = texture(picture, place, -0.5);  // between sharp and free of moire
  if (behind) {  // as EyeLayer.put_behind of the server
    vec4 moved = texture(eye, inEye.xy);
    vec4 own = texture(eye, inEye.zw);
    vec3 photo = texture(picture, still, -0.5).rgb;
    colour.rgb += moved.a * (mix(own.rgb, photo, own.a) - mix(moved.rgb, colour.rgb, moved.a));
  }
  if (lit) {  // as Shading.applied of the server
    vec3 matt = linear(colour.rgb) * change.rgb;
    colour.rgb = coded(clamp(max(matt + change.a, ${LEAST_MATT} * matt), 0.0, 1.0));
  }
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
    if (!eye) return;
    const { x, y, step, rows, columns } = eye;
    const half = 0.5 * step;
    gl.uniform4f(this.frame, x - half, y - half, 1 / (step * columns), 1 / (step * rows));
  }

  /** Whether the vertices' light counts. */
  setLit(lit) {
    this.gl.uniform1i(this.lit, lit ? 1 : 0);
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
