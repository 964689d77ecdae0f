/** Landmarks that were put right by hand. */

/**
 * The settings with one landmark moved further.
 * @param {object} settings
 * @param {object} header Of the live model: a profile has named points, a frontal photo the mesh.
 * @param {{index: number, dx: number, dy: number}} move Photo pixels.
 */
export function nudged(settings, header, { index, dx, dy }) {
  const named = header.profile_points?.[index];
  if (named) {
    const place = [named.x + dx, named.y + dy];
    return { ...settings, profile_points: { ...settings.profile_points, [named.name]: place } };
  }
  const [x, y] = settings.nudges[index] ?? [0, 0];
  return { ...settings, nudges: { ...settings.nudges, [index]: [x + dx, y + dy] } };
}
