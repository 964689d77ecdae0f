/** Shows the photo and pictures that the server made, with a 2-D canvas: nothing is warped here. */

import { Label } from "./label.js";
import { LINE } from "./scene.js";

export class CanvasPicture {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.photo = null;
    this.result = null;
    this.label = new Label();
    this.lost = false;
    this.software = true;
    this.renderer = "2d";
  }

  /** @param {Photo} photo */
  setPhoto(photo) {
    this.photo = photo;
  }

  /** A field is for pictures that can warp. */
  setField() {}

  /** So are pushes. */
  setPushes() {}

  setResult(image) {
    this.result = image;
  }

  setLabel(text) {
    this.label.setText(text);
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { canvas, context } = this;
    const colour = scene.background.map((each) => Math.round(255 * each));
    context.fillStyle = `rgb(${colour})`;
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (!this.photo) return;
    context.imageSmoothingQuality = scene.moving ? "low" : "high";
    this.#panes(scene.panes, scene.scale, scene.opacity);
    if (scene.line !== null) this.#line(scene);
    this.#labels(scene.panes, scene.pixelRatio);
    if (!scene.loupe) return;
    const { panes, scale } = scene.loupe;
    context.fillStyle = `rgb(${colour})`;
    for (const { area } of panes) context.fillRect(area.x, area.y, area.width, area.height);
    this.#panes(panes, scale);
    this.#labels(panes, scene.pixelRatio);
  }

  #panes(panes, scale, opacity = 1) {
    for (const pane of panes) this.#pane(pane, scale, opacity);
  }

  #labels(panes, pixelRatio) {
    for (const pane of panes) if (pane.from !== null) this.#label(pane, pixelRatio);
  }

  #pane({ area, offsetX, offsetY, mirrored, from }, scale, opacity) {
    const { context, photo, result } = this;
    const right = area.x + area.width;
    const paint = (image, x, alpha = 1) => {
      context.save();
      context.globalAlpha = alpha;
      context.beginPath();
      context.rect(x, area.y, Math.max(right - x, 0), area.height);
      context.clip();
      const width = photo.width * scale;
      if (mirrored) context.transform(-1, 0, 0, 1, 2 * offsetX + width, 0);
      context.drawImage(image, offsetX, offsetY, width, photo.height * scale);
      context.restore();
    };
    paint(photo.image, area.x);
    if (from !== null && result) paint(result, Math.max(Math.round(from), area.x), opacity);
  }

  #line({ line, pixelRatio }) {
    const { context, canvas } = this;
    for (const { half, colour: [red, green, blue] } of LINE) {
      context.fillStyle = `rgb(${255 * red}, ${255 * green}, ${255 * blue})`;
      context.fillRect(line - half * pixelRatio, 0, 2 * half * pixelRatio, canvas.height);
    }
  }

  #label(pane, pixelRatio) {
    const { context, label } = this;
    const place = label.place(pane, pixelRatio);
    context.save();
    context.translate(Math.round(place.x), Math.round(place.y));
    if (!place.upright) {
      context.translate(place.width, 0);
      context.rotate(Math.PI / 2);
    }
    context.drawImage(label.picture(pixelRatio), 0, 0);
    context.restore();
  }

  destroy() {
    this.photo = this.result = null;
  }
}
