/** The camera of the guided capture: a live hint, and the picture by itself when it is good. */

import { ask } from "../../ask.js";
import { make, makeButton } from "../../dom.js";
import { t } from "../../page.js";
import { Camera, cameraFailure } from "../../photo_input.js";
import { silhouette } from "./silhouettes.js";

/** Longest side of the frames that are looked at for a hint, pixels. */
const HINT_SIDE = 640;
const HINT_QUALITY = 0.8;
const PHOTO_QUALITY = 0.95;
/** At most five hints a second, milliseconds. */
const PACE = 200;
/** How long everything has to be good before the camera takes the picture, milliseconds. */
const HOLD = 1000;
/** Rest after a hint that was refused, because the program is busy, milliseconds. */
const REST = 2000;

const pause = (time) => new Promise((resolve) => setTimeout(resolve, Math.max(0, time)));

/** A canvas with a picture, its longer side at most `side` pixels. */
function drawn(source, width, height, side = Infinity) {
  const share = Math.min(1, side / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * share);
  canvas.height = Math.round(height * share);
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

const encoded = (canvas, quality) =>
  new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));

export class Guide {
  /**
   * @param actions.take(file, place) puts a photo into a place and answers with the next place
   *   that is missing, or null
   * @param actions.next(place) answers with the place after one that is skipped, or null
   * @param actions.notify(sentence, wrong)
   * @param actions.closed() is called when the camera was closed
   */
  constructor(actions) {
    this.actions = actions;
    this.camera = new Camera();
    this.place = null;
    this.run = 0;
    // Off after a photo was refused, until the pose has changed: no series of the same picture.
    this.armed = true;
    this.looking = Promise.resolve();
    this.earliest = 0;
    this.build();
  }

  build() {
    this.aimed = make("h2", { class: "ld-guide-aim" });
    this.shape = make("div", { class: "ld-guide-shape" });
    this.hint = make("p", { class: "ld-guide-hint", role: "status", "aria-live": "polite" });
    this.hold = make("span", { class: "ld-guide-hold", "aria-hidden": "true" });
    this.oval = make("div", { class: "ld-guide-oval", "aria-hidden": "true" });
    this.mirrored = make("p", { class: "ld-hint ld-small" }, t("views.mirrored"));
    this.auto = make("input", { type: "checkbox", checked: true });
    this.takeButton = makeButton(t("photo.take"), () => this.take(), { primary: true });
    this.skipButton = makeButton(t("views.skip"), () => this.skip());
    this.element = make(
      "section",
      {
        class: "ld-guide",
        "aria-label": t("views.guide"),
        hidden: true,
        onkeydown: (event) => event.key === "Escape" && this.close(),
      },
      make(
        "div",
        { class: "ld-guide-stage" },
        this.camera.video,
        this.oval,
        make("div", { class: "ld-guide-banner" }, this.hint, this.hold),
      ),
      make(
        "div",
        { class: "ld-guide-side" },
        this.shape,
        this.aimed,
        this.mirrored,
        make("label", { class: "ld-check" }, this.auto, t("views.auto")),
        make(
          "div",
          { class: "ld-row" },
          this.takeButton,
          this.skipButton,
          makeButton(t("photo.camera_switch"), () => this.turn()),
          makeButton(t("common.close"), () => this.close()),
        ),
      ),
    );
  }

  get running() {
    return this.camera.running;
  }

  /** Open the camera for a place: {place, title, step}. */
  async open(target) {
    this.aim(target);
    this.element.hidden = false;
    if (!this.running) {
      try {
        await this.camera.start();
      } catch (error) {
        this.close();
        this.actions.notify(cameraFailure(error), true);
        return;
      }
    }
    if (!this.running) return; // closed while it started
    this.dress();
    this.element.scrollIntoView({ block: "nearest" });
    this.takeButton.focus({ preventScroll: true });
    this.loop();
  }

  aim(target) {
    this.place = target.place;
    this.aimed.textContent = `${target.step}: ${t("views.wanted", { view: target.title })}`;
    this.shape.replaceChildren(silhouette(target.place));
    this.say("", null);
    this.dress();
  }

  /** What a person in front of the camera sees is a mirror; so are the signs beside it. */
  dress() {
    const front = this.camera.facing === "user";
    this.shape.classList.toggle("ld-mirrored", front);
    this.mirrored.hidden = !front;
  }

  async turn() {
    try {
      await this.camera.turn();
      this.dress();
    } catch (error) {
      this.close();
      this.actions.notify(cameraFailure(error), true);
    }
  }

  close() {
    const wasOpen = !this.element.hidden;
    this.run += 1;
    this.camera.stop();
    this.element.hidden = true;
    if (wasOpen) this.actions.closed();
  }

  say(sentence, ok) {
    // Set only when it changes, so that a screen reader says each hint once.
    if (this.hint.textContent !== sentence) this.hint.textContent = sentence;
    this.element.dataset.state = ok === null ? "" : ok ? "good" : "wrong";
  }

  /** One hint after the other, until the place changes or the camera closes. */
  async loop() {
    this.run += 1;
    const run = this.run;
    let goodSince = null;
    while (run === this.run) {
      if (this.element.offsetParent === null) {
        this.close(); // another tab was opened: no camera runs unseen
        return;
      }
      const { frame, answer } = await this.look(run);
      if (run !== this.run) return;
      if (!answer) {
        goodSince = null;
        await pause(frame ? REST : PACE);
        continue;
      }
      if (!answer.ok) this.armed = true;
      const holding = answer.ok && this.auto.checked && this.armed;
      const now = performance.now();
      goodSince = holding ? (goodSince ?? now) : null;
      const held = holding ? now - goodSince : 0;
      this.say(holding ? t("views.hold_still") : answer.text, answer.ok);
      this.hold.style.width = `${Math.min(100, (100 * held) / HOLD)}%`;
      if (holding && held >= HOLD) {
        // The very frame that was found good: by now the head may have moved.
        await this.take(frame);
        return;
      }
    }
  }

  /** Send a frame for a hint: never two at once, whichever loop asks, and not too often. */
  look(run) {
    this.looking = this.looking.then(async () => {
      await pause(this.earliest - performance.now());
      if (run !== this.run) return {};
      const frame = this.frame();
      return frame ? { frame, answer: await this.judge(frame) } : {};
    });
    return this.looking;
  }

  /** The present picture of the camera at its full size, not mirrored; null before the first. */
  frame() {
    const { video } = this.camera;
    return video.videoWidth ? drawn(video, video.videoWidth, video.videoHeight) : null;
  }

  async judge(frame) {
    try {
      const small = drawn(frame, frame.width, frame.height, HINT_SIDE);
      const body = await encoded(small, HINT_QUALITY);
      this.earliest = performance.now() + PACE;
      return await ask("views/hint", { place: this.place }, { file: body });
    } catch (error) {
      if (error.code === "UnknownSessionError") this.close();
      this.say(error.message, false);
      return null;
    }
  }

  async take(frame = this.frame()) {
    if (!this.running || frame === null) return;
    this.run += 1; // no hint while a picture is taken
    this.hold.style.width = "0";
    const { place } = this;
    this.takeButton.disabled = true;
    try {
      this.camera.video.classList.add("ld-flash");
      setTimeout(() => this.camera.video.classList.remove("ld-flash"), 400);
      const photo = await encoded(frame, PHOTO_QUALITY);
      const file = new File([photo], `${place}.jpg`, { type: photo.type });
      this.onward(await this.actions.take(file, place));
    } finally {
      this.takeButton.disabled = false;
    }
  }

  skip() {
    this.onward(this.actions.next(this.place));
  }

  onward(target) {
    if (this.element.hidden) return;
    if (target === null) {
      this.close();
      return;
    }
    this.armed = target.place !== this.place;
    this.aim(target);
    if (this.running) this.loop();
  }
}
