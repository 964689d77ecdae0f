/** A share of a whole plan as it is: also of what was set by hand, and of what lies beyond its band. */

import { ends } from "./values.js";

/** Settings whose plan is `share` (0 to 1) of that of `values`; at 0 nothing is changed. */
export function scaledSettings(settings, values, share) {
  const scaled = Object.entries(values).map(([key, value]) => [key, Number((share * value).toFixed(3))]);
  const effects = { ...settings.effects, ...Object.fromEntries(scaled) };
  const pushes = (settings.manual ?? []).map((push) => ({
    ...push,
    vector: push.vector.map((part) => share * part),
  }));
  return { ...settings, effects, manual: share > 0 ? pushes : [] };
}

/** The largest share, at most 1, of which every effect lies within its band; null of no plan. */
export function usualShare(outline, values) {
  let share = null;
  for (const { key, band } of outline) {
    const value = values[key];
    if (!value) continue;
    const [low, high] = ends(band);
    const end = value > 0 ? high : low;
    share = Math.min(share ?? 1, end / value);
  }
  return share;
}
