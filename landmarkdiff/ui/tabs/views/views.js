/** Tab 5: the five standard views of a patient, and one plan in all of them. */

import { markOutdated } from "../../belonging.js";
import { make, makeButton } from "../../dom.js";
import { on } from "../../events.js";
import { firstPhoto, firstShown } from "../../first_photo.js";
import { hold } from "../../leaving.js";
import { t } from "../../page.js";
import { acceptDrops, acceptPastes, chooser, paste, withinLimit } from "../../photo_input.js";
import { blobFolder, leftForMe, save } from "../../session.js";
import { stopped } from "../../ask.js";
import { Work } from "../../work.js";
import { Cards } from "./cards.js";
import { Guide } from "./guide.js";
import { PersonPanel } from "./person.js";
import { PlanChoice } from "./plan.js";
import { ProfilePoints } from "./profile_points.js";
import { ViewsHead } from "./head.js";
import { showResults } from "./results.js";

/** The order in which the camera asks for the views: the plan is made on the frontal one. */
const GUIDED = [
  "frontal",
  "left_three_quarter",
  "left_profile",
  "right_three_quarter",
  "right_profile",
];

/** Whether an element can have the focus. */
function usable(element) {
  return element.isConnected && !element.disabled && element.checkVisibility();
}

class Views {
  constructor(root) {
    this.root = root;
    this.state = null;
    /** Photos that wait for their turn, each with its place, if it was given one. */
    this.coming = [];
    /** Whether the session is over, and the photos of this tab with it. */
    this.over = false;
    const notify = (sentence, wrong) => (this.over ? this.sayOver() : this.notify(sentence, wrong));
    this.work = new Work((stage) => this.working(stage), notify);
    // What is answered at once: another tab may have opened another patient's photo.
    this.quick = new Work(() => {}, notify);
    this.build();
    /** The photo of the first tab that was added here. */
    this.taken = null;
    on("photo", () => {
      this.over = false;
      this.refresh();
    });
    hold("views", {
      notes: () => (this.state?.count ? {} : null),
      unsaved: () => this.state?.count > 0,
    });
    leftForMe().then((left) => left?.views && this.refresh(), () => {});
    for (const event of ["drawn", "online"]) on(event, () => this.visible && this.refresh());
    on("expired", () => this.sayOver());
    acceptPastes(() => this.visible, (files) => this.add(files, this.focused()));
    new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting) && !this.work.busy) this.refresh();
    }).observe(root);
  }

  sayOver() {
    this.over = true;
    this.notify(t("session.expired"), true);
  }

  get visible() {
    return this.root.isConnected && this.root.offsetParent !== null;
  }

  build() {
    this.guide = new Guide({
      take: (file, place) => this.takeFor(file, place),
      next: (place) => this.target(this.after(place)),
      notify: (sentence, wrong) => this.notify(sentence, wrong),
      closed: () => this.cameraButton.focus({ preventScroll: true }),
    });
    this.buildBar();
    this.strip = make("ol", { class: "ld-places" });
    this.loose = make("ul", { class: "ld-places ld-loose", hidden: true });
    this.status = make("p", { class: "ld-status", role: "status", "aria-live": "polite" });
    this.meter = make("progress", {
      class: "ld-progress ld-meter",
      max: "1",
      "aria-label": t("a11y.progress"),
    });
    const cancel = makeButton(t("common.cancel"), () => this.work.stop());
    this.line = make("div", { class: "ld-row ld-work", hidden: true }, this.meter, cancel);
    this.person = new PersonPanel((word) => this.change("confirm", { one_person: word }));
    this.points = new ProfilePoints(this.root, (photo) => this.corrected(photo));
    this.plan = new PlanChoice((other) => {
      if (other) this.head.outdate();
      else this.head.follow();
      this.markResults();
    });
    this.head = new ViewsHead(this.plan, () => this.state?.count > 0 && !this.person.open);
    this.runButton = makeButton(t("views.run"), () => this.apply(), { primary: true });
    this.results = make("section", { class: "ld-view-results", "aria-label": t("views.gallery") });
    this.root.replaceChildren(
      make("p", { class: "ld-hint" }, t("views.hint")),
      this.bar,
      this.guide.element,
      this.strip,
      this.loose,
      this.person.element,
      make("p", { class: "ld-hint ld-small" }, t("views.profiles")),
      make("div", { class: "ld-views-run" }, this.plan.element, this.runButton),
      make("div", { class: "ld-status-row" }, this.status, this.line),
      this.results,
      this.head.section,
    );
    let dropped = null;
    this.root.addEventListener(
      "drop",
      (event) => {
        dropped = event.target.closest?.("[data-place]")?.dataset.place ?? null;
      },
      { capture: true },
    );
    acceptDrops(this.root, (files) => this.add(files, dropped));
  }

  buildBar() {
    this.cameraButton = makeButton(t("photo.camera"), () => this.openCamera(this.firstMissing()));
    this.sortButton = makeButton(t("views.sort"), () => this.change("sort"));
    this.clearButton = makeButton(t("views.remove_all"), () => this.clear());
    this.firstButton = makeButton(t("views.first_photo"), () => this.addFirst(), { hidden: true });
    this.count = make("span", { class: "ld-hint" });
    const options = { multiple: true, primary: true };
    const files = (chosen) => this.add(chosen);
    this.bar = make(
      "div",
      { class: "ld-row ld-views-bar" },
      chooser(t("views.upload_all"), files, options),
      this.firstButton,
      this.cameraButton,
      makeButton(t("photo.paste"), () => paste(files, (sentence) => this.notify(sentence))),
      this.sortButton,
      this.clearButton,
      this.count,
    );
  }

  notify(sentence, wrong = false) {
    this.status.textContent = sentence;
    this.status.classList.toggle("ld-wrong", wrong);
  }

  working(stage) {
    const { activeElement: focused } = document;
    if (stage !== null && this.root.contains(focused)) this.asked ??= focused;
    this.enable();
    if (stage === null) {
      if (this.asked) this.keepFocus(this.asked);
      this.asked = null;
      // After what the end of the work says, and what it does.
      setTimeout(() => this.coming.length && !this.work.busy && this.addComing());
      return;
    }
    this.meter.value = stage.share;
    this.notify(stage.text);
  }

  // -- the set of views ----------------------------------------------------------------------

  /** Show what the server knows; this tab may be younger than the photo of the first one. */
  refresh() {
    this.offerFirst();
    return this.change("state");
  }

  /** Let the server change the set at once. */
  async change(kind, question = {}) {
    const state = await this.quick.run((ask) => ask(`views/${kind}`, question));
    if (!state) return;
    await this.show(state);
    if (kind !== "state") this.notify("");
  }

  /** The points of a photo's profile were closed: its card, and what was made of it, are others. */
  async corrected(photo) {
    await this.refresh();
    this.root.querySelector(`[data-photo="${photo}"] [data-action="points"]`)?.focus();
  }

  async show(state) {
    this.state = state;
    const base = await blobFolder();
    const { activeElement: active } = document;
    const focus = active?.closest?.("[data-place]");
    const focused = focus && [focus.dataset.place, active.dataset.action];
    const within = this.root.contains(active);
    const cards = new Cards(state, base, {
      add: (files, place) => this.add(files, place),
      camera: (place) => this.openCamera(place),
      points: (photo) => this.work.busy || this.points.open(photo),
      change: (kind, question) => this.change(kind, question),
    });
    this.strip.replaceChildren(...state.places.map((place) => cards.placed(place)));
    this.loose.replaceChildren(...state.unplaced.map((view) => cards.loose(view)));
    this.loose.hidden = state.unplaced.length === 0;
    if (focused) this.focusAgain(...focused);
    this.count.textContent = t("views.count", { count: state.count, total: state.places.length });
    this.plan.show(state.plan, state.mode);
    this.person.show(state.person);
    this.head.show(state.head_of);
    this.enable();
    if (within && !this.work.busy) this.keepFocus(active);
    const results = state.results?.id ?? null;
    if (results !== this.shown) {
      this.shown = results;
      showResults(this.results, state.results, base, (typed, made) => this.report(typed, made));
    }
    this.markResults();
    this.root.dataset.count = state.count;
  }

  /** Say of the results whether they show the present plan. */
  markResults() {
    const { results, plan } = this.state ?? {};
    const other = plan ? results?.outdated : this.applied !== JSON.stringify(this.plan.value);
    markOutdated(this.results, Boolean(results && other));
  }

  /** The cards are new: the keyboard stays where it was. */
  focusAgain(place, action) {
    const card = this.strip.querySelector(`[data-place="${place}"]`);
    const same = action && card?.querySelector(`[data-action="${action}"]`);
    (same || card?.querySelector("button"))?.focus({ preventScroll: true });
  }

  /** The focus goes back to the button that lost it, or past one that is gone. */
  keepFocus(button) {
    if (this.root.contains(document.activeElement) && usable(document.activeElement)) return;
    const goal = usable(button) ? button : this.bar.querySelector("button");
    goal.focus({ preventScroll: true });
  }

  enable() {
    const { busy } = this.work;
    const count = this.state?.count ?? 0;
    this.runButton.disabled = busy || count === 0 || this.person.open;
    this.clearButton.disabled = busy || count === 0;
    this.sortButton.hidden = !this.state?.unsorted;
    this.sortButton.disabled = this.firstButton.disabled = busy;
    this.root.classList.toggle("ld-working", busy);
    this.line.hidden = !busy;
  }

  place(name) {
    return this.state?.places.find(({ place }) => place === name);
  }

  focused() {
    return document.activeElement?.closest?.("[data-place]")?.dataset.place ?? null;
  }

  /**
   * Put photos in: one into a place, the others where their measured turn says. What is chosen while
   * something is at work comes after it.
   */
  async add(files, place = null) {
    this.coming.push(...files.map((file, at) => ({ file, place: at === 0 ? place : null })));
    return this.work.busy ? false : this.addComing();
  }

  async addComing() {
    let done = 0;
    const failures = await this.work.run(async (ask) => {
      const failed = [];
      for (; this.coming.length; done += 1) {
        const count = done + this.coming.length;
        const { file, place } = this.coming.shift();
        const step = t("progress.step", { number: done + 1, count });
        this.working({ share: done / count, text: `${t("progress.reading")} · ${step}` });
        try {
          await this.addOne(ask, file, place);
        } catch (error) {
          if (stopped(error)) throw error;
          failed.push(count > 1 ? `${file.name}: ${error.message}` : error.message);
        }
      }
      return failed;
    });
    if (!failures) {
      this.coming = [];
      return false;
    }
    const sorted = done > 1 ? t("views.sorted") : "";
    this.notify(failures.length ? failures.join(" ") : sorted, failures.length > 0);
    return failures.length === 0;
  }

  offerFirst() {
    const shown = firstShown();
    this.firstButton.hidden = shown === null || shown === this.taken;
  }

  /** The photo of the first tab finds its place by itself; once it has, it is not offered again. */
  async addFirst() {
    const shown = firstShown();
    const file = await firstPhoto();
    const known = new Set(this.cards.map(({ dataset }) => dataset.photo));
    if (file && (await this.add([file]))) this.taken = shown;
    const { activeElement: focused } = document;
    this.offerFirst();
    if (focused !== this.firstButton || !this.firstButton.hidden) return;
    this.cards.find(({ dataset }) => !known.has(dataset.photo))?.querySelector("button").focus();
  }

  /** Of the photos that are there. */
  get cards() {
    return [...this.root.querySelectorAll("[data-photo]")];
  }

  clear() {
    this.taken = null;
    return this.change("clear");
  }

  async addOne(ask, file, place) {
    const tooLarge = (sentence) => {
      throw new Error(sentence);
    };
    withinLimit(file, tooLarge);
    const question = { name: file.name ?? "photo", place };
    await this.show(await ask("views/add", question, { file, stage: () => {} }));
  }

  // -- the camera ----------------------------------------------------------------------------

  firstMissing() {
    return GUIDED.find((name) => !this.place(name)?.view) ?? GUIDED[0];
  }

  /** The next place without a photo, in the order of the guide; null after the last. */
  after(name) {
    const rest = GUIDED.slice(GUIDED.indexOf(name) + 1);
    return rest.find((other) => !this.place(other)?.view) ?? null;
  }

  target(name) {
    if (name === null) return null;
    const step = t("views.step", { number: GUIDED.indexOf(name) + 1, count: GUIDED.length });
    return { place: name, title: this.place(name)?.title ?? name, step };
  }

  openCamera(name) {
    if (this.work.busy) return;
    this.notify("");
    this.guide.open(this.target(name));
  }

  /** Keep a picture of the camera; answer with the next place, the same one if it was refused. */
  async takeFor(file, name) {
    const kept = await this.add([file], name);
    const view = this.place(name)?.view;
    if (!kept || !view) return this.target(name);
    const sentences = [view.sentence, ...view.notices].join(". ");
    this.notify(`${this.place(name).title}: ${sentences}`, !view.accepted);
    return this.target(view.accepted ? (this.after(name) ?? this.missingBefore(name)) : name);
  }

  missingBefore(name) {
    const earlier = GUIDED.slice(0, GUIDED.indexOf(name));
    return earlier.find((other) => !this.place(other)?.view) ?? null;
  }

  // -- work on the server --------------------------------------------------------------------

  /** Do longer work, and say at its end what `done` returns of its answer. */
  async attempt(kind, question, done) {
    if (this.work.busy) return;
    this.guide.close();
    const answer = await this.work.run((ask) => {
      this.working({ share: 0, text: t("progress.working") });
      return ask(`views/${kind}`, question);
    });
    if (answer) this.notify(await done(answer));
  }

  apply() {
    const chosen = this.plan.value;
    return this.attempt("apply", chosen, async (state) => {
      this.applied = JSON.stringify(chosen);
      await this.show(state);
      this.results.scrollIntoView({ block: "nearest" });
      return t("progress.done");
    });
  }

  report(typed, whenMade) {
    return this.attempt("report", typed, async (made) => {
      whenMade();
      await save(made);
      return t("download.ready", { file: made.filename });
    });
  }
}

let views = null;

export function mount(element) {
  const root = element.querySelector(".ld-views");
  if (root && !root.hasChildNodes()) views = new Views(root);
  return views;
}
