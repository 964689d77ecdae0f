/** A photo from after the operation beside the plan: chosen, compared, handed out, kept. */

import { fill, make, makeButton } from "../../dom.js";
import { emit, on } from "../../events.js";
import { t } from "../../page.js";
import { acceptDrops, chooser, withinLimit } from "../../photo_input.js";
import { blobUrl, fetchBlob, save } from "../../session.js";
import { Work } from "../../work.js";
import { OutcomeViewer } from "./outcome_viewer.js";

/** What a comparison belongs to: the plan, without what is drawn over the photo. */
const plan = (settings) => JSON.stringify({ ...settings, annotations: [] });

export class OutcomePanel {
  /**
   * @param {SingleTab} tab
   * @param {HTMLDetailsElement} section
   */
  constructor(tab, section) {
    this.tab = tab;
    this.section = section;
    /** The later photo as it was given, and the file of the consultation that it was given to. */
    this.file = this.of = null;
    /** Whether the server holds a later photo. */
    this.held = false;
    /** The plan that is compared; null while nothing is shown. */
    this.compared = null;
    this.work = new Work((stage) => stage && this.notify(stage.text), (...said) => this.notify(...said));
    this.build();
    on("photo", (photo) => this.opened(photo));
    on("settings", () => this.showState());
    section.addEventListener("toggle", () => {
      if (section.open) this.viewer?.resume();
      else this.viewer?.rest();
      emit("figures");
    });
  }

  build() {
    const files = ([file]) => this.compare(file);
    this.needed = make("p", { class: "ld-hint" }, t("photo.needed"));
    this.heldHint = make("p", { class: "ld-hint" });
    this.stale = make("p", { class: "ld-wrong", role: "status" });
    this.first = chooser(t("outcome.choose"), files, { primary: true });
    this.other = chooser(t("outcome.another"), files);
    this.again = makeButton(t("outcome.again"), () => this.compareAgain(), { primary: true });
    this.drop = makeButton(t("outcome.remove"), () => this.forget());
    this.status = make("p", { class: "ld-status", role: "status", "aria-live": "polite" });
    const file = (format) => makeButton(`↓ ${t(`outcome.${format}`)}`, () => this.save(format), { "data-file": format });
    this.files = make(
      "span",
      { class: "ld-outcome-row", "data-needs": "export" },
      file("png"),
      file("pdf"),
      makeButton(t("outcome.copy"), () => this.copy()),
    );
    this.row = make("div", { class: "ld-outcome-row" }, this.first, this.again, this.other, this.drop, this.files);
    this.shown = make("div", { class: "ld-outcome-shown", hidden: true });
    this.results = make("div", { class: "ld-outcome-results" });
    this.hint = make("p", { class: "ld-hint" }, t("outcome.hint"));
    const said = [this.hint, this.needed, this.stale, this.status];
    this.section.append(...said, this.shown, this.heldHint, this.row);
    acceptDrops(this.section, (dropped) => this.tab.photo && files(dropped));
    this.showState();
  }

  notify(sentence, wrong = false) {
    this.status.textContent = sentence;
    this.status.classList.toggle("ld-wrong", wrong);
  }

  /** A photo or a consultation was opened; a page that goes on with one goes on with both. */
  opened(photo) {
    const { file } = this.tab.resuming;
    if (!file || file !== this.of) this.file = this.of = null;
    this.work.giveUp();
    this.clear();
    this.held = photo.later;
    this.notify("");
    this.showState();
    if (this.held) this.section.open = true;
  }

  clear() {
    this.compared = null;
    this.shown.hidden = true;
    this.viewer?.rest();
    fill(this.results, "");
  }

  showState() {
    const { tab, compared } = this;
    const photo = tab.photo !== null;
    const later = this.held || this.file !== null;
    const stale = compared !== null && compared !== plan(tab.settings);
    this.hint.hidden = compared !== null;
    this.needed.hidden = photo;
    this.row.hidden = !photo;
    this.first.hidden = later;
    this.other.hidden = this.drop.hidden = !later;
    this.again.hidden = !later || (compared !== null && !stale);
    this.files.hidden = compared === null || stale;
    this.heldHint.hidden = !later;
    this.heldHint.textContent = t(compared === null ? "outcome.held" : "outcome.goes_along");
    this.stale.textContent = stale ? t("outcome.stale") : "";
    this.shown.classList.toggle("ld-stale", stale);
    emit("figures");
  }

  /** What another screen shows of the comparison, as long as it is looked at here. */
  get figure() {
    const { compared, section, tab } = this;
    if (compared === null || !section.open || compared !== plan(tab.settings)) return null;
    const { region, label } = this.laid;
    const titles = { before: t("common.before"), simulated: label, result: t("outcome.result") };
    const pictures = Object.entries(titles).map(([name, title]) => ({ blob: region[name], title }));
    return { caption: "", pictures };
  }

  // -- comparing -----------------------------------------------------------------------------

  async compare(file) {
    if (!withinLimit(file, (sentence) => this.notify(sentence, true))) return;
    const question = { name: file.name ?? "photo" };
    const done = await this.ask("single/outcome", question, { file });
    if (!done) return;
    this.file = file;
    this.of = this.tab.resuming.file;
    this.showState();
  }

  /** With the plan as it is now; the photo is sent again where the server has none. */
  compareAgain() {
    if (!this.held && this.file) return this.compare(this.file);
    return this.ask("single/outcome_again");
  }

  async ask(kind, question = {}, options = {}) {
    const { tab } = this;
    this.notify(t("progress.outcome"));
    if (!(await tab.standing.upToDate((sentence, wrong) => this.notify(sentence, wrong)))) return false;
    const compared = plan(tab.settings);
    const answer = await this.work.run((ask) => ask(kind, question, options));
    if (!answer) return false;
    this.held = true;
    await this.show(answer);
    this.compared = compared;
    this.showState();
    this.notify("");
    return true;
  }

  async show(made) {
    const { region, face, label, results } = made;
    this.laid = made;
    if (!this.viewer) {
      this.viewer = new OutcomeViewer();
      this.shown.append(this.viewer.element, this.results);
    }
    const addresses = async (blobs) => {
      const found = Object.entries(blobs).map(async ([name, blob]) => [name, await blobUrl(blob)]);
      return Object.fromEntries(await Promise.all(found));
    };
    fill(this.results, results);
    this.shown.hidden = false;
    await this.viewer.show({ region: await addresses(region), face: await addresses(face) }, label);
    this.viewer.resume();
  }

  async forget() {
    this.work.giveUp();
    const gone = this.held ? await this.work.run((ask) => ask("single/outcome_forget")) : {};
    if (!gone) return;
    this.file = this.of = null;
    this.held = false;
    this.clear();
    this.showState();
    this.notify(t("outcome.removed"));
    this.first.querySelector("button").focus();
  }

  // -- handing out ---------------------------------------------------------------------------

  async made(format) {
    this.notify(t("handout.making"));
    const crop = this.viewer.whole ? "face" : "region";
    const paper = this.tab.handout.size.value;
    return this.work.run((ask) => ask("single/outcome_file", { format, crop, paper }));
  }

  async save(format) {
    const made = await this.made(format);
    if (!made) return;
    await save(made);
    this.notify(t("download.ready", { file: made.filename }));
  }

  /** The picture begins its way to the clipboard at once: later the browser would refuse it. */
  async copy() {
    const picture = this.made("png").then(async (made) => {
      if (!made) throw new Error("no picture");
      return (await fetchBlob(made.blob)).blob();
    });
    try {
      await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
      this.notify(t("handout.copied"));
    } catch {
      if (await picture.catch(() => null)) this.notify(t("handout.copy_refused"), true);
    }
  }
}
