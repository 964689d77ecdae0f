/**
 * A tab that is a form (landmarkdiff/ui/tabs/forms.py): asks the server what its form says, shows
 * how far the work is and the parts of the answer, and forgets them with their photo.
 */

import { fill } from "./dom.js";
import { emit, on } from "./events.js";
import { overWords } from "./first_photo.js";
import { followLarge } from "./large.js";
import { followLayers } from "./layers.js";
import { followLooking, resetLooking } from "./looking.js";
import { openTab, t } from "./page.js";
import { Belonging } from "./belonging.js";
import { Work } from "./work.js";

class FormTab {
  /**
   * @param root the element .ld-form-tab
   * @param filled(part) is called when a part shows an answer
   * @param of(settings, question) gives what of the first tab's settings an answer depends on
   */
  constructor(root, filled, of) {
    this.root = root;
    this.tab = root.dataset.tab;
    this.filled = filled;
    this.belonging = new Belonging(root, () => this.question(), of, (outdated) => {
      // Neither says "Done" of what belongs to another plan.
      if (!this.work.busy) this.notify(outdated ? t("app.outdated") : "");
    });
    this.form = root.querySelector("form");
    this.progress = root.querySelector("progress");
    this.statuses = root.querySelectorAll(".ld-status");
    this.cancel = root.querySelector("[data-cancel]");
    this.photo = null;
    this.touched = new Set();
    this.shown = false;
    this.answers = 0;
    this.openings = 0;
    this.work = new Work(
      (stage) => this.working(stage),
      (sentence, wrong) => this.notify(sentence, wrong),
    );
    this.opening = new Work(
      () => {},
      (sentence, wrong) => this.failed(sentence, wrong),
    );
    this.listen();
    this.seen();
    this.choices();
  }

  listen() {
    const { root } = this;
    root.addEventListener("click", (event) => this.click(event));
    root.addEventListener("input", (event) => this.input(event.target));
    root.addEventListener("change", (event) => this.change(event.target));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    for (const kind of ["pointerdown", "keydown"]) root.addEventListener(kind, (e) => this.hold(e));
    root.addEventListener("focusout", () => this.showBefore(false));
    for (const kind of ["pointerup", "pointercancel", "keyup"]) {
      addEventListener(kind, () => this.showBefore(false));
    }
    on("photo", () => {
      this.forget();
      if (this.shown) this.open();
    });
    on("online", () => this.shown && !this.work.busy && this.open());
    on("expired", () => {
      this.forget();
      this.root.dataset.state = "none";
      this.notify(overWords(), true);
    });
    // Gradio hides the tabs that are not selected; being seen again is being opened.
    new ResizeObserver(() => this.seen()).observe(root);
  }

  seen() {
    const shown = this.root.offsetParent !== null;
    if (shown && !this.shown && !this.work.busy) this.open();
    this.shown = shown;
  }

  async open() {
    const filled = this.root.querySelector("[data-part]:not([hidden])") !== null;
    const state = await this.opening.run((ask) =>
      ask(`${this.tab}/open`, { ...this.question(), filled }),
    );
    if (!state) return;
    this.opened(state);
    this.openings += 1;
    this.root.dataset.opened = this.openings;
    if (state.ask) this.ask(state.ask);
  }

  failed(sentence, wrong) {
    if (this.root.dataset.state === "new") this.root.dataset.state = "none";
    this.notify(sentence, wrong);
  }

  async ask(kind, { scroll = false } = {}) {
    const asked = this.belonging.now();
    const answer = await this.work.run((ask) => {
      this.working({ share: null, text: t("progress.working") });
      return ask(`${this.tab}/${kind}`, this.question());
    });
    if (!answer || answer.photo !== this.photo) return;
    this.put(answer.parts, scroll);
    this.answers += 1;
    this.root.dataset.answered = this.answers;
    this.notify(t("progress.done"));
    this.belonging.made(Object.keys(answer.parts), asked);
  }

  /** The form as data: a name with a point is an entry of an object, boxes are a list. */
  question() {
    const question = {};
    for (const field of this.form.elements) {
      if (!field.name) continue;
      const [name, entry] = field.name.split(".");
      if (field.type === "checkbox") {
        question[name] ??= [];
        if (field.checked) question[name].push(field.value);
      } else {
        const value = field.type === "range" ? field.valueAsNumber : field.value;
        if (entry === undefined) question[name] = value;
        else (question[name] ??= {})[entry] = value;
      }
    }
    return question;
  }

  opened(state) {
    if (this.photo !== null && this.photo !== state.photo) this.forget();
    this.photo = state.photo;
    this.root.dataset.state = state.photo === null ? "none" : "ready";
    const note = this.form.querySelector("[data-note]");
    note.textContent = state.note;
    note.hidden = !state.note;
    for (const [name, limit] of Object.entries(state.limits)) {
      for (const field of this.form.querySelectorAll(`[data-limit="${name}"]`)) field.max = limit;
    }
    this.take(state.offer);
  }

  /** Fill in what the server offers, but leave what the user chose. */
  take(offer) {
    for (const [name, value] of Object.entries(offer)) {
      if (this.touched.has(name)) continue;
      for (const field of this.form.elements) {
        if (field.name !== name) continue;
        if (field.type === "checkbox") field.checked = value.includes(field.value);
        else field.value = value;
        this.input(field);
      }
    }
    this.choices();
  }

  put(parts, scroll) {
    for (const [name, html] of Object.entries(parts)) {
      const part = this.root.querySelector(`[data-part="${name}"]`);
      fill(part, html);
      part.hidden = false;
      part.removeAttribute("data-layer");
      followLayers(part);
      followLarge(part);
      followLooking(part, (before) => this.showBefore(before));
      resetLooking(part);
      this.filled(part);
    }
    const first = this.root.querySelector(`[data-part="${Object.keys(parts)[0]}"]`);
    if (scroll && first.getBoundingClientRect().top > innerHeight * 0.75) {
      first.scrollIntoView({ block: "start" });
    }
  }

  forget() {
    this.work.giveUp();
    this.photo = null;
    this.notify("");
    for (const field of this.form.querySelectorAll("[data-of-photo]")) field.value = "";
    this.root.dataset.state = "new";
    for (const part of this.root.querySelectorAll("[data-part]")) {
      part.replaceChildren();
      part.hidden = true;
    }
    this.belonging.forget();
  }

  working(stage) {
    this.progress.hidden = this.cancel.hidden = stage === null;
    this.form.setAttribute("aria-busy", String(stage !== null));
    if (stage === null || stage.share === null) this.progress.removeAttribute("value");
    else this.progress.value = stage.share;
    if (stage !== null) this.notify(stage.text);
    this.choices();
  }

  notify(sentence, wrong = false) {
    for (const status of this.statuses) {
      status.textContent = sentence;
      status.classList.toggle("ld-wrong", wrong);
    }
  }

  click(event) {
    const button = event.target.closest("button");
    if (!button || button.disabled) return;
    if (button.dataset.ask) this.ask(button.dataset.ask, { scroll: true });
    else if ("cancel" in button.dataset) this.work.stop();
    else if ("leave" in button.dataset) openTab("single");
    else if (button.dataset.tick) this.tickAll(button.dataset.tick === "all");
    else if (button.dataset.adopt) {
      emit("plan", JSON.parse(button.dataset.adopt));
      openTab("single");
    }
  }

  /** A range and a number with the same name show the same value. */
  input(field) {
    if (!this.form.contains(field)) return;
    const twins = this.form.querySelectorAll(`[data-twin="${field.name || field.dataset.twin}"]`);
    for (const twin of twins) if (twin !== field) twin.value = field.value;
    if (field.dataset.twin) {
      const range = this.form.elements[field.dataset.twin];
      if (field.value !== "") range.value = field.value;
    }
    for (const output of this.form.querySelectorAll(`output[for="${field.id}"]`)) {
      output.value = field.value;
    }
  }

  change(field) {
    if (!this.form.contains(field)) return;
    this.touched.add(field.name || field.dataset.twin);
    if (field.dataset.twin) {
      field.value = this.form.elements[field.dataset.twin].value; // within the range, and rounded
    }
    const box = field.dataset.brings && this.form.querySelector(field.dataset.brings);
    if (box && !box.checked) {
      box.checked = true;
      this.touched.add(box.name);
    }
    this.choices();
    if (field.dataset.askOnChange) this.ask(field.dataset.askOnChange);
  }

  /** "All" leaves out what is chosen by itself only, such as a procedure that no photo shows. */
  tickAll(on) {
    for (const box of this.form.querySelectorAll("input[type=checkbox]")) {
      box.checked = on && !("apart" in box.dataset);
      this.touched.add(box.name);
    }
    this.choices();
  }

  /** Buttons wait for work to end, and for enough to be chosen. */
  choices() {
    this.belonging.mark();
    const chosen = this.form.querySelectorAll("input[type=checkbox]:checked").length;
    for (const button of this.form.querySelectorAll("[data-ask]")) {
      button.disabled = this.work.busy || chosen < Number(button.dataset.least ?? 0);
    }
    for (const hint of this.form.querySelectorAll("[data-too-few]")) {
      hint.hidden = chosen >= Number(hint.dataset.tooFew);
    }
    for (const row of this.form.querySelectorAll("[data-row]")) {
      row.classList.toggle("ld-chosen", row.querySelector("input[type=checkbox]").checked);
    }
  }

  hold(event) {
    if (!event.target.closest?.("[data-hold]")) return;
    if (event.type === "keydown" && event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    event.target.closest("[data-hold]").focus();
    this.showBefore(true);
  }

  /** Show the photo in place of every simulation, which is framed alike. */
  showBefore(before) {
    this.root.classList.toggle("ld-before", before);
    for (const button of this.root.querySelectorAll("[data-hold]")) {
      button.setAttribute("aria-pressed", String(before));
    }
  }
}

/** What a form takes of the first tab's settings: an expression is shown beside the plan, no part of it. */
const planOf = ({ gesture, ...settings }) => settings;

/** Bring the form of a tab to life; see {@link FormTab}. */
export function mount(element, filled = () => {}, of = planOf) {
  const root = element.querySelector(".ld-form-tab");
  if (root && !root.dataset.mounted) {
    root.dataset.mounted = "yes";
    new FormTab(root, filled, of);
  }
}
