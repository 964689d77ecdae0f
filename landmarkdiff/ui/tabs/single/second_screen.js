/** The picture on a second screen: a code for it, and what it has to draw, told as it changes. */

import { address } from "../../address.js";
import { make, makeButton } from "../../dom.js";
import { on } from "../../events.js";
import { shownBy } from "../../live/shown.js";
import { t } from "../../page.js";
import { bodyOf, nameOf, send } from "../../session.js";

/** Between two states, milliseconds; and while nothing changes. */
const PACE = 50;
const REST = 5_000;
const HERE = ["localhost", "127.0.0.1", "[::1]"];

export class SecondScreen {
  /** Ends what is told now; null where nothing is shown. @type {?AbortController} */
  #showing = null;
  #screens = 0;
  /** The last state that the program has taken, as it was sent, and its number. */
  told = "";
  number = 0;
  /** Whether a frame was drawn since the last state was read, and what then goes on. */
  #moved = false;
  #move = () => {};

  /** @param {SingleTab} tab Whose picture is shown. */
  constructor(tab) {
    this.tab = tab;
    const needs = { "data-needs": "export", "aria-pressed": "false" };
    this.button = makeButton(t("screen.button"), () => this.open(), needs);
    this.code = make("strong", { class: "ld-screen-code" });
    this.status = make("p", { class: "ld-status", role: "status", "aria-live": "polite" });
    this.dialog = this.#build();
    on("photo", () => this.#over());
    on("figures", () => this.#moves());
  }

  get shows() {
    return this.#showing !== null;
  }

  #build() {
    const place = new URL(address("screen"), location.href).href;
    const here = { class: "ld-button", href: place, target: "_blank", rel: "noopener" };
    this.valid = make("p", { class: "ld-hint ld-small" });
    const typed = make("div", {}, make("p", {}, t("screen.code"), " ", this.code), this.valid);
    this.typed = typed;
    return make(
      "dialog",
      { class: "ld-handout ld-second-screen", "aria-label": t("screen.title") },
      make(
        "div",
        { class: "ld-handout-head" },
        make("h2", {}, t("screen.title")),
        makeButton(t("common.close"), () => this.dialog.close()),
      ),
      make("p", {}, t("screen.address"), " ", make("strong", { class: "ld-screen-address" }, place)),
      make("p", { class: "ld-hint", hidden: !HERE.includes(location.hostname) }, t("screen.loopback")),
      typed,
      this.status,
      make(
        "div",
        { class: "ld-row" },
        makeButton(t("screen.another"), () => this.offer()),
        make("a", here, t("screen.here")),
        makeButton(t("screen.end"), () => this.end()),
      ),
    );
  }

  open() {
    if (!this.dialog.isConnected) this.tab.root.append(this.dialog);
    this.dialog.showModal();
    if (!this.shows) this.offer();
  }

  /** Ask for a code, and begin to tell what is shown. */
  async offer() {
    const answer = await send("screen").then((response) => bodyOf(response, "json")).catch((error) => {
      this.#say(error.message, true);
    });
    if (!answer) return;
    const { code, seconds } = answer;
    this.#setCode(code, t("screen.code_valid", { minutes: seconds / 60 }));
    clearTimeout(this.forgets);
    this.forgets = setTimeout(() => this.#setCode(""), seconds * 1000);
    if (!this.shows) this.#begin();
    this.#count(this.#screens);
  }

  async end() {
    this.#over();
    this.dialog.close();
    this.tab.notify(t("screen.stopped"));
    await send("screen/end").catch(() => {}); // It ends with the page as well.
  }

  #setCode(code, valid = "") {
    this.code.textContent = code;
    this.valid.textContent = valid;
    this.typed.hidden = !code;
  }

  #say(words, wrong = false) {
    this.status.textContent = words;
    this.status.classList.toggle("ld-wrong", wrong);
  }

  #count(screens) {
    if (screens > this.#screens) this.#setCode(""); // It is used up.
    this.#screens = screens;
    if (screens === 0) this.#say(t("screen.none"));
    else this.#say(screens === 1 ? t("screen.one") : t("screen.many", { count: screens }));
    this.button.dataset.screens = screens;
  }

  #begin() {
    this.#showing = new AbortController();
    this.#screens = 0;
    this.button.setAttribute("aria-pressed", "true");
    this.#tell(this.#showing.signal);
  }

  /** Nothing is shown any more. */
  #over() {
    if (!this.shows) return;
    this.#showing.abort();
    this.#showing = null;
    this.#screens = 0;
    clearTimeout(this.forgets);
    this.#setCode("");
    this.button.setAttribute("aria-pressed", "false");
    delete this.button.dataset.screens;
    this.#say(t("screen.stopped"));
  }

  /** What is seen has changed, or may have. */
  #moves() {
    this.#moved = true;
    this.#move();
  }

  /** What is seen, as it is told; null where there is nothing yet. */
  state() {
    const { preview, plans, outcome } = this.tab;
    const shown = shownBy(preview, nameOf);
    const figures = [plans.words.gesture, plans, outcome].map(({ figure }) => figure);
    return shown && JSON.stringify({ ...shown, figures: figures.filter(Boolean) });
  }

  /** Tell what is seen, one state after another; what changes meanwhile is told next. */
  async #tell(signal) {
    const quiet = this.tab.preview.on("draw", () => this.#moves());
    signal.addEventListener("abort", () => {
      quiet();
      this.#move();
    });
    this.told = "";
    let since = -Infinity;
    while (!signal.aborted) {
      this.#moved = false;
      const state = this.state();
      if (state !== null && (state !== this.told || performance.now() - since >= REST)) {
        await this.#send(state, signal);
        since = performance.now();
      }
      await this.#changed();
    }
  }

  async #send(state, signal) {
    let answer;
    try {
      const headers = { "Content-Type": "application/json" };
      const response = await send("screen/state", state, { headers, signal });
      answer = await bodyOf(response, "json");
    } catch (error) {
      this.told = "";
      if (["UnknownSessionError", "LoginNeeded"].includes(error.code)) this.#over();
      return;
    }
    if (signal.aborted) return;
    if (answer.over) {
      this.#over();
      return;
    }
    Object.assign(this, { told: state, number: answer.number });
    if (answer.screens !== this.#screens) this.#count(answer.screens);
  }

  /** Wait for a frame that was not told, or for some seconds; never less than the pace. */
  async #changed() {
    if (!this.#moved) {
      let timer = 0;
      await new Promise((done) => {
        this.#move = done;
        timer = setTimeout(done, REST);
      });
      clearTimeout(timer);
    }
    await new Promise((done) => setTimeout(done, PACE));
  }
}
