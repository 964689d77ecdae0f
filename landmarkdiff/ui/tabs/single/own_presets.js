/**
 * The surgeon's own presets: chips that set a whole plan, and a section in which plans are kept,
 * renamed and removed. The server keeps them in a file of its machine.
 */

import { make, makeButton } from "../../dom.js";
import { on } from "../../events.js";
import { rove } from "../../live/roving.js";
import { config, t } from "../../page.js";
import { may, token } from "../../session.js";
import { Work } from "../../work.js";
import { untouched } from "./values.js";

const LONGEST_NAME = 60;
/** What of the settings a preset sets. */
const FIELDS = ["procedures", "intensity", "effects", "side", "sides", "unlock"];
const SILENT = { stage: () => {} };

function fields(settings) {
  return JSON.stringify(FIELDS.map((name) => settings[name]));
}

export class OwnPresets {
  /** @param {SingleTab} tab */
  constructor(tab) {
    this.tab = tab;
    this.kept = { presets: [], procedure: null };
    /** What presets have set on this page, by their names. */
    this.used = new Map();
    this.work = new Work(
      () => {},
      (sentence, wrong) => this.say(sentence, wrong),
    );
    // The same preset is other millimetres on another face.
    on("photo", () => this.used.clear());
    this.build();
    this.load();
  }

  build() {
    const toolbar = { role: "toolbar", "aria-label": t("goals.own") };
    this.chips = make("div", { class: "ld-goal-chips", ...toolbar });
    rove(this.chips);
    this.name = make("input", {
      type: "text",
      class: "ld-text-field",
      maxlength: LONGEST_NAME,
      autocomplete: "off",
      onkeydown: (event) => event.key === "Enter" && this.save(),
    });
    this.begin = make("input", { type: "checkbox", onchange: () => this.beginWith() });
    this.list = make("ul", { class: "ld-own-list" });
    this.said = make("p", { class: "ld-hint ld-small", role: "status", "aria-live": "polite" });
    this.lost = make("p", { class: "ld-small ld-wrong", hidden: true });
    const section = make(
      "details",
      { class: "ld-own-section" },
      make("summary", {}, t("goals.own")),
      make("p", { class: "ld-hint ld-small" }, t("goals.own_hint")),
      make("label", { class: "ld-own-name" }, make("span", {}, t("goals.own_name")), this.name),
      makeButton(t("goals.own_save"), () => this.save(), { small: true, "data-own": "save" }),
      this.lost,
      this.list,
      make("label", { class: "ld-option" }, this.begin, make("span", {}, t("goals.own_begin"))),
      this.said,
    );
    this.element = make("div", { class: "ld-own", hidden: true }, this.chips, section);
  }

  say(sentence, wrong = false) {
    this.said.textContent = sentence;
    this.said.classList.toggle("ld-wrong", wrong);
  }

  /** Who may not change the plan needs no presets. */
  async load() {
    try {
      await token();
    } catch {
      return; // the page says what is wrong
    }
    if (!may("edit")) return;
    await this.ask("presets");
    const { procedure } = this.kept;
    const { tab } = this;
    const first = fields(tab.settings) === fields(config().settings);
    if (!procedure || tab.photo || !first) return;
    tab.history.reset({ ...config().settings, ...untouched([procedure]) });
    tab.show();
  }

  /** Ask for something of the presets and show those there are then; whether it was done. */
  async ask(kind, question = {}) {
    const kept = await this.work.run((ask) => ask(`single/${kind}`, question, SILENT));
    if (!kept) return false;
    this.kept = kept;
    this.list.replaceChildren(...kept.presets.map((name) => this.row(name)));
    this.chips.replaceChildren(...kept.presets.map((name) => this.chip(name)));
    this.lost.hidden = kept.lost.length === 0;
    this.lost.textContent = t("goals.own_lost", { names: kept.lost.join(", ") });
    this.show(this.tab.settings);
    return true;
  }

  /** @param settings the plan */
  show(settings) {
    this.element.hidden = this.tab.photo === null;
    const now = fields(settings);
    for (const chip of this.chips.children) {
      const pressed = this.used.get(chip.dataset.preset) === now;
      chip.setAttribute("aria-pressed", String(pressed));
    }
    const [first, ...others] = settings.procedures;
    const usual = this.kept.procedure ?? config().settings.procedures[0];
    this.begin.checked = others.length === 0 && first === usual;
    this.begin.disabled = others.length > 0 || this.begin.checked;
  }

  chip(name) {
    const attributes = { small: true, "aria-pressed": "false", "data-preset": name };
    return makeButton(name, () => this.toggle(name), attributes);
  }

  row(name) {
    const field = make("input", {
      type: "text",
      class: "ld-text-field",
      maxlength: LONGEST_NAME,
      autocomplete: "off",
      value: name,
      "aria-label": t("goals.own_rename", { name }),
      onchange: async () => {
        const other = field.value;
        if (!(await this.ask("preset_rename", { name, other }))) field.value = name;
      },
    });
    const remove = t("goals.own_remove", { name });
    const attributes = { type: "button", class: "ld-icon", "aria-label": remove, title: remove };
    const onclick = async () => {
      if (await this.ask("preset_remove", { name })) this.say(t("goals.own_removed", { name }));
    };
    return make("li", {}, field, make("button", { ...attributes, onclick }, "×"));
  }

  /** Set the plan of a preset, or take it back. */
  async toggle(name) {
    const { tab } = this;
    if (this.used.get(name) === fields(tab.settings)) {
      const plan = untouched(tab.settings.procedures);
      tab.change({ ...tab.settings, ...plan }, { structural: true });
      return;
    }
    const { photo } = tab;
    const answer = await this.work.run((ask) => ask("single/preset_use", { name }, SILENT));
    if (!answer || photo !== tab.photo) return;
    this.say("");
    this.used.set(name, fields(answer.plan));
    tab.change({ ...tab.settings, ...answer.plan }, { structural: true });
  }

  async save() {
    const name = this.name.value.trim();
    const settings = structuredClone(this.tab.settings);
    if (!(await this.ask("preset_save", { name, settings }))) return;
    this.name.value = "";
    this.used.set(name, fields(settings));
    this.show(this.tab.settings);
    this.say(t("goals.own_saved", { name }));
  }

  beginWith() {
    return this.ask("preset_begin", { procedure: this.tab.settings.procedures[0] });
  }
}
