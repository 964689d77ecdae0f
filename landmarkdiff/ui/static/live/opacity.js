/** The slider below the picture that lets the simulation show through the photo. */

import { element } from "./elements.js";

export class OpacitySlider {
  /**
   * @param {function(string, object=): string} t
   * @param {LivePreview} preview
   */
  constructor(t, preview) {
    this.t = t;
    this.input = element("input", {
      type: "range",
      class: "ld-live-opacity-slider",
      min: "0",
      max: "100",
      step: "1",
      "aria-label": t("live.opacity"),
    });
    this.input.addEventListener("input", () => {
      preview.looking.setOpacity(this.input.valueAsNumber / 100);
    });
    this.root = element(
      "div",
      { class: "ld-live-opacity" },
      element("span", { "aria-hidden": "true" }, t("live.before")),
      this.input,
      element("span", { "aria-hidden": "true" }, t("live.simulation")),
    );
    this.root.hidden = true;
  }

  /** @param {{mode: string, opacity: number}} comparison */
  update({ mode, opacity }) {
    const { root, input, t } = this;
    root.hidden = mode !== "blend";
    const percent = Math.round(100 * opacity);
    const words = t("live.opacity_value", { percent });
    // In every frame, so it touches the page only where something changes.
    if (input.getAttribute("aria-valuetext") === words) return;
    input.value = String(percent);
    input.setAttribute("aria-valuetext", words);
  }
}
