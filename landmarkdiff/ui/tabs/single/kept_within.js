/**
 * What was set by hand stays where a plan may have it: another scale, another face and a lock move
 * the ends of the ranges. The server does the same before it makes a model.
 */

import { config, t } from "../../page.js";
import { quantity } from "./units.js";
import { bounds, clamp, inBand, levelOf } from "./values.js";

/** The largest intensity of a plan within the usual ranges. */
const FULL = 100;

/** Effects whose values lie too far out, each with the one that it may have. */
function heldEffects(outline, { effects, unlock }) {
  return outline
    .filter(({ key, band }) => typeof effects[key] === "number" && !inBand(band, effects[key]))
    .map((entry) => [entry, clamp(effects[entry.key], ...bounds(entry.band, unlock))])
    .filter(([{ key }, value]) => value !== effects[key]);
}

/**
 * Settings within their bounds, and what was moved for that, in words.
 * @returns {{settings: object, moved: string[]}}
 */
function keptWithin(outline, settings) {
  const held = heldEffects(outline, settings);
  const effects = held.map(([{ key }, value]) => [key, value]);
  const high = settings.procedures.filter((name) => !settings.unlock && levelOf(settings, name) > FULL);
  const levels = high.map((name) => [name, FULL]);
  const named = held.map(
    ([{ key, name, unit }, value]) => `${config().effects[key]?.title ?? name} ${quantity(value, unit)}`,
  );
  return {
    settings: {
      ...settings,
      effects: { ...settings.effects, ...Object.fromEntries(effects) },
      intensity: { ...settings.intensity, ...Object.fromEntries(levels) },
    },
    moved: [...(high.length ? [`${t("single.intensity")} ${quantity(FULL, "percent")}`] : []), ...named],
  };
}

/**
 * Keep the present step of a tab's plan within its bounds.
 * @param {SingleTab} tab
 * @returns {string} What was moved for that; empty where nothing was.
 */
export function keepWithin(tab) {
  const { settings, moved } = keptWithin(tab.header.outline, tab.settings);
  if (!moved.length) return "";
  tab.history.present = settings;
  return t("single.kept_within", { effects: moved.join(", ") });
}
