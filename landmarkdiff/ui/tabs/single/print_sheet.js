/**
 * What is printed of the first tab: before and after, and no controls. At true size where that was
 * asked for; else, as by the browser's own command, what the viewer shows.
 */

import { make } from "../../dom.js";
import { config, t } from "../../page.js";

/** Between two ticks of the scale bar, mm. */
const TICK_MM = 10;

export class PrintSheet {
  #ready = false;

  /** @param {SingleTab} tab */
  constructor(tab) {
    this.tab = tab;
    this.element = make("section", { class: "ld-print", "aria-hidden": "true" });
    addEventListener("beforeprint", () => this.#before());
    addEventListener("afterprint", () => this.#forget());
  }

  /**
   * Print a sheet of the server's at true size.
   * @param {object} sheet As `PrintAnswer`, with the addresses of its pictures and the `paper`.
   */
  async print(sheet) {
    const { before, after, beside, width } = sheet;
    const pictures = [before, after].map((src) => {
      const image = make("img", { src, alt: "" });
      image.style.width = `${width}mm`;
      return image;
    });
    await Promise.all(pictures.map((image) => image.decode()));
    const figures = pictures.map((image, place) => figure(image, place));
    const foot = () => [
      scaleBar(sheet.bar),
      ...[sheet.scale, ...sheet.remarks].map((line) => make("p", {}, line)),
      ...statements(),
    ];
    const title = () => make("p", {}, sheet.title);
    const pages = beside
      ? [page(title(), make("div", { class: "ld-print-pair" }, ...figures), ...foot())]
      : figures.map((one) => page(title(), one, ...foot()));
    this.#show(`${sheet.paper}-${beside ? "lying" : "standing"}`, pages);
    window.print();
  }

  #show(kind, pages) {
    this.element.dataset.page = kind;
    this.element.replaceChildren(...pages);
    document.body.append(this.element);
    document.body.classList.add("ld-printing");
    this.#ready = true;
  }

  #forget() {
    this.element.replaceChildren();
    this.element.remove();
    document.body.classList.remove("ld-printing");
    this.#ready = false;
  }

  /** The browser's own command prints what the viewer shows. */
  #before() {
    const { tab } = this;
    if (this.#ready || !tab.photo || tab.viewer.offsetParent === null) return;
    const title = tab.settings.procedures.map((name) => config().procedures[name].title).join(" + ");
    const figures = this.#seen().map((canvas, place) => figure(canvas, place));
    const pair = make("div", { class: "ld-print-pair ld-print-seen" }, ...figures);
    const turned = tab.preview.view.mirrored ? [t("handout.mirrored")] : [];
    // How much of the plan it is; or that the picture is not there to its end.
    const told = tab.told.textContent || (tab.work.busy ? tab.status.textContent : "");
    const lines = [told, ...turned].filter(Boolean).map((line) => make("p", {}, line));
    this.#show("seen", [page(make("p", {}, title), pair, ...lines, ...statements())]);
  }

  /** Copies of the photo and of the simulation as the viewer frames them. */
  #seen() {
    const { preview } = this.tab;
    const { comparison, display } = preview;
    const { mode, held } = comparison;
    comparison.held = false;
    const copies = [];
    if (mode === "side") {
      preview.flush();
      const { width, height } = display.canvas;
      const half = Math.floor(width / 2);
      copies.push(copied(display.canvas, 0, half, height));
      copies.push(copied(display.canvas, width - half, half, height));
    } else {
      for (const one of ["before", "after"]) {
        comparison.mode = one;
        preview.flush();
        copies.push(copied(display.canvas, 0, display.canvas.width, display.canvas.height));
      }
    }
    Object.assign(comparison, { mode, held });
    preview.flush();
    return copies;
  }
}

/** A part of a canvas, in the frame in which it was drawn: later it is empty. */
function copied(canvas, left, width, height) {
  const copy = make("canvas", { width, height });
  copy.getContext("2d").drawImage(canvas, -left, 0);
  return copy;
}

function page(...parts) {
  return make("div", { class: "ld-print-page" }, ...parts);
}

function figure(picture, place) {
  const words = place === 0 ? t("common.before") : t("handout.after");
  return make("figure", {}, make("figcaption", {}, words), picture);
}

function scaleBar(length) {
  const bar = make("div", { class: "ld-print-bar" });
  bar.style.width = `${length}mm`;
  for (let at = 0; at <= length; at += TICK_MM) {
    const tick = make("span");
    tick.style.left = `${at}mm`;
    bar.append(tick);
  }
  const words = make("span", { class: "ld-print-length" }, t("live.scale_bar", { mm: length }));
  return make("div", { class: "ld-print-scale" }, bar, words);
}

function statements() {
  return config().statements.map((line) => make("p", { class: "ld-print-statement" }, line));
}
