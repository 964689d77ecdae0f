/**
 * Before and after for the patient's hand: one button saves the picture at once; the dialog beside it
 * has every other form: copied, another file, a loop, printed at true size.
 */

import { make, makeButton } from "../../dom.js";
import { t } from "../../page.js";
import { blobUrl, fetchBlob, save } from "../../session.js";
import { Work } from "../../work.js";
import { PrintSheet } from "./print_sheet.js";
import { changesNothing } from "./values.js";

/** Where paper is Letter and not A4 (ISO 3166; CLDR's measurement data). */
const LETTER = ["BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE"];

export class Handout {
  /** @param {SingleTab} tab Whose picture is handed out. */
  constructor(tab) {
    this.tab = tab;
    this.button = makeButton(t("handout.button"), () => this.save("png"), {
      primary: true,
      title: t("handout.at_once"),
    });
    this.other = makeButton("▾", () => this.open(), {
      primary: true,
      class: "ld-button ld-primary ld-handout-other",
      "aria-label": t("handout.other"),
      "aria-haspopup": "dialog",
      title: t("handout.other"),
    });
    this.buttons = make("span", { class: "ld-handout-buttons", "data-needs": "export" }, this.button, this.other);
    this.status = make("p", { class: "ld-status", role: "status", "aria-live": "polite" });
    this.work = new Work(
      () => {},
      (sentence, wrong) => this.notify(sentence, wrong),
    );
    this.paper = new PrintSheet(tab);
    this.dialog = this.#build();
  }

  #build() {
    this.crop = choice("crop", t("handout.show"), {
      region: t("handout.region"),
      face: t("handout.face"),
    });
    this.size = make(
      "select",
      { class: "ld-select", "aria-label": t("handout.paper") },
      make("option", { value: "a4" }, t("handout.a4")),
      make("option", { value: "letter" }, t("handout.letter")),
    );
    this.size.value = LETTER.includes(new Intl.Locale(navigator.language).region) ? "letter" : "a4";
    this.mirror = make("input", { type: "checkbox" });
    this.drawn = make("input", { type: "checkbox" });
    this.drawings = make("label", { class: "ld-handout-mirror" }, this.drawn, t("handout.drawings"));
    const file = (format) => makeButton(t(`handout.${format}`), () => this.save(format));
    return make(
      "dialog",
      { class: "ld-handout", "aria-label": t("handout.title") },
      make(
        "div",
        { class: "ld-handout-head" },
        make("h2", {}, t("handout.title")),
        makeButton(t("common.close"), () => this.dialog.close()),
      ),
      this.crop.element,
      make("label", { class: "ld-handout-mirror" }, this.mirror, t("handout.mirror")),
      this.drawings,
      make(
        "div",
        { class: "ld-row" },
        makeButton(t("handout.copy"), () => this.copy(), { primary: true }),
        file("png"),
        file("jpeg"),
        file("gif"),
        file("webp"),
      ),
      make(
        "div",
        { class: "ld-row" },
        makeButton(t("handout.print"), () => this.print()),
        file("pdf"),
        this.size,
      ),
      this.status,
    );
  }

  open() {
    if (!this.dialog.isConnected) this.tab.root.append(this.dialog);
    this.drawings.hidden = this.tab.drawings.present.length === 0;
    this.dialog.showModal();
    this.notify("");
  }

  /** Said in the dialog while that is open, else below the picture. */
  notify(sentence, wrong = false) {
    if (!this.dialog.open) {
      this.tab.notify(sentence, wrong);
      return;
    }
    this.status.textContent = sentence;
    this.status.classList.toggle("ld-wrong", wrong);
  }

  get question() {
    const annotations = this.drawn.checked ? this.tab.drawings.present : [];
    const { crop, mirror, size } = this;
    return { crop: crop.value, mirrored: mirror.checked, paper: size.value, annotations };
  }

  /** Ask for what is shown, once the server's picture is that of the sliders. */
  async ask(kind, question = {}) {
    if (changesNothing(this.tab.settings)) {
      this.notify(t("goals.none"), true);
      return undefined;
    }
    this.notify(t("handout.making"));
    const say = (sentence, wrong) => this.notify(sentence, wrong);
    if (!(await this.tab.standing.upToDate(say))) return undefined;
    return this.work.run((ask) => ask(kind, { ...this.question, ...question }));
  }

  async save(format) {
    const made = await this.ask("single/handout", { format });
    if (!made) return;
    await save(made);
    this.notify(t("download.ready", { file: made.filename }));
  }

  /** The picture begins its way to the clipboard at once: later the browser would refuse it. */
  async copy() {
    const picture = this.ask("single/handout", { format: "png" }).then(async (made) => {
      if (!made) throw new Error("no picture");
      return (await fetchBlob(made.blob)).blob();
    });
    picture.catch(() => {}); // What went wrong was said where it was asked for.
    if (!navigator.clipboard?.write || !window.ClipboardItem) {
      this.notify(t("handout.copy_refused"), true);
      return;
    }
    try {
      await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
      this.notify(t("handout.copied"));
    } catch {
      const made = await picture.catch(() => null);
      if (made) this.notify(t("handout.copy_refused"), true);
    }
  }

  async print() {
    const sheet = await this.ask("single/print");
    if (!sheet) return;
    const [before, after] = await Promise.all([sheet.before, sheet.after].map((one) => blobUrl(one)));
    this.notify(t("handout.printing"));
    await this.paper.print({ ...sheet, before, after, paper: this.size.value });
  }
}

/** One of a few, side by side. */
function choice(name, title, options) {
  const inputs = Object.entries(options).map(([value, words], place) => {
    const input = make("input", { type: "radio", name: `ld-handout-${name}`, value });
    input.checked = place === 0;
    return make("label", {}, input, words);
  });
  const element = make("fieldset", { class: "ld-handout-choice" }, make("legend", {}, title), ...inputs);
  return {
    element,
    get value() {
      return element.querySelector("input:checked").value;
    },
  };
}
