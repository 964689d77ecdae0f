/**
 * Distances, angles, pen strokes and notes on the photo: laid, moved and removed by pointer and keys.
 * They are kept in photo pixels, whatever the view shows.
 */

import { Mark, readingOf } from "./annotation_marks.js";
import { element, shape } from "./elements.js";
import { NoteField } from "./note_field.js";
import { PenKeys } from "./pen_keys.js";
import { clamp } from "./scene.js";
import { rounded, simplified } from "./stroke.js";

/** As many as `workflows/annotations.py` takes. */
export const MOST = { count: 30, stroke: 120, points: 1200, text: 80 };
/** A pen's places lie this far apart at least, and so far beside its line; CSS pixels. */
const PEN_PX = 2;
const PEN_TOLERANCE = 0.75;
/** How far a key moves a point, CSS pixels; and with Shift. */
const KEY_PX = [1, 10];
/** The next one is laid so much higher than the last, CSS pixels, so many times. */
const STEP_PX = 84;
const STEPS = 4;

export class Annotating {
  #list = [];
  #marks = [];
  #pen = false;
  #chosen = -1;
  /** Moved by keys that are still down. */
  #moved = false;

  /**
   * @param {LivePreview} preview
   * @param {object} given
   * @param {function(number, number): string} given.number
   * @param {function(object[]): void} given.onChange Hears what is kept from now on.
   */
  constructor(preview, { number, onChange }) {
    this.preview = preview;
    this.page = { t: preview.t, number };
    this.onChange = onChange;
    const { stage, t } = preview;
    // A drawing for each pane, in which nothing reaches into the other.
    this.drawings = [0, 1].map(() => shape("svg", { class: "ld-live-marks" }));
    const overlay = { class: "ld-live-overlay ld-live-annotations", "aria-hidden": "true" };
    this.overlay = shape("svg", overlay, ...this.drawings);
    this.labels = element("div", { class: "ld-live-mark-labels" });
    this.handles = element("div", { class: "ld-live-mark-ends" });
    const remove = t("live.mark_remove");
    this.removal = element(
      "button",
      { class: "ld-live-mark-remove", type: "button", "aria-label": remove, title: remove },
      element("span", { "aria-hidden": "true" }, "×"),
    );
    this.removal.addEventListener("pointerdown", (event) => event.stopPropagation());
    this.removal.addEventListener("click", () => this.remove(this.#chosen));
    this.note = new NoteField(t, MOST.text);
    this.penKeys = new PenKeys(preview, {
      within: (place) => this.#within(place),
      begin: (place) => (this.#hasRoom(2) ? this.#stroke(place) : null),
    });
    const over = [this.overlay, this.labels, this.handles, this.removal];
    stage.append(...over, this.penKeys.tip, this.note.root);
    this.handles.addEventListener("focusin", ({ target }) => this.#choose(this.#find(target)[0]));
    this.handles.addEventListener("focusout", () => this.#putDown());
    this.handles.addEventListener("dblclick", ({ target }) => this.#edit(this.#find(target)[0]));
    this.#rebuild();
  }

  // -- what is kept ----------------------------------------------------------------------------

  /** @param {object[]} list `{kind, points, text?}` of each, photo pixels. */
  set(list) {
    if (list === this.#list) return;
    this.#list = list;
    this.#rebuild();
    this.preview.frames.request();
  }

  get list() {
    return this.#list;
  }

  /** What each of them says, in its order. */
  get readings() {
    const { photo } = this.preview;
    return this.#list.map((one) => readingOf(one, photo ?? {}, this.page));
  }

  /** Another photo: nothing was drawn on it. */
  forget() {
    this.setPen(false);
    this.note.close();
    this.set([]);
  }

  #keep(list) {
    this.set(list);
    this.onChange(list);
  }

  #rebuild() {
    const same =
      this.#marks.length === this.#list.length &&
      this.#marks.every(({ annotation: { kind } }, place) => kind === this.#list[place].kind);
    if (same) {
      this.#marks.forEach((mark, place) => (mark.annotation = this.#list[place]));
      return;
    }
    if (this.handles.contains(document.activeElement)) {
      this.preview.stage.focus({ preventScroll: true });
    }
    for (const mark of this.#marks) mark.remove();
    this.#chosen = -1;
    this.#marks = this.#list.map((one, place) => {
      const name = `${this.preview.t(`live.mark_${one.kind}`)} ${place + 1}`;
      const mark = new Mark(one, name, this.page);
      mark.views.forEach(({ lines, label }, pane) => {
        this.drawings[pane].append(lines);
        this.labels.append(label);
      });
      this.handles.append(...mark.handles);
      return mark;
    });
  }

  #choose(place) {
    this.#chosen = place;
    this.preview.frames.request();
  }

  // -- laying, and taking away -----------------------------------------------------------------

  /** Whether another one of so many points may be added; it is said where not. */
  #hasRoom(points) {
    const used = this.#list.reduce((sum, one) => sum + one.points.length, 0);
    const room = this.#list.length < MOST.count && used + points <= MOST.points;
    if (!room) this.preview.say(this.preview.t("live.marks_full", { count: MOST.count }));
    return room;
  }

  /** Lay a distance or an angle across the middle of what is seen, to be moved to its place. */
  add(kind) {
    const { view, photo } = this.preview;
    if (!photo || !this.#hasRoom(3)) return;
    const [x, y] = this.#middle();
    const half = (0.2 * view.across * view.pane.width) / view.scale;
    const rise = (0.16 * view.pane.height) / view.scale;
    const ends = [[x - half, y], [x + half, y]];
    const points = kind === "distance" ? ends : [[x - half, y - rise], [x, y], [x + half, y - rise]];
    this.#append({ kind, points: points.map((point) => this.#within(point)) });
  }

  /** Ask for the words of a note, and lay it in the middle of what is seen. */
  addNote() {
    if (!this.preview.photo || !this.#hasRoom(1)) return;
    this.note.ask("", (text) => {
      this.#append({ kind: "text", points: [this.#within(this.#middle())], text });
    });
  }

  #edit(place) {
    const one = this.#list[place];
    if (one?.kind !== "text") return false;
    this.note.ask(one.text, (text) => {
      // While the field was open a drawing may have gone, this one too.
      const as = JSON.stringify(one);
      const at = this.#list.findIndex((other) => JSON.stringify(other) === as);
      if (at < 0) return;
      this.#keep(this.#list.with(at, { ...one, text }));
      this.#marks[at].handles[0].focus({ preventScroll: true });
    });
    return true;
  }

  #middle() {
    const { view } = this.preview;
    const up = STEP_PX * (this.#list.length % STEPS);
    return [view.x, view.y + (0.18 * view.pane.height - up) / view.scale];
  }

  #append(one) {
    this.#keep([...this.#list, one]);
    this.preview.flush(); // its handles can be focused where they are seen
    this.#marks.at(-1).handles[0].focus({ preventScroll: true });
  }

  remove(place) {
    if (!this.#list[place]) return;
    this.preview.stage.focus({ preventScroll: true });
    this.#keep(this.#list.filter((_, other) => other !== place));
    this.preview.say(this.preview.t("live.mark_removed"));
  }

  // -- pointers --------------------------------------------------------------------------------

  get pen() {
    return this.#pen;
  }

  /** Take the pen up, or put it away. */
  setPen(on) {
    if (on === this.#pen || (on && !this.preview.photo)) return;
    this.#pen = on;
    if (on) this.preview.stage.focus({ preventScroll: true });
    else this.penKeys.putAway();
    this.preview.stage.classList.toggle("has-pen", on);
    this.preview.say(this.preview.t(on ? "live.pen_on" : "live.pen_off"));
    this.preview.frames.request();
  }

  /** Whether a button belongs to an annotation. */
  owns(target) {
    return target === this.removal || this.#find(target)[0] >= 0;
  }

  /** Which annotation a button moves, and which of its points; -1: none. */
  #find(target) {
    for (const [place, { handles }] of this.#marks.entries()) {
      const point = handles.indexOf(target);
      if (point >= 0) return [place, point];
    }
    return [-1, -1];
  }

  /** What a pointer does from a place of the stage: moves a point, or draws; null: neither. */
  gesture(event, place) {
    const { view, overlay } = this.preview;
    const [mark, point] = this.#find(event.target);
    if (mark >= 0) return this.#move(mark, point, view.panes().at(-1));
    if (!this.#pen || overlay.handle.contains(event.target) || !this.#hasRoom(2)) return null;
    return this.#draw(place, view.paneAt(place));
  }

  #move(mark, point, pane) {
    const { view, frames } = this.preview;
    const before = this.#list;
    this.#choose(mark);
    const move = (to) => {
      frames.touch();
      const { x, y } = view.toPhoto(to, pane);
      this.set(before.with(mark, this.#shifted(before[mark], point, [x, y])));
    };
    const end = (dropped) => {
      if (dropped && this.#list !== before) this.onChange(this.#list);
      else this.set(before);
    };
    return { move, end };
  }

  /** An annotation with one of its points, or a stroke as a whole, somewhere else. */
  #shifted(one, point, to) {
    const place = this.#within(to);
    if (one.kind !== "pen") return { ...one, points: one.points.with(point, place) };
    const [x, y] = one.points[0];
    const [dx, dy] = [place[0] - x, place[1] - y];
    return { ...one, points: one.points.map(([a, b]) => this.#within([a + dx, b + dy])) };
  }

  #draw(from, pane) {
    const photo = (at) => {
      const { x, y } = this.preview.view.toPhoto(at, pane);
      return this.#within([x, y]);
    };
    const stroke = this.#stroke(photo(from));
    return { move: (to) => stroke.add(photo(to)), end: (dropped) => stroke.end(!dropped) };
  }

  /** A stroke that begins at a place of the photo. `end(givenUp)` says whether it is kept. */
  #stroke(from) {
    const { view, frames } = this.preview;
    const before = this.#list;
    const points = [from];
    const add = (place) => {
      const last = points.at(-1);
      if (Math.hypot(place[0] - last[0], place[1] - last[1]) * view.scale < PEN_PX) return;
      points.push(place);
      frames.touch();
      this.set([...before, { kind: "pen", points: [...points] }]);
    };
    const end = (givenUp) => {
      this.set(before);
      if (givenUp || points.length < 2) return false;
      const used = before.reduce((sum, one) => sum + one.points.length, 0);
      const most = Math.min(MOST.stroke, MOST.points - used);
      const stroke = simplified(points, PEN_TOLERANCE / view.scale, most);
      this.#keep([...before, { kind: "pen", points: stroke }]);
      return true;
    };
    return { add, end };
  }

  /** A place no farther than the photo's edges. */
  #within([x, y]) {
    const { width, height } = this.preview.photo;
    return [rounded(clamp(x, 0, width - 1)), rounded(clamp(y, 0, height - 1))];
  }

  // -- keys ------------------------------------------------------------------------------------

  /** @returns {boolean} Whether the key was an annotation's. */
  key(event, arrows) {
    const { target, key, shiftKey } = event;
    const [mark, point] = this.#find(target);
    if (mark < 0) return this.#pen && this.penKeys.key(event, arrows);
    const { view } = this.preview;
    const arrow = arrows[key];
    if (arrow) {
      const far = KEY_PX[Number(shiftKey)] / view.scale;
      const [x, y] = this.#list[mark].points[point];
      const to = [x + view.across * far * arrow[0], y + far * arrow[1]];
      this.set(this.#list.with(mark, this.#shifted(this.#list[mark], point, to)));
      this.#moved = true;
    } else if (key === "Delete" || key === "Backspace") this.remove(mark);
    else return key === "Enter" && this.#edit(mark);
    return true;
  }

  /** A key was let go: what it has moved stays there. */
  #putDown() {
    if (!this.#moved) return;
    this.#moved = false;
    this.onChange(this.#list);
  }

  keyUp() {
    if (!this.#moved) return;
    this.preview.say(this.readings[this.#chosen] ?? "");
    this.#putDown();
  }

  // -- what lies over the picture --------------------------------------------------------------

  /** Lay them over the panes. */
  update(viewport, panes, photo) {
    const any = this.#marks.length > 0;
    this.penKeys.update(viewport, panes);
    // A drawing of the stage's size costs time even when nothing is on it.
    this.overlay.style.display = any ? "" : "none";
    this.removal.hidden = !any || !this.#marks[this.#chosen];
    if (!any) return;
    this.drawings.forEach((drawing, number) => {
      const pane = panes[number];
      for (const name of ["x", "y", "width", "height"]) drawing.setAttribute(name, pane?.[name] ?? 0);
    });
    const seen = ([x, y], pane) => viewport.toStage({ x, y }, pane);
    this.#marks.forEach((mark, place) => {
      const at = mark.update(seen, panes, photo);
      if (place === this.#chosen) this.#placeRemoval(at, mark);
    });
  }

  /** Beside the words of the chosen one, inside the stage. */
  #placeRemoval({ x, y }, mark) {
    const { clientWidth: width, clientHeight: height } = this.preview.stage;
    const words = mark.views.at(-1).label.hidden ? mark.views[0].label : mark.views.at(-1).label;
    const left = clamp(x + words.offsetWidth / 2 + 24, 22, width - 22);
    this.removal.style.transform = `translate(${left}px, ${clamp(y, 22, height - 22)}px)`;
  }
}
