/** A light that can be moved around the head, in the viewer's own frame. */

import { element } from "../live/elements.js";

const RADIANS = Math.PI / 180;
/** Where it stands at first: to the left and above, degrees. */
const FIRST = { side: -35, height: 30 };
const FARTHEST = 80;

export class Light {
  on = false;

  /** @param {{t: function, changed: function(): void}} given */
  constructor({ t, changed }) {
    this.sliders = Object.entries(FIRST).map(([name, value]) => {
      const slider = element("input", {
        type: "range",
        min: -FARTHEST,
        max: FARTHEST,
        step: 5,
        value,
        class: "ld-headview-slider",
        "aria-label": t(`head.light_${name}`),
        "data-light": name,
      });
      slider.addEventListener("input", changed);
      return slider;
    });
    const fields = this.sliders.map((slider) =>
      element("label", {}, element("span", { "aria-hidden": "true" }, slider.ariaLabel), slider),
    );
    this.root = element("div", { class: "ld-headview-row" }, ...fields);
    this.root.hidden = true;
  }

  setOn(on) {
    this.on = on;
    this.root.hidden = !on;
  }

  /** Toward the light: right, up, toward the viewer, of unit length; null when it is out. */
  get direction() {
    if (!this.on) return null;
    const [side, height] = this.sliders.map((slider) => Number(slider.value) * RADIANS);
    return [
      Math.sin(side) * Math.cos(height),
      Math.sin(height),
      Math.cos(side) * Math.cos(height),
    ];
  }
}
