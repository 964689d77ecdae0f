/** The part of the panel for pushes by hand: the brush, and a list of what it has pushed. */

import { make, makeButton } from "../../dom.js";
import { number, t } from "../../page.js";
import { rebuild } from "../../rebuild.js";
import { readPushes } from "../../live/pushes.js";
import { fetchBlob, named } from "../../session.js";
import { quantity } from "./units.js";

/** Before the photo's own bounds are known, mm. */
const RADII = [5, 40];
const MOST = 40;

export class BrushPanel {
  #on = false;
  #parts = null;
  #radius = 15;
  #symmetric = false;

  /**
   * @param {object} tab
   * @param {function(): ?LivePreview} tab.preview
   * @param {function(): object} tab.settings
   * @param {function(Push[]): void} tab.change Takes what the plan is to push.
   * @param {function(): void} tab.fetch Has the model of the photo made again, and the brush's.
   */
  constructor(tab) {
    this.tab = tab;
    this.toggle = makeButton("", () => this.set(!this.#on));
    this.shown = make("output", { class: "ld-numeric" });
    this.slider = make("input", {
      type: "range",
      class: "ld-slider",
      min: String(RADII[0]),
      max: String(RADII[1]),
      step: "1",
      value: String(this.#radius),
      "aria-label": t("brush.radius"),
      oninput: () => this.choose({ radius: this.slider.valueAsNumber }),
    });
    this.both = make("input", {
      type: "checkbox",
      onchange: () => this.choose({ symmetric: this.both.checked }),
    });
    this.list = make("ol", { class: "ld-pushes" });
    this.clear = makeButton(t("brush.clear"), () => tab.change([]));
    this.full = make("p", { class: "ld-hint ld-small" }, t("brush.full", { count: MOST }));
    this.notHere = make("p", { class: "ld-hint" }, t("brush.not_here"));
    this.tools = make(
      "div",
      {},
      make("div", { class: "ld-row" }, this.toggle),
      make("div", { class: "ld-line" }, make("span", {}, t("brush.radius")), this.shown),
      make("div", { class: "ld-slider-box" }, this.slider),
      make(
        "div",
        { class: "ld-option" },
        make("label", {}, this.both, make("span", {}, t("brush.symmetric"))),
      ),
      make("p", { class: "ld-hint ld-small" }, t("brush.hint")),
      make("p", { class: "ld-hint ld-small" }, t("brush.keys")),
      this.full,
      this.list,
      make("div", { class: "ld-row" }, this.clear),
    );
    this.element = make(
      "details",
      { class: "ld-section ld-brush", "data-section": "brush" },
      make("summary", {}, t("brush.title")),
      this.notHere,
      this.tools,
    );
  }

  /** Whether the brush is taken up. */
  get on() {
    return this.#on;
  }

  /** Take the brush up, or put it away. */
  set(on) {
    this.#on = on;
    if (on && !this.#parts) this.tab.fetch();
    this.#hand();
    this.show(this.tab.settings());
  }

  /** @param {{radius?: number, symmetric?: boolean}} chosen */
  choose({ radius = this.#radius, symmetric = this.#symmetric }) {
    this.#radius = radius;
    this.#symmetric = symmetric;
    this.#hand();
    this.show(this.tab.settings());
  }

  /** Give the viewer's brush what was chosen here. */
  #hand() {
    const brush = this.tab.preview()?.brush;
    if (!brush) return;
    brush.radius = this.#radius;
    brush.symmetric = this.#symmetric;
    brush.on = this.#on && this.#parts !== null;
    this.tab.preview().frames.request();
  }

  /** Ask for room and pose of the photo, where anything is or may be pushed. */
  async fetch(ask, signal, settings, silent) {
    this.#parts = null;
    if (!this.#on && settings.manual.length === 0) return;
    const { brush } = await ask("single/brush", settings, silent);
    if (!brush) return;
    const response = await fetchBlob(brush, signal);
    const buffer = await response.arrayBuffer();
    signal.throwIfAborted();
    this.#parts = named(readPushes(buffer), brush);
  }

  /** Lay what was fetched, and what the plan pushes, on the viewer's photo. */
  present(settings) {
    this.tab.preview().brush.setParts(this.#parts);
    this.tab.preview().setPushes(settings.manual);
    this.#hand();
  }

  /** @param {object} settings @param {boolean} [profile] Whether the photo is one. */
  show({ manual }, profile = this.profile) {
    this.profile = Boolean(profile);
    this.notHere.hidden = !this.profile;
    this.tools.hidden = this.profile;
    this.toggle.textContent = this.#on ? t("brush.done") : t("brush.start");
    this.toggle.setAttribute("aria-pressed", String(this.#on));
    this.shown.textContent = quantity(this.#radius, "mm", 0);
    this.both.checked = this.#symmetric;
    this.clear.hidden = manual.length === 0;
    this.full.hidden = manual.length < MOST;
    this.list.hidden = manual.length === 0;
    rebuild(this.list, () => {
      this.list.replaceChildren(...manual.map((push, place) => this.#row(push, place, manual)));
    });
    const brush = this.tab.preview()?.brush;
    if (brush && brush.kept !== manual) this.tab.preview().setPushes(manual);
  }

  #row({ vector, radius, symmetric }, place, manual) {
    const words = t(symmetric ? "brush.push_both" : "brush.push", {
      number: place + 1,
      mm: number(Math.hypot(...vector), 1),
      radius: number(radius, 0),
    });
    const remove = t("brush.remove", { number: place + 1 });
    const button = make(
      "button",
      {
        type: "button",
        class: "ld-icon",
        "aria-label": remove,
        title: remove,
        onclick: () => this.tab.change(manual.filter((_, other) => other !== place)),
      },
      "×",
    );
    return make("li", {}, make("span", {}, words), button);
  }
}
