/** Where the words of a note are typed, over the picture. */

import { element } from "./elements.js";

export class NoteField {
  #done = null;

  /**
   * @param {function(string): string} t
   * @param {number} longest Characters.
   */
  constructor(t, longest) {
    this.input = element("input", {
      class: "ld-live-note-input",
      type: "text",
      maxlength: String(longest),
      autocomplete: "off",
      "aria-label": t("live.note_words"),
      placeholder: t("live.note_words"),
    });
    const button = (type, words) => element("button", { type, class: "ld-live-note-button" }, words);
    const cancel = button("button", t("common.cancel"));
    this.root = element(
      "form",
      { class: "ld-live-note-form" },
      this.input,
      button("submit", t("live.note_done")),
      cancel,
    );
    this.root.hidden = true;
    cancel.addEventListener("click", () => this.close());
    // What is pressed and typed here is not the picture's.
    for (const kind of ["pointerdown", "dblclick", "wheel"]) {
      this.root.addEventListener(kind, (event) => event.stopPropagation());
    }
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        event.preventDefault();
        this.close();
      }
      event.stopPropagation();
    });
    this.root.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.input.value.trim();
      const done = this.#done;
      this.close();
      if (text) done(text);
    });
  }

  /** Ask for words, beginning with these; `done` hears them, unless they are given up. */
  ask(text, done) {
    this.#done = done;
    this.input.value = text;
    this.root.hidden = false;
    this.input.focus({ preventScroll: true });
  }

  close() {
    this.#done = null;
    const typing = this.root.contains(document.activeElement);
    this.root.hidden = true;
    if (typing) this.root.parentElement.focus({ preventScroll: true });
  }
}
