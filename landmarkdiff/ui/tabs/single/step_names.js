/** What a step of a plan is called: what it has changed. */

import { config, number, t } from "../../page.js";
import { quantity } from "./units.js";

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** Keys whose values differ between two objects. */
function changed(before, after) {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => !same(before[key], after[key]));
}

export function proceduresOf({ procedures }) {
  return procedures.map((name) => config().procedures[name]?.title ?? name).join(" + ");
}

function nameOfEffect(key, value) {
  const { title, unit } = config().effects[key] ?? { title: key, unit: "mm" };
  if (typeof value === "number") return `${title} ${quantity(value, unit)}`;
  if (value === undefined) return `${title}: ${t("steps.follows")}`;
  return `${title}: ${t(value === "on" ? "steps.set_on" : "steps.set_off")}`;
}

function nameOfLevel(name, level, { procedures }) {
  const words = t("steps.level", { percent: Math.round(level ?? config().intensity) });
  return procedures.length > 1 ? `${config().procedures[name]?.title ?? name}: ${words}` : words;
}

const onOff = (value) => t(value ? "steps.set_on" : "steps.set_off");
/** What a change of one setting is called; the others are all "other settings". */
const NAMES = {
  procedures: (before, after) => proceduresOf(after),
  sides: (before, after) => config().sides[Object.values(after.sides)[0] ?? after.side],
  side: (before, { side }) => `${t("single.side")}: ${config().sides[side]}`,
  glasses: (before, { glasses }) => `${t("single.glasses")}: ${config().glasses[glasses]}`,
  light: (before, { light }) => `${t("single.light")}: ${onOff(light)}`,
  unlock: (before, { unlock }) => `${t("single.unlock")}: ${onOff(unlock)}`,
  flags: () => t("flags.title"),
  ipd_mm: (before, { ipd_mm: mm }) => (mm === null ? t("scale.title") : `${t("scale.ipd")}: ${number(mm)}`),
  nudges: () => t("landmark.nudge"),
  profile_points: () => t("landmark.nudge"),
  manual: () => t("steps.pushes"),
  gesture: (before, { gesture }) =>
    gesture ? t("steps.gesture") : `${t("steps.gesture")}: ${t("steps.set_off")}`,
  annotations: () => t("drawings.title"),
  face: (before, { face }) => t("photo.face_number", { number: face + 1 }),
  mode: (before, { mode }) => config().modes.find(({ name }) => name === mode)?.title ?? mode,
  effects: (before, after) => {
    const keys = changed(before.effects, after.effects);
    const names = keys.map((key) => nameOfEffect(key, after.effects[key]));
    return names.length > 2 ? t("steps.effects", { count: names.length }) : names.join(", ");
  },
  intensity: (before, after) =>
    changed(before.intensity, after.intensity)
      .map((name) => nameOfLevel(name, after.intensity[name], after))
      .join(", "),
};

/**
 * The name of a step.
 * @param {?object} before The settings before it; null: it is the first.
 * @param {object} after
 */
export function nameOfStep(before, after) {
  if (before === null) return t("steps.first", { procedure: proceduresOf(after) });
  const { procedures } = after;
  if (same(after, { ...config().settings, procedures })) return t("single.reset");
  const keys = changed(before, after);
  if (keys.includes("procedures")) return proceduresOf(after);
  const names = keys.map((key) => NAMES[key]?.(before, after) ?? t("steps.other"));
  return [...new Set(names)].join(", ") || t("steps.other");
}
