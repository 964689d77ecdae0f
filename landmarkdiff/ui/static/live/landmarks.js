/** Landmarks over the photo before, to be nudged by pointer and by keys. */

import { element, shape } from "./elements.js";

/** How near a pointer takes a landmark, and from how near it shows; CSS pixels. */
const REACH = 12;
const SEEN = 48;
/** So many of the nearest show however far apart they lie. */
const LEAST_SEEN = 16;

/** Names stand so far beside their points, and so far below one another at least, CSS pixels. */
const ASIDE = 12;
const LINE_PX = 17;

export class Landmarks {
  #points = null;
  /** @type {?string[]} Of each point; null: they have numbers. */
  #names = null;
  #on = false;
  #chosen = -1;
  /** Where the pointer was last, photo pixels; null: keys choose. */
  #place = null;
  /** By how much the chosen landmark was moved; null: it is not taken up. Photo pixels. */
  #taken = null;

  /**
   * @param {object} given
   * @param {function(string, object=): string} given.t
   * @param {function(string): void} given.say For screen readers.
   * @param {function({index: number, dx: number, dy: number}): void} given.onNudge Photo pixels.
   */
  constructor({ t, say, onNudge }) {
    this.t = t;
    this.say = say;
    this.onNudge = onNudge;
    this.path = shape("path", { "vector-effect": "non-scaling-stroke" });
    this.line = shape("polyline", { "vector-effect": "non-scaling-stroke" });
    this.dots = shape("g", { class: "ld-live-points" }, this.line, this.path);
    this.labels = shape("g", { class: "ld-live-point-names" });
    this.track = shape("line", { class: "ld-live-point-move" });
    this.ring = shape("circle", { class: "ld-live-point-ring", r: "7" });
    this.button = element("button", {
      class: "ld-live-landmarks",
      type: "button",
      "aria-label": t("live.landmarks"),
    });
  }

  /**
   * @param {?(number[][]|Float32Array)} points (n, 2) photo pixels, nested or flat.
   * @param {?string[]} [names] What they are called, beside them and by screen readers.
   * @param {number[][]} [line] A line that they lie on, photo pixels.
   */
  setPoints(points, names = null, line = []) {
    this.#points = points ? Float64Array.from(Array.from(points).flat()) : null;
    this.#names = names;
    this.line.setAttribute("points", line.flat().join(" "));
    this.dots.classList.toggle("is-named", names !== null);
    this.labels.replaceChildren(...(names ?? []).map((name) => shape("text", {}, name)));
    this.#chosen = -1;
    this.#taken = null;
    this.#place = null;
    this.#switch();
  }

  /** Whether they are shown and can be moved. */
  get on() {
    return this.#on;
  }

  set on(on) {
    this.#on = Boolean(on);
    this.#taken = null;
    this.#place = null;
    this.#switch();
  }

  /** Show the landmarks around a place where the pointer is; photo pixels. */
  look(place) {
    this.#place = place;
  }

  get #shown() {
    return this.#on && this.#points !== null;
  }

  #point(index) {
    return { x: this.#points[2 * index], y: this.#points[2 * index + 1] };
  }

  #called(index) {
    return this.#names?.[index] ?? index;
  }

  get #count() {
    return this.#points.length / 2;
  }

  /** The landmark within reach of a place of the photo; -1: none. */
  nearest({ x, y }, scale) {
    let [index, least] = [-1, REACH / scale];
    if (!this.#shown) return index;
    for (let i = 0; i < this.#count; i++) {
      const point = this.#point(i);
      const away = Math.hypot(point.x - x, point.y - y);
      if (away <= least) [index, least] = [i, away];
    }
    return index;
  }

  choose(index) {
    this.#chosen = index;
    this.#taken = null;
    this.say(this.t("live.landmark_chosen", { index: this.#called(index) }));
  }

  /** Choose the same one as before, or the first. */
  chooseAgain() {
    this.choose(Math.max(this.#chosen, 0));
  }

  /** Choose the nearest one in a direction, within a quarter turn. */
  #chooseToward(dx, dy) {
    this.#place = null;
    const own = this.#point(this.#chosen);
    let [best, least] = [-1, Infinity];
    for (let i = 0; i < this.#count; i++) {
      const { x, y } = this.#point(i);
      const along = (x - own.x) * dx + (y - own.y) * dy;
      const across = Math.abs((x - own.x) * dy - (y - own.y) * dx);
      if (i === this.#chosen || along <= 0 || across > along) continue;
      const away = Math.hypot(along, 2 * across);
      if (away < least) [best, least] = [i, away];
    }
    if (best >= 0) this.choose(best);
  }

  /** Where the chosen landmark was dragged to, from where it lies. */
  drag(dx, dy) {
    this.#taken = { dx, dy };
  }

  /** Let go of it; it stays where it was. */
  release() {
    this.#taken = null;
  }

  /** Leave the landmark where it was dragged to. */
  putDown() {
    if (!this.#taken) return;
    const { dx, dy } = this.#taken;
    const index = this.#chosen;
    this.#taken = null;
    if (dx === 0 && dy === 0) return;
    this.#points[2 * index] += dx;
    this.#points[2 * index + 1] += dy;
    this.say(this.t("live.landmark_moved", { index: this.#called(index) }));
    this.onNudge({ index, dx, dy });
  }

  /** Whether one is taken up, to be moved. */
  get taken() {
    return this.#taken !== null;
  }

  /** Move the one that is taken up by so many photo pixels in a direction, or choose another. */
  goToward([dx, dy], pixels) {
    this.#chosen = Math.max(this.#chosen, 0);
    if (this.#taken) this.drag(this.#taken.dx + pixels * dx, this.#taken.dy + pixels * dy);
    else this.#chooseToward(dx, dy);
  }

  /** Take the chosen one up, or put it down. */
  takeOrPutDown() {
    this.#chosen = Math.max(this.#chosen, 0);
    if (this.#taken) {
      this.putDown();
    } else {
      this.drag(0, 0);
      this.say(this.t("live.landmark_taken", { index: this.#called(this.#chosen) }));
    }
  }

  #switch() {
    const shown = this.#shown;
    this.button.hidden = !shown;
    this.dots.style.display = shown ? "" : "none";
    this.labels.style.display = shown && this.#names ? "" : "none";
  }

  /** Draw the few that have names, or those of the mesh that lie around what is looked at. */
  #drawDots({ x, y, scale }) {
    const own = this.#chosen >= 0 ? this.#point(this.#chosen) : { x, y };
    const at = this.#place ?? own;
    const points = Array.from({ length: this.#count }, (_, index) => this.#point(index));
    const away = points.map((point) => Math.hypot(point.x - at.x, point.y - at.y));
    const nearest = away.toSorted((a, b) => a - b)[LEAST_SEEN - 1] ?? Infinity;
    const far = this.#names ? Infinity : Math.max(SEEN / scale, nearest);
    const seen = points.filter((_, index) => away[index] <= far);
    const drawn = seen.map((point) => `M${point.x.toFixed(2)} ${point.y.toFixed(2)}h0`).join("");
    if (this.path.getAttribute("d") !== drawn) this.path.setAttribute("d", drawn);
  }

  /** Lay them over a pane. */
  update(viewport, pane) {
    const one = this.#shown && this.#chosen >= 0;
    this.ring.style.display = one ? "" : "none";
    this.track.style.display = one && this.#taken ? "" : "none";
    if (!this.#shown) return;
    this.#drawDots(viewport);
    const origin = viewport.toStage({ x: 0, y: 0 }, pane);
    const { scale } = viewport;
    const turned = `scale(${viewport.across * scale} ${scale})`;
    this.dots.setAttribute("transform", `translate(${origin.x} ${origin.y}) ${turned}`);
    if (this.#names) this.#placeNames(viewport, pane);
    if (one) this.#mark(viewport, pane);
  }

  /** Names beside their points, away from the face, none upon another. */
  #placeNames(viewport, pane) {
    const places = Array.from({ length: this.#count }, (_, i) =>
      viewport.toStage(this.#shownAt(i), pane),
    );
    const order = places.map((_, i) => i).sort((a, b) => places[a].y - places[b].y);
    const foremost = places.reduce((sum, { x }) => sum + x, 0) / places.length;
    const [first, last] = [places[order[0]].x, places[order.at(-1)].x];
    // The neck lies behind the forehead: the names stand on the other side.
    const leftward = last === first ? foremost < first : last > first;
    let lowest = -Infinity;
    for (const index of order) {
      const { x, y } = places[index];
      const at = Math.max(y + 4, lowest + LINE_PX);
      lowest = at;
      const label = this.labels.children[index];
      label.setAttribute("x", leftward ? x - ASIDE : x + ASIDE);
      label.setAttribute("y", at);
      label.setAttribute("text-anchor", leftward ? "end" : "start");
      label.classList.toggle("is-chosen", index === this.#chosen);
    }
  }

  /** Where a point is seen: where it lies, or where it is being dragged to. */
  #shownAt(index) {
    const { x, y } = this.#point(index);
    const { dx, dy } = (index === this.#chosen && this.#taken) || { dx: 0, dy: 0 };
    return { x: x + dx, y: y + dy };
  }

  #mark(viewport, pane) {
    const own = this.#point(this.#chosen);
    const { dx, dy } = this.#taken ?? { dx: 0, dy: 0 };
    const start = viewport.toStage(own, pane);
    const end = viewport.toStage({ x: own.x + dx, y: own.y + dy }, pane);
    this.ring.setAttribute("cx", end.x);
    this.ring.setAttribute("cy", end.y);
    this.ring.classList.toggle("is-taken", Boolean(this.#taken));
    this.track.setAttribute("x1", start.x);
    this.track.setAttribute("y1", start.y);
    this.track.setAttribute("x2", end.x);
    this.track.setAttribute("y2", end.y);
  }
}
