/**
 * Whether the answers of a form still belong to what it says and to the plan of the first tab. Those
 * that do not are marked, and no longer once everything is as it was.
 */

import { make } from "./dom.js";
import { on } from "./events.js";
import { t } from "./page.js";

let plan = null;
const all = new Set();

on("settings", (settings) => {
  plan = settings;
  for (const each of all) each.mark();
});

export class Belonging {
  /**
   * @param root the element with the parts, [data-part]
   * @param question() gives the form as data
   * @param of(settings, question) gives what of the first tab's settings an answer depends on
   * @param changed(outdated) hears when some part has become outdated, or none is any more
   */
  constructor(root, question, of, changed) {
    this.root = root;
    this.question = question;
    this.of = of;
    this.changed = changed;
    this.outdated = false;
    this.asked = new Map();
    all.add(this);
  }

  /** What an answer to a question asked now would belong to. */
  now() {
    const question = this.question();
    return JSON.stringify([question, plan && this.of(plan, question)]);
  }

  /** Parts show what was asked. */
  made(names, asked) {
    for (const name of names) this.asked.set(name, asked);
    this.mark();
  }

  forget() {
    this.asked.clear();
    this.mark();
  }

  mark() {
    const now = this.now();
    let outdated = false;
    for (const part of this.root.querySelectorAll("[data-part]")) {
      const asked = this.asked.get(part.dataset.part);
      const other = asked !== undefined && asked !== now;
      markOutdated(part, other);
      outdated ||= other;
    }
    if (outdated === this.outdated) return;
    this.outdated = outdated;
    this.changed(outdated);
  }
}

/** Say above results that they are outdated, or no longer so. */
export function markOutdated(element, outdated) {
  const above = element.previousElementSibling;
  const marked = above?.classList.contains("ld-outdated-note") ?? false;
  if (outdated === marked) return;
  element.classList.toggle("ld-outdated-results", outdated);
  if (marked) above.remove();
  else element.before(make("p", { class: "ld-outdated-note", role: "status" }, t("app.outdated")));
}
