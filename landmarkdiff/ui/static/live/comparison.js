/** How before and simulation are shown together. */

import { clamp } from "./scene.js";

export const MODES = ["divider", "side", "blend", "after", "before"];

export class Comparison {
  #mode = "divider";
  #divider = 0.5;
  #opacity = 0.5;

  /** Whether the photo before is shown for as long as something is held. */
  held = false;

  get mode() {
    return this.#mode;
  }

  set mode(mode) {
    if (!MODES.includes(mode)) throw new RangeError(`mode ${mode}; one of ${MODES.join(", ")}`);
    this.#mode = mode;
  }

  /** Where the divider stands, 0 (all simulation) to 1 (all before). */
  get divider() {
    return this.#divider;
  }

  set divider(position) {
    this.#divider = clamp(position, 0, 1);
  }

  /** How much of the simulation shows through the photo in the mode "blend", 0 to 1. */
  get opacity() {
    return this.#opacity;
  }

  set opacity(share) {
    this.#opacity = clamp(share, 0, 1);
  }

  /** How much of the simulation shows wherever it does, 0 to 1. */
  get shown() {
    return this.#mode === "blend" ? this.#opacity : 1;
  }

  /**
   * What shows where.
   * @param {{x: number, width: number}[]} panes CSS pixels of the stage.
   * @param {{simulated: boolean, landmarks: boolean}} given Whether there is a simulation, and
   *   whether landmarks are moved, for which the photo before is needed.
   * @returns {{froms: (?number)[], line: ?number}} From which CSS x on each pane shows the
   *   simulation (null: nowhere), and where the divider is (null: there is none).
   */
  layout(panes, { simulated, landmarks }) {
    const hidden = this.held || !simulated;
    if (this.#mode === "side") return { froms: [null, hidden ? null : panes[1].x], line: null };
    if (hidden || landmarks || this.#mode === "before") return { froms: [null], line: null };
    if (this.shown === 0) return { froms: [null], line: null };
    if (this.#mode !== "divider") return { froms: [0], line: null };
    const line = this.#divider * panes[0].width;
    return { froms: [this.#divider < 1 ? line : null], line };
  }
}
