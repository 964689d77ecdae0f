/** Saved consultations: put under a passphrase, kept in the app's folder, opened again. */

import { make, makeButton } from "../../dom.js";
import { on } from "../../events.js";
import { config, t } from "../../page.js";
import { chooser } from "../../photo_input.js";
import { save } from "../../session.js";
import { Work } from "../../work.js";
import { greet, openOn } from "./opening.js";

function secret(label, name) {
  // Nothing here is the password of a page, and no browser is to keep it.
  return make("input", {
    class: "ld-text-field",
    type: "password",
    name,
    autocomplete: "off",
    maxlength: "1024",
    "aria-label": label,
    placeholder: label,
  });
}

export class Consultations {
  /** @param {SingleTab} tab */
  constructor(tab) {
    this.tab = tab;
    /** What waits for its passphrase: the file, and the steps of a plan that go on with it. */
    this.waiting = null;
    on("photo", () => this.clear());
    this.work = new Work(() => {}, (sentence, wrong) => this.say(sentence, wrong));
    this.passphrase = secret(t("consultation.passphrase"), "passphrase");
    this.again = secret(t("consultation.again"), "again");
    this.status = make("p", { class: "ld-hint ld-small", role: "status" });
    this.folder = config().keeps_consultations ? this.buildFolder() : null;
    this.element = make(
      "div",
      { class: "ld-consultations" },
      make("p", { class: "ld-hint ld-small" }, t("consultation.encrypt_hint")),
      this.passphrase,
      this.again,
      make(
        "div",
        { class: "ld-row", "data-needs": "export" },
        makeButton(t("consultation.encrypt"), () => this.keep(""), { primary: true }),
        makeButton(t("consultation.save"), () => this.saveOpenly()),
      ),
      make("p", { class: "ld-hint ld-small" }, t("consultation.save_hint")),
      make("div", { class: "ld-row" }, chooser(t("consultation.open"), (files) => tab.open(files))),
      this.folder,
      this.status,
    );
    /** Belongs above the picture. */
    this.lock = this.buildLock();
  }

  // -- saving --------------------------------------------------------------------------------

  async saveOpenly() {
    const { tab } = this;
    if (!(await this.upToDate())) return;
    const made = tab.resuming.snapshot();
    if (await tab.downloads.fetch("consultation", tab.plans.record())) tab.resuming.markSaved(made);
  }

  upToDate() {
    return this.tab.standing.upToDate((sentence, wrong) => this.say(sentence, wrong));
  }

  /** Encrypt; into the folder where a name is given, else into a file of the browser's. */
  async keep(name) {
    const { passphrase, again, tab } = this;
    if (passphrase.value !== again.value) {
      this.say(t("consultation.differ"), true);
      return;
    }
    if (!(await this.upToDate())) return;
    const kept = tab.resuming.snapshot();
    const { history, annotations } = tab.plans.record();
    const question = { passphrase: passphrase.value, history, annotations, name };
    const made = await this.work.run((ask) => ask("single/keep", question));
    if (!made) return;
    passphrase.value = again.value = "";
    if (made.blob) await save(made);
    tab.resuming.markSaved(kept);
    this.say(t(made.blob ? "download.ready" : "consultation.kept", { file: made.filename }));
    if (!made.blob) await this.list();
  }

  // -- the folder ----------------------------------------------------------------------------

  buildFolder() {
    this.name = make("input", {
      class: "ld-text-field",
      type: "text",
      name: "consultation",
      maxlength: "80",
      autocomplete: "off",
      "aria-label": t("consultation.name"),
      placeholder: t("consultation.name"),
    });
    this.files = make("ul", { class: "ld-step-list" });
    const found = make(
      "details",
      { "data-section": "kept", ontoggle: () => found.open && this.list() },
      make("summary", {}, t("consultation.folder")),
      this.files,
    );
    return make(
      "div",
      {},
      make(
        "div",
        { "data-needs": "export" },
        make("p", { class: "ld-hint ld-small" }, t("consultation.name_hint")),
        this.name,
        makeButton(t("consultation.keep"), () => this.keepNamed()),
      ),
      found,
    );
  }

  keepNamed() {
    const name = this.name.value.trim();
    if (name) return this.keep(name);
    this.say(t("consultation.name"), true);
    this.name.focus();
    return null;
  }

  async list() {
    const found = await this.work.run((ask) => ask("single/kept"));
    if (!found) return;
    const day = new Intl.DateTimeFormat(config().locale, { dateStyle: "medium", timeStyle: "short" });
    const rows = found.files.map(({ name, modified }) =>
      make(
        "li",
        {},
        makeButton(`${name} · ${day.format(modified * 1000)}`, () => this.take(name), { small: true }),
      ),
    );
    this.files.replaceChildren(...(rows.length ? rows : [make("li", {}, t("consultation.none"))]));
  }

  take(name) {
    return this.open("take", { name }, { file: null, steps: null });
  }

  // -- opening -------------------------------------------------------------------------------

  /** What waits above the picture for a passphrase. */
  buildLock() {
    this.key = secret(t("consultation.passphrase"), "unlock");
    this.key.addEventListener("keydown", (event) => event.key === "Enter" && this.unlock());
    this.wrong = make("span", { class: "ld-wrong", role: "alert" });
    return make(
      "div",
      { class: "ld-go-on", role: "group", "aria-label": t("consultation.locked"), hidden: true },
      make("span", {}, t("consultation.locked")),
      this.key,
      makeButton(t("consultation.unlock"), () => this.unlock(), { primary: true }),
      makeButton(t("common.cancel"), () => this.forget()),
      this.wrong,
    );
  }

  /** Ask for the passphrase, where an error says that one is missing. */
  offer(error, waiting) {
    if (error.code !== "PassphraseNeededError") return;
    this.waiting = waiting;
    this.wrong.textContent = "";
    this.lock.hidden = false;
    this.key.focus();
  }

  forget() {
    this.waiting = null;
    this.key.value = "";
    this.lock.hidden = true;
  }

  /** Another photo: what was typed for the last one, and what still waits, is not its. */
  clear() {
    this.forget();
    this.passphrase.value = this.again.value = "";
    if (this.name) this.name.value = "";
  }

  unlock() {
    return this.open("unlock", { passphrase: this.key.value }, this.waiting ?? {});
  }

  /** Open what the server holds: a file that waits, or one of the folder. */
  async open(kind, question, waiting) {
    const { tab } = this;
    this.wrong.textContent = "";
    const { file, steps } = waiting;
    const shown = await openOn(tab, kind, question, {
      ...(steps && { steps: () => steps }),
      // Steps that go on keep what the page holds beside them.
      ready: () => tab.opened(file, steps ? tab.plans.kept : tab.photo.history.kept),
      failed: (error) => {
        this.offer(error, waiting);
        if (error.code !== "PassphraseNeededError") this.wrong.textContent = error.message;
      },
    });
    if (!shown) {
      tab.resuming.giveBack();
      this.key.select();
      return;
    }
    this.forget();
    greet(tab);
  }

  say(sentence, wrong = false) {
    this.status.textContent = sentence;
    this.status.classList.toggle("ld-wrong", wrong);
  }
}
