/** What the patient is shown: two faces, one slider, and that it is a simulation. */

import { make, makeButton } from "../../dom.js";
import { config, t } from "../../page.js";
import { listenToSlider } from "../../slide.js";
import { changesNothing } from "./values.js";

export class PatientView {
  /**
   * @param actions.move(share, done) hears which share of the plan is to be shown, 0 to 1
   * @param actions.usual() the largest share within the published bands; null where nothing is planned
   * @param actions.toggled(shown) puts the viewer into `stage`, or back
   */
  constructor(actions) {
    this.actions = actions;
    this.slider = make("input", {
      type: "range",
      class: "ld-slider ld-intensity",
      min: "0",
      max: "100",
      value: "100",
      "aria-label": t("patient.slider"),
    });
    listenToSlider(this.slider, (done) => this.move(done));
    this.end = make("span", { class: "ld-typical", hidden: true });
    this.range = make("p", { class: "ld-patient-range", role: "status" });
    this.leave = makeButton(t("patient.leave"), () => this.toggle(false));
    this.stage = make("div", { class: "ld-patient-stage" });
    this.untouched = make("p", { class: "ld-patient-untouched", role: "status", hidden: true });
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
        this.leave,
      ),
      this.untouched,
      this.stage,
      make(
        "div",
        { class: "ld-patient-slider", "data-needs": "edit" },
        make("span", {}, t("patient.less")),
        make(
          "div",
          { class: "ld-slider-box" },
          this.slider,
          make("span", { class: "ld-marks", "aria-hidden": "true" }, this.end),
        ),
        make("span", {}, t("patient.more")),
        this.range,
      ),
      make("div", { class: "ld-statement" }, ...statements),
    );
  }

  get shown() {
    return !this.element.hidden;
  }

  /** Show the whole of a plan, as it is now. */
  show(settings = this.settings) {
    this.settings = settings;
    this.untouched.hidden = !changesNothing(settings);
    this.untouched.textContent = this.untouched.hidden ? "" : t("patient.untouched");
    this.slider.value = 100;
    this.usual = this.actions.usual();
    this.end.hidden = this.usual === null || this.usual >= 1;
    this.end.style.left = `${100 * (this.usual ?? 1)}%`;
    this.tell();
  }

  move(done) {
    this.actions.move(this.slider.valueAsNumber / 100, done);
    this.tell();
  }

  /** Say which share it is, and where the published bands end. */
  tell() {
    const percent = this.slider.valueAsNumber;
    this.slider.setAttribute("aria-valuetext", t("patient.share", { percent }));
    const { usual } = this;
    const beyond = usual !== null && percent > 100 * usual + 1e-6;
    this.slider.classList.toggle("ld-over", beyond);
    this.range.classList.toggle("ld-wrong", beyond);
    const end = { percent: Math.floor(100 * (usual ?? 1)) };
    if (usual === null) this.range.textContent = "";
    else if (beyond) this.range.textContent = t("patient.beyond", end);
    else this.range.textContent = usual < 1 ? t("patient.usual_end", end) : t("patient.usual");
  }

  toggle(shown) {
    this.element.hidden = !shown;
    if (shown) this.show();
    this.actions.toggled(shown);
    // Who may not change the plan has no slider.
    if (shown) (this.slider.offsetParent ? this.slider : this.leave).focus();
  }
}
