/** Ways to look at the change: where the view opens, taking turns, colours, the loupe. */

import { Blink } from "./blink.js";
import { Opening } from "./opening.js";

/** How much nearer landmarks are looked at. */
const NEAR = 1.8;

export class Looking {
  #opening = new Opening();

  /** @param {LivePreview} preview Whose picture is looked at. */
  constructor(preview) {
    this.preview = preview;
    this.blink = new Blink((before) => {
      preview.comparison.held = before;
      preview.frames.request();
    });
  }

  get #loupe() {
    return this.preview.overlay.loupe;
  }

  get #difference() {
    return this.preview.overlay.difference;
  }

  /** Another photo. @param {Photo} photo */
  forget(photo) {
    this.blink.set(false);
    this.leaveDivider();
    this.#loupe.close();
    this.#difference.setPhoto(photo);
    this.#difference.setField(null);
  }

  // -- where it opens ----------------------------------------------------------------------

  /**
   * Frame what the plan changes, with the divider beside it; the whole face is one key away.
   * @param {{region: object, changed: object, face: object}} boxes Of the photo, pixels: what is
   *   framed, what is changed in it, and the face.
   * @param {{again?: boolean}} [how] `again`: of another plan on the same face. Who has zoomed or
   *   gone elsewhere stays there, and a divider that the user has placed stays, too.
   */
  openOn({ region, changed, face }, { again = false } = {}) {
    const { view } = this.preview;
    view.frameBox(region, face, { stay: again && !view.atHome });
    if (!again || this.#opening.follows) this.#opening.beginWith(changed);
    this.placeDivider();
  }

  /** Put the divider beside what is changed, where the user has not placed it. */
  placeDivider() {
    const { view, comparison } = this.preview;
    const position = this.#opening.divider(view);
    if (position !== null) comparison.divider = position;
  }

  /** The divider is the user's. */
  leaveDivider() {
    this.#opening.leave();
  }

  /** From what is framed to the whole face, and back. */
  toggleWhole() {
    const { view } = this.preview;
    this.preview.glide(view.atHome ? view.whole() : view.home());
  }

  /** Come near enough to tell landmarks apart, where nobody has zoomed yet; and back. */
  comeNear(near) {
    const { preview } = this;
    const { view } = preview;
    if (!preview.photo) return;
    if (!near) preview.fit();
    else if (view.atHome) preview.glide(view.zoomed(NEAR));
  }

  // -- as in a mirror, and one through the other ---------------------------------------------

  /** Show the face as the patient knows it from a mirror; what is handed out stays as it is. */
  setMirrored(on) {
    const { preview } = this;
    preview.view.mirrored = on;
    preview.overlay.mirror.hidden = !on;
    this.placeDivider();
    preview.say(preview.t(on ? "live.mirror_on" : "live.mirror_off"));
    preview.frames.touch();
    preview.frames.request();
  }

  /** How much of the simulation shows through the photo, 0 to 1. */
  setOpacity(share) {
    const { comparison, frames } = this.preview;
    comparison.opacity = share;
    frames.touch();
    frames.request();
  }

  // -- taking turns, and colours -----------------------------------------------------------

  /** Let photo and simulation take turns; not where the system asks for less motion. */
  setBlink(on) {
    const { preview, blink } = this;
    blink.set(on);
    if (on && blink.refused) preview.say(preview.t("live.blink_still"));
  }

  /**
   * Draw the simulation in the colours of what changes, as the legend says.
   * @param {?("movement"|"light")} kind null: as a picture.
   */
  setColours(kind) {
    const { preview } = this;
    if (preview.webgl) this.#difference.show(kind);
    preview.say(preview.webgl ? this.#difference.sentence : preview.t("live.fallback"));
    preview.frames.request();
  }

  get colours() {
    return this.#difference.kind;
  }

  // -- the loupe ---------------------------------------------------------------------------

  /** Open the loupe in the middle of the picture, or close it. */
  setLoupe(on) {
    const { preview } = this;
    const loupe = this.#loupe;
    if (on === loupe.on || !preview.photo) return;
    if (on) {
      loupe.moveTo(preview.view, preview.photo);
      preview.stage.focus({ preventScroll: true }); // its keys are the picture's
    } else loupe.close();
    const { factor } = loupe;
    preview.say(on ? preview.t("live.loupe_opened", { factor }) : preview.t("live.loupe_closed"));
    preview.frames.request();
  }

  /** Move the loupe to a place of the photo; `told` to who does not see it, too. */
  moveLoupe(place, told = false) {
    const { preview } = this;
    const loupe = this.#loupe;
    loupe.moveTo(place, preview.photo);
    if (told) preview.say(loupe.words(this.changeAt(loupe.place)));
    preview.frames.request();
  }

  /** Larger or smaller. @param {1|-1} step */
  changeLoupe(step) {
    this.#loupe.change(step);
    this.moveLoupe(this.#loupe.place, true);
  }

  /** What the simulation changes at a place, as `Difference.at` says; null where it is unknown. */
  changeAt(place) {
    const { webgl, model } = this.preview;
    return webgl && model ? this.#difference.at(place) : null;
  }

  /** The map and the loupe of a frame, and what is read in the loupe. */
  scene(panes) {
    const { view, simulated, comparison } = this.preview;
    const loupe = this.#loupe.scene(view, panes, simulated && !comparison.held);
    const change = loupe && this.changeAt(this.#loupe.place);
    return { opacity: comparison.shown, map: this.#difference.map(), loupe, change };
  }
}
