/** Which plan all views are given: the first tab's, or a procedure and an intensity chosen here. */

import { make } from "../../dom.js";
import { config, t } from "../../page.js";

export class PlanChoice {
  /** @param {function(boolean): void} changed Hears of another intensity, or another procedure. */
  constructor(changed = () => {}) {
    this.changed = changed;
    this.adopted = make("p", { class: "ld-hint", hidden: true });
    this.procedure = make(
      "select",
      { class: "ld-select", onchange: () => this.changed(true) },
      ...Object.entries(config().procedures).map(([name, { title }]) =>
        make("option", { value: name, selected: name === config().settings.procedures[0] }, title),
      ),
    );
    this.intensity = make("input", {
      type: "range",
      class: "ld-slider ld-intensity",
      min: "0",
      max: "100",
      value: String(config().intensity),
      oninput: () => {
        this.follow();
        this.changed(false);
      },
    });
    this.level = make("output", { class: "ld-level" });
    this.choice = make(
      "div",
      { class: "ld-views-choice", "data-needs": "edit" },
      make("label", {}, make("span", {}, t("single.procedure")), this.procedure),
      make(
        "label",
        {},
        make("span", {}, t("single.intensity"), " ", this.level),
        make("span", { class: "ld-slider-box" }, this.intensity),
      ),
    );
    this.element = make("div", { class: "ld-views-plan" }, this.adopted, this.choice);
    this.follow();
  }

  follow() {
    this.level.textContent = this.intensity.value;
  }

  /** `plan` and `mode` are the first tab's in words; `plan` is empty when that tab has no photo. */
  show(plan, mode) {
    this.adopted.hidden = !plan;
    this.choice.hidden = Boolean(plan);
    const sentences = plan ? [t("views.plan_of_first", { plan }), mode] : [];
    const lines = sentences.filter(Boolean).map((line) => make("span", {}, line));
    this.adopted.replaceChildren(...lines);
  }

  get value() {
    return { procedure: this.procedure.value, intensity: this.intensity.valueAsNumber };
  }
}
