/** Whether what the server has drawn and checked stands for the present plan of the first tab. */

import { markOutdated } from "../../belonging.js";
import { emit, on } from "../../events.js";

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

  /** Whether the server knows the present plan, once it has been told again where it does not. */
  async upToDate() {
    const { resuming, photo } = this.tab;
    while (this.tab.opening) await this.tab.opening;
    if (this.tab.photo !== photo) return false; // What was asked for is of the one before.
    if (resuming.astray) await resuming.goOn();
    if (resuming.astray) return false;
    await this.tab.updated;
    if (this.outdated) await this.tab.update({ structural: true, rest: 0 });
    return !this.outdated;
  }

  /** The program answers again: do what has failed. */
  resume() {
    if (this.tab.photo && this.outdated) this.tab.update({ structural: true, rest: 0 });
    this.tab.turned.update();
  }
}
