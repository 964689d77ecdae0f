/**
 * The desk of a tab (landmarkdiff/ui/tabs/desk.py): asks the server what its form says, shows how
 * far the work is and the parts of the answer, and forgets them with the photo they belong to.
 */

import { emit, on, t } from "./bus.js";
import { followLayers } from "./layers.js";
import { send } from "./session.js";

class Desk {
  /**
   * @param root the element .ld-desk
   * @param ask hands a question to the server
   * @param leave goes to the first tab
   */
  constructor(root, ask, leave) {
    this.root = root;
    this.area = root.dataset.area;
    this.send = ask;
    this.leave = leave;
    this.form = root.querySelector("form");
    this.progress = root.querySelector("progress");
    this.statuses = root.querySelectorAll(".ld-status");
    this.cancel = root.querySelector("[data-cancel]");
    this.number = 0;
    this.running = null;
    this.photo = null;
    this.touched = new Set();
    this.shown = false;
    root.addEventListener("click", (event) => this.click(event));
    root.addEventListener("input", (event) => this.input(event.target));
    root.addEventListener("change", (event) => this.change(event.target));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    for (const kind of ["pointerdown", "keydown"]) root.addEventListener(kind, (e) => this.hold(e));
    root.addEventListener("focusout", () => this.showBefore(false));
    for (const kind of ["pointerup", "pointercancel", "keyup"]) {
      addEventListener(kind, () => this.showBefore(false));
    }
    on("desk", (reply) => reply.area === this.area && this.reply(reply));
    on("photo", () => {
      this.forget();
      if (this.shown) this.ask("open");
    });
    on("expired", () => {
      this.forget();
      this.root.dataset.state = "none";
      this.notify(t("session.expired"), true);
    });
    // Gradio hides the tabs that are not selected; being seen again is being opened.
    new ResizeObserver(() => this.seen()).observe(root);
    this.seen();
    this.choices();
  }

  seen() {
    const shown = this.root.offsetParent !== null;
    if (shown && !this.shown && this.running === null) this.ask("open");
    this.shown = shown;
  }

  /** Ask; the answers of earlier questions are of no interest any more. */
  ask(kind, { scroll = false } = {}) {
    this.number += 1;
    this.root.dataset.number = this.number;
    this.scroll = scroll;
    if (kind !== "open") this.work(kind);
    const filled = this.root.querySelector("[data-part]:not([hidden])") !== null;
    this.send({ kind, number: this.number, fields: this.fields(), filled });
  }

  fields() {
    const fields = {};
    for (const [name, value] of new FormData(this.form)) (fields[name] ??= []).push(value);
    return fields;
  }

  reply(reply) {
    if (reply.number !== this.number) return;
    if (reply.kind === "progress") {
      this.progress.value = reply.share;
      this.notify(reply.sentence);
      return;
    }
    this.work(null);
    if (reply.kind === "open") this.opened(reply);
    if (reply.kind === "error" || reply.kind === "cancelled") {
      if (this.root.dataset.state === "new") this.root.dataset.state = "none";
      this.notify(reply.sentence, reply.kind === "error");
      return;
    }
    this.put(reply.parts ?? {});
    if (reply.kind === "done") {
      this.root.dataset.answered = reply.number;
      this.notify(reply.sentence ?? t("progress.done"));
    }
    if (reply.ask) this.ask(reply.ask);
  }

  opened(reply) {
    if (this.photo !== null && this.photo !== reply.photo) this.forget();
    this.photo = reply.photo;
    this.root.dataset.state = reply.photo === null ? "none" : "ready";
    const note = this.form.querySelector("[data-note]");
    note.textContent = reply.note ?? "";
    note.hidden = !note.textContent;
    for (const [name, limit] of Object.entries(reply.limits ?? {})) {
      for (const field of this.form.querySelectorAll(`[data-limit="${name}"]`)) field.max = limit;
    }
    this.take(reply.offer ?? {});
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

  put(parts) {
    for (const [name, html] of Object.entries(parts)) {
      const part = this.root.querySelector(`[data-part="${name}"]`);
      part.innerHTML = html; // The server escapes every text in it.
      part.hidden = !html;
      part.removeAttribute("data-layer");
      followLayers(part);
      for (const player of part.querySelectorAll("[data-player]")) {
        import("./tabs/sweep/player.js").then((module) => module.mount(player));
      }
    }
    const first = this.root.querySelector(`[data-part="${Object.keys(parts)[0]}"]`);
    if (this.scroll && first && first.getBoundingClientRect().top > innerHeight * 0.75) {
      first.scrollIntoView({ block: "start" });
    }
  }

  forget() {
    if (this.running !== null) this.number += 1;
    this.work(null);
    this.photo = null;
    this.notify("");
    for (const field of this.form.querySelectorAll("[data-of-photo]")) field.value = "";
    this.root.dataset.state = "new";
    delete this.root.dataset.answered;
    for (const part of this.root.querySelectorAll("[data-part]")) {
      part.replaceChildren();
      part.hidden = true;
    }
  }

  /** Show that work of a kind is under way, or null: that none is. */
  work(kind) {
    this.running = kind;
    this.progress.hidden = kind === null;
    this.progress.removeAttribute("value");
    this.cancel.hidden = kind === null;
    this.form.setAttribute("aria-busy", String(kind !== null));
    if (kind !== null) this.notify(t("progress.working"));
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
    else if ("cancel" in button.dataset) this.stop();
    else if ("leave" in button.dataset) this.leave();
    else if (button.dataset.tick) this.tickAll(button.dataset.tick === "all");
    else if (button.dataset.adopt) {
      emit("use-settings", JSON.parse(button.dataset.adopt));
      this.leave();
    }
  }

  stop() {
    this.notify(t("progress.cancelling"));
    send("cancel").catch((error) => this.notify(error.message, true));
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

  tickAll(on) {
    for (const box of this.form.querySelectorAll("input[type=checkbox]")) {
      box.checked = on;
      this.touched.add(box.name);
    }
    this.choices();
  }

  /** Buttons wait for work to end, and for enough to be chosen. */
  choices() {
    const chosen = this.form.querySelectorAll("input[type=checkbox]:checked").length;
    for (const button of this.form.querySelectorAll("[data-ask]")) {
      button.disabled = this.running !== null || chosen < Number(button.dataset.least ?? 0);
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

export function mount(element, ask, leave) {
  const root = element.querySelector(".ld-desk");
  if (root && !root.dataset.mounted) {
    root.dataset.mounted = "yes";
    new Desk(root, ask, leave);
  }
}
