/**
 * The head that turns: the surface of a patient's head with the plan on it, drawn in the browser.
 *
 * The server sends one payload (`landmarkdiff/head/payload.py`); from then on sliders move the
 * surface without a call to it. `HeadShape` blends the positions, `Camera` turns the head,
 * `HeadPicture` draws it with WebGL 2, and `HeadViewer` is the element around them. Lengths are
 * millimetres in the face frame.
 */

import { backgroundOf, fitCanvas } from "../live/display.js";
import { element, shape as drawn } from "../live/elements.js";
import { Events } from "../live/events.js";
import { Frames } from "../live/frames.js";
import { listenToHold } from "../live/hold.js";
import { Camera, VIEWS } from "./camera.js";
import { Gestures } from "./gestures.js";
import { heatLimit } from "../live/heat.js";
import { Keyboard } from "./keyboard.js";
import { Legend } from "./legend.js";
import { Light } from "./light.js";
import { Measures } from "./measures.js";
import { readHead } from "./payload.js";
import { Pace } from "./pace.js";
import { Pick } from "./pick.js";
import { HeadPicture } from "./picture.js";
import { ProfilePanel } from "./profile.js";
import { HeadShape } from "./shape.js";
import { ShareRow } from "./share_row.js";
import { Toolbar } from "./toolbar.js";

/** Pixels that are drawn while something moves and the processor draws; and at most at rest. */
const MOVING_PIXELS = { most: 0.8e6, least: 0.2e6 };
const RESTING_PIXELS = 8e6;
/** Name of a saved picture. */
const FILE_NAME = "head-simulation.png";
/** A vertex counts as unseen in the legend below this, of 255. */
const UNSEEN = 128;
/** Each viewer's help has a name of its own on the page. */
let viewers = 0;

/**
 * Add a viewer to a container.
 * @param {HTMLElement} container
 * @param {ArrayBuffer} payload What the server sent.
 * @param {object} texts
 * @param {function(string, object=): string} texts.t The text of a key (`head.…`, `live.…`) in the
 *   page's language, its fields filled in.
 * @param {function(number, number): string} texts.number A number with so many digits after the
 *   page's decimal sign.
 * @param {object} [options]
 * @param {Object<string, number>} [options.values] By effect key; as planned by default.
 * @param {string} [options.view] Of `VIEWS`; frontal by default.
 * @param {object} [options.camera] Or from where another viewer saw its head: its `camera.state`.
 * @returns {Promise<HeadViewer>}
 * @throws {ModelError} The payload is not one.
 */
export async function createHeadViewer(container, payload, texts, { values, view, camera } = {}) {
  const head = readHead(payload);
  const image = await createImageBitmap(new Blob([head.texture], { type: "image/jpeg" }));
  const viewer = new HeadViewer(container, head, image, texts);
  viewer.setValues(values ?? viewer.planned);
  viewer.camera.take({ ...VIEWS[view], ...camera });
  return viewer;
}

/**
 * The viewer. Without WebGL 2 it is a sentence that says so, and `webgl` is false.
 *
 * Events (`on(name, listener)`), each with one object: `view {yaw, pitch, zoom, x, y}` and
 * `share {share}`: what the user chose; `contextlost {}`, `contextrestored {}`.
 */
export class HeadViewer {
  #events = new Events();
  #ended = new AbortController();
  #values = {};
  #share = 1;
  #held = false;
  #background = null;
  #heatEnd = heatLimit(0);

  /** Frames drawn so far, and ms of the last one. */
  frameCount = 0;
  drawMs = 0;
  heat = false;

  constructor(container, head, image, { t, number }) {
    Object.assign(this, { head, t, number });
    this.shape = new HeadShape(head);
    this.camera = new Camera(head.vertices);
    this.canvas = element("canvas", {
      class: "ld-live-canvas",
      role: "img",
      "aria-label": t("head.picture"),
    });
    this.picture = HeadPicture.on(this.canvas);
    /** Whether the browser can draw the head. */
    this.webgl = this.picture !== null;
    this.pace = new Pace(MOVING_PIXELS);
    this.frames = new Frames({
      draw: (now) => this.#frame(now),
      rest: () => this.frames.request(),
    });
    this.root = element("div", { class: "ld-live ld-headview" });
    container.append(this.root);
    if (!this.webgl) {
      this.root.append(element("p", { class: "ld-live-notice", role: "note" }, t("head.no_webgl")));
      return;
    }
    this.#build(image);
    this.#listen();
  }

  #build(image) {
    const { t, number, head, shape } = this;
    const given = { t, number, head, shape };
    this.pick = new Pick(shape);
    this.measures = new Measures({ ...given, pick: this.pick });
    this.profile = new ProfilePanel(given);
    this.legend = new Legend(given);
    this.light = new Light({ t, changed: () => this.#touch() });
    this.tag = element("span", { class: "ld-live-tag" }, t("head.before"));
    this.shareRow = new ShareRow(t, (share) => this.setShare(share));
    this.toolbar = new Toolbar(t, this);
    this.status = element("p", { class: "ld-live-unseen", role: "status" });
    const help = `ld-headview-help-${++viewers}`;
    this.#buildStage(help);
    this.root.append(
      this.area,
      element("p", { class: "ld-live-unseen", id: help }, t("head.instructions")),
      this.status,
      this.profile.root,
      this.shareRow.root,
      this.toolbar.viewRow,
      this.light.root,
      this.toolbar.root,
    );
    this.picture.setLabel(t("live.label"));
    this.picture.setHead(head, shape, image);
    this.anyUnseen = head.seen.some((each) => each < UNSEEN);
  }

  #buildStage(help) {
    const { t, measures } = this;
    const attributes = { class: "ld-live-overlay", "aria-hidden": "true" };
    this.drawing = drawn("svg", attributes, measures.drawing);
    this.stage = element(
      "div",
      {
        class: "ld-live-stage",
        tabindex: "0",
        role: "group",
        "aria-label": t("head.viewer"),
        "aria-describedby": help,
      },
      this.canvas,
      this.drawing,
      this.tag,
      ...measures.pins,
      measures.text,
    );
    this.area = element("div", { class: "ld-headview-area" }, this.stage, this.legend.root);
  }

  #listen() {
    const { signal } = this.#ended;
    this.gestures = new Gestures(this, signal);
    this.keyboard = new Keyboard(this, signal);
    const hold = { hold: (on) => this.holdBefore(on), held: () => this.#held };
    listenToHold(this.toolbar.hold, hold, signal);
    const hear = (name, listener) => this.canvas.addEventListener(name, listener, { signal });
    hear("webglcontextlost", (event) => {
      event.preventDefault(); // or else it never comes back
      this.picture.lost = true;
      this.#events.emit("contextlost", {});
    });
    hear("webglcontextrestored", () => {
      this.picture.restore();
      this.#events.emit("contextrestored", {});
      this.frames.request();
    });
    const sizes = new ResizeObserver(() => this.#resized());
    sizes.observe(this.stage);
    // Light and dark change the ground around the head.
    const again = () => this.frames.request();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again, { signal });
    const themes = new MutationObserver(again);
    for (let each = this.root; each; each = each.parentElement) {
      themes.observe(each, { attributes: true, attributeFilter: ["class", "data-theme"] });
    }
    signal.addEventListener("abort", () => {
      sizes.disconnect();
      themes.disconnect();
    });
  }

  /** @returns {function(): void} Takes the listener away. */
  on(name, listener) {
    return this.#events.on(name, listener);
  }

  destroy() {
    this.frames.stop();
    this.#ended.abort();
    this.#events.clear();
    this.picture?.destroy();
    this.root.remove();
  }

  #resized() {
    this.camera.setCanvas({ width: this.stage.clientWidth, height: this.stage.clientHeight });
    this.frames.request();
  }

  // -- what is shown -----------------------------------------------------------------------

  /** The planned values of the effects. */
  get planned() {
    return Object.fromEntries(this.head.effects.map(({ key, value }) => [key, value]));
  }

  /** Show the plan at these values (`{"procedure.effect": value}`); others count as 0. */
  setValues(values) {
    this.#values = { ...values };
    this.#reshape();
  }

  get values() {
    return { ...this.#values };
  }

  /** How much of the plan is shown: 0 is the head before, 1 the plan. */
  get share() {
    return this.#share;
  }

  setShare(share) {
    this.#share = Math.min(Math.max(share, 0), 1);
    this.#events.emit("share", { share: this.#share });
    this.#reshape();
  }

  /** Show the head before, as long as `on`. */
  holdBefore(on) {
    if (this.#held === on) return;
    this.#held = on;
    this.status.textContent = this.t(on ? "head.before_shown" : "head.after_shown");
    this.#reshape();
  }

  #reshape() {
    const { shape } = this;
    shape.set(this.#values, this.#held ? 0 : this.#share);
    if (shape.share > 0) {
      // That of the whole plan, whatever part of it is shown: the colours keep their meaning.
      const most = shape.heights.reduce((far, mm) => Math.max(far, Math.abs(mm)), 0);
      this.#heatEnd = heatLimit(most / shape.share);
    }
    this.#touch();
  }

  #touch() {
    if (!this.webgl) return;
    this.frames.touch();
    this.frames.request();
  }

  /** Colour the surface by how far it moves along its normal. */
  setHeat(on) {
    this.heat = on;
    this.#touch();
  }

  /** Show the profile before and after, laid over each other. */
  setProfile(shown) {
    this.profile.root.hidden = !shown;
    this.#touch();
  }

  get profileShown() {
    return !this.profile.root.hidden;
  }

  setLight(on) {
    this.light.setOn(on);
    this.#touch();
  }

  /** End of the scale of colours, mm; 0 while there are none. */
  get heatLimit() {
    return this.heat ? this.#heatEnd : 0;
  }

  // -- view --------------------------------------------------------------------------------

  /** Turn to one of `VIEWS`. */
  showView(name) {
    this.camera.go({ ...VIEWS[name], zoom: 1, x: 0, y: 0 }, performance.now());
    this.cameraMoved();
  }

  /** All of the head, from where it is seen. */
  fit() {
    this.camera.go({ zoom: 1, x: 0, y: 0 }, performance.now());
    this.cameraMoved();
  }

  zoom(factor) {
    this.camera.zoomBy(factor);
    this.cameraMoved();
  }

  cameraMoved() {
    this.#events.emit("view", this.camera.state);
    this.#touch();
  }

  // -- ruler and angle ---------------------------------------------------------------------

  /** Begin to measure (`"ruler"`, `"angle"`), or end it (null). */
  setMeasure(kind) {
    this.measures.show(kind, this.camera);
    this.#touch();
  }

  toggleMeasure(kind) {
    this.setMeasure(this.measures.kind === kind ? null : kind);
  }

  movePoint(number, place) {
    this.measures.move(number, place, this.camera);
    this.#touch();
  }

  shiftPoint(number, dx, dy) {
    this.measures.shift(number, dx, dy, this.camera);
    this.#touch();
  }

  // -- frames ------------------------------------------------------------------------------

  #frame(now) {
    if (this.camera.step(now)) this.cameraMoved();
    this.draw();
  }

  /** Draw, at once. */
  draw() {
    if (!this.webgl || this.picture.lost) return;
    const started = performance.now();
    const { camera, picture, measures, heatLimit: limit, light } = this;
    const { moving } = this.frames;
    camera.setCanvas({ width: this.stage.clientWidth, height: this.stage.clientHeight });
    const quick = moving && picture.software;
    if (quick) this.pace.note(started);
    // Two pixels to one of a coarse screen, so that edges are smooth.
    const smooth = Math.max(2 / (window.devicePixelRatio || 1), 1);
    const [pixels, fineness] = quick ? [this.pace.pixels, 1] : [RESTING_PIXELS, smooth];
    const pixelRatio = fitCanvas(this.canvas, this.stage, pixels, fineness);
    if (!moving || !this.#background) this.#background = backgroundOf(this.stage);
    const scene = { camera, limit, pixelRatio, moving };
    picture.draw({ ...scene, light: light.direction, background: this.#background });
    // A drawing of the stage's size costs time even when nothing is on it.
    this.drawing.style.display = measures.kind ? "" : "none";
    measures.update(camera, moving);
    this.#updateWords(limit);
    this.frameCount++;
    this.drawMs = performance.now() - started;
  }

  #updateWords(limit) {
    const { camera, light } = this;
    this.legend.update(limit, this.anyUnseen);
    this.profile.update(camera.yaw < 0);
    this.tag.hidden = this.shape.share !== 0;
    this.shareRow.update(this.#share);
    this.toolbar.update({
      camera,
      held: this.#held,
      heat: this.heat,
      profile: this.profileShown,
      light: light.on,
      measure: this.measures.kind,
    });
  }

  // -- pictures ----------------------------------------------------------------------------

  /** The picture as it is seen, with the word and what is measured in it: a PNG. */
  toBlob() {
    this.frames.moving = false;
    this.draw();
    const copy = document.createElement("canvas");
    copy.width = this.canvas.width;
    copy.height = this.canvas.height;
    const context = copy.getContext("2d");
    // At once: what WebGL drew is gone with the next frame.
    context.drawImage(this.canvas, 0, 0);
    const ratio = this.canvas.width / this.stage.clientWidth;
    context.scale(ratio, ratio);
    this.measures.paint(context, this.camera);
    return new Promise((done, fail) => {
      const take = (blob) => (blob ? done(blob) : fail(new Error("no picture")));
      copy.toBlob(take, "image/png");
    });
  }

  /** Let the browser save the picture. */
  async save() {
    const address = URL.createObjectURL(await this.toBlob());
    element("a", { href: address, download: FILE_NAME }).click();
    URL.revokeObjectURL(address);
  }
}
