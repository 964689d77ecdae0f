/** Pictures of an answer, large: the photo beside the simulation, zoomed and moved together. */

import { make, makeButton } from "./dom.js";
import { Viewport } from "./live/viewport.js";
import { t } from "./page.js";

const ZOOM = 1.4;
/** How far an arrow key moves the pictures, CSS pixels; and with Shift. */
const PAN_PX = [60, 180];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const WHEEL_ZOOM = 0.0016;
/** Figures that have a photo to stand beside. */
const FIGURES = ".ld-figure:has(.ld-swap-before)";

const opened = new WeakMap();

/**
 * Let a click on a picture of a part open it large; with a key held it is a link as any other.
 * `labels` name what stands on either side, where that is not a photo and its simulation: that has
 * its name in the picture.
 */
export function followLarge(part, labels = [t("common.before"), ""]) {
  if (opened.has(part)) return;
  opened.set(part, new Large(part, labels));
  part.addEventListener("click", (event) => {
    const figure = event.target.closest("a.ld-swap")?.closest(FIGURES);
    if (!figure || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    opened.get(part).open(figure);
  });
}

class Large {
  #pointers = new Map();
  #whole = false;
  #shown = 0;

  /**
   * @param {HTMLElement} part Whose figures are shown.
   * @param {string[]} labels Of the two sides.
   */
  constructor(part, labels) {
    this.part = part;
    this.labels = labels;
    [this.before, this.after] = labels.map(paneOf);
    this.stage = make(
      "div",
      { class: "ld-large-stage", tabindex: "0", role: "group", "aria-label": t("common.large_keys") },
      this.before.root,
      this.after.root,
    );
    this.title = make("span", { role: "status" });
    this.wholeButton = makeButton(t("common.whole_face"), () => this.showWhole(!this.#whole));
    this.close = makeButton(t("common.close"), () => this.dialog.close());
    this.dialog = make(
      "dialog",
      { class: "ld-large", "aria-label": t("common.large") },
      make("div", { class: "ld-large-head" }, make("h2", {}, this.title), this.#tools()),
      this.stage,
    );
    // One view for both: it counts in pixels of one pane.
    this.view = new Viewport(this.before.root, () => this.draw());
    this.#listen();
  }

  #tools() {
    const icon = (sign, label, work) =>
      makeButton(sign, work, { "aria-label": label, title: label, class: "ld-button ld-icon" });
    this.steps = [
      icon("‹", t("common.previous"), () => this.step(-1)),
      icon("›", t("common.next"), () => this.step(1)),
    ];
    return make(
      "div",
      { class: "ld-row" },
      ...this.steps,
      icon("−", t("live.zoom_out"), () => this.zoom(1 / ZOOM)),
      icon("+", t("live.zoom_in"), () => this.zoom(ZOOM)),
      icon("⤢", t("live.fit"), () => this.fit()),
      this.wholeButton,
      this.close,
    );
  }

  #listen() {
    const { stage, dialog } = this;
    stage.addEventListener("pointerdown", (event) => {
      stage.setPointerCapture(event.pointerId);
      this.#pointers.set(event.pointerId, this.#place(event));
    });
    stage.addEventListener("pointermove", (event) => this.#drag(event));
    for (const kind of ["pointerup", "pointercancel"]) {
      stage.addEventListener(kind, (event) => this.#pointers.delete(event.pointerId));
    }
    stage.addEventListener("dblclick", () => (this.view.atHome ? this.zoom(2) : this.fit()));
    stage.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        this.#zoomAt(Math.exp(-event.deltaY * WHEEL_ZOOM), this.#place(event));
      },
      { passive: false },
    );
    dialog.addEventListener("keydown", (event) => this.#key(event));
    for (const kind of ["keyup", "focusout", "close"]) {
      dialog.addEventListener(kind, () => this.hold(false));
    }
    dialog.addEventListener("close", () => dialog.remove());
    new ResizeObserver(() => {
      this.view.resized();
      this.draw();
    }).observe(stage);
  }

  /** Where a pointer is in the pane that it is in, CSS pixels. */
  #place({ clientX, clientY }) {
    const boxes = [this.before, this.after].map(({ root }) => root.getBoundingClientRect());
    const own = boxes.find(({ right, bottom }) => clientX <= right && clientY <= bottom) ?? boxes[1];
    return { x: clientX - own.left, y: clientY - own.top };
  }

  #drag(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    const place = this.#place(event);
    this.#pointers.set(event.pointerId, place);
    if (!other) {
      this.view.pan(place.x - before.x, place.y - before.y);
      return;
    }
    const far = (a) => Math.max(Math.hypot(a.x - other.x, a.y - other.y), 1);
    const middle = { x: (place.x + other.x) / 2, y: (place.y + other.y) / 2 };
    this.#zoomAt(far(place) / far(before), middle);
  }

  #key(event) {
    const { key, shiftKey } = event;
    const arrow = ARROWS[key];
    const letter = key.toLowerCase();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (arrow) {
      const [dx, dy] = arrow.map((each) => each * PAN_PX[Number(shiftKey)]);
      this.view.pan(-dx, -dy);
    } else if (key === "+" || key === "=") this.zoom(ZOOM);
    else if (key === "-" || key === "_") this.zoom(1 / ZOOM);
    else if (key === "0") this.fit();
    else if (key === "PageUp") this.step(-1);
    else if (key === "PageDown") this.step(1);
    else if (letter === "w") this.showWhole(!this.#whole);
    else if (letter === "b") this.hold(true);
    else return;
    event.preventDefault();
  }

  // -- what is shown -------------------------------------------------------------------------

  get figures() {
    return [...this.part.querySelectorAll(FIGURES)];
  }

  /** Open a figure of the part; the whole of what it shows fits. */
  async open(figure) {
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.stage.focus();
    this.#shown = this.figures.indexOf(figure);
    this.#whole = false;
    await this.show();
    this.fit();
  }

  /** The figure before or after this one, in the same view. */
  step(by) {
    const place = this.#shown + by;
    if (place < 0 || place >= this.figures.length) return;
    this.#shown = place;
    this.show();
  }

  /** Show whole faces instead of close-ups. */
  async showWhole(on) {
    this.#whole = on;
    await this.show();
    this.fit();
  }

  /** Show the photo in the simulation's place, as long as `on`. */
  hold(on) {
    this.after.root.classList.toggle("ld-held", on);
    const source = on ? this.before.image.src : this.after.source;
    if (source && this.after.image.src !== source) this.after.image.src = source;
  }

  async show() {
    const { figures, before, after } = this;
    const figure = figures[this.#shown];
    const link = figure.querySelector("a.ld-swap[data-whole]");
    const layer = this.part.dataset.layer ?? "final";
    const image = link.querySelector(`img[data-layer="${layer}"]`) ?? link.querySelector("img");
    const close = link.querySelector(".ld-swap-before").src;
    before.image.src = this.#whole ? link.dataset.before : close;
    after.source = after.image.src = this.#whole ? link.dataset.whole : image.src;
    before.image.alt = this.labels[0];
    this.#name(figure, link);
    after.image.alt = image.alt;
    const name = figure.querySelector("figcaption strong").textContent;
    this.title.textContent = `${name} (${this.#shown + 1}/${figures.length})`;
    this.wholeButton.setAttribute("aria-pressed", String(this.#whole));
    // Some pictures are whole faces already.
    this.wholeButton.hidden = link.dataset.whole === image.getAttribute("src");
    this.steps[0].disabled = this.#shown === 0;
    this.steps[1].disabled = this.#shown === figures.length - 1;
    await Promise.all([before, after].map((each) => each.image.decode()));
    const { naturalWidth: width, naturalHeight: height } = before.image;
    const { photo } = this.view;
    if (photo.width !== width || photo.height !== height) this.view.setPhoto({ width, height });
    this.draw();
    this.dialog.dataset.shown = String(this.#shown);
  }

  /** Each simulation keeps its name in sight; of two plans, both are. */
  #name(figure, link) {
    const sides = [link.previousElementSibling, link];
    for (const [at, pane] of [this.before, this.after].entries()) {
      const own = sides[at]?.querySelector(".ld-label-over");
      pane.place = coverOf(own && this.#whole ? link.dataset.wholePlace : own?.getAttribute("style"));
      pane.over.hidden = !pane.place;
      pane.over.textContent = own?.textContent ?? "";
    }
    this.after.over.classList.toggle("ld-always", this.before.place !== null);
  }

  zoom(factor) {
    this.view.move(this.view.zoomed(factor));
  }

  #zoomAt(factor, place) {
    const [pane] = this.view.panes();
    this.view.move(this.view.zoomedAt(factor, place, pane));
  }

  fit() {
    this.view.move(this.view.home());
    this.draw();
  }

  /** Lay both pictures where the view has them. */
  draw() {
    const { view, before, after } = this;
    const { width, height } = view.pane;
    const left = width / 2 - (view.x + 0.5) * view.scale;
    const top = height / 2 - (view.y + 0.5) * view.scale;
    for (const pane of [before, after]) {
      pane.image.style.transform = `translate(${left}px, ${top}px) scale(${view.scale})`;
      if (pane.place) cover(pane, { left, top, view });
    }
  }
}

function paneOf(label) {
  const image = make("img", { alt: "", draggable: "false" });
  const tag = label ? make("span", { class: "ld-label" }, label) : null;
  const over = make("span", { class: "ld-label ld-label-over" });
  return { image, over, place: null, root: make("div", { class: "ld-large-pane" }, image, tag, over) };
}

/** Where a simulation's name is drawn into it: shares of the picture; null where none is. */
function coverOf(style) {
  if (!style) return null;
  const share = {};
  for (const each of style.split(";").filter(Boolean)) {
    const [name, value] = each.split(":");
    share[name.trim()] = parseFloat(value) / 100;
  }
  const { left, right, top, bottom, "min-width": width, "min-height": height } = share;
  return { x: left ?? 1 - right - width, y: top ?? 1 - bottom - height, width, height };
}

/** The page's own word covers the drawn one, or stands at the edge behind which that lies. */
function cover({ over, place }, { left, top, view }) {
  const { photo, pane, scale } = view;
  const axes = [
    [left, place.x, place.width, photo.width, pane.width, "left", "minWidth", "offsetWidth"],
    [top, place.y, place.height, photo.height, pane.height, "top", "minHeight", "offsetHeight"],
  ];
  for (const [from, start, size, whole, room, side, least, own] of axes) {
    const first = Math.min(Math.max(from + start * whole * scale, 0), room);
    const last = Math.min(Math.max(from + (start + size) * whole * scale, 0), room);
    over.style[least] = `${last - first}px`;
    const middle = (first + last - over[own]) / 2;
    over.style[side] = `${Math.min(Math.max(middle, 0), room - over[own])}px`;
  }
}
