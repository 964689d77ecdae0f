/** Tab 1: one photo, one plan, and the picture that follows the sliders. */

import { emit, make, number, on, page, start, t } from "../../bus.js";
import { readHeader } from "../../live/model_file.js";
import { LivePreview } from "../../live/preview.js";
import { EffectPanel } from "./effects.js";
import { acceptDrops, acceptPastes, chooser, intake } from "../../photo_input.js";
import { OptionsPanel } from "./options.js";
import { Painting, modeOf } from "./painting.js";
import { picture, save, send, sendJson } from "../../session.js";
import { DEFAULT_INTENSITY, History } from "./values.js";

/** Rest after the last change before the server computes its picture, milliseconds. */
const REST = 160;
/** How long an answer may take, milliseconds: a 64-megapixel photo on a busy machine needs seconds. */
const PATIENCE = 60_000;

class Studio {
  constructor(root) {
    this.root = root;
    this.photo = null;
    this.header = null;
    this.asked = 0;
    this.modelRun = 0;
    // One question to the server at a time; what changes meanwhile is asked when it is answered.
    this.flying = false;
    this.wanted = null;
    // Whether something was changed that the server has not drawn and checked yet.
    this.pending = false;
    this.history = new History({ ...page().settings });
    this.build();
    on("reply", (reply) => this.reply(reply));
    on("expired", () => this.notify(t("session.expired"), true));
    on("use-settings", (settings) => this.adopt(settings));
    acceptPastes(() => this.root.isConnected && this.root.offsetParent !== null, (files) => this.open(files));
  }

  get settings() {
    return this.history.present;
  }

  build() {
    const files = (chosen) => this.open(chosen);
    this.intake = intake({ onFiles: files, notify: (sentence) => this.notify(sentence, true) });
    this.viewer = make("div", { class: "ld-viewer", hidden: true });
    acceptDrops(this.viewer, files);
    this.status = make("p", { class: "ld-status", role: "status", "aria-live": "polite" });
    this.busy = make("div", { class: "ld-busy", hidden: true, "aria-hidden": "true" });
    this.cancel = make(
      "button",
      { type: "button", class: "ld-button", hidden: true, onclick: () => this.stop() },
      t("common.cancel"),
    );
    this.patientButton = make(
      "button",
      { type: "button", class: "ld-button", onclick: () => this.patientView(true) },
      t("patient.view"),
    );
    this.painting = new Painting({
      settings: () => this.settings,
      hasPhoto: () => this.photo !== null,
      idle: () => this.idle(),
      working: (sentence) => this.working(sentence, true),
      notify: (sentence, wrong) => this.notify(sentence, wrong),
      lay: (image, painted) => this.lay(image, painted),
      uncover: () => this.preview.setResult(null),
      check: () => this.check(),
    });
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
      this.intake.element,
      this.viewer,
      this.under,
    );
    this.procedure = make(
      "select",
      {
        class: "ld-select",
        "aria-label": t("single.procedure"),
        onchange: () => this.choose(this.procedure.value.split("+")),
      },
      ...Object.entries(page().procedures).map(([name, { title }]) =>
        make("option", { value: name }, title),
      ),
    );
    this.summary = make("p", { class: "ld-hint ld-small" });
    const step = (label, sign, run) =>
      make(
        "button",
        { type: "button", class: "ld-icon", "aria-label": label, title: label, onclick: run },
        sign,
      );
    this.undoButton = step(t("single.undo"), "↶", () => this.travel(this.history.undo()));
    this.redoButton = step(t("single.redo"), "↷", () => this.travel(this.history.redo()));
    this.resetButton = step(t("single.reset"), "⟲", () => this.clear());
    this.effects = new EffectPanel((settings, how) => this.changed(settings, how));
    this.options = new OptionsPanel(
      (changes, structural) =>
        this.changed({ ...this.settings, ...changes }, { done: true, structural, redraw: true }),
      {
        nudging: () => this.nudging === true,
        toggleNudge: () => this.toggleNudge(),
        open: files,
      },
    );
    this.panel = make(
      "aside",
      { class: "ld-panel", "aria-label": t("single.plan") },
      make(
        "div",
        { class: "ld-panel-head" },
        make("label", { class: "ld-line" }, make("span", {}, t("single.procedure")), this.procedure),
        make("span", { class: "ld-steps" }, this.undoButton, this.redoButton, this.resetButton),
      ),
      this.summary,
      this.effects.element,
      this.options.element,
    );
    this.patient = this.buildPatient();
    this.root.replaceChildren(this.stage, this.panel, this.painting.section, this.patient);
    document.addEventListener("keydown", (event) => {
      if (this.root.offsetParent !== null) this.key(event);
    });
    this.options.show(this.settings, null);
    this.show();
    requestIdleCallback(() => this.makePreview(), { timeout: 2000 });
  }

  buildPatient() {
    this.patientSlider = make("input", {
      type: "range",
      class: "ld-slider ld-intensity",
      min: "0",
      max: "100",
      "aria-label": t("patient.slider"),
      oninput: () => this.slidePatient(false),
      onchange: () => this.slidePatient(true),
    });
    this.patientStage = make("div", { class: "ld-patient-stage" });
    const statements = page().statements.map((sentence) => make("p", {}, sentence));
    return make(
      "div",
      {
        class: "ld-patient",
        hidden: true,
        role: "dialog",
        "aria-modal": "true",
        "aria-label": t("patient.view"),
      },
      make(
        "div",
        { class: "ld-patient-head" },
        make("h2", {}, t("patient.headline")),
        make(
          "button",
          { type: "button", class: "ld-button", onclick: () => this.patientView(false) },
          t("patient.leave"),
        ),
      ),
      this.patientStage,
      make(
        "div",
        { class: "ld-patient-slider" },
        make("span", {}, t("patient.less")),
        this.patientSlider,
        make("span", {}, t("patient.more")),
      ),
      make("div", { class: "ld-statement" }, ...statements),
    );
  }

  notify(sentence, wrong = false) {
    this.status.textContent = sentence;
    this.status.classList.toggle("ld-wrong", wrong);
  }

  working(sentence, cancellable = false) {
    this.busy.hidden = sentence === null;
    this.cancel.hidden = !(sentence !== null && cancellable);
    if (sentence !== null) this.notify(sentence);
  }

  stop() {
    this.asked += 1;
    this.settled();
    this.wanted = null;
    this.upload?.abort();
    if (!this.painting.stop(t("progress.cancelled"))) send("cancel").catch(() => {});
    this.working(null);
    this.notify(t("progress.cancelled"));
  }

  /** Open a photo or a saved consultation; what is on the screen stays until it is read. */
  async open(files) {
    const [file] = files;
    if (file.size > page().megabytes * 2 ** 20) {
      this.notify(t("session.too_large", { megabytes: page().megabytes }), true);
      return;
    }
    this.upload?.abort();
    this.upload = new AbortController();
    const { signal } = this.upload;
    const saved = file.name?.endsWith(".landmarkdiff");
    this.working(t("progress.reading"), true);
    try {
      const headers = { "X-Name": encodeURIComponent(file.name ?? "photo") };
      const response = await send(saved ? "consultation" : "photo", file, { signal, headers });
      const photo = await response.json();
      this.working(t("progress.live"), true);
      // A new photo is another face: what was corrected on the last one does not belong to it.
      const kept = saved ? photo.settings : { ...this.settings, ...page().fresh };
      const [image] = await Promise.all([picture(photo.display, signal), this.model(kept, signal)]);
      this.photo = photo;
      this.painting.forget();
      if (saved) this.history.reset(kept);
      else this.history.push(kept);
      this.present(image);
      if (saved) this.notify(this.greeting(photo));
      emit("photo", photo);
      await this.refresh();
    } catch (error) {
      this.working(null);
      if (error.name !== "AbortError") this.notify(error.message, true);
    }
  }

  /** What to say of a consultation that was opened: its mode may not run here. */
  greeting({ asked_mode, settings }) {
    if (asked_mode === settings.mode) return t("consultation.opened");
    return t("paint.mode_refused", { mode: modeOf({ mode: asked_mode }).title });
  }

  /** Made while nothing else is to do, so that the first photo does not wait for the shaders. */
  makePreview() {
    if (this.preview) return;
    this.preview = new LivePreview(this.viewer, { t, number });
    this.preview.on("nudge", ({ index, dx, dy }) => this.nudge(index, dx, dy));
    this.preview.on("needrender", () => this.refresh());
  }

  present(image) {
    this.intake.element.hidden = true;
    this.intake.close();
    this.viewer.hidden = false;
    this.bar.hidden = false;
    this.root.classList.add("ld-has-photo");
    this.makePreview();
    const { scale } = this.header;
    this.preview.setPhoto(image, {
      width: this.photo.width,
      height: this.photo.height,
      mmPerPx: scale.mm_per_px,
      relativeUncertainty: scale.uncertainty,
    });
    this.preview.setModel(this.buffer);
    this.preview.setLandmarks(this.header.landmarks);
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
    const changes = { ...page().fresh, face };
    this.changed({ ...this.settings, ...changes }, { done: true, structural: true });
  }

  /** Fetch the live model of settings; only the latest request counts. */
  async model(settings, signal) {
    this.modelRun += 1;
    const run = this.modelRun;
    const response = await sendJson("live", settings, { signal });
    const buffer = await response.arrayBuffer();
    if (run !== this.modelRun) return false;
    this.buffer = buffer;
    this.header = readHeader(buffer);
    this.effects.setOutline(this.header.outline, settings);
    return true;
  }

  show() {
    const { settings } = this;
    this.showProcedures(settings.procedures);
    this.summary.textContent = settings.procedures
      .map((name) => page().procedures[name]?.summary)
      .join(" ");
    this.effects.settings = settings;
    if (this.header) this.effects.show();
    this.options.show(settings, this.header?.scale ?? null);
    this.painting.show(settings);
    this.undoButton.disabled = !this.history.past.length;
    this.redoButton.disabled = !this.history.future.length;
    this.resetButton.disabled = !this.photo;
    this.patientSlider.value = settings.intensity[settings.procedures[0]] ?? DEFAULT_INTENSITY;
    this.faces.value = settings.face;
  }

  /** The list holds single procedures; a combined plan gets an entry of its own while it lasts. */
  showProcedures(names) {
    this.procedure.querySelector("[data-combined]")?.remove();
    if (names.length === 1) {
      [this.procedure.value] = names;
      return;
    }
    const title = names.map((name) => page().procedures[name]?.title ?? name).join(" + ");
    const combined = make("option", { value: names.join("+"), "data-combined": true }, title);
    this.procedure.append(combined);
    this.procedure.value = combined.value;
  }

  choose(procedures) {
    this.changed(
      { ...this.settings, procedures, effects: {}, intensity: {} },
      { done: true, structural: true },
    );
  }

  /** Take over a plan that another tab has put together. */
  adopt(settings) {
    this.changed({ ...this.settings, ...settings }, { done: true, structural: true });
  }

  clear() {
    this.changed(
      { ...page().settings, procedures: this.settings.procedures },
      { done: true, structural: true },
    );
  }

  travel(settings) {
    if (!settings) return;
    this.painting.outdate();
    this.apply(true);
  }

  /** Every change goes through here: live while it lasts, kept and computed when it is done. */
  changed(settings, { done, structural = false }) {
    this.draft = done ? null : settings;
    if (!done) {
      this.painting.outdate();
      this.preview?.setValues(this.effects.values);
      this.patientSlider.value = settings.intensity[settings.procedures[0]] ?? DEFAULT_INTENSITY;
      return;
    }
    if (this.history.push(structuredClone(settings))) {
      this.painting.outdate();
      this.apply(structural);
    } else this.show();
  }

  async apply(structural) {
    this.show();
    if (!this.photo) return;
    this.pending = true;
    try {
      if (structural) {
        const before = this.header;
        if (!(await this.model(this.settings))) return;
        const { scale, face } = this.header;
        this.preview.setScale({ mmPerPx: scale.mm_per_px, relativeUncertainty: scale.uncertainty });
        this.preview.setModel(this.buffer);
        this.preview.setLandmarks(this.header.landmarks);
        if (face !== before?.face) this.frame();
        this.show();
      } else {
        this.effects.setOutline(this.header.outline, this.settings);
      }
      this.preview.setValues(this.effects.values);
      this.later();
    } catch (error) {
      this.settled();
      this.notify(error.message, true);
    }
  }

  /** Nothing is left to be drawn or checked. */
  settled() {
    this.pending = false;
    emit("settled");
  }

  /** Resolves once the server has drawn and checked the warp of the present settings. */
  async idle() {
    if (!this.pending) return;
    await new Promise((resolve) => {
      const off = on("settled", () => {
        off();
        resolve();
      });
    });
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), REST);
  }

  /** Let the server compute its picture with all checks. */
  async refresh() {
    if (!this.photo) return;
    this.pending = true;
    this.asked += 1;
    this.working(t("progress.generating"), true);
    const settings = this.draft ?? this.settings;
    this.ask({ kind: "refresh", number: this.asked, settings });
  }

  ask(question) {
    if (this.flying) {
      this.wanted = question;
      return;
    }
    this.flying = true;
    clearTimeout(this.patience);
    this.patience = setTimeout(() => this.unanswered(), PATIENCE);
    emit("ask", question);
  }

  /** The server fell silent: say so, and let the next change ask again. */
  unanswered() {
    this.flying = false;
    this.wanted = null;
    this.settled();
    this.working(null);
    this.notify(t("app.offline"), true);
  }

  async reply(reply) {
    if (reply.kind === "download") {
      if (reply.error) this.notify(reply.error, true);
      else {
        await save(reply.blob, reply.filename);
        this.notify(t("download.ready", { file: reply.filename }));
      }
      return;
    }
    this.flying = false;
    clearTimeout(this.patience);
    if (this.wanted) {
      const question = this.wanted;
      this.wanted = null;
      this.ask(question);
    }
    if (reply.number !== this.asked) return;
    this.working(null);
    if (reply.error) {
      this.notify(reply.error, true);
      this.settled();
      return;
    }
    if (reply.kind === "check") {
      this.notify(reply.sentence);
      this.root.dataset.done = reply.number;
      this.settled();
      if (reply.sharper && this.sharpness !== reply.sharper) this.refine(reply.sharper);
      return;
    }
    try {
      const image = await picture(reply.picture);
      if (reply.number !== this.asked) return;
      this.preview.setLabel(reply.label);
      if (this.preview.webgl) this.preview.setResult(image, reply.values);
      else this.preview.setFallback(image);
      this.root.dataset.drawn = reply.number;
      this.check(reply.number);
    } catch (error) {
      // A newer picture has taken its place on the server; its own answer is on the way.
      if (error.status !== 404) this.notify(error.message, true);
    }
  }

  /** Let the server check its last picture against the plan. */
  check(number = (this.asked += 1)) {
    this.pending = true;
    this.working(t("progress.checking"), true);
    this.ask({ kind: "check", number });
  }

  /** Lay a painted picture over the warp that the browser draws. */
  lay(image, { label, values }) {
    this.preview.setLabel(label);
    return this.preview.setResult(image, values);
  }

  /** The first preview is drawn from a smaller picture; both sides are then equally sharp. */
  async refine(blob) {
    this.sharpness = blob;
    const { photo } = this;
    const image = await picture(blob).catch(() => null);
    if (image && photo === this.photo) this.preview.refinePhoto(image);
  }

  toggleNudge() {
    this.nudging = !this.nudging;
    this.preview?.setLandmarkMode(this.nudging);
    this.options.show(this.settings, this.header?.scale ?? null);
  }

  nudge(index, dx, dy) {
    const [x, y] = this.settings.nudges[index] ?? [0, 0];
    const nudges = { ...this.settings.nudges, [index]: [x + dx, y + dy] };
    this.changed({ ...this.settings, nudges }, { done: true, structural: true });
  }

  slidePatient(done) {
    const level = this.patientSlider.valueAsNumber;
    const intensity = { ...this.settings.intensity };
    for (const name of this.settings.procedures) intensity[name] = level;
    const settings = { ...this.settings, intensity };
    this.effects.settings = settings;
    this.effects.show();
    this.changed(settings, { done });
  }

  patientView(on) {
    if (on && !this.photo) return;
    this.patient.hidden = !on;
    (on ? this.patientStage : this.stage).append(this.viewer);
    if (!on) this.stage.insertBefore(this.viewer, this.under);
    this.preview?.setMode(on ? "side" : "divider");
    if (on) this.patientSlider.focus();
    else this.patientButton.focus();
  }

  key(event) {
    if (event.key === "Escape" && !this.patient.hidden) {
      this.patientView(false);
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

let studio = null;

export function mount(element) {
  start(element);
  const root = element.querySelector(".ld-studio");
  if (root && !root.hasChildNodes()) studio = new Studio(root);
  return studio;
}
