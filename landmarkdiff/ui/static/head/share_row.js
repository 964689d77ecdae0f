/** The slider from the head before to the plan, with the two ends as buttons. */

import { element } from "../live/elements.js";
import { press } from "../live/tool_buttons.js";

export class ShareRow {
  #share = null;

  /** @param {function(string, object=): string} t @param {function(number): void} change */
  constructor(t, change) {
    this.t = t;
    this.slider = element("input", {
      type: "range",
      min: 0,
      max: 100,
      step: 1,
      value: 100,
      class: "ld-headview-slider",
      "aria-label": t("head.share"),
    });
    this.slider.addEventListener("input", () => change(Number(this.slider.value) / 100));
    const end = (name, share) => {
      const made = element(
        "button",
        { type: "button", class: "ld-headview-end", "data-end": name },
        t(`head.${name}`),
      );
      made.addEventListener("click", () => change(share));
      return made;
    };
    this.before = end("before", 0);
    this.after = end("after", 1);
    const attributes = { class: "ld-headview-row ld-headview-share", role: "group", "aria-label": t("head.share") };
    this.root = element("div", attributes, this.before, this.slider, this.after);
  }

  update(share) {
    if (share === this.#share) return;
    this.#share = share;
    const percent = Math.round(100 * share);
    if (Number(this.slider.value) !== percent) this.slider.value = percent;
    this.slider.setAttribute("aria-valuetext", this.t("head.share_value", { percent }));
    press(this.before, share === 0);
    press(this.after, share === 1);
  }
}
