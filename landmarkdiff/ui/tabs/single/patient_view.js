/** What the patient is shown: two faces, one slider, and that it is a simulation. */

import { make, makeButton } from "../../dom.js";
import { config, t } from "../../page.js";

export class PatientView {
  /**
   * @param actions.move(level, done) hears the slider
   * @param actions.toggled(shown) puts the viewer into `stage`, or back
   */
  constructor(actions) {
    this.actions = actions;
    this.slider = make("input", {
      type: "range",
      class: "ld-slider ld-intensity",
      min: "0",
      max: "100",
      "aria-label": t("patient.slider"),
      oninput: () => actions.move(this.slider.valueAsNumber, false),
      onchange: () => actions.move(this.slider.valueAsNumber, true),
    });
    this.stage = make("div", { class: "ld-patient-stage" });
    const statements = config().statements.map((sentence) => make("p", {}, sentence));
    this.element = make(
      "div",
      {
        class: "ld-patient",
        hidden: true,
        role: "dialog",
        "aria-modal": "true",
        "aria-label": t("patient.view"),
      },
      make(
        "div",
        { class: "ld-patient-head" },
        make("h2", {}, t("patient.headline")),
        makeButton(t("patient.leave"), () => this.toggle(false)),
      ),
      this.stage,
      make(
        "div",
        { class: "ld-patient-slider" },
        make("span", {}, t("patient.less")),
        this.slider,
        make("span", {}, t("patient.more")),
      ),
      make("div", { class: "ld-statement" }, ...statements),
    );
  }

  get shown() {
    return !this.element.hidden;
  }

  show({ intensity, procedures }) {
    this.slider.value = intensity[procedures[0]] ?? config().intensity;
  }

  toggle(shown) {
    this.element.hidden = !shown;
    this.actions.toggled(shown);
    if (shown) this.slider.focus();
  }
}
