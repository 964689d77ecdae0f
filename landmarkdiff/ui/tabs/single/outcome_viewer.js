/**
 * Three pictures in one framing: before, simulation, result. Side by side, one wiped over another, or
 * two that take turns; zoomed and moved together.
 */

import { make, makeButton } from "../../dom.js";
import { Blink } from "../../live/blink.js";
import { Viewport } from "../../live/viewport.js";
import { t } from "../../page.js";

const NAMES = ["before", "simulated", "result"];
const PAIRS = {
  simulated_result: ["simulated", "result"],
  before_result: ["before", "result"],
  before_simulated: ["before", "simulated"],
};
const ZOOM = 1.4;
/** How far an arrow key moves the pictures, CSS pixels; and with Shift. */
const PAN_PX = [40, 160];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** So near a pointer takes the line between two pictures, CSS pixels. */
const NEAR_PX = 28;
/** Narrower than this, three pictures beside one another are too small to tell anything. */
const NARROW = "(max-width: 700px)";

export class OutcomeViewer {
  #pictures = null;
  #drag = null;

  constructor() {
    this.panes = NAMES.map((name) => this.#pane(name));
    this.line = make("div", { class: "ld-outcome-line", "aria-hidden": "true" });
    this.stage = make(
      "div",
      { class: "ld-outcome-stage", tabindex: "0", role: "group", "aria-label": t("outcome.keys") },
      ...this.panes.map(({ root }) => root),
      this.line,
    );
    this.blink = new Blink((first) => this.#swap(first));
    this.element = make("div", { class: "ld-outcome-viewer" }, this.#tools(), this.stage);
    this.view = new Viewport(this.panes[0].root, () => this.draw());
    this.#listen();
    this.setMode(matchMedia(NARROW).matches ? "wipe" : "side");
  }

  #pane(name) {
    const image = make("img", { alt: "", draggable: "false" });
    const words = { before: t("common.before"), simulated: t("app.label"), result: t("outcome.result") };
    const tag = make("span", { class: "ld-label" }, words[name]);
    image.alt = words[name];
    return { name, image, tag, root: make("div", { class: "ld-outcome-pane" }, image, tag) };
  }

  #tools() {
    this.modes = ["side", "wipe", "blink"].map((mode) =>
      makeButton(t(`outcome.${mode}`), () => this.setMode(mode), { "data-mode": mode }),
    );
    const group = { class: "ld-layers ld-outcome-row", role: "group", "aria-label": t("outcome.view") };
    const options = Object.keys(PAIRS).map((pair) => make("option", { value: pair }, t(`outcome.${pair}`)));
    this.pairs = make("select", { class: "ld-select", "aria-label": t("outcome.pair") }, ...options);
    this.pairs.addEventListener("change", () => this.setMode(this.mode));
    this.wipe = make("input", {
      type: "range",
      min: "0",
      max: "100",
      value: "50",
      class: "ld-outcome-wipe",
      "aria-label": t("outcome.meet"),
    });
    this.wipe.addEventListener("input", () => this.#cut());
    this.wholeButton = makeButton(t("common.whole_face"), () => this.setWhole(!this.whole), {
      "aria-pressed": "false",
    });
    const icon = (sign, label, work) =>
      makeButton(sign, work, { "aria-label": label, title: label, class: "ld-button ld-icon" });
    const zooms = [
      icon("−", t("live.zoom_out"), () => this.zoom(1 / ZOOM)),
      icon("+", t("live.zoom_in"), () => this.zoom(ZOOM)),
      icon("⤢", t("live.fit"), () => this.fit()),
    ];
    return make(
      "div",
      { class: "ld-outcome-row ld-outcome-tools" },
      make("span", group, ...this.modes),
      this.pairs,
      this.wipe,
      this.wholeButton,
      make("span", { class: "ld-outcome-row" }, ...zooms),
    );
  }

  #listen() {
    const { stage } = this;
    stage.addEventListener("keydown", (event) => this.#key(event));
    stage.addEventListener("pointerdown", (event) => this.#take(event));
    stage.addEventListener("pointermove", (event) => this.#move(event));
    for (const kind of ["pointerup", "pointercancel"]) {
      stage.addEventListener(kind, () => (this.#drag = null));
    }
    new ResizeObserver(() => {
      this.view.resized();
      this.draw();
    }).observe(stage);
  }

  // -- what is shown -------------------------------------------------------------------------

  get whole() {
    return this.wholeButton.getAttribute("aria-pressed") === "true";
  }

  get pair() {
    return PAIRS[this.pairs.value];
  }

  /**
   * Show other pictures, in the same way.
   * @param {object} pictures Addresses by framing ("region", "face") and name.
   * @param {string} label What stands on the simulation.
   */
  async show(pictures, label) {
    this.#pictures = pictures;
    this.panes[1].tag.textContent = this.panes[1].image.alt = label;
    await this.#load();
  }

  async setWhole(on) {
    this.wholeButton.setAttribute("aria-pressed", String(on));
    if (this.#pictures) await this.#load();
  }

  async #load() {
    const pictures = this.#pictures[this.whole ? "face" : "region"];
    for (const { name, image } of this.panes) image.src = pictures[name];
    await Promise.all(this.panes.map(({ image }) => image.decode()));
    const { naturalWidth: width, naturalHeight: height } = this.panes[0].image;
    this.stage.style.setProperty("--ld-shape", `${width} / ${height}`);
    this.stage.style.setProperty("--ld-ratio", String(width / height));
    this.view.setPhoto({ width, height });
    this.draw();
    this.element.dataset.shown = this.whole ? "face" : "region";
  }

  /** @param {"side"|"wipe"|"blink"} mode */
  setMode(mode) {
    this.mode = this.stage.dataset.mode = mode;
    for (const button of this.modes) {
      button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    }
    this.pairs.hidden = mode === "side";
    this.wipe.hidden = this.line.hidden = mode !== "wipe";
    for (const { name, root } of this.panes) {
      const place = mode === "side" ? -1 : this.pair.indexOf(name);
      root.classList.toggle("ld-apart", mode !== "side" && place < 0);
      root.classList.toggle("ld-over", place === 1);
    }
    this.#swap(false);
    this.#cut();
    this.blink.set(mode === "blink");
    this.view.resized();
    this.draw();
  }

  /** Stop what moves, where nobody looks. */
  rest() {
    if (this.mode === "blink") this.blink.set(false);
  }

  resume() {
    if (this.mode === "blink") this.blink.set(true);
  }

  /** Show the first of the pair in the second's place. */
  #swap(first) {
    this.stage.classList.toggle("ld-first", first && this.mode === "blink");
  }

  #cut() {
    this.stage.style.setProperty("--ld-cut", `${this.wipe.value}%`);
  }

  draw() {
    const { view } = this;
    const left = view.pane.width / 2 - (view.x + 0.5) * view.scale;
    const top = view.pane.height / 2 - (view.y + 0.5) * view.scale;
    for (const { image } of this.panes) {
      image.style.transform = `translate(${left}px, ${top}px) scale(${view.scale})`;
    }
    this.stage.classList.toggle("ld-zoomed", view.canPan);
  }

  // -- pointers and keys ---------------------------------------------------------------------

  zoom(factor) {
    this.view.move(this.view.zoomed(factor));
  }

  fit() {
    this.view.move(this.view.home());
  }

  #take(event) {
    const { left, width } = this.stage.getBoundingClientRect();
    const cut = left + (width * Number(this.wipe.value)) / 100;
    const near = Math.abs(event.clientX - cut) < NEAR_PX;
    const cuts = this.mode === "wipe" && (near || !this.view.canPan);
    if (!cuts && !this.view.canPan) return;
    this.stage.setPointerCapture(event.pointerId);
    this.#drag = { cuts, x: event.clientX, y: event.clientY };
    this.#move(event);
  }

  #move({ clientX: x, clientY: y }) {
    const drag = this.#drag;
    if (!drag) return;
    if (drag.cuts) {
      const { left, width } = this.stage.getBoundingClientRect();
      this.wipe.value = String((100 * (x - left)) / width);
      this.#cut();
    } else this.view.pan(x - drag.x, y - drag.y);
    Object.assign(drag, { x, y });
  }

  #key(event) {
    const { key, shiftKey } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (key in ARROWS) {
      if (!this.view.canPan) return; // the page scrolls
      const [dx, dy] = ARROWS[key].map((each) => each * PAN_PX[Number(shiftKey)]);
      this.view.pan(-dx, -dy);
    } else if (key === "+" || key === "=") this.zoom(ZOOM);
    else if (key === "-" || key === "_") this.zoom(1 / ZOOM);
    else if (key === "0") this.fit();
    else return;
    event.preventDefault();
  }
}
