/** How the triangles of a surface hang together, with the two sides of its seam as one. */

export class MeshGraph {
  /** @param {{triangles: Uint32Array, twin: Uint32Array}} head */
  constructor({ triangles, twin }) {
    /** (T, 3) First vertices. */
    this.corners = triangles.map((vertex) => twin[vertex]);
    const count = twin.length;
    const numbers = new Map();
    /** Ends of the edges, by number, and the triangles at each. */
    this.ends = [];
    this.trianglesOfEdge = [];
    /** (T, 3) Edge number k runs from corner k to the next. */
    this.edges = new Uint32Array(triangles.length);
    for (let place = 0; place < this.corners.length; place++) {
      const triangle = Math.floor(place / 3);
      const from = this.corners[place];
      const to = this.corners[3 * triangle + ((place + 1) % 3)];
      const key = Math.min(from, to) * count + Math.max(from, to);
      let edge = numbers.get(key);
      if (edge === undefined) {
        edge = this.ends.length;
        numbers.set(key, edge);
        this.ends.push([Math.min(from, to), Math.max(from, to)]);
        this.trianglesOfEdge.push([]);
      }
      this.edges[place] = edge;
      this.trianglesOfEdge[edge].push(triangle);
    }
  }

  /** The edges of a triangle. */
  edgesOf(triangle) {
    return this.edges.subarray(3 * triangle, 3 * triangle + 3);
  }
}
