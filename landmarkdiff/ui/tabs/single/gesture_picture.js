/**
 * The expression and the turn of the head of the present step, which words have asked for: a picture
 * below the words, before beside after, of the plan at hand. The plan and its picture stay what they
 * are.
 */

import { markOutdated } from "../../belonging.js";
import { make, makeButton } from "../../dom.js";
import { on } from "../../events.js";
import { followLarge } from "../../large.js";
import { t } from "../../page.js";
import { blobFolder, may } from "../../session.js";
import { Work } from "../../work.js";

/** What a picture belongs to: the plan, without what is drawn over the photo. */
const plan = (settings) => JSON.stringify({ ...settings, annotations: [] });

export class GesturePicture {
  /** @param {SingleTab} tab */
  constructor(tab) {
    this.tab = tab;
    /** That of the present step, as text; "null" where it has none. */
    this.asked = "null";
    /** The words for each that words have made, by that text. @type {Map<string, string>} */
    this.words = new Map();
    this.drawing = Promise.resolve();
    this.drawn = null;
    this.work = new Work(
      (stage) => stage && this.say([stage.text]),
      (sentence, wrong) => this.say([sentence], wrong),
    );
    this.status = make("p", { class: "ld-small", role: "status", "aria-live": "polite" });
    this.pair = make("div", {});
    this.again = makeButton(t("words.draw"), () => (this.drawing = this.draw()), { small: true });
    this.drop = makeButton(t("common.remove"), () => this.remove(), { small: true });
    this.element = make(
      "section",
      { class: "ld-gesture", hidden: true, "aria-label": t("words.gesture") },
      this.status,
      this.pair,
      make("div", { class: "ld-row" }, this.again, this.drop),
    );
    followLarge(this.pair);
    on("settings", () => this.follow());
  }

  /** Note which words make a gesture, after those that made the one before it. */
  name(words, before, after) {
    const [first, next] = [before, after].map(({ gesture }) => JSON.stringify(gesture ?? null));
    if (next === first) return;
    this.words.set(next, [this.words.get(first), words].filter(Boolean).join(" · "));
  }

  /** Show the gesture of the present step. */
  follow() {
    const asked = JSON.stringify(this.tab.settings.gesture ?? null);
    if (asked === this.asked) {
      this.mark();
      return;
    }
    this.forget();
    this.asked = asked;
    if (asked !== "null" && may("edit")) this.drawing = this.draw();
  }

  /** Another photo: another face takes on the expression. */
  renew() {
    this.words.clear();
    this.forget();
    if (this.tab.photo) this.follow();
  }

  async draw() {
    const settings = structuredClone(this.tab.settings);
    this.element.hidden = false;
    const made = await this.work.run((ask) => ask("single/gesture", settings));
    if (!made) return;
    this.drawn = made.after ? plan(settings) : null;
    const base = await blobFolder();
    this.pair.replaceChildren();
    if (made.after) {
      const label = make("span", { class: "ld-label ld-label-over" }, t("app.label"));
      label.style.cssText = made.label_place;
      this.pair.append(this.figure(base + made.before, base + made.after, label));
    }
    this.say(made.told);
    this.mark();
  }

  figure(before, after, label) {
    const side = (address, alt, attributes, ...more) =>
      make(
        "a",
        { class: "ld-swap", href: address, target: "_blank", title: t("common.large"), ...attributes },
        make("img", { src: address, alt, "data-layer": "final" }),
        ...more,
      );
    const words = this.words.get(this.asked) ?? "";
    const first = make("span", { class: "ld-label" }, t("common.before"));
    const both = { "data-whole": after, "data-before": before };
    const hidden = make("img", { src: before, alt: "", class: "ld-swap-before" });
    return make(
      "figure",
      { class: "ld-figure ld-pair-of-plans" },
      side(before, t("common.before"), {}, first),
      side(after, `${t("app.label")}. ${words || t("words.gesture")}`, both, label, hidden),
      make("figcaption", {}, make("strong", {}, t("words.gesture")), ` ${words}`),
    );
  }

  /** Say of the picture whether it is that of the present plan. */
  mark() {
    const outdated = this.drawn !== null && this.drawn !== plan(this.tab.settings);
    markOutdated(this.pair, outdated);
    this.again.hidden = !outdated;
  }

  remove() {
    this.tab.change({ ...this.tab.settings, gesture: null });
    document.querySelector("#ld-words").focus();
  }

  forget() {
    this.work.giveUp();
    this.asked = "null";
    this.drawn = null;
    this.mark();
    this.pair.replaceChildren();
    this.element.hidden = true;
    this.say([]);
  }

  say(sentences, wrong = false) {
    this.status.textContent = sentences.join(" ");
    this.status.classList.toggle("ld-wrong", wrong);
  }
}
