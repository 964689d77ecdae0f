/** The head of all photos of the tab: it follows the plan that all views are given. */

import { make } from "../../dom.js";
import { TurnedHead } from "../../head/turned_head.js";
import { t } from "../../page.js";

export class ViewsHead {
  /**
   * @param {PlanChoice} plan
   * @param {function(): boolean} ready Whether there are photos, and nothing is to be confirmed.
   */
  constructor(plan, ready) {
    this.plan = plan;
    this.ready = ready;
    this.levels = [];
    /** Of which photos and which plan of the first tab the head is. */
    this.of = null;
    this.text = make("p", { class: "ld-hint ld-small" });
    this.section = make(
      "details",
      { class: "ld-fold", "data-head": true },
      make("summary", {}, t("head.section")),
      this.text,
      make("div", { class: "ld-turned-head" }, make("p", { class: "ld-hint" }, t("views.head_hint"))),
    );
    this.turned = new TurnedHead(this.section, {
      head: "views/head",
      file: "views/head_file",
      plan: () => this.planned(),
      answered: (answer) => this.answered(answer),
    });
  }

  planned() {
    if (!this.ready()) return null;
    const question = this.plan.value;
    return { head: question, file: question, values: this.values };
  }

  answered({ text, levels }) {
    this.levels = levels;
    this.text.textContent = text;
  }

  /** The values at the slider's intensity; nothing where the plan is that of the first tab. */
  get values() {
    if (this.levels.length === 0) return undefined;
    const { intensity } = this.plan.value;
    const next = Math.max(1, this.levels.findIndex((level) => level.intensity >= intensity));
    const [low, high] = [this.levels[next - 1], this.levels[next]];
    const share = (intensity - low.intensity) / (high.intensity - low.intensity);
    return Object.fromEntries(
      Object.entries(high.values).map(([key, value]) => {
        const start = low.values[key];
        return [key, start + share * (value - start)];
      }),
    );
  }

  /** Let the head follow the slider. */
  follow() {
    const { values } = this;
    if (values) this.turned.setValues(values);
  }

  /** Another procedure. */
  outdate() {
    this.levels = [];
    this.turned.outdate();
  }

  /** `of` names the photos and the plan of the first tab; another one wants another head. */
  show(of) {
    if (of === this.of) {
      this.turned.update(); // it may have waited for a word on the photos
      return;
    }
    const photos = (mark) => mark?.split(" ")[0];
    const same = photos(of) === photos(this.of);
    this.of = of;
    this.levels = [];
    if (same) {
      this.turned.outdate();
      return;
    }
    this.text.textContent = "";
    this.turned.forget();
  }
}
