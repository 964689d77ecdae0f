/**
 * The expression and the turn of the head of the present step, which words have asked for: a picture
 * below the words, before beside after, of the plan at hand. The plan and its picture stay what they
 * are.
 */

import { markOutdated } from "../../belonging.js";
import { make, makeButton } from "../../dom.js";
import { emit, on } from "../../events.js";
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
      make("div", { class: "ld-row", "data-needs": "edit" }, this.again, this.drop),
    );
    followLarge(this.pair);
    on("settings", () => this.follow());
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
    if (asked === "null") return;
    // Who may not change the plan sees no panel.
    if (!may("edit")) this.tab.under.after(this.element);
    this.drawing = this.draw();
  }

  /** Another photo: another face takes on the expression. */
  renew() {
    this.forget();
    if (this.tab.photo) this.follow();
  }

  async draw() {
    const settings = structuredClone(this.tab.settings);
    this.element.hidden = false;
    const made = await this.work.run((ask) => ask("single/gesture", settings));
    if (!made) return;
    this.drawn = made.after ? plan(settings) : null;
    this.made = made;
    const base = await blobFolder();
    this.pair.replaceChildren();
    if (made.after) this.pair.append(this.figureOf(base, made));
    this.say(made.told);
    this.mark();
  }

  figureOf(base, { before: first, after: second, label, label_place: style, caption }) {
    const [before, after] = [base + first, base + second];
    const side = (address, alt, attributes, ...more) =>
      make(
        "a",
        { class: "ld-swap", href: address, target: "_blank", title: t("common.large"), ...attributes },
        make("img", { src: address, alt, "data-layer": "final" }),
        ...more,
      );
    const both = { "data-whole": after, "data-before": before, "data-whole-place": style };
    const over = make("span", { class: "ld-label ld-label-over", style }, label);
    const hidden = make("img", { src: before, alt: "", class: "ld-swap-before" });
    const words = { class: "ld-plan-words ld-small" };
    return make(
      "figure",
      { class: "ld-figure ld-pair-of-plans" },
      side(before, t("common.before"), {}, make("span", { class: "ld-label" }, t("common.before"))),
      side(after, `${label}. ${caption}`, both, over, hidden),
      make("figcaption", {}, make("strong", {}, t("words.gesture")), make("span", words, caption)),
    );
  }

  /** What another screen shows of it: nothing that belongs to another plan. */
  get figure() {
    if (this.drawn === null || this.drawn !== plan(this.tab.settings)) return null;
    const { before, after, label, label_place: place, caption } = this.made;
    const pictures = [{ blob: before, title: t("common.before") }, { blob: after, label, place }];
    return { caption, pictures };
  }

  /** Say of the picture whether it is that of the present plan. */
  mark() {
    const outdated = this.drawn !== null && this.drawn !== plan(this.tab.settings);
    markOutdated(this.pair, outdated);
    this.again.hidden = !outdated;
    emit("figures");
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
