/** What WebGL runs for a head: its texture in a light, or the colours of a displacement. */

/*
 * Without a graphics card every number that goes from the vertices to the pixels costs time, so the
 * light is worked out for the vertices, and what goes on is a factor and what is added.
 */
const COMMON = `#version 300 es
precision highp float;
layout(location = 0) in vec3 position;
layout(location = 1) in vec3 normal;
layout(location = 2) in vec2 uv;
layout(location = 3) in float seen;
layout(location = 4) in float height;  // mm along the normal
uniform mat4 matrix;
uniform mat3 axes;
uniform float limit;  // mm
uniform float lit;
uniform vec3 light;  // toward it, camera frame
uniform float gray;  // what no photo shows
float lightOn(vec3 facing) {
  return 0.4 + 0.7 * max(dot(facing, light), 0.0);
}
/* The form without the movable light: a soft one from the viewer. */
float plainLight(vec3 facing) {
  return mix(0.8 + 0.2 * max(facing.z, 0.0), lightOn(facing), lit);
}`;
const SKIN = {
  vertex: `${COMMON}
out vec2 place;
out vec2 tone;  // factor of the texture, and what is added
void main() {
  gl_Position = matrix * vec4(position, 1.0);
  vec3 facing = axes * normal;
  place = uv;
  tone.x = seen * mix(1.0, lightOn(facing), lit);
  tone.y = (1.0 - seen) * gray * plainLight(facing);
}`,
  fragment: `#version 300 es
precision mediump float;
uniform sampler2D picture;
in vec2 place;
in vec2 tone;
out vec4 colour;
void main() {
  colour = vec4(texture(picture, place).rgb * tone.x + tone.y, 1.0);
}`,
};
const HEAT = {
  vertex: `${COMMON}
out vec2 warmth;  // along the colours, and the light
void main() {
  gl_Position = matrix * vec4(position, 1.0);
  warmth = vec2(0.5 + 0.5 * height / limit, min(plainLight(axes * normal), 1.0));
}`,
  fragment: `#version 300 es
precision mediump float;
uniform sampler2D picture;
in vec2 warmth;
out vec4 colour;
void main() {
  colour = vec4(texture(picture, vec2(warmth.x, 0.5)).rgb * warmth.y, 1.0);
}`,
};
/* The open end of the neck, closed so that nobody looks into the head. */
const NECK = {
  vertex: `${COMMON}
void main() {
  gl_Position = matrix * vec4(position, 1.0);
}`,
  fragment: `#version 300 es
precision mediump float;
uniform float gray;
out vec4 colour;
void main() {
  colour = vec4(vec3(0.8 * gray), 1.0);
}`,
};
const UNIFORMS = ["matrix", "axes", "limit", "lit", "light", "gray"];
/** Places of the attributes, and how many numbers a vertex has of each. */
const ATTRIBUTES = { positions: [0, 3], normals: [1, 3], uv: [2, 2], seen: [3, 1], heights: [4, 1] };

export class HeadProgram {
  static skin(gl) {
    return new HeadProgram(gl, SKIN);
  }

  static heat(gl) {
    return new HeadProgram(gl, HEAT);
  }

  static neck(gl) {
    return new HeadProgram(gl, NECK);
  }

  /** @param {{vertex: string, fragment: string}} shaders */
  constructor(gl, { vertex, fragment }) {
    this.gl = gl;
    this.handle = gl.createProgram();
    for (const [type, text] of [
      [gl.VERTEX_SHADER, vertex],
      [gl.FRAGMENT_SHADER, fragment],
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
    // One that a program does not need has no place, and setting it does nothing.
    this.places = Object.fromEntries(
      UNIFORMS.map((name) => [name, gl.getUniformLocation(this.handle, name)]),
    );
  }

  /**
   * @param {object} scene
   * @param {Float32Array} scene.matrix (4, 4) From the face frame to clip space, by columns.
   * @param {number[][]} scene.axes (3, 3) From the face frame to the camera, by rows.
   * @param {number} scene.limit End of the colour scale, mm.
   * @param {?number[]} scene.light Toward the light, camera frame; null: the photo's light alone.
   * @param {number} scene.gray Of what no photo shows, 0 to 1.
   */
  use({ matrix, axes, limit, light, gray }) {
    const { gl, places } = this;
    gl.useProgram(this.handle);
    gl.uniformMatrix4fv(places.matrix, false, matrix);
    gl.uniformMatrix3fv(places.axes, true, axes.flat());
    gl.uniform1f(places.limit, limit);
    gl.uniform1f(places.lit, light ? 1 : 0);
    gl.uniform3fv(places.light, light ?? [0, 0, 1]);
    gl.uniform1f(places.gray, gray);
  }

  delete() {
    this.gl.deleteProgram(this.handle);
  }
}

/** Buffers of the vertices, by name of what they hold. */
export class HeadBuffers {
  constructor(gl) {
    this.gl = gl;
    this.array = gl.createVertexArray();
    this.handles = {};
    this.count = 0;
    this.neckCount = 0;
  }

  /** @param {"positions"|"normals"|"uv"|"seen"|"heights"} name @param {Float32Array} values */
  set(name, values) {
    const { gl } = this;
    gl.bindVertexArray(this.array);
    const fresh = !this.handles[name];
    this.handles[name] ??= gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.handles[name]);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.DYNAMIC_DRAW);
    if (!fresh) return;
    const [place, size] = ATTRIBUTES[name];
    gl.vertexAttribPointer(place, size, gl.FLOAT, false, 0, 0);
    gl.enableVertexAttribArray(place);
  }

  /**
   * @param {Uint32Array} triangles (T, 3)
   * @param {Uint32Array} neck The edge of the neck, around.
   */
  setTriangles(triangles, neck) {
    const { gl } = this;
    gl.bindVertexArray(this.array);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
    const lid = [];
    for (let i = 1; i + 1 < neck.length; i++) lid.push(neck[0], neck[i], neck[i + 1]);
    const all = Uint32Array.from([...triangles, ...lid]);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, all, gl.STATIC_DRAW);
    this.count = triangles.length;
    this.neckCount = lid.length;
  }

  draw() {
    this.#draw(0, this.count);
  }

  drawNeck() {
    this.#draw(this.count, this.neckCount);
  }

  #draw(first, count) {
    const { gl } = this;
    gl.bindVertexArray(this.array);
    gl.drawElements(gl.TRIANGLES, count, gl.UNSIGNED_INT, 4 * first);
    gl.bindVertexArray(null);
  }
}
