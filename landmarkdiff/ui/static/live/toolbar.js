/** The buttons under the picture. */

import { element } from "./elements.js";
import { rove } from "./roving.js";
import { group, press, tool } from "./tool_buttons.js";

const ICONS = {
  divider: "M4 5h16v14H4zM12 3v18M8 10l-2 2 2 2M16 10l2 2-2 2",
  side: "M3 5h8v14H3zM13 5h8v14h-8z",
  blend: "M9.5 6a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM14.5 6a6 6 0 1 1 0 12 6 6 0 0 1 0-12zM11 9.5h3M10.6 12h3.8M11 14.5h3",
  mirror: "M12 3v18M9 7 3 17h6zM15 7l6 10h-6z",
  hold: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6z",
  zoom_out: "M5 12h14",
  zoom_in: "M5 12h14M12 5v14",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  ruler: "M3 15.5 15.5 3 21 8.5 8.5 21zM7 11.5l2 2M10 8.5l3 3M13 5.5l2 2",
  angle: "M4 19 15 5M4 19h16M10 11.5a9.5 9.5 0 0 1 3.5 7.5",
  pen: "M4 20l1-4.5L16 4.5l3.5 3.5L8.5 19zM13.5 7l3.5 3.5",
  note: "M5 6V4.5h14V6M12 4.5v15M9.5 19.5h5",
  blink: "M4 9h15M15.5 5.5 19 9l-3.5 3.5M20 15.5H5M8.5 12 5 15.5 8.5 19",
  movement: "M12 3c4 4.5 6 7.6 6 10.6A6 6 0 0 1 6 13.6C6 10.6 8 7.5 12 3zM12 12c1.6 1.8 2.4 3 2.4 4.2a2.4 2.4 0 0 1-4.8 0c0-1.2.8-2.4 2.4-4.2z",
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2",
  loupe: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.3 15.3 20.5 20.5M10.5 4v13",
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
    this.blend = made("blend", t("live.mode_blend"), () =>
      preview.setMode(preview.mode === "blend" ? "divider" : "blend"),
    );
    this.hold = made("hold", t("live.hold"));
    const words = { class: "ld-live-words", "aria-hidden": "true" };
    this.hold.append(element("span", words, t("live.hold")));
    const { looking } = preview;
    this.blink = made("blink", t("common.blink"), () => looking.setBlink(!looking.blink.on));
    this.mirror = made("mirror", t("live.mirror"), () =>
      looking.setMirrored(!preview.view.mirrored),
    );
    this.colours = ["movement", "light"].map((kind) => {
      const show = () => looking.setColours(looking.colours === kind ? null : kind);
      const button = made(kind, t(`live.${kind}`), show);
      if (!preview.webgl) button.disabled = true;
      return [kind, button];
    });
    this.loupe = made("loupe", t("live.loupe"), () => looking.setLoupe(!preview.overlay.loupe.on));
    // They are made after the buttons are, and act on what is there then.
    const drawing = (name, work) => made(name, t(`live.${name}`), () => work(preview.annotating));
    this.ruler = drawing("ruler", (on) => on.add("distance"));
    this.angle = drawing("angle", (on) => on.add("angle"));
    this.pen = drawing("pen", (on) => on.setPen(!on.pen));
    this.note = drawing("note", (on) => on.addNote());
    const zoomOut = made("zoom_out", t("live.zoom_out"), () => preview.zoom(1 / ZOOM));
    const fit = made("fit", t("live.fit_face"), () => looking.toggleWhole());
    const zoomIn = made("zoom_in", t("live.zoom_in"), () => preview.zoom(ZOOM));
    this.fullScreen = made("full_screen", t("live.full_screen"), () =>
      preview.setFullScreen(!preview.fullScreen),
    );
    this.root = element(
      "div",
      { class: "ld-live-tools", role: "toolbar", "aria-label": t("live.tools") },
      group(this.divider, this.side, this.blend, this.blink),
      group(this.hold, this.mirror),
      group(...this.colours.map(([, button]) => button), this.loupe),
      group(this.ruler, this.angle, this.pen, this.note),
      group(zoomOut, fit, zoomIn),
      group(this.fullScreen),
    );
    rove(this.root);
  }

  /** Press what is on. */
  update({ mode, held, blinks, mirrored, colours, loupe, pen, fullScreen }) {
    press(this.divider, mode === "divider");
    press(this.side, mode === "side");
    press(this.blend, mode === "blend");
    press(this.mirror, mirrored);
    press(this.hold, held && !blinks);
    press(this.blink, blinks);
    for (const [kind, button] of this.colours) press(button, colours === kind);
    press(this.loupe, loupe);
    press(this.pen, pen);
    press(this.fullScreen, fullScreen);
  }
}

function made(name, title, work = null) {
  return tool(name, title, ICONS[name], work);
}
