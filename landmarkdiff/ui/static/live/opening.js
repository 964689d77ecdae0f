/** Where a viewer begins: at what the plan changes, with the divider beside it. */

/** Between the divider and what is changed, CSS pixels; and from the stage's edge. */
const ASIDE_PX = 14;
const EDGE_PX = 24;

export class Opening {
  /** Left and right edge of what the plan changes, photo pixels; null: the divider is the user's. */
  #edges = null;

  /** @param {{x: number, width: number}} changed Box of what the plan changes. */
  beginWith({ x, width }) {
    this.#edges = [x, x + width];
  }

  /** Whether the divider still stands where the plan has put it. */
  get follows() {
    return this.#edges !== null;
  }

  /** The divider is the user's from now on. */
  leave() {
    this.#edges = null;
  }

  /**
   * Where the divider stands beside what is changed, 0 to 1; null: where it is.
   * @param {Viewport} viewport
   */
  divider(viewport) {
    if (this.#edges === null || !viewport.atHome || viewport.sideBySide) return null;
    const { width } = viewport.pane;
    const [pane] = viewport.panes();
    const seen = this.#edges.map((x) => viewport.toStage({ x, y: 0 }, pane).x - pane.x);
    const left = Math.min(...seen);
    return Math.min(Math.max(left - ASIDE_PX, EDGE_PX), width / 2) / width;
  }
}
