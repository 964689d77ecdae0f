/** What keys do to the picture. */

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const ZOOM = 1.25;
/** How far a key moves, CSS pixels; and with Shift. */
const PAN_PX = [40, 120];
const RULER_PX = [1, 10];
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
    const used =
      this.#landmarkKey(event) ||
      this.#dividerKey(event) ||
      this.#arrowKey(event) ||
      this.#zoomKey(event) ||
      this.#holdKey(event) ||
      (!event.repeat && this.#switchKey(event));
    if (used) event.preventDefault();
  }

  #landmarkKey({ target, key, shiftKey }) {
    const { overlay, view, frames } = this.preview;
    const { landmarks } = overlay;
    if (target !== landmarks.button) return false;
    const arrow = ARROWS[key];
    if (arrow) landmarks.goToward(arrow, LANDMARK_PX[Number(shiftKey)] / view.scale);
    else if (key === "Enter") landmarks.takeOrPutDown();
    else if (key === "Escape" && landmarks.taken) landmarks.release();
    else return false;
    frames.request();
    return true;
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

  /** Arrows move an end of the ruler, or the picture. */
  #arrowKey({ target, key, shiftKey }) {
    const { preview } = this;
    const { view, overlay, toolbar } = preview;
    const arrow = ARROWS[key];
    if (!arrow || toolbar.root.contains(target)) return false;
    const end = overlay.ruler.endButtons.indexOf(target);
    const [dx, dy] = arrow.map((each) => {
      const far = (end >= 0 ? RULER_PX : PAN_PX)[Number(shiftKey)];
      return (each * far) / view.scale;
    });
    if (end >= 0) {
      overlay.ruler.shiftEnd(end, dx, dy);
      preview.frames.request();
    } else {
      const { scale, x, y } = view.goal;
      preview.glide({ scale, x: x + dx, y: y + dy });
    }
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
    const { toolbar, overlay } = this.preview;
    const onButton = toolbar.root.contains(target) || overlay.ruler.endButtons.includes(target);
    const holds = key === " " ? target === toolbar.hold || !onButton : key.toLowerCase() === "b";
    if (holds) this.preview.holdBefore(true);
    return holds;
  }

  #switchKey({ key }) {
    const { preview } = this;
    const letter = key.toLowerCase();
    if (letter === "f") preview.setFullScreen(!preview.fullScreen);
    else if (letter === "r") preview.setRuler(!preview.ruler);
    else if (letter === "s") preview.setMode(preview.mode === "side" ? "divider" : "side");
    else if (key === "Escape" && preview.fillsWindow) preview.setFullScreen(false);
    else return false;
    return true;
  }

  #up(event) {
    if (event.key !== " " && event.key.toLowerCase() !== "b") return;
    if (this.preview.comparison.held && event.key === " ") event.preventDefault();
    this.preview.holdBefore(false);
  }
}
