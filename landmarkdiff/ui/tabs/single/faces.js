/** The faces of a group: numbered on a small picture of the photo, and chosen there. */

import { make } from "../../dom.js";
import { t } from "../../page.js";

/** Longer side of the small picture in its own pixels. */
const SIDE = 640;

export class FaceChoice {
  /** @param {function(number): void} choose Hears the face that is pressed. */
  constructor(choose) {
    this.choose = choose;
    this.map = make("div", { class: "ld-face-map" });
    this.element = make(
      "div",
      {
        class: "ld-faces",
        role: "group",
        "aria-label": t("photo.several_faces"),
        "data-needs": "edit",
        hidden: true,
      },
      make("p", { class: "ld-hint" }, t("photo.several_faces")),
      this.map,
    );
    this.marks = [];
  }

  /**
   * @param {ImageBitmap} image
   * @param {{width: number, height: number, faces: number[][]}} photo Boxes are x, y, width and
   *   height in the photo's pixels.
   */
  setPhoto(image, { width, height, faces }) {
    this.element.hidden = faces.length < 2;
    this.marks = this.element.hidden
      ? []
      : faces.map(([x, y, across, down], face) =>
          this.mark(face, { left: x / width, top: y / height, width: across / width, height: down / height }),
        );
    if (this.element.hidden) {
      this.map.replaceChildren();
      return;
    }
    const share = SIDE / Math.max(width, height);
    const size = { width: Math.round(width * share), height: Math.round(height * share) };
    const canvas = make("canvas", { ...size, "aria-hidden": "true" });
    canvas.getContext("2d").drawImage(image, 0, 0, size.width, size.height);
    this.map.replaceChildren(canvas, ...this.marks);
  }

  mark(face, shares) {
    const number = face + 1;
    const mark = make(
      "button",
      {
        type: "button",
        class: "ld-face-mark",
        "aria-label": t("photo.face_number", { number }),
        "aria-pressed": "false",
        onclick: () => this.choose(face),
      },
      make("span", {}, String(number)),
    );
    for (const [name, share] of Object.entries(shares)) mark.style[name] = `${100 * share}%`;
    return mark;
  }

  /** @param {number} face The one that the plan belongs to. */
  show(face) {
    this.marks.forEach((mark, own) => mark.setAttribute("aria-pressed", String(own === face)));
  }
}
