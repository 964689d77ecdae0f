/**
 * A plan in words: a box above the sliders. What the words mean appears in the sliders before
 * anything is drawn; beside the box stands what was understood, and what was not.
 */

import { make, makeButton } from "../../dom.js";
import { on } from "../../events.js";
import { t } from "../../page.js";
import { Work } from "../../work.js";
import { GesturePicture } from "./gesture_picture.js";

const LONGEST = 2000;
const SILENT = { stage: () => {} };
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

export class WordsBox {
  /** @param {SingleTab} tab */
  constructor(tab) {
    this.tab = tab;
    /** What words have made of a plan, by its settings: the names of those steps. */
    this.said = new Map();
    this.asked = Promise.resolve();
    this.work = new Work(
      (stage) => this.showWork(stage),
      (sentence, wrong) => this.tell([], sentence ? [sentence] : [], wrong),
    );
    // The same words are other millimetres on another face.
    on("photo", () => {
      this.said.clear();
      this.gesture.renew();
      this.tell([], []);
    });
    this.field = make("input", {
      type: "text",
      id: "ld-words",
      class: "ld-text-field",
      maxlength: LONGEST,
      autocomplete: "off",
      spellcheck: "true",
      placeholder: t("words.example"),
      "aria-describedby": "ld-words-hint",
      onkeydown: (event) => event.key === "Enter" && !event.isComposing && this.plan(),
    });
    this.button = makeButton(t("words.apply"), () => this.plan(), { "data-words": "apply" });
    this.told = make("div", { class: "ld-words-told ld-small", role: "status", "aria-live": "polite" });
    this.gesture = new GesturePicture(tab);
    this.element = make(
      "div",
      { class: "ld-words", hidden: true },
      make("label", { for: "ld-words" }, make("span", {}, t("words.title"))),
      make("div", { class: "ld-words-line" }, this.field, this.button),
      make("p", { class: "ld-hint ld-small", id: "ld-words-hint" }, t("words.hint")),
      this.told,
      this.gesture.element,
    );
    tab.effects.element.before(this.element);
  }

  show() {
    this.element.hidden = this.tab.photo === null;
  }

  /** The words that made a plan of the one before; undefined where none did. */
  nameOf(before, settings) {
    return this.said.get(JSON.stringify([before, settings]));
  }

  /** The words that made each of some steps, the oldest first; null where none did. */
  namesOf(steps) {
    return steps.map((settings, at) => this.nameOf(steps[at - 1] ?? null, settings) ?? null);
  }

  /** Call steps again what `namesOf` called them. */
  recall(steps, names) {
    steps.forEach((settings, at) => {
      if (names[at]) this.said.set(JSON.stringify([steps[at - 1], settings]), names[at]);
    });
  }

  plan() {
    this.asked = this.understand();
    return this.asked;
  }

  async understand() {
    const { tab } = this;
    const words = this.field.value.trim();
    if (!words) return;
    const before = structuredClone(tab.settings);
    const question = { words, settings: before };
    const answer = await this.work.run((ask) => ask("single/words", question, SILENT));
    if (!answer) return;
    if (!same(before, tab.settings)) {
      await this.understand(); // Meanwhile a slider was moved: the words change that plan.
      return;
    }
    this.tell(answer.echo, answer.told);
    if (!answer.plan) return;
    const after = { ...before, ...answer.plan };
    this.take(words, before, after);
    await this.gesture.drawing;
  }

  /** What the words have made of the plan becomes the present one. */
  take(words, before, after) {
    const { tab } = this;
    this.said.set(JSON.stringify([before, after]), words);
    const structural = !same(
      [before.procedures, before.side, before.sides, this.switched(before)],
      [after.procedures, after.side, after.sides, this.switched(after)],
    );
    tab.change(after, { structural });
    this.field.select();
  }

  /** Which effects take part is no matter of sliders alone. */
  switched({ effects }) {
    const rows = this.tab.header?.outline ?? [];
    return rows.map(({ key, by_intensity: usual }) =>
      effects[key] === undefined ? usual : effects[key] !== "off",
    );
  }

  tell(echo, told, wrong = false) {
    const list = (sentences) => make("ul", {}, ...sentences.map((each) => make("li", {}, each)));
    this.told.replaceChildren(
      ...(echo.length ? [make("strong", {}, t("words.understood")), list(echo)] : []),
      ...(told.length ? [list(told)] : []),
    );
    this.told.classList.toggle("ld-wrong", wrong);
  }

  showWork(stage) {
    this.button.disabled = stage !== null;
  }
}
