/**
 * The straight way through a strip of triangles that is laid flat: exact, by pulling a string
 * (Lee and Preparata 1984).
 */

function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** Positive where `third` lies to the left of the way from `first` to `second`. */
function turn(first, second, third) {
  return (
    (second[0] - first[0]) * (third[1] - first[1]) - (second[1] - first[1]) * (third[0] - first[0])
  );
}

/** The flat place of a point at these distances from two flat places, beyond or before them. */
function laid(left, right, toLeft, toRight, side) {
  const [dx, dy] = [right[0] - left[0], right[1] - left[1]];
  const length = Math.hypot(dx, dy);
  const along = (toLeft ** 2 - toRight ** 2 + length ** 2) / (2 * length);
  const away = side * Math.sqrt(Math.max(toLeft ** 2 - along ** 2, 0));
  return [
    left[0] + (along * dx - away * dy) / length,
    left[1] + (along * dy + away * dx) / length,
  ];
}

/**
 * @typedef {object} Gate An edge that the way passes, seen in its direction.
 * @property {number} edge
 * @property {number} leftVertex
 * @property {number} rightVertex
 * @property {number[]} left Flat place.
 * @property {number[]} right
 */

/** Lay the strip flat: where it begins and ends, and the gates between. */
function laidFlat(graph, positions, { from, to }, edges) {
  const place = (vertex) => positions.subarray(3 * vertex, 3 * vertex + 3);
  let [leftVertex, rightVertex] = graph.ends[edges[0]];
  let left = [0, 0];
  let right = [distance(place(leftVertex), place(rightVertex)), 0];
  const from3 = from.place;
  const start = laid(
    left,
    right,
    distance(from3, place(leftVertex)),
    distance(from3, place(rightVertex)),
    -1,
  );
  const gates = [];
  for (let i = 0; ; i++) {
    gates.push({ edge: edges[i], leftVertex, rightVertex, left, right });
    const toward = (point) =>
      laid(left, right, distance(point, place(leftVertex)), distance(point, place(rightVertex)), 1);
    if (i + 1 === edges.length) return { start, goal: toward(to.place), gates };
    // The triangle between this edge and the next ends in a vertex of the next.
    const top = graph.ends[edges[i + 1]].find((each) => each !== leftVertex && each !== rightVertex);
    const apex = toward(place(top));
    if (graph.ends[edges[i + 1]].includes(leftVertex)) [rightVertex, right] = [top, apex];
    else [leftVertex, left] = [top, apex];
  }
}

/** The corners of the shortest way: flat places, and at which gate and vertex each lies. */
function pulled({ start, goal, gates }) {
  const ends = [...gates, { left: goal, right: goal }];
  const corners = [{ place: start, gate: -1 }];
  let [apex, left, right] = [start, start, start];
  let [leftGate, rightGate] = [-1, -1];
  for (let i = 0; i < ends.length; i++) {
    const next = ends[i];
    if (turn(apex, right, next.right) >= 0) {
      if (right === apex || turn(apex, left, next.right) <= 0) {
        [right, rightGate] = [next.right, i];
      } else {
        corners.push({ place: left, gate: leftGate, vertex: gates[leftGate].leftVertex });
        [apex, right, i, rightGate] = [left, left, leftGate, leftGate];
        continue;
      }
    }
    if (turn(apex, left, next.left) <= 0) {
      if (left === apex || turn(apex, right, next.left) >= 0) {
        [left, leftGate] = [next.left, i];
      } else {
        corners.push({ place: right, gate: rightGate, vertex: gates[rightGate].rightVertex });
        [apex, left, i, leftGate] = [right, right, rightGate, rightGate];
      }
    }
  }
  return [...corners, { place: goal, gate: gates.length }];
}

/** Where the line from one corner to the next passes a gate, as a share from its left end. */
function passing({ left, right }, first, second) {
  const [a, b] = [turn(first, second, left), turn(first, second, right)];
  if (Math.abs(a - b) < 1e-12) return 0.5;
  return Math.min(Math.max(a / (a - b), 0), 1);
}

/**
 * @param {MeshGraph} graph
 * @param {Float32Array} positions (V, 3) mm.
 * @param {{from: {place: number[]}, to: {place: number[]}}} ends
 * @param {number[]} edges That the way passes, in their order; at least one.
 * @returns {{length: number, shares: number[], turns: {gate: number, vertex: number}[]}} mm; where
 *   each edge is passed, as a share from its first end; and the vertices at which the way turns.
 */
export function straightened(graph, positions, ends, edges) {
  const flat = laidFlat(graph, positions, ends, edges);
  const corners = pulled(flat);
  const shares = [];
  let length = 0;
  for (let k = 1; k < corners.length; k++) {
    const [first, second] = [corners[k - 1], corners[k]];
    length += Math.hypot(first.place[0] - second.place[0], first.place[1] - second.place[1]);
    for (let i = shares.length; i <= Math.min(second.gate, edges.length - 1); i++) {
      const gate = flat.gates[i];
      const share = passing(gate, first.place, second.place);
      shares.push(graph.ends[gate.edge][0] === gate.leftVertex ? share : 1 - share);
    }
  }
  return { length, shares, turns: corners.slice(1, -1) };
}
