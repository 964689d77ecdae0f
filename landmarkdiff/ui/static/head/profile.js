/** The midsagittal profile before and after, laid over each other, with the mm between them. */

import { element, shape as drawn } from "../live/elements.js";

/** CSS pixels to a millimetre, and room around the lines for the figures. */
const SCALE = 1.5;
/** The lines begin here above the eyes, about at the hairline, mm. */
const TOP_MM = 72;
const MARGIN = { side: 46, edge: 12 };
/** Differences that are written beside the lines: so large, so far apart (mm), and so many. */
const LEAST_MM = 0.25;
const APART_MM = 12;
const MOST = 5;

/**
 * How far the profile moves along its own normal at each of its points.
 * @param {number[][]} before (m, 2) Forward and up, mm, from the forehead down.
 * @param {number[][]} after (m, 2)
 * @returns {number[]} mm, outward positive.
 */
export function profileDifferences(before, after) {
  return before.map(([z, y], i) => {
    const [z0, y0] = before[Math.max(i - 1, 0)];
    const [z1, y1] = before[Math.min(i + 1, before.length - 1)];
    const length = Math.hypot(z1 - z0, y1 - y0) || 1;
    return ((after[i][0] - z) * (y0 - y1) + (after[i][1] - y) * (z1 - z0)) / length;
  });
}

/** The points with the largest differences, apart from each other. */
function largest(points, differences) {
  const order = differences.map((_, i) => i).sort((a, b) => {
    return Math.abs(differences[b]) - Math.abs(differences[a]);
  });
  const chosen = [];
  for (const i of order) {
    if (Math.abs(differences[i]) < LEAST_MM || chosen.length === MOST) break;
    const apart = ([z, y]) => Math.hypot(z - points[i][0], y - points[i][1]) >= APART_MM;
    if (chosen.every((each) => apart(points[each]))) chosen.push(i);
  }
  return chosen;
}

export class ProfilePanel {
  #key = "";

  /** @param {{shape: HeadShape, t: function, number: function}} given */
  constructor({ shape, t, number }) {
    Object.assign(this, { shape, t, number });
    /** The points of the midline below the hairline. */
    this.points = shape.midline.filter((i) => shape.rest[3 * i + 1] <= TOP_MM);
    this.drawing = drawn("svg", { class: "ld-headview-lines", "aria-hidden": "true" });
    this.caption = element("figcaption", {});
    this.root = element(
      "figure",
      { class: "ld-headview-profile" },
      this.drawing,
      element("span", { class: "ld-headview-before" }, t("head.before")),
      element("span", { class: "ld-headview-after" }, t("head.after")),
      this.caption,
    );
    this.root.hidden = true;
  }

  #line(positions) {
    return [...this.points].map((i) => [positions[3 * i + 2], positions[3 * i + 1]]);
  }

  /** mm along the normal at each of the points. */
  differences() {
    return profileDifferences(this.#line(this.shape.rest), this.#line(this.shape.positions));
  }

  /** @param {boolean} toLeft Whether the nose points to the left, as in the view beside it. */
  update(toLeft) {
    if (this.root.hidden) return;
    // On the side of the back of the head.
    this.root.classList.toggle("is-right", toLeft);
    const key = `${this.shape.generation} ${toLeft}`;
    if (key === this.#key) return;
    this.#key = key;
    const before = this.#line(this.shape.rest);
    const after = this.#line(this.shape.positions);
    const differences = profileDifferences(before, after);
    const sign = toLeft ? -1 : 1;
    const all = [...before, ...after];
    const [left, right] = [Math.min, Math.max].map((end) => end(...all.map(([z]) => sign * z)));
    const [bottom, top] = [Math.min, Math.max].map((end) => end(...all.map(([, y]) => y)));
    const flat = ([z, y]) => [
      MARGIN.side + SCALE * (sign * z - left),
      MARGIN.edge + SCALE * (top - y),
    ];
    const width = SCALE * (right - left) + 2 * MARGIN.side;
    const height = SCALE * (top - bottom) + 2 * MARGIN.edge;
    this.drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.drawing.setAttribute("width", width);
    this.drawing.setAttribute("height", height);
    this.#draw(before.map(flat), after.map(flat), differences, { before, toLeft });
    this.#say(differences);
  }

  #draw(before, after, differences, { before: points, toLeft }) {
    const text = (line) => line.map((place) => place.map((each) => each.toFixed(2)).join()).join(" ");
    const between = [...before, ...[...after].reverse()];
    const marks = largest(points, differences).map((i) => this.#mark(after[i], differences[i], toLeft));
    this.drawing.replaceChildren(
      drawn("polygon", { class: "ld-headview-between", points: text(between) }),
      drawn("polyline", { class: "ld-headview-line-before", points: text(before) }),
      drawn("polyline", { class: "ld-headview-line-after", points: text(after) }),
      ...marks,
    );
  }

  #mark([x, y], mm, toLeft) {
    const sign = toLeft ? -1 : 1;
    const anchor = toLeft ? "end" : "start";
    const place = { x: x + 6 * sign, y: y + 4, "text-anchor": anchor };
    const words = `${mm > 0 ? "+" : "−"}${this.number(Math.abs(mm), 1)}`;
    return drawn("text", { class: "ld-headview-mm", ...place }, words);
  }

  #say(differences) {
    const most = differences.reduce((far, mm) => (Math.abs(mm) > Math.abs(far) ? mm : far), 0);
    const mm = `${most < 0 ? "−" : ""}${this.number(Math.abs(most), 1)}`;
    this.caption.textContent = this.t("head.profile_most", { mm });
  }
}
