/** What the colours and the gray of the surface mean. */

import { element } from "../live/elements.js";
import { heatGradient } from "../live/heat.js";

export class Legend {
  #limit = 0;

  constructor({ t, number }) {
    this.number = number;
    this.bar = element("span", { class: "ld-headview-colours" });
    this.ends = [0, 1, 2].map(() => element("span", {}));
    this.heat = element(
      "div",
      { class: "ld-headview-heat" },
      element("span", {}, t("head.heat_legend")),
      this.bar,
      element("span", { class: "ld-headview-ends" }, ...this.ends),
      element(
        "span",
        { class: "ld-headview-ends" },
        element("span", {}, t("head.inward")),
        element("span", {}, t("head.outward")),
      ),
    );
    this.unseen = element("span", { class: "ld-headview-unseen" }, t("head.unseen"));
    this.root = element("div", { class: "ld-headview-legend" }, this.heat, this.unseen);
  }

  /**
   * @param {number} limit End of the colours, mm; 0: the surface has none.
   * @param {boolean} unseen Whether some of the surface was seen in no photo.
   */
  update(limit, unseen) {
    this.heat.hidden = limit === 0;
    this.unseen.hidden = limit > 0 || !unseen;
    this.root.hidden = this.heat.hidden && this.unseen.hidden;
    if (limit === this.#limit || limit === 0) return;
    this.#limit = limit;
    this.bar.style.background = heatGradient(-1, 1);
    const end = this.number(limit, 0);
    [`−${end}`, "0", `+${end}`].forEach((words, i) => (this.ends[i].textContent = words));
  }
}
