/**
 * Photo and plan outlive the page that shows them: the next page in the tab goes on with them, and
 * after the session's end this one offers to, from what it holds itself.
 */

import { address } from "../../address.js";
import { make, makeButton } from "../../dom.js";
import { on } from "../../events.js";
import { offerPhoto } from "../../first_photo.js";
import { inOrder } from "../../history.js";
import { hold } from "../../leaving.js";
import { t } from "../../page.js";
import { bytesOf, fetchBlob, leftForMe, renew } from "../../session.js";
import { openOn } from "./opening.js";

/** Browsers hand on 64 KB of a page that goes; what is far back in the plan's history is not. */
const MOST_NOTES = 48_000;

export class Resuming {
  /** @param {SingleTab} tab */
  constructor(tab) {
    this.tab = tab;
    /** The photo or the saved consultation, as it was opened; never written anywhere. */
    this.file = null;
    this.saved = null;
    /** Whether the server holds another photo than this page shows. */
    this.astray = false;
    /** Whether the photo lies in no file: taken, or pasted. */
    this.fresh = false;
    this.login = make("a", { class: "ld-button", href: address("login"), target: "_blank" });
    this.login.textContent = t("session.log_in");
    this.sentence = make("span", {});
    this.element = make(
      "div",
      { class: "ld-go-on", role: "alert", hidden: true },
      this.sentence,
      this.login,
      makeButton(t("session.go_on"), () => this.goOn(), { primary: true }),
    );
    tab.root.prepend(this.element);
    offerPhoto(
      () => tab.photo,
      () => this.photoFile(),
      () => this.held,
    );
    hold("single", { notes: () => this.notes(), unsaved: () => this.unsaved });
    on("expired", () => this.offer("session.gone"));
    on("login", () => this.offer("session.login_over"));
    addEventListener("popstate", () => this.unsaved && tab.notify(t("session.back"), true));
    leftForMe().then((left) => left?.single && this.take(left.single), () => {});
  }

  // -- what is held --------------------------------------------------------------------------

  /** Whether the page can open its photo again by itself. */
  get held() {
    return this.tab.photo !== null && this.file !== null;
  }

  /** A photo or a consultation was opened, out of a file or out of the app's folder (null). */
  opened(file) {
    this.file = file;
    this.element.hidden = true;
    this.fresh = file !== null && ["clipboard", "camera.jpg"].includes(file.name);
    this.saved = JSON.stringify(this.tab.settings);
    if (file === null) this.holdCopy();
    // The first step back stays in the page, since on a phone it is a slip of the finger.
    if (!history.state?.consultation) history.pushState({ consultation: true }, "");
  }

  /** What a file is made of now: `markSaved` takes it once that is saved. */
  snapshot() {
    const { photo, settings } = this.tab;
    return { photo, settings: JSON.stringify(settings) };
  }

  /** The plan of a snapshot, and the photo too, lies in a file. */
  markSaved({ photo, settings }) {
    if (photo !== this.tab.photo) return;
    this.saved = settings;
    this.fresh = false;
  }

  get unsaved() {
    const { tab } = this;
    return tab.photo !== null && (this.fresh || this.saved !== JSON.stringify(tab.settings));
  }

  /** What the next page in this tab needs beside what the server holds. */
  notes() {
    const { tab, saved, fresh } = this;
    if (!tab.photo) return null;
    const notes = { steps: tab.history.steps(), kept: tab.plans.kept, saved, fresh };
    const { past, future } = notes.steps;
    const named = () => ({ ...notes, names: tab.plans.words.namesOf(inOrder(notes.steps)) });
    while (bytesOf(named()) > MOST_NOTES && (past.length || future.length)) {
      if (past.length) past.shift();
      else future.shift();
    }
    return named();
  }

  // -- going on ------------------------------------------------------------------------------

  /** Take over what the last page has left. */
  async take({ steps, kept, saved, fresh, names }) {
    const { tab } = this;
    tab.plans.kept = kept;
    if (!(await openOn(tab, "resume", {}, { steps: () => steps }))) return;
    this.recall(steps, names);
    Object.assign(this, { saved, fresh });
    await this.holdCopy();
  }

  /** Words name their steps on the same photo, which the page had to open again. */
  recall(steps, names) {
    const { plans } = this.tab;
    plans.words.recall(inOrder(steps), names);
    plans.show();
  }

  /** Hold the photo as the server shows it, where this page was never given its file. */
  async holdCopy() {
    const { photo } = this.tab;
    const file = await this.copy();
    if (file && photo === this.tab.photo) this.file = file;
  }

  /** The photo as the server shows it; null when it cannot be had. */
  async copy() {
    const { tab } = this;
    const { photo } = tab;
    await tab.updated;
    const whole = await fetchBlob(tab.sharpness ?? photo.display).catch(() => null);
    if (!whole) return null;
    return new File([await whole.blob()], `${photo.stem}.jpg`, { type: "image/jpeg" });
  }

  /** The photo alone: its file, or a copy where a consultation was opened; null without one. */
  async photoFile() {
    const { tab, file } = this;
    if (!tab.photo) return null;
    return file && !file.name?.endsWith(".landmarkdiff") ? file : this.copy();
  }

  /** Say that the session or the login is over, and what can be done. */
  offer(why) {
    const { tab } = this;
    if (!this.held) {
      tab.notify(t("session.expired"), true);
      return;
    }
    this.sentence.textContent = t(why);
    this.login.hidden = why !== "session.login_over";
    this.element.hidden = false;
  }

  /**
   * A photo was not opened to its end: the server has to hold the one that is shown again, and to
   * draw what was under way when the other came. Why it was not opened stays said.
   */
  async giveBack() {
    const { tab } = this;
    if (!tab.photo || tab.work.busy) return;
    const { textContent: why, classList } = tab.status;
    const wrong = classList.contains("ld-wrong");
    if (this.astray) await this.goOn();
    else tab.update({ structural: true, rest: 0 });
    const answers = await tab.updated;
    if (answers && why !== t("app.offline") && !tab.status.textContent) tab.notify(why, wrong);
  }

  /** Open the same photo with the same plan in another session; once at a time. */
  goOn() {
    this.going ??= this.#goOn().finally(() => (this.going = null));
    return this.going;
  }

  async #goOn() {
    const { tab, file } = this;
    const steps = tab.history.steps();
    const names = tab.plans.words.namesOf(inOrder(steps));
    const opened = file.name?.endsWith(".landmarkdiff");
    const question = { name: file.name ?? "photo", profile_points: steps.present.profile_points };
    try {
      await renew();
    } catch (error) {
      tab.notify(error.message, true);
      return;
    }
    this.element.hidden = true;
    const kind = opened ? "consultation" : "photo";
    const failed = (error) => tab.consultations.offer(error, { file, steps });
    const how = { file, steps: () => tab.history.steps(), failed };
    const shown = await openOn(tab, kind, opened ? {} : question, how);
    if (shown) this.recall(steps, names);
    if (!shown && tab.photo && !tab.work.busy) tab.standing.mark(true);
    this.element.hidden = shown || !tab.consultations.lock.hidden;
  }
}
