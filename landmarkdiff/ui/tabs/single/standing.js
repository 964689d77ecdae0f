/** Whether what the server has drawn and checked stands for the present plan of the first tab. */

import { markOutdated } from "../../belonging.js";
import { emit, on } from "../../events.js";
import { t } from "../../page.js";

export class Standing {
  /** @param {SingleTab} tab */
  constructor(tab) {
    this.tab = tab;
    this.outdated = false;
    on("photo", () => {
      // What was found of the last one is nothing that is found of this one.
      for (const element of [tab.results, tab.steps]) element.replaceChildren();
      this.mark(false);
    });
    on("online", () => this.resume());
  }

  /** Follow an update, which resolves to nothing where it has failed or was stopped. */
  follow(updated) {
    updated.then((done) => {
      if (done) emit("drawn");
      if (!this.tab.work.busy) this.mark(!done);
    });
    return updated;
  }

  /** Say of the table and the steps whether they belong to the present plan. */
  mark(outdated) {
    this.outdated = outdated;
    for (const element of [this.tab.results, this.tab.steps]) {
      if (element.children.length) markOutdated(element, outdated);
    }
  }

  /**
   * Whether the server knows the present plan, once it has been told again where it does not.
   * @param {function(string, boolean): void} [say] Hears why it does not.
   */
  async upToDate(say = (sentence, wrong) => this.tab.notify(sentence, wrong)) {
    const { tab } = this;
    const { resuming, photo } = tab;
    while (tab.opening) await tab.opening;
    if (tab.photo !== photo) {
      await tab.updated; // It tells how far it is until then.
      say(t("photo.meanwhile"), true);
      return false;
    }
    if (resuming.astray) await resuming.goOn();
    await tab.updated;
    if (this.outdated && !resuming.astray) await tab.update({ structural: true, rest: 0 });
    const known = !this.outdated && !resuming.astray;
    if (!known) say(tab.status.textContent, true);
    return known;
  }

  /** The program answers again: do what has failed. */
  resume() {
    if (this.tab.photo && this.outdated) this.tab.update({ structural: true, rest: 0 });
    this.tab.turned.update();
  }
}
