/** Pictures beside one another, as the page that shows has them below its own. */

import { address } from "../address.js";
import { make } from "../dom.js";

const plain = (text) => text && make("span", { class: "ld-label" }, text);

/** @param {{blob: string, title: string, label: string, place: string}} one */
function pictureOf({ blob, title, label, place }) {
  const over = label && make("span", { class: "ld-label ld-label-over" }, label);
  if (over) over.style.cssText = place; // no style may stand in the page itself
  const image = make("img", { src: address(`screen/file/figure/${blob}`), alt: title || label });
  return make("div", { class: "ld-screen-side" }, image, plain(title) || null, over || null);
}

export class Figures {
  #shown = "[]";

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
  }

  /** @param {{caption: string, pictures: object[]}[]} figures */
  show(figures) {
    const said = JSON.stringify(figures);
    if (said === this.#shown) return;
    this.#shown = said;
    this.root.hidden = figures.length === 0;
    this.root.replaceChildren(
      ...figures.map(({ caption, pictures }) =>
        make(
          "figure",
          {},
          make("div", { class: "ld-screen-pair" }, ...pictures.map(pictureOf)),
          make("figcaption", {}, caption),
        ),
      ),
    );
  }
}
