/** Tab 1: one photo, one plan, and the picture that follows the sliders. */

import { fill, make, makeButton } from "../../dom.js";
import { emit, on } from "../../events.js";
import { TurnedHead } from "../../head/turned_head.js";
import { readHeader } from "../../live/model_file.js";
import { LivePreview } from "../../live/preview.js";
import { config, number, t } from "../../page.js";
import { PhotoInput, acceptDrops, acceptPastes, chooser, withinLimit } from "../../photo_input.js";
import { bodyOf, fetchBlob, may, named, picture } from "../../session.js";
import { Work, pause } from "../../work.js";
import { BrushPanel } from "./brush.js";
import { Consultations } from "./consultations.js";
import { Downloads } from "./downloads.js";
import { DrawingsPanel } from "./drawings.js";
import { EffectPanel } from "./effects.js";
import { FaceChoice } from "./faces.js";
import { Handout } from "./handout.js";
import { GoalChips } from "./goals.js";
import { History } from "../../history.js";
import { keepWithin } from "./kept_within.js";
import { listenToKeys } from "./keys.js";
import { Nudging } from "./nudges.js";
import { SILENT, firstSteps, greet, openOn } from "./opening.js";
import { OptionsPanel } from "./options.js";
import { OutcomePanel } from "./outcome.js";
import { OwnPresets } from "./own_presets.js";
import { Painting } from "./painting.js";
import { PatientView } from "./patient_view.js";
import { PlacePoints } from "../../place_points.js";
import { SecondScreen } from "./second_screen.js";
import { StepsPanel } from "./steps.js";
import { PlanHead } from "./plan_head.js";
import { Resuming } from "./resuming.js";
import { shortcuts } from "./shortcuts.js";
import { scaledSettings, usualShare } from "./plan_share.js";
import { Standing } from "./standing.js";
import { planValues, untouched } from "./values.js";

/** Rest after the last change before the server computes its picture, milliseconds. */
const REST = 160;

class SingleTab {
  constructor(element) {
    this.root = element.querySelector(".ld-single");
    this.results = element.querySelector("[data-results]");
    this.steps = element.querySelector("[data-steps]");
    this.photo = null;
    this.header = null;
    this.draft = null;
    /** While a photo is on its way: a promise of its end. */
    this.opening = null;
    this.updated = Promise.resolve();
    this.checks = 0;
    /** What had to be moved to stay within its bounds, said once its picture is there. */
    this.moved = "";
    this.history = new History({ ...config().settings });
    const notify = (sentence, wrong) => this.notify(sentence, wrong);
    this.work = new Work((stage) => this.working(stage), notify);
    this.standing = new Standing(this);
    const upToDate = () => this.standing.upToDate();
    this.downloads = new Downloads(element.querySelector("[data-downloads]"), notify, upToDate);
    this.turned = new TurnedHead(element.querySelector("[data-head]"), {
      head: "single/head",
      file: "single/head_file",
      plan: () => this.planned(),
    });
    this.build();
    this.outcome = new OutcomePanel(this, element.querySelector("[data-outcome]"));
    on("plan", (plan) => this.change({ ...this.settings, ...plan }, { structural: true }));
    const seen = () => this.root.isConnected && this.root.offsetParent !== null;
    acceptPastes(seen, (files) => this.open(files));
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
      move: (share, done) => this.showShare(share, done),
      usual: () => (this.header ? usualShare(this.header.outline, this.plan) : null),
      toggled: (shown) => this.placeViewer(shown),
    });
    const anew = (base, names) => this.change({ ...base, ...untouched(names) }, { structural: true });
    this.head = new PlanHead({
      choose: (names) => anew(this.settings, names),
      undo: () => this.travel(this.history.undo()),
      redo: () => this.travel(this.history.redo()),
      reset: () => anew(config().settings, this.settings.procedures),
    });
    // The panel does not hear of drawings.
    const drawn = () => ({ annotations: this.settings.annotations });
    this.effects = new EffectPanel(
      (settings, how) => this.change({ ...settings, ...drawn() }, how),
      () => this.change(this.settings),
    );
    this.consultations = new Consultations(this);
    this.goals = new GoalChips(this);
    this.nudging = new Nudging(this);
    this.own = new OwnPresets(this);
    this.options = new OptionsPanel(
      (changes, structural) => this.change({ ...this.settings, ...changes }, { structural }),
      {
        nudging: this.nudging,
        consultations: this.consultations.element,
      },
    );
    this.drawings = new DrawingsPanel(this);
    this.brush = new BrushPanel({
      preview: () => this.preview,
      settings: () => this.settings,
      change: (manual) => this.change({ ...this.settings, manual }),
      fetch: () => this.photo && this.update({ structural: true }),
    });
    this.buildStage(files);
    const panel = make(
      "aside",
      { class: "ld-panel", "aria-label": t("single.plan"), "data-needs": "edit" },
      this.head.element,
      this.head.summary,
      this.goals.element,
      shortcuts(this, ["picture", "handout"]),
      this.own.element,
      this.effects.element,
      this.brush.element,
      this.drawings.element,
      this.options.element,
    );
    this.root.replaceChildren(
      shortcuts(this, ["picture", "plan", "handout"]),
      this.consultations.lock,
      this.stage,
      panel,
      this.painting.section,
      this.patient.element,
    );
    listenToKeys(this);
    this.plans = new StepsPanel(this);
    this.resuming = new Resuming(this);
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
    this.told = make("p", { class: "ld-told", role: "status", "aria-live": "polite" });
    this.busy = make("div", { class: "ld-busy", hidden: true, "aria-hidden": "true" });
    this.cancel = makeButton(t("common.cancel"), () => this.stop(), { hidden: true });
    this.patientButton = makeButton(t("patient.view"), () => this.showPatient());
    this.handout = new Handout(this);
    this.second = new SecondScreen(this);
    this.faces = new FaceChoice((face) => this.chooseFace(face));
    this.bar = make(
      "div",
      { class: "ld-bar", hidden: true },
      this.painting.button,
      this.patientButton,
      this.handout.buttons,
      this.second.button,
      chooser(t("photo.replace"), files),
    );
    const row = { class: "ld-row ld-status-row" };
    const line = make("div", row, this.painting.line, this.status, this.cancel);
    this.under = make("div", { class: "ld-under" }, this.bar, this.faces.element, line);
    const over = [this.busy, this.painting.preview];
    this.picture = make("div", { class: "ld-picture" }, ...over, this.viewer, this.told);
    this.stage = make(
      "section",
      { class: "ld-stage", "aria-label": t("live.title") },
      this.input.element,
      this.picture,
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
    const shown = this.draft ?? settings;
    this.effects.settings = shown;
    this.brush.show(shown, this.header?.profile_points);
    this.drawings.show();
    if (this.header) this.effects.show();
    this.goals.show();
    this.own.show(settings);
    this.options.show(settings, this.header?.scale ?? null);
    this.painting.show(settings);
    if (!this.draft) this.patient.show(settings); // Else the share stays that is shown.
    this.plans.show();
    this.faces.show(settings.face);
    emit("settings", settings);
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
    const shown = saved
      ? await openOn(this, "consultation", {}, {
          file,
          failed: (error) => this.consultations.offer(error, { file, steps: null }),
          ready: () => this.opened(file, this.photo.history.kept),
        })
      : await openOn(this, "photo", { name: file.name ?? "photo", profile_points }, {
          file,
          steps: (photo) => firstSteps(this, photo, profile_points),
          failed: (error) => this.placePoints.offer(file, error),
          ready: () => this.opened(file, null),
          another: may("edit"),
        });
    if (!shown) this.resuming.giveBack();
    else if (saved) greet(this);
  }

  /** A photo is the tab's: plans of another face do not belong to it. */
  opened(file, kept) {
    this.plans.keepOnly(kept);
    this.resuming.opened(file);
  }

  /** Made while nothing else is to do, so that the first photo does not wait for the shaders. */
  makePreview() {
    if (this.preview) return;
    this.preview = new LivePreview(this.viewer, { t, number });
    this.preview.on("nudge", (move) => this.nudging.take(move));
    this.preview.on("push", ({ push }) => {
      this.change({ ...this.settings, manual: [...this.settings.manual, push] });
    });
    this.preview.on("annotate", ({ annotations }) => this.drawings.change(annotations));
    this.preview.on("needrender", () => this.photo && this.update({ rest: 0 }));
  }

  present(image, { buffer, header }) {
    this.resuming.astray = this.structural = false;
    this.draft = null;
    this.header = header;
    this.moved = keepWithin(this);
    this.input.element.hidden = true;
    this.input.close();
    this.viewer.hidden = this.bar.hidden = false;
    this.root.classList.add("ld-has-photo");
    this.makePreview();
    const { scale } = header;
    this.preview.setPhoto(image, {
      width: this.photo.width,
      height: this.photo.height,
      mmPerPx: scale.mm_per_px,
      relativeUncertainty: scale.uncertainty,
    });
    this.showModel(buffer);
    this.frame();
    this.faces.setPhoto(image, this.photo);
    this.show();
    this.preview.setValues(this.effects.values);
  }

  frame({ again = false } = {}) {
    this.framed = String(this.settings.procedures);
    this.preview.looking.openOn(this.header.boxes, { again });
  }

  chooseFace(face) {
    this.plans.keepOnly(null);
    this.change({ ...this.settings, ...config().of_photo, face }, { structural: true });
  }

  /** `kind` "geometry" lacks what a new photo takes longest for. */
  async fetchModel(ask, signal, settings, kind = "model") {
    const { model } = await ask(`single/${kind}`, settings, SILENT);
    const response = await fetchBlob(model, signal);
    const buffer = named(await bodyOf(response, "arrayBuffer"), model);
    signal.throwIfAborted();
    await this.brush.fetch(ask, signal, settings, SILENT);
    return { buffer, header: readHeader(buffer) };
  }

  showModel(buffer) {
    const shown = this.draft ?? this.settings;
    this.effects.setOutline(this.header.outline, shown);
    this.preview.setModel(buffer);
    this.brush.present(shown);
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
    const shown = this.draft !== null;
    this.draft = done ? null : settings;
    if (!done) {
      this.painting.outdate();
      this.showValues();
      return;
    }
    // What was shown meanwhile and came to nothing goes from the picture too.
    if (this.history.push(structuredClone(settings)) || shown) this.apply(structural);
    else this.show();
  }

  travel(settings) {
    if (!settings) return;
    if (this.drawings.alone && !this.draft) this.show();
    else this.apply(true);
  }

  apply(structural) {
    this.draft = null;
    // Where the ranges of another model end is not known before that is there.
    const known = this.header && !structural && !this.structural;
    this.moved = known ? keepWithin(this) : "";
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
    this.told.textContent = ""; // It was true of the picture before.
    this.goals.show();
    this.preview?.setValues(this.effects.values);
    this.turned.setValues(this.effects.values);
  }

  begin() {
    this.told.textContent = "";
    this.root.dataset.state = "working";
  }

  /** Bring the server's picture and its checks up to the present settings. */
  update({ structural = false, rest = REST } = {}) {
    // One that is given up for the next is made up for by it.
    this.structural ||= structural;
    // The server may hold the other photo already, which then takes the plan along.
    if (this.opening) return this.opening.then(() => this.updated);
    this.begin();
    this.updated = this.work.run(async (ask, signal) => {
      if (this.structural) await this.remodel(ask, signal);
      await pause(rest, signal);
      await this.draw(ask, signal);
      await this.check(ask);
      return true;
    });
    return this.standing.follow(this.updated);
  }

  async remodel(ask, signal) {
    this.say("progress.live");
    const face = this.header?.face;
    const { buffer, header } = await this.fetchModel(ask, signal, this.settings);
    this.header = header;
    this.moved = keepWithin(this) || this.moved;
    const { mm_per_px: mmPerPx, uncertainty: relativeUncertainty } = header.scale;
    this.preview.setScale({ mmPerPx, relativeUncertainty });
    this.showModel(buffer);
    if (this.header.face !== face) this.frame();
    else if (this.framed !== String(this.settings.procedures)) this.frame({ again: true });
    this.show();
    this.preview.setValues(this.effects.values);
    this.structural = false;
    this.turned.outdate();
  }

  async draw(ask, signal) {
    this.say("progress.generating");
    this.drawn = this.draft ?? this.settings;
    const warp = await ask("single/warp", this.drawn, SILENT);
    const image = await picture(warp.picture, signal);
    this.preview.setLabel(warp.label);
    if (this.preview.webgl) this.preview.setResult(image, warp.values);
    else this.preview.setFallback(image);
  }

  /** Let the server check its last picture against the plan. */
  async check(ask) {
    this.say("progress.checking");
    const answer = await ask("single/check", {}, SILENT);
    fill(this.results, answer.results);
    fill(this.steps, answer.steps);
    const stands = this.drawn === (this.draft ?? this.settings);
    this.told.textContent = stands ? answer.sentence : ""; // A slider has moved on meanwhile.
    this.notify(answer.refusal || this.moved);
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

  // -- patient view --------------------------------------------------------------------------

  /** {key: value} of the plan as it is, whatever share of it is shown. */
  get plan() {
    return planValues(this.header.outline, this.settings);
  }

  /** Show a share of the plan, 0 to 1; the plan itself stays. */
  showShare(share, done) {
    const { settings } = this;
    this.draft = share === 1 ? null : scaledSettings(settings, this.plan, share);
    this.effects.settings = this.draft ?? settings;
    this.effects.show();
    this.preview.setPushes((this.draft ?? settings).manual);
    this.painting.outdate();
    this.showValues();
    if (done) this.update();
  }

  showPatient() {
    if (this.photo) this.patient.toggle(true);
  }

  placeViewer(shown) {
    if (!shown && this.draft) this.showShare(1, true);
    // What the patient is shown changes nothing of the plan.
    if (shown && this.brush.on) this.brush.set(false);
    if (shown && this.nudging.on) this.nudging.toggle();
    if (!shown && this.preview?.view.mirrored) this.preview.looking.setMirrored(false);
    if (shown) this.patient.stage.append(this.viewer);
    else this.told.before(this.viewer);
    // On a phone two faces beside each other would be tiny.
    const beside = shown && !matchMedia("(max-width: 600px)").matches;
    this.preview?.setMode(beside ? "side" : "divider");
    if (!shown) this.patientButton.focus();
  }
}

let tab = null;

export function mount(element) {
  const root = element.querySelector(".ld-single");
  if (root && !root.hasChildNodes()) tab = new SingleTab(element);
  return tab;
}
