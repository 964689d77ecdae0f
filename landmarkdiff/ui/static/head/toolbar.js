/** The buttons under the head: its views, its tools. */

import { element } from "../live/elements.js";
import { rove } from "../live/roving.js";
import { group, press, tool } from "../live/tool_buttons.js";
import { VIEWS } from "./camera.js";

const ICONS = {
  hold: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6z",
  heat: "M12 3c4 4.5 6 7.6 6 10.6A6 6 0 0 1 6 13.6C6 10.6 8 7.5 12 3zM12 12c1.6 1.8 2.4 3 2.4 4.2a2.4 2.4 0 0 1-4.8 0c0-1.2.8-2.4 2.4-4.2z",
  profile: "M7 3c4 .6 7 3 7 6.5 0 1.5 3 3.5 3 4.5s-2.2.6-2.2 1.5.5 2.3-.6 3.2-3.5.1-4.6 1-.8 1.3-.8 1.3M7 3v18",
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2",
  ruler: "M3 15.5 15.5 3 21 8.5 8.5 21zM7 11.5l2 2M10 8.5l3 3M13 5.5l2 2",
  angle: "M4 19h16M4 19 15 5M11 19a7 7 0 0 0-2.7-5.5",
  zoom_out: "M5 12h14",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  zoom_in: "M5 12h14M12 5v14",
  save: "M12 4v11M7.5 11 12 15.5 16.5 11M5 19.5h14",
};
const ZOOM = 1.4;
/** A view counts as shown when the head is turned to it this nearly, degrees. */
const NEAR_DEG = 0.5;

export class Toolbar {
  /**
   * @param {function(string): string} t
   * @param {HeadViewer} viewer What the buttons act on.
   */
  constructor(t, viewer) {
    const made = (name, title, work = null) => tool(name, title, ICONS[name], work);
    this.hold = made("hold", t("head.hold"));
    const words = { class: "ld-live-words", "aria-hidden": "true" };
    this.hold.append(element("span", words, t("head.hold")));
    this.heat = made("heat", t("head.heat"), () => viewer.setHeat(!viewer.heat));
    this.profile = made("profile", t("head.profile"), () =>
      viewer.setProfile(!viewer.profileShown),
    );
    this.light = made("light", t("head.light"), () => viewer.setLight(!viewer.light.on));
    this.ruler = made("ruler", t("head.ruler"), () => viewer.toggleMeasure("ruler"));
    this.angle = made("angle", t("head.angle"), () => viewer.toggleMeasure("angle"));
    const zoomOut = made("zoom_out", t("live.zoom_out"), () => viewer.zoom(1 / ZOOM));
    const fit = made("fit", t("live.fit"), () => viewer.fit());
    const zoomIn = made("zoom_in", t("live.zoom_in"), () => viewer.zoom(ZOOM));
    const save = made("save", t("head.save"), () => viewer.save());
    save.dataset.needs = "export";
    this.root = element(
      "div",
      { class: "ld-live-tools", role: "toolbar", "aria-label": t("head.tools") },
      group(this.hold),
      group(this.heat, this.profile, this.light),
      group(this.ruler, this.angle),
      group(zoomOut, fit, zoomIn),
      group(save),
    );
    rove(this.root);
    this.views = Object.keys(VIEWS).map((name) => this.#view(name, t, viewer));
    this.viewRow = element(
      "div",
      { class: "ld-headview-views", role: "toolbar", "aria-label": t("head.views") },
      ...this.views,
    );
    rove(this.viewRow);
  }

  #view(name, t, viewer) {
    const attributes = { type: "button", class: "ld-headview-view", "data-view": name };
    const button = element("button", attributes, t(`head.view_${name}`));
    button.addEventListener("click", () => viewer.showView(name));
    return button;
  }

  /** Press what is on. */
  update({ camera, held, heat, profile, light, measure }) {
    press(this.hold, held);
    press(this.heat, heat);
    press(this.profile, profile);
    press(this.light, light);
    press(this.ruler, measure === "ruler");
    press(this.angle, measure === "angle");
    for (const button of this.views) {
      const { yaw, pitch } = VIEWS[button.dataset.view];
      const near = Math.abs(camera.yaw - yaw) < NEAR_DEG && Math.abs(camera.pitch - pitch) < NEAR_DEG;
      press(button, near);
    }
  }
}
