/** A freehand line with no more points than it needs. */

/** Digits of a place in photo pixels that a plan keeps. */
const DIGITS = 10;

export const rounded = (value) => Math.round(value * DIGITS) / DIGITS;

/**
 * The points of a line that keep its shape (Ramer 1972; Douglas and Peucker 1973).
 * @param {number[][]} points
 * @param {number} tolerance By how much the rest may lie beside the line, in their unit.
 * @param {number} most More than these are never left: the tolerance grows then.
 */
export function simplified(points, tolerance, most) {
  for (let near = tolerance; ; near *= 1.5) {
    const kept = thinned(points, near);
    if (kept.length <= most) return kept.map((point) => point.map(rounded));
  }
}

function thinned(points, tolerance) {
  const keep = new Set([0, points.length - 1]);
  const open = [[0, points.length - 1]];
  while (open.length) {
    const [first, last] = open.pop();
    let [farthest, most] = [-1, tolerance];
    for (let at = first + 1; at < last; at++) {
      const away = distanceTo(points[at], points[first], points[last]);
      if (away > most) [farthest, most] = [at, away];
    }
    if (farthest < 0) continue;
    keep.add(farthest);
    open.push([first, farthest], [farthest, last]);
  }
  return points.filter((_, at) => keep.has(at));
}

/** How far a place lies from the part of a line between two others. */
function distanceTo([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const square = dx * dx + dy * dy;
  const share = square ? Math.min(Math.max(((x - ax) * dx + (y - ay) * dy) / square, 0), 1) : 0;
  return Math.hypot(x - ax - share * dx, y - ay - share * dy);
}
