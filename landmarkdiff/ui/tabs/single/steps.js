/** The consultation so far: its steps by name, and a plan that is kept beside the present one. */

import { make, makeButton } from "../../dom.js";
import { emit } from "../../events.js";
import { inOrder } from "../../history.js";
import { followLarge } from "../../large.js";
import { config, t } from "../../page.js";
import { rebuild } from "../../rebuild.js";
import { blobFolder, bytesOf } from "../../session.js";
import { Work } from "../../work.js";
import { nameOfStep, proceduresOf } from "./step_names.js";
import { quantity } from "./units.js";
import { WordsBox } from "./words.js";

/** Of what is the photo's and not the plan's, pushes alone differ from plan to plan. */
const OF_PLAN = "manual";
/** Bytes of the steps that go into a file. */
const MOST_RECORD = 48_000;

export class StepsPanel {
  /** @param {SingleTab} tab */
  constructor(tab) {
    this.tab = tab;
    /** Plan A; null: none is kept. */
    this.kept = null;
    this.work = new Work(
      (stage) => this.showWork(stage),
      (sentence, wrong) => this.say(sentence, wrong),
    );
    this.list = make("ol", { class: "ld-step-list" });
    this.status = make("p", { class: "ld-hint ld-small", role: "status" });
    this.keep = makeButton(t("steps.keep"), () => this.keepPlan());
    this.compare = makeButton(t("steps.compare"), () => this.comparePlans(), { primary: true });
    this.swap = makeButton(t("steps.swap"), () => this.swapPlans());
    this.drop = makeButton(t("steps.drop"), () => this.dropPlan());
    this.named = make("p", { class: "ld-small" });
    this.element = make(
      "details",
      { class: "ld-section", "data-section": "steps" },
      make("summary", {}, t("steps.title")),
      this.list,
      make("p", { class: "ld-hint ld-small" }, t("steps.plans_hint")),
      this.named,
      make("div", { class: "ld-row" }, this.keep, this.compare, this.swap, this.drop),
      this.status,
    );
    this.pair = make("section", { class: "ld-plan-pair", hidden: true, "aria-label": t("steps.pair") });
    followLarge(this.pair, [t("steps.plan_a"), t("steps.plan_b")]);
    this.words = new WordsBox(tab);
    tab.options.element.before(this.element);
    tab.under.after(this.pair);
  }

  // -- the steps -----------------------------------------------------------------------------

  show() {
    const { tab, kept } = this;
    this.words.show();
    rebuild(this.list, () => this.build());
    this.named.textContent = kept ? `${t("steps.plan_a")}: ${this.describe(kept)}` : "";
    this.keep.disabled = !tab.photo;
    this.compare.hidden = this.swap.hidden = this.drop.hidden = !kept;
    // What was compared is no longer what the plans are.
    const shown = JSON.stringify([kept, tab.settings]);
    if (!kept || (this.compared && this.compared !== shown)) this.close();
  }

  build() {
    const { all, place } = this.tab.history;
    const focused = [...this.list.querySelectorAll("button")].indexOf(document.activeElement);
    this.list.replaceChildren(
      ...all.map((settings, at) => {
        const before = at ? all[at - 1] : null;
        const name = this.words.nameOf(before, settings) ?? nameOfStep(before, settings);
        const current = at === place ? "step" : false;
        const button = makeButton(name, () => this.goTo(settings), { small: true, "aria-current": current });
        return make("li", {}, button);
      }),
    );
    if (focused >= 0) this.list.querySelectorAll("button")[focused]?.focus({ preventScroll: true });
  }

  /** Go to a step; nowhere where a change has made another future since it was listed. */
  goTo(settings) {
    const { history } = this.tab;
    const place = history.all.indexOf(settings);
    if (place >= 0 && place !== history.place) this.tab.travel(history.goTo(place));
  }

  // -- plan A and plan B ---------------------------------------------------------------------

  /** A plan in words: its procedures, and what was set by hand. */
  describe({ procedures, intensity, effects }) {
    const levels = procedures.map((name) =>
      t("steps.level", { percent: Math.round(intensity[name] ?? config().intensity) }),
    );
    const byHand = Object.entries(effects)
      .filter(([key, value]) => typeof value === "number" && config().effects[key])
      .map(([key, value]) => {
        const { title, unit } = config().effects[key];
        return `${title} ${quantity(value, unit)}`;
      });
    return [proceduresOf({ procedures }), ...levels, ...byHand].join(", ");
  }

  keepPlan() {
    this.kept = planAlone(this.tab.settings);
    this.show();
    this.say(t("steps.kept"));
  }

  dropPlan() {
    this.kept = null;
    this.show();
    this.say("");
    this.keep.focus();
  }

  /** Plan A becomes the present plan, which is kept in its place. */
  swapPlans() {
    const { tab, kept } = this;
    this.kept = planAlone(tab.settings);
    tab.change({ ...kept, ...this.ofPhoto() }, { structural: true });
    this.show();
  }

  /** What belongs to the photo and not to either plan. */
  ofPhoto() {
    const { settings } = this.tab;
    const keys = Object.keys(config().of_photo).filter((key) => key !== OF_PLAN);
    return Object.fromEntries(keys.map((key) => [key, settings[key]]));
  }

  async comparePlans() {
    const b = structuredClone(this.tab.settings);
    const a = { ...this.kept, ...this.ofPhoto() };
    const asked = JSON.stringify([this.kept, b]);
    const made = await this.work.run((ask) => ask("single/plans", { a, b }));
    if (!made) return;
    const base = await blobFolder();
    // Meanwhile another plan may have become A, or the present one.
    if (asked !== JSON.stringify([this.kept, this.tab.settings])) return;
    this.compared = asked;
    this.made = made;
    const title = t("steps.pair");
    this.pair.replaceChildren(
      make(
        "figure",
        { class: "ld-figure ld-pair-of-plans" },
        this.picture(made.a, made.b, base, "steps.plan_a", a, false),
        this.picture(made.a, made.b, base, "steps.plan_b", b, true),
        make("figcaption", {}, make("strong", {}, title)),
      ),
    );
    this.pair.hidden = false;
    emit("figures");
    this.say("");
    const pictures = [...this.pair.querySelectorAll("img")];
    await Promise.allSettled(pictures.map((one) => one.decode())); // before, it has no height
    this.pair.scrollIntoView({ block: "end" }); // below a picture that stays in view
  }

  /** One plan's picture; the second one carries both, for the large view. */
  picture(a, b, base, label, settings, both) {
    const own = both ? b : a;
    const words = `${t(label)}: ${this.describe(settings)}`;
    const attributes = both
      ? { "data-whole": base + b.whole, "data-before": base + a.whole, "data-whole-place": b.whole_place }
      : {};
    const link = make(
      "a",
      { class: "ld-swap", href: base + own.whole, target: "_blank", title: t("common.large"), ...attributes },
      make("img", { src: base + own.close, alt: `${t("app.label")}. ${words}`, "data-layer": "final" }),
      make("span", { class: "ld-label" }, t(label)),
      make("span", { class: "ld-label ld-label-over", style: own.label_place }, own.label),
      both ? make("img", { src: base + a.close, alt: "", class: "ld-swap-before" }) : null,
    );
    return make("div", {}, link, make("p", { class: "ld-plan-words ld-small" }, words));
  }

  close() {
    this.compared = null;
    this.pair.hidden = true;
    this.pair.replaceChildren();
    emit("figures");
  }

  /** What another screen shows of both plans; null where they are not compared. */
  get figure() {
    if (this.compared === null) return null;
    const pictures = ["a", "b"].map((name) => {
      const { close: blob, label, label_place: place } = this.made[name];
      return { blob, title: t(`steps.plan_${name}`), label, place };
    });
    return { caption: t("steps.pair"), pictures };
  }

  showWork(stage) {
    this.compare.disabled = stage !== null;
    if (stage) this.say(stage.text);
  }

  say(sentence, wrong = false) {
    this.status.textContent = sentence;
    this.status.classList.toggle("ld-wrong", wrong);
  }

  /** Another photo: plans of another face do not belong to it, only what was saved with it. */
  keepOnly(plan) {
    this.kept = plan;
    this.close();
  }

  /** What the file of the consultation is told beside the present plan. */
  record() {
    const steps = this.tab.history.steps();
    const { past, future, present } = steps;
    const { annotations } = present;
    const names = () => this.words.namesOf(inOrder(steps));
    const long = () => bytesOf([past, future, names(), annotations, this.kept]) > MOST_RECORD;
    // A question holds 64 KB: what is far back stays out.
    while (long() && (past.length || future.length)) {
      if (past.length) past.shift();
      else future.shift();
    }
    return { history: { past, future, kept: this.kept, names: names() }, annotations };
  }
}

/** A plan without what is drawn over the photo, which is the photo's. */
function planAlone(settings) {
  return { ...structuredClone(settings), annotations: [] };
}
