/** Which point of the surface lies under a place of the canvas. */

export class Pick {
  #key = "";

  /** @param {HeadShape} shape */
  constructor(shape) {
    this.shape = shape;
    /** (V, 3) Right and up on the canvas and toward the viewer, mm from the head's middle. */
    this.seen = new Float32Array(shape.positions.length);
  }

  /** Turn the surface as the camera does, once for each shape and direction. */
  #turn(camera) {
    const { positions, generation } = this.shape;
    const key = `${generation} ${camera.yaw} ${camera.pitch}`;
    if (key === this.#key) return;
    this.#key = key;
    const { seen } = this;
    const [[a, b, c], [d, e, f], [g, h, i]] = camera.axes;
    const [mx, my, mz] = camera.middle;
    for (let at = 0; at < positions.length; at += 3) {
      const [x, y, z] = [positions[at] - mx, positions[at + 1] - my, positions[at + 2] - mz];
      seen[at] = a * x + b * y + c * z;
      seen[at + 1] = d * x + e * y + f * z;
      seen[at + 2] = g * x + h * y + i * z;
    }
  }

  /**
   * @param {{x: number, y: number}} place CSS pixels of the canvas.
   * @param {Camera} camera
   * @returns {?{triangle: number, weights: number[], depth: number}} What is nearest to the viewer
   *   and faces them: the triangle, the weights of its corners, mm toward the viewer; null beside
   *   the head.
   */
  at({ x, y }, camera) {
    this.#turn(camera);
    const { width, height } = camera.canvas;
    const right = camera.x + (x - width / 2) / camera.scale;
    const up = camera.y - (y - height / 2) / camera.scale;
    const { seen, shape } = this;
    const { triangles } = shape;
    let best = null;
    for (let t = 0; t < triangles.length; t += 3) {
      const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]];
      const [ax, ay] = [seen[a] - right, seen[a + 1] - up];
      const [bx, by] = [seen[b] - right, seen[b + 1] - up];
      const [cx, cy] = [seen[c] - right, seen[c + 1] - up];
      const first = bx * cy - by * cx;
      const second = cx * ay - cy * ax;
      const third = ax * by - ay * bx;
      // Counter-clockwise: it faces the viewer.
      if (first < 0 || second < 0 || third < 0) continue;
      const area = first + second + third;
      if (area <= 0) continue;
      const weights = [first / area, second / area, third / area];
      const depth =
        weights[0] * seen[a + 2] + weights[1] * seen[b + 2] + weights[2] * seen[c + 2];
      if (!best || depth > best.depth) best = { triangle: t / 3, weights, depth };
    }
    return best;
  }
}
