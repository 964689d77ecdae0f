/** A profile that was not found: a few points are put where they are seen, and it is looked for. */

import { make, makeButton } from "./dom.js";
import { LivePreview } from "./live/preview.js";
import { config, number, t } from "./page.js";

/** Errors of a photo in which a profile may be hidden. */
const HIDDEN = ["ProfileError", "NoFaceError"];
/** Height of the points as they are first laid over the photo, as a share of its height. */
const HEIGHT = 0.45;

let dialogs = 0;

export class PlacePoints {
  /**
   * @param {HTMLElement} root The dialog becomes a part of it.
   * @param {function(File, Object<string, number[]>): void} found Opens the photo with points; it
   *   gets what `offer` or `show` was given.
   */
  constructor(root, found) {
    this.root = root;
    this.found = found;
    this.element = null;
  }

  /** Offer it where an error says that no profile was found, and the browser can show the photo. */
  async offer(file, error) {
    if (!HIDDEN.includes(error.code)) return;
    let image = null;
    try {
      image = await createImageBitmap(file);
    } catch {
      return; // A format that only the server reads: the error has been told.
    }
    this.show(file, image, error.message);
  }

  /**
   * @param photo What `found` is given with the points.
   * @param {ImageBitmap|HTMLImageElement} image The photo itself, or a smaller picture of it.
   * @param {string} reason Why no profile was found.
   * @param {{width: number, height: number}} [size] Of the photo.
   */
  show(photo, image, reason, size = image) {
    this.close();
    this.file = photo;
    this.build(reason);
    this.root.append(this.element);
    this.element.showModal();
    this.preview = new LivePreview(this.viewer, { t, number });
    this.image = { width: size.width, height: size.height };
    this.preview.setPhoto(image, this.image);
    this.preview.setMode("before");
    this.preview.setLandmarkMode(true);
    this.preview.on("nudge", ({ index, dx, dy }) => {
      const { x, y } = this.points[index];
      this.points[index] = { ...this.points[index], x: x + dx, y: y + dy };
    });
    this.side = 1;
    this.lay(this.image);
  }

  build(reason) {
    dialogs += 1;
    const id = `ld-place-${dialogs}`;
    this.viewer = make("div", { class: "ld-viewer" });
    this.element = make(
      "dialog",
      { class: "ld-place-points", "aria-labelledby": id, oncancel: () => this.forget() },
      make("h2", { id }, t("landmark.place_title")),
      make("p", { class: "ld-hint" }, reason),
      make("p", {}, t("landmark.place_hint")),
      this.viewer,
      make(
        "div",
        { class: "ld-row" },
        makeButton(t("landmark.place_find"), () => this.find(), { primary: true }),
        makeButton(t("landmark.place_mirror"), () => this.mirror()),
        makeButton(t("common.cancel"), () => this.close()),
      ),
    );
  }

  /** Lay the points over the middle of the photo, as a profile has them. */
  lay({ width, height }) {
    const size = HEIGHT * height;
    this.points = config().profile_template.map(({ name, title, x, y }) => ({
      name,
      title,
      x: width / 2 + this.side * size * x,
      y: height / 2 + size * y,
    }));
    this.draw();
  }

  mirror() {
    const { width } = this.image;
    this.side = -this.side;
    this.points = this.points.map((point) => ({ ...point, x: width - 1 - point.x }));
    this.draw();
  }

  draw() {
    const places = this.points.map(({ x, y }) => [x, y]);
    this.preview.setLandmarks(places, this.points.map(({ title }) => title));
  }

  find() {
    const places = Object.fromEntries(this.points.map(({ name, x, y }) => [name, [x, y]]));
    const { file } = this;
    this.close();
    this.found(file, places);
  }

  close() {
    this.element?.close();
    this.forget();
  }

  forget() {
    this.preview?.destroy();
    this.element?.remove();
    this.preview = this.element = null;
  }
}
