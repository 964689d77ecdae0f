/**
 * From settings to the values of all effects, by the rules of the server's planner: what is set by
 * hand stands, what is coupled follows its driver, the rest comes from the intensity.
 */

import { config } from "../../page.js";

/** Value at an intensity: linear between the pairs [intensity, value], and beyond the last. */
export function atLevel(levels, level) {
  let after = levels.findIndex(([at]) => at >= level);
  if (after < 0) after = levels.length - 1;
  after = Math.max(after, 1);
  const [low, first] = levels[after - 1];
  const [high, second] = levels[after];
  return first + ((level - low) / (high - low)) * (second - first);
}

export function ends(band) {
  return [Math.min(band.reverse, band.high), Math.max(band.reverse, band.high)];
}

export function inBand(band, value) {
  const [low, high] = ends(band);
  const slack = 1e-9 * (1 + Math.abs(value));
  return low - slack <= value && value <= high + slack;
}

export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** The least and the largest value of an effect that a plan may have. */
export function bounds(band, unlock) {
  return unlock ? [-band.farthest, band.farthest] : ends(band);
}

/**
 * A value as a plan keeps it: to three digits, and within its bounds. Rounding would lead out of a
 * band that ends between two such values.
 */
export function kept(value, band, unlock) {
  return clamp(Number(value.toFixed(3)), ...bounds(band, unlock));
}

/** {key: value} of every effect that takes part. */
export function planValues(outline, settings) {
  const values = {};
  const entries = Object.fromEntries(outline.map((entry) => [entry.key, entry]));
  const order = [...outline].sort((a, b) => (a.coupled_to ? 1 : 0) - (b.coupled_to ? 1 : 0));
  for (const entry of order) {
    if (!entry.on) continue;
    const setting = settings.effects[entry.key];
    if (typeof setting === "number") {
      values[entry.key] = setting;
    } else if (entry.coupled_to) {
      const lead = values[entry.coupled_to];
      if (lead === undefined) continue;
      const driver = entries[entry.coupled_to];
      const value = (entry.band.typical * lead) / driver.band.typical;
      values[entry.key] = inBand(driver.band, lead) ? clamp(value, ...ends(entry.band)) : value;
    } else {
      const level = settings.intensity[entry.procedure] ?? config().intensity;
      values[entry.key] = atLevel(entry.levels, level);
    }
  }
  return values;
}

/** The intensity of a procedure of the plan. */
export function levelOf(settings, procedure) {
  return settings.intensity[procedure] ?? config().intensity;
}

/** What a plan of these procedures begins with: nothing is changed yet. */
export function untouched(procedures) {
  const intensity = Object.fromEntries(procedures.map((name) => [name, 0]));
  return { procedures, effects: {}, intensity, sides: {} };
}

/** Whether a plan leaves the face as it is; the server's settings say it alike. */
export function changesNothing(settings) {
  const { procedures, effects } = settings;
  const byHand = Object.entries(effects).filter(([key]) => procedures.includes(key.split(".")[0]));
  return (
    procedures.every((name) => levelOf(settings, name) === 0) &&
    byHand.every(([, value]) => typeof value !== "number" || value === 0) &&
    settings.manual.length === 0
  );
}
