/** The points of a profile among the views, in a dialog: dragged, undone, and followed by its contour. */

import { make, makeButton } from "../../dom.js";
import { History } from "../../history.js";
import { LivePreview } from "../../live/preview.js";
import { number, t } from "../../page.js";
import { PlacePoints } from "../../place_points.js";
import { picture } from "../../session.js";
import { Work } from "../../work.js";

export class ProfilePoints {
  /**
   * @param {HTMLElement} root The dialog becomes a part of it.
   * @param {function(string): void} closed Hears which photo's points were shown.
   */
  constructor(root, closed) {
    this.root = root;
    this.closed = closed;
    this.work = new Work(
      (stage) => this.element?.classList.toggle("ld-working", stage !== null),
      (sentence, wrong) => this.say(sentence, wrong),
    );
    this.element = null;
    this.history = new History({});
    this.place = new PlacePoints(root, (photo, points) => this.openWith(photo, points));
  }

  /** Show the points of a photo's profile; where none was found, a few are placed first. */
  async open(photo) {
    this.build(photo);
    const shown = await this.work.run(async (ask, signal) => {
      const answer = await ask("views/profile", { photo });
      return { answer, image: await picture(answer.picture, signal) };
    });
    if (!shown) return;
    const { answer, image } = shown;
    if (answer.points.length === 0) {
      this.close();
      this.place.show(photo, image, answer.reason, answer);
      return;
    }
    this.history.reset(answer.placed);
    this.preview = new LivePreview(this.viewer, { t, number });
    this.preview.setPhoto(image, { width: answer.width, height: answer.height });
    this.preview.setMode("before");
    this.preview.setLandmarkMode(true);
    this.preview.on("nudge", (moved) => this.nudge(moved));
    this.show(answer);
  }

  /** A profile that was not found is looked for along points. */
  async openWith(photo, points) {
    this.build(photo);
    const answer = await this.work.run((ask) => ask("views/points", { photo, points }));
    if (answer) await this.open(photo);
  }

  build(photo) {
    this.close();
    this.photo = photo;
    this.viewer = make("div", { class: "ld-viewer" });
    this.status = make("p", { class: "ld-status", role: "status", "aria-live": "polite" });
    this.undo = makeButton(t("single.undo"), () => this.travel(this.history.undo()));
    this.redo = makeButton(t("single.redo"), () => this.travel(this.history.redo()));
    this.reset = makeButton(t("landmark.reset"), () => this.change({}));
    const title = t("views.profile_points");
    this.element = make(
      "dialog",
      {
        class: "ld-place-points ld-profile-points",
        "aria-label": title,
        oncancel: () => this.forget(),
        onkeydown: (event) => this.key(event),
      },
      make("h2", {}, title),
      make("p", { class: "ld-hint" }, t("landmark.nudge_hint")),
      this.viewer,
      this.status,
      make(
        "div",
        { class: "ld-row" },
        this.undo,
        this.redo,
        this.reset,
        makeButton(t("landmark.done"), () => this.close(), { primary: true }),
      ),
    );
    this.enable();
    this.root.append(this.element);
    this.element.showModal();
  }

  say(sentence, wrong = false) {
    if (!this.element) return;
    this.status.textContent = sentence;
    this.status.classList.toggle("ld-wrong", wrong);
  }

  enable() {
    const { past, present, future } = this.history;
    const none = !this.preview;
    this.undo.disabled = none || past.length === 0;
    this.redo.disabled = none || future.length === 0;
    this.reset.disabled = none || Object.keys(present).length === 0;
  }

  show({ points, contour, placed }) {
    this.points = points;
    const places = points.map(({ x, y }) => [x, y]);
    this.preview.setLandmarks(places, points.map(({ title }) => title), contour);
    this.element.dataset.placed = Object.keys(placed).length;
    this.element.dataset.answers = Number(this.element.dataset.answers ?? 0) + 1;
    this.enable();
  }

  nudge({ index, dx, dy }) {
    const { name, x, y } = this.points[index];
    this.change({ ...this.history.present, [name]: [x + dx, y + dy] });
  }

  key(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    event.stopPropagation();
    this.travel(key === "y" || event.shiftKey ? this.history.redo() : this.history.undo());
  }

  change(placed) {
    if (this.history.push(placed)) this.apply();
  }

  travel(placed) {
    if (placed) this.apply();
  }

  /** The server's contour follows; a point that it refuses goes back, with the reason. */
  async apply() {
    this.enable();
    this.say("");
    const points = this.history.present;
    const { photo } = this;
    const failed = { seen: false };
    const answer = await this.work.run(async (ask) => {
      try {
        return await ask("views/points", { photo, points });
      } catch (error) {
        failed.seen = error.name !== "AbortError";
        throw error;
      }
    });
    if (!this.preview || this.photo !== photo) return;
    if (answer) this.show(answer);
    else if (failed.seen && this.history.present === points) this.takeBack();
  }

  /** Draw the points as the server still has them. */
  takeBack() {
    this.history.undo();
    this.history.future = [];
    const places = this.points.map(({ x, y }) => [x, y]);
    this.preview.setLandmarks(places, this.points.map(({ title }) => title));
    this.element.dataset.refused = Number(this.element.dataset.refused ?? 0) + 1;
    this.enable();
  }

  close() {
    this.element?.close();
    this.forget();
  }

  forget() {
    if (!this.element) return;
    this.work.giveUp();
    this.preview?.destroy();
    this.element.remove();
    this.preview = this.element = null;
    this.closed(this.photo);
  }
}
