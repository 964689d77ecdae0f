/** What keys do to the head. */

import { VIEWS } from "./camera.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const ZOOM = 1.25;
/** How far a key turns, degrees, and moves a point, CSS pixels; and with Shift. */
const TURN = [5, 15];
const POINT_PX = [1, 10];

export class Keyboard {
  /**
   * @param {HeadViewer} viewer What is acted on.
   * @param {AbortSignal} signal Ends the listening.
   */
  constructor(viewer, signal) {
    this.viewer = viewer;
    const { stage } = viewer;
    stage.addEventListener("keydown", (event) => this.#down(event), { signal });
    stage.addEventListener("keyup", (event) => this.#up(event), { signal });
    // Nobody is left with the head before when the focus goes while the key is down.
    stage.addEventListener("blur", () => viewer.holdBefore(false), { signal });
  }

  #down(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const used =
      this.#arrowKey(event) ||
      this.#zoomKey(event) ||
      this.#viewKey(event) ||
      this.#holdKey(event) ||
      (!event.repeat && this.#switchKey(event));
    if (used) event.preventDefault();
  }

  #arrowKey({ target, key, shiftKey }) {
    const arrow = ARROWS[key];
    if (!arrow) return false;
    const { viewer } = this;
    const pin = viewer.measures.pins.indexOf(target);
    const far = (pin >= 0 ? POINT_PX : TURN)[Number(shiftKey)];
    const [x, y] = arrow.map((each) => each * far);
    if (pin >= 0) {
      viewer.shiftPoint(pin, x, y);
    } else {
      viewer.camera.turn(x, -y);
      viewer.cameraMoved();
    }
    return true;
  }

  #zoomKey({ key }) {
    const { viewer } = this;
    if (key === "+" || key === "=") viewer.zoom(ZOOM);
    else if (key === "-" || key === "_") viewer.zoom(1 / ZOOM);
    else if (key === "0") viewer.fit();
    else return false;
    return true;
  }

  /** The views by their number. */
  #viewKey({ key }) {
    const name = Object.keys(VIEWS)[Number(key) - 1];
    if (!name) return false;
    this.viewer.showView(name);
    return true;
  }

  #holdKey({ target, key }) {
    const holds = key.toLowerCase() === "b" || (key === " " && target === this.viewer.stage);
    if (holds) this.viewer.holdBefore(true);
    return holds;
  }

  #switchKey({ key }) {
    const { viewer } = this;
    const letter = key.toLowerCase();
    if (letter === "h") viewer.setHeat(!viewer.heat);
    else if (letter === "p") viewer.setProfile(!viewer.profileShown);
    else if (letter === "l") viewer.setLight(!viewer.light.on);
    else if (letter === "r") viewer.toggleMeasure("ruler");
    else if (letter === "a") viewer.toggleMeasure("angle");
    else if (key === "Escape" && viewer.measures.kind) viewer.setMeasure(null);
    else return false;
    return true;
  }

  #up({ key }) {
    if (key === " " || key.toLowerCase() === "b") this.viewer.holdBefore(false);
  }
}
