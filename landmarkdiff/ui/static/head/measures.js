/** The ruler and the angle on the surface: points that lie on it, and what is read between them. */

import { element, shape as drawn } from "../live/elements.js";
import { MeshGraph } from "./mesh_graph.js";
import { surfacePath } from "./surface_path.js";

/** Where the points begin, from the middle of the canvas, as shares of its smaller side. */
const STARTS = {
  ruler: [
    [-0.14, 0],
    [0.14, 0],
  ],
  angle: [
    [-0.16, -0.08],
    [0, 0.08],
    [0.16, -0.08],
  ],
};
/** A point so far behind what is seen in its place is covered by it, mm. */
const COVERED_MM = 2;

function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** The angle at the second of three places, degrees. */
function angleAt([a, b, c]) {
  const first = a.map((each, k) => each - b[k]);
  const second = c.map((each, k) => each - b[k]);
  const product = first.reduce((sum, each, k) => sum + each * second[k], 0);
  const lengths = Math.hypot(...first) * Math.hypot(...second);
  if (lengths === 0) return 0;
  return (Math.acos(Math.min(Math.max(product / lengths, -1), 1)) * 180) / Math.PI;
}

export class Measures {
  #points = [];
  #graph = null;
  /** The way along the surface, and for which points and shape it was found. */
  #along = { key: "", path: null };

  /** "ruler", "angle", or null. */
  kind = null;

  /**
   * @param {object} given
   * @param {Head} given.head
   * @param {HeadShape} given.shape
   * @param {Pick} given.pick
   */
  constructor({ head, shape, pick, t, number }) {
    Object.assign(this, { head, shape, pick, t, number });
    this.edge = drawn("polyline", { class: "ld-live-ruler-edge" });
    this.core = drawn("polyline", { class: "ld-live-ruler-core" });
    this.way = drawn("polyline", { class: "ld-headview-way" });
    this.drawing = drawn("g", { class: "ld-headview-measure" }, this.edge, this.core, this.way);
    this.pins = [1, 2, 3].map((point) =>
      element("button", {
        class: "ld-live-ruler-end",
        type: "button",
        "aria-label": t("head.point", { number: point }),
      }),
    );
    this.text = element("output", { class: "ld-live-ruler-text ld-headview-reading" });
  }

  /** Begin to measure in the middle of what is seen, or end it (null). */
  show(kind, camera) {
    this.kind = kind;
    this.#points = [];
    if (!kind) return;
    const { width, height } = camera.canvas;
    const side = Math.min(width, height);
    const points = STARTS[kind].map(([x, y]) =>
      this.#hitToward({ x: width / 2 + x * side, y: height / 2 + y * side }, camera),
    );
    if (points.every(Boolean)) this.#points = points;
    else this.kind = null;
  }

  /** What lies under a place, or under one between it and the middle of the canvas. */
  #hitToward({ x, y }, camera) {
    const { width, height } = camera.canvas;
    for (const way of [1, 0.75, 0.5, 0.25, 0.1]) {
      const place = { x: width / 2 + (x - width / 2) * way, y: height / 2 + (y - height / 2) * way };
      const hit = this.pick.at(place, camera);
      if (hit) return hit;
    }
    return null;
  }

  /** @param {{triangle: number, weights: number[]}[]} points On the surface. */
  setPoints(kind, points) {
    this.kind = kind;
    this.#points = points.map(({ triangle, weights }) => ({ triangle, weights: [...weights] }));
  }

  /** Take a point to a place of the canvas; beside the head it stays. */
  move(number, place, camera) {
    const hit = this.pick.at(place, camera);
    if (hit) this.#points[number] = hit;
  }

  /** Move a point by CSS pixels. */
  shift(number, dx, dy, camera) {
    const { x, y } = camera.project(this.shape.placeOf(this.#points[number]));
    this.move(number, { x: x + dx, y: y + dy }, camera);
  }

  get places() {
    return this.#points.map((point) => this.shape.placeOf(point));
  }

  /**
   * @returns {?object} Of the ruler `{straight, along}`, mm (`along` is null where no surface leads
   *   from one point to the other); of the angle `{degrees}`; null when nothing is measured.
   */
  reading() {
    if (!this.kind) return null;
    const { places } = this;
    if (this.kind === "angle") return { degrees: angleAt(places) };
    return { straight: distance(...places), along: this.#findAlong()?.length ?? null };
  }

  #key() {
    return JSON.stringify([this.shape.generation, this.#points]);
  }

  #findAlong() {
    const key = this.#key();
    if (this.#along.key !== key) {
      this.#graph ??= new MeshGraph(this.head);
      const [from, to] = this.places.map((place, i) => ({
        triangle: this.#points[i].triangle,
        place,
      }));
      this.#along = { key, path: surfacePath(this.#graph, this.shape.positions, from, to) };
    }
    return this.#along.path;
  }

  /**
   * Lay everything where the picture is.
   * @param {boolean} moving The way along the surface waits until nothing moves.
   */
  update(camera, moving) {
    const { kind, drawing, text, pins } = this;
    drawing.style.display = kind ? "" : "none";
    text.hidden = !kind;
    pins.forEach((pin, i) => (pin.hidden = i >= this.#points.length || !kind));
    if (!kind) return;
    const ends = this.places.map((place) => camera.project(place));
    const line = ends.map(({ x, y }) => `${x},${y}`).join(" ");
    for (const each of [this.edge, this.core]) each.setAttribute("points", line);
    ends.forEach((end, i) => {
      pins[i].style.transform = `translate(${end.x}px, ${end.y}px)`;
      const front = this.pick.at(end, camera);
      pins[i].classList.toggle("is-covered", Boolean(front) && front.depth > end.depth + COVERED_MM);
    });
    this.#updateWay(camera, moving);
    this.#updateText(ends, camera, moving);
  }

  #updateWay(camera, moving) {
    const known = this.kind === "ruler" && (!moving || this.#along.key === this.#key());
    const path = known ? this.#findAlong() : null;
    const places = path ? path.places.map((place) => camera.project(place)) : [];
    this.way.setAttribute("points", places.map(({ x, y }) => `${x},${y}`).join(" "));
  }

  #updateText(ends, camera, moving) {
    const x = ends.reduce((sum, end) => sum + end.x, 0) / ends.length;
    const top = Math.min(...ends.map((end) => end.y));
    const y = top > 64 ? top - 44 : Math.max(...ends.map((end) => end.y)) + 44;
    const half = this.text.offsetWidth / 2 + 4;
    const held = Math.min(Math.max(x, half), Math.max(camera.canvas.width - half, half));
    this.text.style.transform = `translate(${held}px, ${y}px) translate(-50%, -50%)`;
    const words = this.words(moving);
    if (this.text.textContent !== words) this.text.textContent = words;
  }

  /** What is read, in words. */
  words(moving = false) {
    const { kind, t, number } = this;
    if (!kind) return "";
    if (kind === "angle") {
      return t("head.angle_reading", { degrees: number(this.reading().degrees, 1) });
    }
    const straight = number(distance(...this.places), 1);
    const known = !moving || this.#along.key === this.#key();
    const along = known ? this.#findAlong() : null;
    if (!along) return t("head.ruler_straight", { mm: straight });
    return t("head.ruler_reading", { mm: straight, along: number(along.length, 1) });
  }

  /** Draw it into a saved picture. @param {CanvasRenderingContext2D} context In CSS pixels. */
  paint(context, camera) {
    if (!this.kind) return;
    const ends = this.places.map((place) => camera.project(place));
    const lines = [[ends, "rgba(12, 18, 22, 0.7)", 4], [ends, "#fff", 1.8]];
    const path = this.kind === "ruler" ? this.#findAlong() : null;
    if (path) lines.push([path.places.map((place) => camera.project(place)), "#ffd166", 2.4]);
    for (const [places, colour, width] of lines) {
      context.beginPath();
      places.forEach(({ x, y }, i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
      Object.assign(context, { strokeStyle: colour, lineWidth: width, lineJoin: "round" });
      context.stroke();
    }
    const x = ends.reduce((sum, end) => sum + end.x, 0) / ends.length;
    paintPlate(context, this.words(), x, Math.min(...ends.map((end) => end.y)) - 40);
  }
}

/** A text on a dark plate, as the page shows it. */
function paintPlate(context, words, x, y) {
  context.font = '600 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
  const width = context.measureText(words).width + 20;
  context.fillStyle = "rgba(12, 18, 22, 0.72)";
  context.beginPath();
  context.roundRect(x - width / 2, y - 12, width, 24, 12);
  context.fill();
  context.fillStyle = "#fff";
  context.textBaseline = "middle";
  context.textAlign = "center";
  context.fillText(words, x, y);
}
