/**
 * A head in three dimensions in a section of a tab: fitted when it is opened, and not before; from
 * then on it follows the sliders without the server.
 */

import { make, makeButton } from "../dom.js";
import { number, t } from "../page.js";
import { bodyOf, fetchBlob, save } from "../session.js";
import { Work } from "../work.js";
import { createHeadViewer } from "./viewer.js";

const FILES = ["glb", "stl", "obj"];

export class TurnedHead {
  /**
   * @param {HTMLDetailsElement} section
   * @param {object} asked
   * @param {string} asked.head, asked.file Kinds of the questions for the head and for a file.
   * @param {function(): ?{head: object, file: object, values: ?object}} asked.plan What is planned
   *   now: the question for the head, that for a file but its format, and the values of the effects
   *   (as planned by default); null while there is nothing to show.
   * @param {function(object): void} [asked.answered] Is told the answer to the question for a head.
   */
  constructor(section, asked) {
    this.section = section;
    this.asked = asked;
    this.viewer = null;
    /** Whether the viewer's head is that of the present photo and effects. */
    this.current = false;
    this.status = make("p", { class: "ld-head-status", role: "status" });
    this.place = section.querySelector(".ld-turned-head");
    this.files = make(
      "div",
      { class: "ld-row", hidden: true, "data-needs": "export" },
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
    this.#age();
    this.camera = null;
    this.clear();
    this.update();
  }

  /** Other effects, or another face: the head is made anew if it is looked at. */
  outdate() {
    this.#age();
    this.update();
  }

  #age() {
    this.current = false;
    this.section.dataset.head = "outdated";
  }

  clear() {
    this.making = null;
    this.viewer?.destroy();
    this.viewer = null;
    this.files.hidden = true;
  }

  async update() {
    const planned = this.asked.plan();
    if (!this.section.open || !planned || this.current) return;
    const made = await this.work.run(async (ask, signal) => {
      const answer = await ask(this.asked.head, planned.head);
      return { answer, buffer: await bodyOf(await fetchBlob(answer.head, signal), "arrayBuffer") };
    });
    if (!made) return;
    this.asked.answered?.(made.answer);
    await this.show(made.buffer);
  }

  async show(buffer) {
    const camera = this.viewer?.camera?.state ?? undefined;
    this.clear();
    this.place.replaceChildren();
    this.current = true;
    const making = createHeadViewer(
      this.place,
      buffer,
      { t, number },
      { values: this.asked.plan()?.values, camera },
    );
    this.making = making;
    const viewer = await making;
    // Another head, or photo, may have come while this one was made; or the sliders moved.
    if (this.making !== making) {
      viewer.destroy();
      return;
    }
    this.viewer = viewer;
    this.files.hidden = false;
    this.notify("");
    if (!this.current) return;
    const { values } = this.asked.plan() ?? {};
    if (values) this.setValues(values);
    this.section.dataset.head = "shown";
  }

  /** Let the browser save a file of the head with the present plan. */
  async fetch(file) {
    const planned = this.asked.plan();
    if (!planned) return;
    const question = { file, ...planned.file };
    const made = await this.downloads.run((ask) => ask(this.asked.file, question));
    if (!made) return;
    await save(made);
    this.notify(t("download.ready", { file: made.filename }));
  }
}
