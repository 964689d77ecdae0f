/** The buttons under the picture. */

import { element } from "./elements.js";
import { group, press, tool } from "./tool_buttons.js";

const ICONS = {
  divider: "M4 5h16v14H4zM12 3v18M8 10l-2 2 2 2M16 10l2 2-2 2",
  side: "M3 5h8v14H3zM13 5h8v14h-8z",
  hold: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6z",
  zoom_out: "M5 12h14",
  zoom_in: "M5 12h14M12 5v14",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  ruler: "M3 15.5 15.5 3 21 8.5 8.5 21zM7 11.5l2 2M10 8.5l3 3M13 5.5l2 2",
  full_screen: "M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7",
};
const ZOOM = 1.4;

export class Toolbar {
  /**
   * @param {function(string): string} t
   * @param {LivePreview} preview What the buttons act on.
   */
  constructor(t, preview) {
    this.divider = made("divider", t("live.mode_divider"), () => preview.setMode("divider"));
    this.side = made("side", t("live.mode_side"), () => preview.setMode("side"));
    this.hold = made("hold", t("live.hold"));
    const words = { class: "ld-live-words", "aria-hidden": "true" };
    this.hold.append(element("span", words, t("live.hold")));
    this.ruler = made("ruler", t("live.ruler"), () => preview.setRuler(!preview.ruler));
    const zoomOut = made("zoom_out", t("live.zoom_out"), () => preview.zoom(1 / ZOOM));
    const fit = made("fit", t("live.fit"), () => preview.fit());
    const zoomIn = made("zoom_in", t("live.zoom_in"), () => preview.zoom(ZOOM));
    this.fullScreen = made("full_screen", t("live.full_screen"), () =>
      preview.setFullScreen(!preview.fullScreen),
    );
    this.root = element(
      "div",
      { class: "ld-live-tools", role: "toolbar", "aria-label": t("live.tools") },
      group(this.divider, this.side),
      group(this.hold, this.ruler),
      group(zoomOut, fit, zoomIn),
      group(this.fullScreen),
    );
  }

  /** Press what is on. */
  update({ mode, held, ruler, fullScreen }) {
    press(this.divider, mode === "divider");
    press(this.side, mode === "side");
    press(this.hold, held);
    press(this.ruler, ruler);
    press(this.fullScreen, fullScreen);
  }
}

function made(name, title, work = null) {
  return tool(name, title, ICONS[name], work);
}
