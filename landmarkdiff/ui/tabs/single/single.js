/** Tab 1: one photo, one plan, and the picture that follows the sliders. */

import { make, makeButton } from "../../dom.js";
import { emit, on } from "../../events.js";
import { TurnedHead } from "../../head/turned_head.js";
import { readHeader } from "../../live/model_file.js";
import { LivePreview } from "../../live/preview.js";
import { config, number, t } from "../../page.js";
import { PhotoInput, acceptDrops, acceptPastes, chooser, withinLimit } from "../../photo_input.js";
import { fetchBlob, picture } from "../../session.js";
import { Work } from "../../work.js";
import { Downloads } from "./downloads.js";
import { EffectPanel } from "./effects.js";
import { History } from "./history.js";
import { OptionsPanel } from "./options.js";
import { Painting, modeOf } from "./painting.js";
import { PatientView } from "./patient_view.js";
import { PlacePoints } from "./place_points.js";
import { PlanHead } from "./plan_head.js";

/** Rest after the last change before the server computes its picture, milliseconds. */
const REST = 160;
/** This tab says itself what the server is doing. */
const SILENT = { stage: () => {} };

class SingleTab {
  constructor(element) {
    this.root = element.querySelector(".ld-single");
    this.results = element.querySelector("[data-results]");
    this.steps = element.querySelector("[data-steps]");
    this.photo = null;
    this.header = null;
    this.draft = null;
    this.updated = Promise.resolve();
    this.checks = 0;
    this.history = new History({ ...config().settings });
    const notify = (sentence, wrong) => this.notify(sentence, wrong);
    this.work = new Work((stage) => this.working(stage), notify);
    this.downloads = new Downloads(element.querySelector("[data-downloads]"), notify);
    this.turned = new TurnedHead(element.querySelector("[data-head]"), {
      head: "single/head",
      file: "single/head_file",
      plan: () => this.planned(),
    });
    this.build();
    on("expired", () => this.notify(t("session.expired"), true));
    on("plan", (plan) => this.change({ ...this.settings, ...plan }, { structural: true }));
    acceptPastes(
      () => this.root.isConnected && this.root.offsetParent !== null,
      (files) => this.open(files),
    );
  }

  get settings() {
    return this.history.present;
  }

  /** What the head is to show; null before there is a photo. */
  planned() {
    if (!this.header) return null;
    const settings = structuredClone(this.settings);
    return { head: settings, file: { settings }, values: this.effects.values };
  }

  // -- what there is to see ------------------------------------------------------------------

  build() {
    const files = (chosen) => this.open(chosen);
    this.painting = new Painting(this);
    this.patient = new PatientView({
      move: (level, done) => this.setIntensity(level, done),
      toggled: (shown) => this.placeViewer(shown),
    });
    this.head = new PlanHead({
      choose: (procedures) =>
        this.change({ ...this.settings, procedures, effects: {}, intensity: {} }, { structural: true }),
      undo: () => this.travel(this.history.undo()),
      redo: () => this.travel(this.history.redo()),
      reset: () => {
        const { procedures } = this.settings;
        this.change({ ...config().settings, procedures }, { structural: true });
      },
    });
    this.effects = new EffectPanel((settings, how) => this.change(settings, how));
    this.options = new OptionsPanel(
      (changes, structural) => this.change({ ...this.settings, ...changes }, { structural }),
      {
        nudging: () => this.nudging === true,
        toggleNudge: () => this.toggleNudge(),
        save: () => this.downloads.fetch("consultation"),
        open: files,
      },
    );
    this.buildStage(files);
    const panel = make(
      "aside",
      { class: "ld-panel", "aria-label": t("single.plan") },
      this.head.element,
      this.head.summary,
      this.effects.element,
      this.options.element,
    );
    this.root.replaceChildren(this.stage, panel, this.painting.section, this.patient.element);
    document.addEventListener("keydown", (event) => {
      if (this.root.offsetParent !== null) this.key(event);
    });
    this.options.show(this.settings, null);
    this.show();
    requestIdleCallback(() => this.makePreview(), { timeout: 2000 });
  }

  buildStage(files) {
    this.placePoints = new PlacePoints(this.root, (file, points) => this.open([file], points));
    this.input = new PhotoInput(files, (sentence) => this.notify(sentence, true));
    this.viewer = make("div", { class: "ld-viewer", hidden: true });
    acceptDrops(this.viewer, files);
    this.status = make("p", { class: "ld-status", role: "status", "aria-live": "polite" });
    this.busy = make("div", { class: "ld-busy", hidden: true, "aria-hidden": "true" });
    this.cancel = makeButton(t("common.cancel"), () => this.stop(), { hidden: true });
    this.patientButton = makeButton(t("patient.view"), () => this.showPatient());
    this.faces = make("select", {
      class: "ld-select",
      hidden: true,
      "aria-label": t("photo.several_faces"),
      onchange: () => this.chooseFace(Number(this.faces.value)),
    });
    this.bar = make(
      "div",
      { class: "ld-bar", hidden: true },
      this.painting.button,
      this.patientButton,
      chooser(t("photo.replace"), files),
      this.faces,
    );
    this.under = make(
      "div",
      { class: "ld-under" },
      this.bar,
      make("div", { class: "ld-row ld-status-row" }, this.painting.line, this.status, this.cancel),
    );
    this.stage = make(
      "section",
      { class: "ld-stage", "aria-label": t("live.title") },
      this.busy,
      this.painting.preview,
      this.input.element,
      this.viewer,
      this.under,
    );
  }

  notify(sentence, wrong = false) {
    this.status.textContent = sentence;
    this.status.classList.toggle("ld-wrong", wrong);
  }

  /** Show work that is under way; null when there is none. */
  working(stage) {
    this.busy.hidden = this.cancel.hidden = stage === null;
    if (stage !== null) this.notify(stage.text);
    else this.root.dataset.state = "settled";
  }

  say(key) {
    this.working({ text: t(key) });
  }

  stop() {
    this.painting.waiting = false;
    this.work.stop();
  }

  show() {
    const { settings } = this;
    this.head.show(settings, this.history, this.photo !== null);
    this.effects.settings = settings;
    if (this.header) this.effects.show();
    this.options.show(settings, this.header?.scale ?? null);
    this.painting.show(settings);
    this.patient.show(settings);
    this.faces.value = settings.face;
  }

  // -- photos --------------------------------------------------------------------------------

  /**
   * Open a photo or a saved consultation; what is on the screen stays until it is read.
   * @param {File[]} files
   * @param {Object<string, number[]>} [profile_points] Of a profile that cannot be found.
   */
  async open([file], profile_points = {}) {
    if (!withinLimit(file, (sentence) => this.notify(sentence, true))) return;
    const saved = file.name?.endsWith(".landmarkdiff");
    this.begin();
    const image = await this.work.run(async (ask, signal) => {
      this.say("progress.reading");
      const question = saved ? {} : { name: file.name ?? "photo", profile_points };
      const kind = `single/${saved ? "consultation" : "photo"}`;
      const photo = await ask(kind, question, { file, ...SILENT }).catch((error) => {
        if (!saved) this.placePoints.offer(file, error);
        throw error;
      });
      this.say("progress.live");
      // A new photo is another face: what was corrected on the last one does not belong to it.
      const settings = saved ? photo.settings : { ...this.settings, ...config().of_photo, profile_points };
      const [shown] = await Promise.all([
        picture(photo.display, signal),
        this.fetchModel(ask, signal, settings),
      ]);
      this.photo = photo;
      if (saved) this.history.reset(settings);
      else this.history.push(settings);
      return shown;
    });
    if (!image) return;
    this.painting.forget();
    this.present(image);
    this.turned.forget();
    if (saved) this.notify(this.greeting());
    emit("photo", this.photo);
    this.update({ rest: 0 });
  }

  /** What to say of a consultation that was opened: its mode may not run here. */
  greeting() {
    const { asked_mode, settings } = this.photo;
    if (asked_mode === settings.mode) return t("consultation.opened");
    return t("paint.mode_refused", { mode: modeOf({ mode: asked_mode }).title });
  }

  /** Made while nothing else is to do, so that the first photo does not wait for the shaders. */
  makePreview() {
    if (this.preview) return;
    this.preview = new LivePreview(this.viewer, { t, number });
    this.preview.on("nudge", ({ index, dx, dy }) => this.nudge(index, dx, dy));
    this.preview.on("needrender", () => this.photo && this.update({ rest: 0 }));
  }

  present(image) {
    this.input.element.hidden = true;
    this.input.close();
    this.viewer.hidden = this.bar.hidden = false;
    this.root.classList.add("ld-has-photo");
    this.makePreview();
    const { scale } = this.header;
    this.preview.setPhoto(image, {
      width: this.photo.width,
      height: this.photo.height,
      mmPerPx: scale.mm_per_px,
      relativeUncertainty: scale.uncertainty,
    });
    this.showModel();
    this.frame();
    const count = this.photo.face_count;
    this.faces.hidden = count < 2;
    this.faces.replaceChildren(
      ...Array.from({ length: count }, (_, face) =>
        make("option", { value: face }, t("photo.face_number", { number: face + 1 })),
      ),
    );
    if (count > 1) this.notify(t("photo.several_faces"));
    this.show();
    this.preview.setValues(this.effects.values);
  }

  frame() {
    const [x, y, width, height] = this.header.box;
    this.preview.frameFace({ x, y, width, height });
  }

  chooseFace(face) {
    this.change({ ...this.settings, ...config().of_photo, face }, { structural: true });
  }

  async fetchModel(ask, signal, settings) {
    const { model } = await ask("single/model", settings, SILENT);
    const response = await fetchBlob(model, signal);
    this.buffer = await response.arrayBuffer();
    signal.throwIfAborted();
    this.header = readHeader(this.buffer);
    this.effects.setOutline(this.header.outline, settings);
  }

  showModel() {
    this.preview.setModel(this.buffer);
    const { landmarks, profile_points: named, profile_contour: line } = this.header;
    if (!named) this.preview.setLandmarks(landmarks);
    else this.preview.setLandmarks(named.map(({ x, y }) => [x, y]), named.map((p) => p.title), line);
  }

  // -- the plan ------------------------------------------------------------------------------

  /**
   * Every change goes through here: live while it lasts, kept and computed when it is done.
   * A structural one changes which effects there are, or where their control points lie.
   */
  change(settings, { done = true, structural = false } = {}) {
    this.draft = done ? null : settings;
    if (!done) {
      this.painting.outdate();
      this.showValues();
      this.patient.show(settings);
      return;
    }
    if (this.history.push(structuredClone(settings))) this.apply(structural);
    else this.show();
  }

  travel(settings) {
    if (settings) this.apply(true);
  }

  apply(structural) {
    this.painting.outdate();
    this.show();
    if (!this.photo) return;
    if (!structural) {
      this.effects.setOutline(this.header.outline, this.settings);
      this.showValues();
    }
    this.update({ structural });
  }

  /** Let everything that moves follow the sliders. */
  showValues() {
    this.preview?.setValues(this.effects.values);
    this.turned.setValues(this.effects.values);
  }

  begin() {
    this.root.dataset.state = "working";
  }

  /** Bring the server's picture and its checks up to the present settings. */
  update({ structural = false, rest = REST } = {}) {
    this.begin();
    this.updated = this.work.run(async (ask, signal) => {
      if (structural) await this.remodel(ask, signal);
      await pause(rest, signal);
      await this.draw(ask, signal);
      await this.check(ask);
    });
  }

  async remodel(ask, signal) {
    const face = this.header?.face;
    await this.fetchModel(ask, signal, this.settings);
    const { scale } = this.header;
    this.preview.setScale({ mmPerPx: scale.mm_per_px, relativeUncertainty: scale.uncertainty });
    this.showModel();
    if (this.header.face !== face) this.frame();
    this.show();
    this.preview.setValues(this.effects.values);
    this.turned.outdate();
  }

  async draw(ask, signal) {
    this.say("progress.generating");
    const warp = await ask("single/warp", this.draft ?? this.settings, SILENT);
    const image = await picture(warp.picture, signal);
    this.preview.setLabel(warp.label);
    if (this.preview.webgl) this.preview.setResult(image, warp.values);
    else this.preview.setFallback(image);
  }

  /** Let the server check its last picture against the plan. */
  async check(ask) {
    this.say("progress.checking");
    const answer = await ask("single/check", {}, SILENT);
    this.results.innerHTML = answer.results; // The server's templates escape every text in it.
    this.steps.innerHTML = answer.steps;
    this.notify(answer.sentence);
    this.checks += 1;
    this.root.dataset.checks = this.checks;
    if (answer.sharper && this.sharpness !== answer.sharper) this.refine(answer.sharper);
  }

  /** The first preview is drawn from a smaller picture; both sides are then equally sharp. */
  async refine(blob) {
    this.sharpness = blob;
    const { photo } = this;
    const image = await picture(blob).catch(() => null);
    if (image && photo === this.photo) this.preview.refinePhoto(image);
  }

  // -- painting ------------------------------------------------------------------------------

  /** Lay a painted picture over the warp that the browser draws. */
  lay(image, { label, values }) {
    this.preview.setLabel(label);
    this.preview.setResult(image, values);
  }

  uncover() {
    this.preview.setResult(null);
  }

  recheck() {
    this.begin();
    this.updated = this.work.run((ask) => this.check(ask));
  }

  // -- landmarks, patient view, keys ---------------------------------------------------------

  toggleNudge() {
    this.nudging = !this.nudging;
    this.preview?.setLandmarkMode(this.nudging);
    this.options.show(this.settings, this.header?.scale ?? null);
  }

  nudge(index, dx, dy) {
    const named = this.header.profile_points?.[index];
    if (named) {
      const place = [named.x + dx, named.y + dy];
      const profile_points = { ...this.settings.profile_points, [named.name]: place };
      this.change({ ...this.settings, profile_points }, { structural: true });
      return;
    }
    const [x, y] = this.settings.nudges[index] ?? [0, 0];
    const nudges = { ...this.settings.nudges, [index]: [x + dx, y + dy] };
    this.change({ ...this.settings, nudges }, { structural: true });
  }

  setIntensity(level, done) {
    const intensity = { ...this.settings.intensity };
    for (const name of this.settings.procedures) intensity[name] = level;
    const settings = { ...this.settings, intensity };
    this.effects.settings = settings;
    this.effects.show();
    this.change(settings, { done });
  }

  showPatient() {
    if (this.photo) this.patient.toggle(true);
  }

  placeViewer(shown) {
    if (shown) this.patient.stage.append(this.viewer);
    else this.stage.insertBefore(this.viewer, this.under);
    this.preview?.setMode(shown ? "side" : "divider");
    if (!shown) this.patientButton.focus();
  }

  key(event) {
    if (event.key === "Escape" && this.patient.shown) {
      this.patient.toggle(false);
      return;
    }
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    const typing = event.target.matches?.("input[type=number], input[type=text], textarea");
    if (key === "z" && !typing) {
      event.preventDefault();
      this.travel(event.shiftKey ? this.history.redo() : this.history.undo());
    } else if (key === "y") {
      event.preventDefault();
      this.travel(this.history.redo());
    }
  }
}

/** Resolve after so many milliseconds; reject once the signal is aborted. */
function pause(time, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, time);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

let tab = null;

export function mount(element) {
  const root = element.querySelector(".ld-single");
  if (root && !root.hasChildNodes()) tab = new SingleTab(element);
  return tab;
}
