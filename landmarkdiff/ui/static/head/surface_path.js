/**
 * The shortest way over a surface between two points of it, as a tape would lie.
 *
 * A way is sought over a few points on each edge (Lanthier and others 1997) and then pulled straight
 * through the triangles that it passes, which is exact. Where the straight way turns at a vertex
 * there may be a shorter one on the vertex's other side; that is tried, as by Sharp and Crane
 * (2020), until no turn can be taken away.
 */

import { Heap } from "./heap.js";
import { straightened } from "./strip.js";

/** Where a way may pass an edge at first, as shares of it; never through a vertex. */
const SHARES = [0.05, 0.35, 0.65, 0.95];
const POINTS = SHARES.length;
/** What is won on the other side of a vertex has to be more than this, mm. */
const SETTLED_MM = 1e-4;
const MOST_TURNS = 200;

function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

function placeOn(graph, positions, edge, share) {
  const [a, b] = graph.ends[edge].map((vertex) => 3 * vertex);
  return [0, 1, 2].map((k) => positions[a + k] + (positions[b + k] - positions[a + k]) * share);
}

/**
 * Points on all edges, and the shortest way over them (A*). Point number `POINTS * edge + k` lies on
 * an edge; behind those come the two ends of the way.
 */
class Net {
  #heap = new Heap();

  constructor(graph, positions, { from, to }) {
    this.graph = graph;
    this.positions = positions;
    const count = POINTS * graph.ends.length + 2;
    [this.start, this.end] = [count - 2, count - 1];
    /** The place of a point, once it is come to; the way to it, and the point before it. */
    this.places = new Float64Array(3 * count);
    this.known = new Uint8Array(count);
    this.lengths = new Float64Array(count).fill(Infinity);
    this.before = new Int32Array(count).fill(-1);
    this.done = new Uint8Array(count);
    this.triangles = [from.triangle, to.triangle];
    this.places.set([...from.place, ...to.place], 3 * this.start);
    this.known.fill(1, this.start);
  }

  /** The edges that the shortest way passes; null where there is none. */
  edges() {
    const { before, start, end } = this;
    this.#search();
    if (before[end] < 0) return null;
    const edges = [];
    for (let point = before[end]; point !== start; point = before[point]) {
      edges.push(Math.floor(point / POINTS));
    }
    return edges.reverse();
  }

  #search() {
    const { graph, done, start, end, lengths } = this;
    lengths[start] = 0;
    this.#heap.push(start, 0);
    while (this.#heap.size > 0) {
      const point = this.#heap.pop();
      if (point === end) return;
      if (done[point]) continue;
      done[point] = 1;
      const edge = point < start ? Math.floor(point / POINTS) : -1;
      const triangles = edge < 0 ? [this.triangles[0]] : graph.trianglesOfEdge[edge];
      for (const triangle of triangles) this.#spread(point, edge, triangle);
    }
  }

  /** Go on from a point to all others of a triangle. */
  #spread(point, edge, triangle) {
    const { graph, start, end } = this;
    for (let side = 3 * triangle; side < 3 * triangle + 3; side++) {
      const next = graph.edges[side];
      if (next === edge) continue;
      const first = POINTS * next;
      if (!this.known[first]) this.#place(next, first);
      for (let k = first; k < first + POINTS; k++) this.#reach(point, k);
    }
    if (triangle === this.triangles[1] && point !== start) this.#reach(point, end);
  }

  #place(edge, first) {
    SHARES.forEach((share, k) => {
      this.places.set(placeOn(this.graph, this.positions, edge, share), 3 * (first + k));
      this.known[first + k] = 1;
    });
  }

  #reach(point, next) {
    const { done, lengths, before, end } = this;
    if (done[next]) return;
    const length = lengths[point] + this.#apart(point, next);
    if (length >= lengths[next]) return;
    lengths[next] = length;
    before[next] = point;
    this.#heap.push(next, length + this.#apart(next, end));
  }

  #apart(first, second) {
    const { places } = this;
    const x = places[3 * first] - places[3 * second];
    const y = places[3 * first + 1] - places[3 * second + 1];
    const z = places[3 * first + 2] - places[3 * second + 2];
    return Math.sqrt(x * x + y * y + z * z); // `Math.hypot` takes ten times as long
  }
}

/**
 * @param {MeshGraph} graph
 * @param {Float32Array} positions (V, 3) mm.
 * @param {{triangle: number, place: number[]}} from
 * @param {{triangle: number, place: number[]}} to
 * @returns {?{length: number, places: number[][]}} mm; null where no surface leads from one to the
 *   other.
 */
export function surfacePath(graph, positions, from, to) {
  const direct = { length: distance(from.place, to.place), places: [from.place, to.place] };
  if (from.triangle === to.triangle) return direct;
  const ends = { from, to };
  const edges = new Net(graph, positions, ends).edges();
  if (!edges) return null;
  let best = { edges, ...straightened(graph, positions, ends, edges) };
  for (let tries = 0; tries < MOST_TURNS; tries++) {
    const better = shorter(graph, positions, ends, best);
    if (!better) break;
    best = better;
  }
  const passed = best.edges.map((edge, i) => placeOn(graph, positions, edge, best.shares[i]));
  return { length: best.length, places: [from.place, ...passed, to.place] };
}

/** The way on the other side of one of its turns, where that is shorter; null: nowhere. */
function shorter(graph, positions, ends, way) {
  for (const turn of way.turns) {
    const edges = otherSide(graph, ends.from.triangle, way.edges, turn);
    if (!edges?.length) continue;
    const found = { edges, ...straightened(graph, positions, ends, edges) };
    if (found.length < way.length - SETTLED_MM) return found;
  }
  return null;
}

/** The edges of a way that passes a vertex on its other side; null where the surface ends there. */
function otherSide(graph, start, edges, { gate, vertex }) {
  const meets = (edge) => graph.ends[edge].includes(vertex);
  let [first, last] = [gate, gate];
  while (first > 0 && meets(edges[first - 1])) first--;
  while (last + 1 < edges.length && meets(edges[last + 1])) last++;
  const beyond = (edge, triangle) =>
    graph.trianglesOfEdge[edge].find((each) => each !== triangle) ?? -1;
  let triangle = start;
  for (let i = 0; i < first; i++) triangle = beyond(edges[i], triangle);
  let leaving = triangle;
  for (let i = first; i <= last; i++) leaving = beyond(edges[i], leaving);
  const around = [];
  for (let edge = edges[first]; triangle !== leaving; triangle = beyond(edge, triangle)) {
    const before = edge;
    edge = [...graph.edgesOf(triangle)].find((each) => each !== before && meets(each));
    if (edge === undefined || graph.trianglesOfEdge[edge].length !== 2) return null;
    around.push(edge);
  }
  return withoutReturns([...edges.slice(0, first), ...around, ...edges.slice(last + 1)]);
}

/** The same way without edges that are passed there and at once back. */
function withoutReturns(edges) {
  const kept = [];
  for (const edge of edges) {
    if (kept.at(-1) === edge) kept.pop();
    else kept.push(edge);
  }
  return kept;
}
