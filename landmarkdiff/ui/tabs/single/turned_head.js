/**
 * The head of the photo in three dimensions: fitted when its section is opened, and not before; from
 * then on it follows the sliders without the server.
 */

import { make, makeButton } from "../../dom.js";
import { createHeadViewer } from "../../head/viewer.js";
import { number, t } from "../../page.js";
import { fetchBlob, save } from "../../session.js";
import { Work } from "../../work.js";

const FILES = ["glb", "stl", "obj"];

export class TurnedHead {
  /**
   * @param {HTMLDetailsElement} section
   * @param {function(): {settings: object, values: object}|null} plan What is planned now; null
   *   before there is a photo.
   */
  constructor(section, plan) {
    this.section = section;
    this.plan = plan;
    this.viewer = null;
    /** Whether the viewer's head is that of the present photo and effects. */
    this.current = false;
    this.status = make("p", { class: "ld-head-status", role: "status" });
    this.place = section.querySelector(".ld-turned-head");
    this.files = make(
      "div",
      { class: "ld-row", hidden: true },
      ...FILES.map((file) =>
        makeButton(`↓ ${t(`download.${file}`)}`, () => this.fetch(file), { "data-file": file }),
      ),
    );
    section.append(this.files, this.status);
    const notify = (sentence, wrong) => this.notify(sentence, wrong);
    const show = (stage) => stage && this.notify(stage.text);
    this.work = new Work(show, notify);
    this.downloads = new Work(show, notify);
    section.addEventListener("toggle", () => this.update());
  }

  notify(sentence, wrong = false) {
    this.status.textContent = sentence;
    this.status.classList.toggle("ld-wrong", wrong);
  }

  /** Show other values of the same effects. */
  setValues(values) {
    if (this.current) this.viewer?.setValues(values);
  }

  /** Another photo: its head is not there until somebody looks for it. */
  forget() {
    this.work.giveUp();
    this.current = false;
    this.camera = null;
    this.clear();
    this.update();
  }

  /** Other effects, or another face: the head is made anew if it is looked at. */
  outdate() {
    this.current = false;
    this.update();
  }

  clear() {
    this.viewer?.destroy();
    this.viewer = null;
    this.files.hidden = true;
  }

  async update() {
    const planned = this.plan();
    if (!this.section.open || !planned || this.current) return;
    const buffer = await this.work.run(async (ask, signal) => {
      const { head } = await ask("single/head", planned.settings);
      return (await fetchBlob(head, signal)).arrayBuffer();
    });
    if (!buffer) return;
    await this.show(buffer);
  }

  async show(buffer) {
    const camera = this.viewer?.camera?.state ?? undefined;
    this.clear();
    this.place.replaceChildren();
    this.current = true;
    this.viewer = await createHeadViewer(
      this.place,
      buffer,
      { t, number },
      { values: this.plan().values, camera },
    );
    this.files.hidden = false;
    this.notify("");
    this.section.dataset.head = "shown";
  }

  /** Let the browser save a file of the head with the present plan. */
  async fetch(file) {
    const { settings } = this.plan();
    const made = await this.downloads.run((ask) => ask("single/head_file", { file, settings }));
    if (!made) return;
    await save(made);
    this.notify(t("download.ready", { file: made.filename }));
  }
}
