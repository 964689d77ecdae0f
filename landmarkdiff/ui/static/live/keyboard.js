/** What keys do to the picture. */

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** Keys beside the arrows that move a slider. */
const SLIDER_KEYS = ["Home", "End", "PageUp", "PageDown"];
const ZOOM = 1.25;
/** How far a key moves, CSS pixels; and with Shift. */
const PAN_PX = [40, 120];
const LOUPE_PX = [6, 30];
const LANDMARK_PX = [1, 5];
/** How far a key moves the divider, as a share of the picture; and with Shift. */
const DIVIDER_STEP = [0.02, 0.1];
const DIVIDER_PAGE = 0.1;

export class Keyboard {
  /**
   * @param {LivePreview} preview What is acted on.
   * @param {AbortSignal} signal Ends the listening.
   */
  constructor(preview, signal) {
    this.preview = preview;
    const { root, overlay } = preview;
    root.addEventListener("keydown", (event) => this.#down(event), { signal });
    root.addEventListener("keyup", (event) => this.#up(event), { signal });
    // Nobody is left with the photo before when the focus goes while the key is down.
    root.addEventListener(
      "focusout",
      (event) => {
        if (!root.contains(event.relatedTarget)) preview.holdBefore(false);
      },
      { signal },
    );
    overlay.landmarks.button.addEventListener(
      "focus",
      () => {
        overlay.landmarks.chooseAgain();
        preview.frames.request();
      },
      { signal },
    );
  }

  #down(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.preview.photo) return;
    if (this.#isTyped(event)) return;
    const used =
      this.preview.annotating.key(event, ARROWS) ||
      this.#brushKey(event) ||
      this.#landmarkKey(event) ||
      this.#dividerKey(event) ||
      this.#loupeKey(event) ||
      this.#arrowKey(event) ||
      this.#zoomKey(event) ||
      this.#holdKey(event) ||
      (!event.repeat && this.#switchKey(event));
    if (used) event.preventDefault();
  }

  /** Whether a key belongs to a field, or to a slider that moves by it. */
  #isTyped({ target, key }) {
    if (target.tagName !== "INPUT") return false;
    return target.type !== "range" || key in ARROWS || SLIDER_KEYS.includes(key);
  }

  #landmarkKey({ target, key, shiftKey }) {
    const { overlay, view, frames } = this.preview;
    const { landmarks } = overlay;
    if (target !== landmarks.button) return false;
    const arrow = ARROWS[key];
    const [dx, dy] = arrow ?? [0, 0];
    const far = LANDMARK_PX[Number(shiftKey)] / view.scale;
    if (arrow) landmarks.goToward([view.across * dx, dy], far);
    else if (key === "Enter") landmarks.takeOrPutDown();
    else if (key === "Escape" && landmarks.taken) landmarks.release();
    else return false;
    frames.request();
    return true;
  }

  #brushKey(event) {
    const used = this.preview.brush.key(event, ARROWS);
    if (used) this.preview.frames.request();
    return used;
  }

  #dividerKey({ target, key, shiftKey }) {
    const { preview } = this;
    if (target !== preview.overlay.handle) return false;
    const step = DIVIDER_STEP[Number(shiftKey)];
    const moves = {
      ArrowLeft: -step,
      ArrowDown: -step,
      ArrowRight: step,
      ArrowUp: step,
      PageDown: -DIVIDER_PAGE,
      PageUp: DIVIDER_PAGE,
    };
    if (key in moves) preview.setDivider(Math.round(1000 * (preview.divider + moves[key])) / 1000);
    else if (key === "Home") preview.setDivider(0);
    else if (key === "End") preview.setDivider(1);
    else return false;
    return true;
  }

  /** While the loupe is open, arrows on the picture move it, and Escape closes it. */
  #loupeKey({ target, key, shiftKey }) {
    const { overlay, view, looking, stage } = this.preview;
    const { loupe } = overlay;
    if (!loupe.on) return false;
    if (key === "Escape") looking.setLoupe(false);
    else if (key in ARROWS && target === stage) {
      const far = LOUPE_PX[Number(shiftKey)] / view.scale;
      const [dx, dy] = ARROWS[key].map((each) => each * far);
      const { x, y } = loupe.place;
      looking.moveLoupe({ x: x + view.across * dx, y: y + dy }, true);
    } else return false;
    return true;
  }

  /** Arrows move the picture. */
  #arrowKey({ target, key, shiftKey }) {
    const { preview } = this;
    const { view, toolbar } = preview;
    const arrow = ARROWS[key];
    if (!arrow || toolbar.root.contains(target)) return false;
    const [dx, dy] = arrow.map((each) => (each * PAN_PX[Number(shiftKey)]) / view.scale);
    const { scale, x, y } = view.goal;
    preview.glide({ scale, x: x + view.across * dx, y: y + dy });
    return true;
  }

  #zoomKey({ key }) {
    if (key === "+" || key === "=") this.preview.zoom(ZOOM);
    else if (key === "-" || key === "_") this.preview.zoom(1 / ZOOM);
    else if (key === "0") this.preview.fit();
    else return false;
    return true;
  }

  /** The space bar presses a button that has the focus; anywhere else it holds. */
  #holdKey({ target, key }) {
    const { toolbar, annotating } = this.preview;
    const onButton = toolbar.root.contains(target) || annotating.owns(target);
    const holds = key === " " ? target === toolbar.hold || !onButton : key.toLowerCase() === "b";
    if (holds) this.preview.holdBefore(true);
    return holds;
  }

  #switchKey({ key }) {
    const { preview } = this;
    const { looking } = preview;
    const { annotating } = preview;
    const letter = key.toLowerCase();
    const modes = { s: "side", o: "blend" }[letter];
    const colours = { h: "movement", l: "light" }[letter];
    if (colours) looking.setColours(looking.colours === colours ? null : colours);
    else if (letter === "k") looking.setBlink(!looking.blink.on);
    else if (letter === "m") looking.setLoupe(!preview.overlay.loupe.on);
    else if (letter === "w") preview.glide(preview.view.whole());
    else if (letter === "f") preview.setFullScreen(!preview.fullScreen);
    else if (letter === "x") looking.setMirrored(!preview.view.mirrored);
    else if (letter === "r") annotating.add("distance");
    else if (letter === "a") annotating.add("angle");
    else if (letter === "p") annotating.setPen(!annotating.pen);
    else if (letter === "t") annotating.addNote();
    else if (modes) preview.setMode(preview.mode === modes ? "divider" : modes);
    else if (key === "Escape" && annotating.pen) annotating.setPen(false);
    else if (key === "Escape" && preview.screen.fillsWindow) preview.setFullScreen(false);
    else return false;
    return true;
  }

  #up(event) {
    this.preview.annotating.keyUp();
    if (event.target.tagName === "INPUT") return;
    if (event.key !== " " && event.key.toLowerCase() !== "b") return;
    if (this.preview.comparison.held && event.key === " ") event.preventDefault();
    this.preview.holdBefore(false);
  }
}
