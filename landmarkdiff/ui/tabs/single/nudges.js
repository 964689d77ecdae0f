/** Landmarks that are put right by hand. */

export class Nudging {
  on = false;

  /** @param {SingleTab} tab */
  constructor(tab) {
    this.tab = tab;
  }

  toggle() {
    const { tab } = this;
    this.on = !this.on;
    tab.preview?.setLandmarkMode(this.on);
    tab.preview?.looking.comeNear(this.on);
    tab.options.show(tab.settings, tab.header?.scale ?? null);
  }

  /** Take over that a landmark was moved. */
  take(move) {
    const { tab } = this;
    tab.change(nudged(tab.settings, tab.header, move), { structural: true });
  }
}

/**
 * The settings with one landmark moved further.
 * @param {object} settings
 * @param {object} header Of the live model: a profile has named points, a frontal photo the mesh.
 * @param {{index: number, dx: number, dy: number}} move Photo pixels.
 */
function nudged(settings, header, { index, dx, dy }) {
  const named = header.profile_points?.[index];
  if (named) {
    const place = [named.x + dx, named.y + dy];
    return { ...settings, profile_points: { ...settings.profile_points, [named.name]: place } };
  }
  const [x, y] = settings.nudges[index] ?? [0, 0];
  return { ...settings, nudges: { ...settings.nudges, [index]: [x + dx, y + dy] } };
}
