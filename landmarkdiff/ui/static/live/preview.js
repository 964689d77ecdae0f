/**
 * The live preview: a plan fitted and drawn in the browser, with no call to the server.
 *
 * The server sends a binary model once per photo and set of effects
 * (`landmarkdiff/manipulation/live_model.py`): control points, their displacement per effect, and
 * the mask. `LiveModel` fits the same thin-plate spline as the server, `WebglPicture` draws the
 * photo through it, `CanvasPicture` shows pictures that the server made where there is no WebGL 2,
 * and `LivePreview` is the viewer around them.
 *
 * Photo coordinates are pixels of the upright full-size photo; the centre of the top-left pixel
 * is (0, 0), so the photo reaches from -0.5 to width - 0.5.
 */

import { Annotating } from "./annotating.js";
import { Brush } from "./brush.js";
import { Comparison } from "./comparison.js";
import { Display } from "./display.js";
import { element } from "./elements.js";
import { Events } from "./events.js";
import { Frames } from "./frames.js";
import { FullScreen } from "./full_screen.js";
import { Gestures } from "./gestures.js";
import { Keyboard } from "./keyboard.js";
import { Looking } from "./looking.js";
import { OpacitySlider } from "./opacity.js";
import { Overlay } from "./overlay.js";
import { sizeOf } from "./scene.js";
import { watchContext, watchSurroundings } from "./surroundings.js";
import { Toolbar } from "./toolbar.js";
import { Viewport } from "./viewport.js";
import { Warp } from "./warp.js";

/** Server renders that are asked for without WebGL 2 while the values move, ms between two. */
const RENDER_MS = 250;
/** Each viewer's help has a name of its own on the page. */
let viewers = 0;

/**
 * The viewer.
 *
 * Events (`on(name, listener)`), each with one object:
 * - `rest {values}`: the values have not changed for a moment; time for the server's result.
 * - `needrender {values, final}`: without WebGL 2, a server render is wanted for `setFallback`.
 * - `nudge {index, dx, dy}`: a landmark was moved, photo pixels.
 * - `annotate {annotations}`: what is drawn and measured over the photo from now on.
 * - `push {push}`: the skin was pushed by hand, as a plan keeps it.
 * - `mode {mode}`, `divider {position}`, `view {scale, x, y}`: what the user chose.
 * - `fold {factor}`: by how much the warp is made smaller so as not to fold; 1 if not at all.
 * - `error {error}`: a fit that has no solution; the last picture stays.
 * - `draw {}`: another frame is drawn: whatever is seen may have changed.
 * - `contextlost {}`, `contextrestored {}`.
 */
export class LivePreview {
  #events = new Events();
  #ended = new AbortController();
  #valuesMoved = false;
  #fallback = null;
  #lastRender = -Infinity;
  #drawMs = 0;

  /**
   * @param {HTMLElement} container A viewer is added to it.
   * @param {object} page
   * @param {function(string, object=): string} page.t The text of a key (`live.…`) in the page's
   *   language, its fields filled in.
   * @param {function(number, number): string} page.number A number with so many digits after the
   *   page's decimal sign.
   */
  constructor(container, { t, number }) {
    this.t = t;
    /** The photo that is shown, with `mmPerPx` and `relativeUncertainty`; null before the first. */
    this.photo = null;
    /** Of which its model was read; null before the first. @type {?ArrayBuffer} */
    this.buffer = null;
    this.comparison = new Comparison();
    this.warp = new Warp((name, detail) => this.#events.emit(name, detail));
    this.frames = new Frames({ draw: (now) => this.#frame(now), rest: () => this.#rest() });
    this.looking = new Looking(this);
    this.#build(container, number);
    this.view = new Viewport(this.stage, () => {
      const { scale, x, y } = this.view;
      this.#events.emit("view", { scale, x, y });
      this.frames.request();
    });
    const onPush = (push) => this.#events.emit("push", { push });
    this.brush = new Brush(this, { number, onPush });
    const onChange = (annotations) => this.#events.emit("annotate", { annotations });
    this.annotating = new Annotating(this, { number, onChange });
    this.setLabel("");
    this.#listen();
    this.frames.request();
  }

  #build(container, number) {
    const { t } = this;
    const help = `ld-live-help-${++viewers}`;
    this.stage = element("div", {
      class: "ld-live-stage",
      tabindex: "0",
      role: "group",
      "aria-label": t("live.viewer"),
      "aria-describedby": help,
    });
    this.display = new Display(this.stage, t("live.picture"));
    this.picture = this.display.picture;
    this.webgl = this.display.webgl;
    this.stage.append(this.display.canvas);
    this.status = element("p", { class: "ld-live-unseen", role: "status" });
    this.overlay = new Overlay(this.stage, {
      t,
      number,
      say: (text) => this.say(text),
      onNudge: (nudge) => this.#events.emit("nudge", nudge),
    });
    this.notice = element("p", { class: "ld-live-notice", role: "note" }, t("live.fallback"));
    this.opacity = new OpacitySlider(t, this);
    this.toolbar = new Toolbar(t, this);
    this.root = element(
      "div",
      { class: "ld-live" },
      this.stage,
      this.opacity.root,
      this.notice,
      element("p", { class: "ld-live-unseen", id: help }, t("live.instructions")),
      this.status,
      this.toolbar.root,
    );
    this.notice.hidden = this.webgl;
    this.root.classList.toggle("is-software", this.picture.software);
    container.append(this.root);
    this.screen = new FullScreen(this.root, () => this.#resized());
  }

  #listen() {
    const { signal } = this.#ended;
    this.gestures = new Gestures(this, signal);
    this.keyboard = new Keyboard(this, signal);
    watchSurroundings(this, { resized: () => this.#resized(), signal });
    watchContext(this, (name) => this.#events.emit(name, {}), signal);
  }

  /** @returns {function(): void} Takes the listener away. */
  on(name, listener) {
    return this.#events.on(name, listener);
  }

  destroy() {
    this.looking.blink.set(false);
    this.frames.stop();
    this.#ended.abort();
    this.#events.clear();
    this.picture.destroy();
    this.root.remove();
  }

  /** Say something to who does not see the picture. */
  say(text) {
    this.status.textContent = text;
  }

  // -- what is shown -----------------------------------------------------------------------

  /**
   * Show another photo; model, result, landmarks and zoom are dropped.
   * @param {ImageBitmap|HTMLImageElement|HTMLCanvasElement} image May be smaller than the photo;
   *   it is kept and has to stay open.
   * @param {{width: number, height: number, mmPerPx: number, relativeUncertainty: number}} facts
   *   Of the full photo.
   */
  setPhoto(image, { mmPerPx = null, relativeUncertainty = null, ...size } = {}) {
    const { width, height } = { ...sizeOf(image), ...size };
    this.photo = { image, width, height, mmPerPx, relativeUncertainty };
    this.warp.clear();
    this.buffer = null;
    this.#fallback = null;
    this.annotating.forget();
    this.overlay.landmarks.setPoints(null);
    this.brush.forget();
    this.looking.forget(this.photo);
    this.picture.setField(null, null);
    this.picture.setResult(null);
    this.picture.setPhoto(this.photo);
    this.stage.style.setProperty("--ld-live-aspect", `${width} / ${height}`);
    this.view.setPhoto(this.photo);
    this.frames.request();
  }

  /** Draw the same photo from a sharper picture of it; everything else stays. */
  refinePhoto(image) {
    this.photo.image = image;
    this.picture.setPhoto(this.photo);
    this.overlay.difference.setPhoto(this.photo);
    this.frames.request();
  }

  /** Measure with another scale from now on: the photo was calibrated, or another face chosen. */
  setScale({ mmPerPx, relativeUncertainty = null }) {
    Object.assign(this.photo, { mmPerPx, relativeUncertainty });
    this.frames.request();
  }

  /**
   * Take the server's model of the plan on this photo. What the whole of one that was there in part
   * adds to a picture at rest comes without a jump.
   * @param {ArrayBuffer} buffer
   * @returns {object} Its header.
   * @throws {ModelError} The last model stays.
   */
  setModel(buffer) {
    if (this.model?.header.whole === false && !this.frames.moving && !this.warp.isAt({})) {
      this.flush();
      this.display.goOver();
    }
    this.warp.setModel(buffer);
    this.buffer = buffer;
    this.#dropResult();
    this.frames.request();
    return this.model.header;
  }

  get model() {
    return this.warp.model;
  }

  /** Draw the plan at these values (`{"procedure.effect": value}`); others count as 0. */
  setValues(values) {
    if (!this.warp.setValues(values)) return;
    this.#dropResult();
    this.#valuesMoved = true;
    this.frames.touch();
    this.frames.request();
    if (!this.webgl && performance.now() - this.#lastRender >= RENDER_MS) this.#needRender(false);
  }

  get values() {
    return this.warp.values;
  }

  /** What the plan pushes by hand. @param {Push[]} pushes Millimetres in the face frame. */
  setPushes(pushes) {
    this.brush.keep(pushes);
    this.#dropResult();
  }

  /**
   * Show the server's full-resolution result until a value changes; null shows the warp again.
   * @param {?(ImageBitmap|HTMLImageElement|HTMLCanvasElement)} image
   * @param {Object<string, number>} [values] What it was made for: a late one is ignored.
   * @returns {boolean} Whether it is shown.
   */
  setResult(image, values) {
    if (image && values && !this.warp.isAt(values)) return false;
    this.picture.setResult(image ?? (this.webgl ? null : this.#fallback));
    this.frames.request();
    return Boolean(image);
  }

  /** Without WebGL 2: the server's picture of the plan; null takes it away. */
  setFallback(image) {
    this.#fallback = image;
    if (this.webgl) return;
    this.picture.setResult(image);
    this.frames.request();
  }

  #dropResult() {
    if (this.webgl) this.picture.setResult(null);
  }

  #needRender(final) {
    this.#lastRender = performance.now();
    this.#events.emit("needrender", { values: this.values, final });
  }

  /** The word drawn into the picture wherever the simulation shows; an empty one is not taken. */
  setLabel(text) {
    /** The word as it is drawn. */
    this.label = text || this.t("live.label");
    this.picture.setLabel(this.label);
    this.frames.request();
  }

  // -- before and simulation ---------------------------------------------------------------

  /** @param {"divider"|"side"|"blend"|"after"|"before"} mode */
  setMode(mode) {
    if (mode === this.mode) return;
    this.comparison.mode = mode;
    this.view.setSideBySide(mode === "side");
    this.looking.placeDivider();
    this.#events.emit("mode", { mode });
    this.frames.request();
  }

  get mode() {
    return this.comparison.mode;
  }

  /** Where the divider stands, 0 (all simulation) to 1 (all before). */
  get divider() {
    return this.comparison.divider;
  }

  setDivider(position) {
    this.looking.leaveDivider();
    const before = this.divider;
    this.comparison.divider = position;
    if (this.divider === before) return;
    this.#events.emit("divider", { position: this.divider });
    this.frames.request();
  }

  /** Show the photo before, as long as `on`. */
  holdBefore(on) {
    const { blink } = this.looking;
    if (on && blink.on) blink.set(false);
    // Letting go, or losing the focus, ends no turns.
    if (this.comparison.held === on || blink.on) return;
    this.comparison.held = on;
    this.say(on ? this.t("live.before_shown") : this.t("live.simulation_shown"));
    this.frames.request();
  }

  /** Whether there is a simulation to be shown. */
  get simulated() {
    return Boolean(this.photo && ((this.webgl && this.model) || this.picture.result));
  }

  /** What shows where; see `Comparison`. */
  layout(panes = this.view.panes()) {
    const { simulated } = this;
    return this.comparison.layout(panes, { simulated, landmarks: this.overlay.landmarks.on });
  }

  // -- view --------------------------------------------------------------------------------

  /** Frame a box of the photo. @param {{x, y, width, height}} box Pixels. */
  frameFace(box) {
    this.view.frameBox(box);
  }

  /** Zoom by a factor around the middle, as the buttons do; the loupe, where that is open. */
  zoom(factor) {
    if (this.overlay.loupe.on) this.looking.changeLoupe(factor > 1 ? 1 : -1);
    else this.glide(this.view.zoomed(factor, 0, 0, this.view.goal));
  }

  /** Back to the framed face, or the whole photo. */
  fit() {
    this.glide(this.view.home());
  }

  /** Go to a view in a few frames, or at once where motion is not wanted. */
  glide(view) {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.view.move(view);
    } else {
      this.view.glide(view, performance.now());
      this.frames.request();
    }
  }

  #resized() {
    this.view.resized();
    this.looking.placeDivider();
    this.frames.request();
  }

  /** Fill the screen, or leave it. */
  setFullScreen(on) {
    return this.screen.set(on);
  }

  get fullScreen() {
    return this.screen.on;
  }

  // -- landmarks ---------------------------------------------------------------------------

  /**
   * The landmarks of the photo, to be nudged.
   * @param {?(number[][]|Float32Array)} points (n, 2) photo pixels, nested or flat.
   * @param {?string[]} [names] Of a few points, shown beside them.
   * @param {number[][]} [line] A line that they lie on.
   */
  setLandmarks(points, names = null, line = []) {
    this.overlay.landmarks.setPoints(points, names, line);
    this.frames.request();
  }

  /** Landmarks shown and movable, over the photo before. */
  setLandmarkMode(on) {
    this.overlay.landmarks.on = on;
    this.frames.request();
  }

  // -- frames ------------------------------------------------------------------------------

  #rest() {
    if (this.warp.isStale(true) || this.picture.software) this.frames.request();
    if (!this.#valuesMoved) return;
    this.#valuesMoved = false;
    this.#events.emit("rest", { values: this.values });
    if (!this.webgl) this.#needRender(true);
  }

  #frame(now) {
    if (this.view.step(now)) {
      this.frames.touch();
      this.frames.request();
    }
    this.#fit(!this.frames.moving);
    this.#draw();
  }

  #fit(exact) {
    const field = this.webgl ? this.warp.fit(exact) : null;
    if (!field) return;
    const { mask, displacement, light, softening } = field;
    const { eyes, front } = this.model;
    this.overlay.difference.setField(field, front);
    this.picture.setField(mask, displacement, { eyes, front, light, softening });
  }

  /** Fit exactly and draw, at once. */
  flush() {
    this.#fit(true);
    this.#draw();
  }

  #draw() {
    const started = performance.now();
    const { view: viewport, display, overlay, mode, divider, photo, screen } = this;
    const panes = viewport.panes();
    const { froms, line } = this.layout(panes);
    const shown = { viewport, panes, froms, line, ...this.looking.scene(panes) };
    if (!display.draw({ ...shown, moving: this.frames.moving })) return;
    overlay.update({ ...shown, divider, photo });
    this.annotating.update(viewport, panes, photo);
    this.brush.update(viewport, panes.at(-1));
    this.opacity.update(this.comparison);
    const { held } = this.comparison;
    const { blink, colours } = this.looking;
    this.toolbar.update({
      mode,
      held,
      blinks: blink.on,
      colours,
      loupe: overlay.loupe.on,
      mirrored: viewport.mirrored,
      pen: this.annotating.pen,
      fullScreen: screen.on,
    });
    const tools = overlay.landmarks.on || overlay.loupe.on || this.brush.on || this.annotating.pen;
    const still = tools || !viewport.atHome;
    this.stage.style.touchAction = still ? "none" : "pan-y";
    this.#events.emit("draw", {});
    this.#drawMs = performance.now() - started;
  }

  /** The picture as it is seen, with the label in it: a PNG. */
  toBlob() {
    this.frames.moving = false;
    this.flush();
    return new Promise((done, fail) => {
      const take = (blob) => (blob ? done(blob) : fail(new Error("no picture")));
      this.display.canvas.toBlob(take, "image/png");
    });
  }

  /** Counts so far, times of the last frame (ms), and what the last frame was. */
  stats() {
    const { display, picture, warp, frames } = this;
    return {
      frames: display.frames,
      fits: warp.fits,
      fitMs: warp.fitMs,
      drawMs: this.#drawMs,
      software: picture.software,
      renderer: picture.renderer,
      foldFactor: warp.foldFactor,
      width: display.canvas.width,
      height: display.canvas.height,
      moving: frames.moving,
      pending: frames.pending,
      result: Boolean(picture.result),
    };
  }
}
