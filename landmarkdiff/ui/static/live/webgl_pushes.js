/** Pushes by hand, drawn by WebGL: what is on the canvas is looked at in other places. */

import { deviceSpan, photoEdge } from "./scene.js";

/* A triangle over everything; the scissor leaves the part. */
const VERTEX_SHADER = `#version 300 es
void main() {
  vec2 corner = vec2(float((gl_VertexID << 1) & 2), float(gl_VertexID & 2));
  gl_Position = vec4(2.0 * corner - 1.0, 0.0, 1.0);
}`;
/* The server's displacement is linear between the nodes, and its picture is sampled by the cubic of
   OpenCV (a = -0.75). */
const FRAGMENT_SHADER = `#version 300 es
precision highp float;
uniform highp sampler2D drawn;  // what is on the canvas
uniform highp sampler2D field;  // pixels of the photo that each node looks aside
uniform vec4 view;  // pixels of the target to places of the photo: offset, scale; -1: mirrored
uniform vec2 rows;  // 1: rows of the target go downwards; -1 and its height: upwards
uniform vec3 grid;  // place of the first node, and its step
uniform ivec2 nodes;
uniform ivec4 area;  // what of the target may be looked at: left, bottom, right, top
out vec4 colour;
vec4 weights(float t) {
  const float a = -0.75;
  vec4 w;
  float u = t + 1.0;
  w.x = ((a * u - 5.0 * a) * u + 8.0 * a) * u - 4.0 * a;
  w.y = ((a + 2.0) * t - (a + 3.0)) * t * t + 1.0;
  u = 1.0 - t;
  w.z = ((a + 2.0) * u - (a + 3.0)) * u * u + 1.0;
  w.w = 1.0 - w.x - w.y - w.z;
  return w;
}
vec2 aside(vec2 place) {
  vec2 at = (place - grid.xy) / grid.z;
  if (any(lessThan(at, vec2(0.0))) || any(greaterThan(at, vec2(nodes - 1)))) return vec2(0.0);
  ivec2 first = min(ivec2(at), nodes - 2);
  vec2 share = at - vec2(first);
  vec2 upper = mix(texelFetch(field, first, 0).xy, texelFetch(field, first + ivec2(1, 0), 0).xy, share.x);
  vec2 lower = mix(texelFetch(field, first + ivec2(0, 1), 0).xy, texelFetch(field, first + 1, 0).xy, share.x);
  return mix(upper, lower, share.y);
}
void main() {
  vec2 own = vec2(gl_FragCoord.x, rows.y + rows.x * gl_FragCoord.y);
  vec2 moved = aside((own - view.xy) / (view.z * vec2(view.w, 1.0)) - 0.5) * view.z;
  if (dot(moved, moved) < 1e-8) discard;
  vec2 at = gl_FragCoord.xy + moved * vec2(view.w, rows.x) - 0.5;
  ivec2 first = ivec2(floor(at));
  vec2 share = at - vec2(first);
  vec4 across = weights(share.x);
  vec4 along = weights(share.y);
  vec3 sum = vec3(0.0);
  for (int j = 0; j < 4; j++) {
    vec3 line = vec3(0.0);
    for (int i = 0; i < 4; i++) {
      ivec2 cell = clamp(first + ivec2(i - 1, j - 1), area.xy, area.zw);
      line += across[i] * texelFetch(drawn, cell - area.xy, 0).rgb;
    }
    sum += along[j] * line;
  }
  colour = vec4(clamp(sum, 0.0, 1.0), 1.0);
}`;
const UNIFORMS = ["drawn", "field", "view", "rows", "grid", "nodes", "area"];
/** Units of the textures: those before are the picture's own. */
const DRAWN_UNIT = 4;
const FIELD_UNIT = 5;

export class PushLayer {
  #pushes = null;
  #generation = -1;
  #any = false;
  #field = null;
  #copy = null;
  #handle = null;

  constructor(gl) {
    this.gl = gl;
  }

  /** @param {?Pushes} pushes null: nothing was pushed. */
  set(pushes) {
    this.#pushes = pushes;
    this.#generation = -1;
    this.#any = pushes?.any ?? false;
  }

  get pushes() {
    return this.#pushes;
  }

  /** Whether something is pushed. */
  get any() {
    return this.#any;
  }

  #build() {
    const { gl } = this;
    this.#handle = gl.createProgram();
    for (const [type, text] of [
      [gl.VERTEX_SHADER, VERTEX_SHADER],
      [gl.FRAGMENT_SHADER, FRAGMENT_SHADER],
    ]) {
      const shader = gl.createShader(type);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(this.#handle, shader);
      gl.deleteShader(shader);
    }
    gl.linkProgram(this.#handle);
    if (!gl.getProgramParameter(this.#handle, gl.LINK_STATUS) && !gl.isContextLost()) {
      throw new Error(`the shader of the brush does not link: ${gl.getProgramInfoLog(this.#handle)}`);
    }
    this.at = Object.fromEntries(
      UNIFORMS.map((name) => [name, gl.getUniformLocation(this.#handle, name)]),
    );
    this.array = gl.createVertexArray();
    this.#field = texture(gl, FIELD_UNIT);
    this.#copy = texture(gl, DRAWN_UNIT);
  }

  /**
   * Push what has been drawn in an area of the bound framebuffer.
   * @param {{scale: number, offsetX: number, offsetY: number, mirrored?: boolean}} view Of the
   *   photo, as a pane's.
   * @param {{width: number}} photo Pixels.
   * @param {Area} area What may be looked at; rows as the view's.
   * @param {Area} part What of it is drawn anew.
   * @param {{height: number, sign: number}} target Its height, and -1 where rows go upwards.
   */
  draw(view, photo, area, part, { height, sign }) {
    const { gl } = this;
    const { scale, offsetY, mirrored = false } = view;
    if (area.width <= 0 || area.height <= 0 || part.width <= 0 || part.height <= 0) return;
    if (!this.#handle) this.#build();
    const { grid, displacement, generation } = this.#pushes;
    const bottom = ({ y, height: own }) => (sign < 0 ? height - y - own : y);
    gl.useProgram(this.#handle);
    gl.bindVertexArray(this.array);
    gl.activeTexture(gl.TEXTURE0 + DRAWN_UNIT);
    gl.bindTexture(gl.TEXTURE_2D, this.#copy);
    gl.copyTexImage2D(gl.TEXTURE_2D, 0, gl.RGB8, area.x, bottom(area), area.width, area.height, 0);
    gl.activeTexture(gl.TEXTURE0 + FIELD_UNIT);
    gl.bindTexture(gl.TEXTURE_2D, this.#field);
    if (this.#generation !== generation) {
      gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
      const size = [grid.columns, grid.rows];
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RG32F, ...size, 0, gl.RG, gl.FLOAT, displacement);
      this.#generation = generation;
    }
    gl.uniform1i(this.at.drawn, DRAWN_UNIT);
    gl.uniform1i(this.at.field, FIELD_UNIT);
    const edge = photoEdge(view, photo);
    gl.uniform4f(this.at.view, edge, offsetY, scale, mirrored ? -1 : 1);
    gl.uniform2f(this.at.rows, sign < 0 ? -1 : 1, sign < 0 ? height : 0);
    gl.uniform3f(this.at.grid, grid.originX, grid.originY, grid.step);
    gl.uniform2i(this.at.nodes, grid.columns, grid.rows);
    const low = bottom(area);
    gl.uniform4i(this.at.area, area.x, low, area.x + area.width - 1, low + area.height - 1);
    gl.scissor(part.x, bottom(part), part.width, part.height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindVertexArray(null);
  }

  /** What of the target the pushes reach, device pixels; rows downwards. @returns {Area} */
  reached(view, photo) {
    const { scale, offsetY } = view;
    const { left, top, right, bottom } = this.#pushes.bounds;
    const [first, last] = deviceSpan(view, photo, left, right);
    const x = Math.floor(first) - 1;
    const y = Math.floor(offsetY + (top + 0.5) * scale) - 1;
    return {
      x,
      y,
      width: Math.ceil(last) + 1 - x,
      height: Math.ceil(offsetY + (bottom + 0.5) * scale) + 1 - y,
    };
  }

  delete() {
    const { gl } = this;
    gl.deleteTexture(this.#field);
    gl.deleteTexture(this.#copy);
    gl.deleteProgram(this.#handle);
  }
}

function texture(gl, unit) {
  const handle = gl.createTexture();
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.bindTexture(gl.TEXTURE_2D, handle);
  for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
    gl.texParameteri(gl.TEXTURE_2D, filter, gl.NEAREST);
  }
  gl.activeTexture(gl.TEXTURE0);
  return handle;
}
