/**
 * The goals of a plan as chips: each sets some effects to a share of the typical change, several
 * can be chosen, and a chosen one is taken back. A line says what they have set.
 */

import { make, makeButton } from "../../dom.js";
import { rove } from "../../live/roving.js";
import { config, t } from "../../page.js";
import { quantity } from "./units.js";
import { kept, levelOf, planValues } from "./values.js";

const TYPICAL = "typical";
/** Values are kept to so many units of their effect. */
const STEP = 1e-3;

/** What a goal sets, as pairs of an effect's entry and its value; null where the photo lacks one. */
function parts(goal, entries, unlock) {
  const found = [];
  for (const [key, share] of Object.entries(goal.effects)) {
    const entry = entries.get(key);
    if (!entry || entry.dropped) return null;
    found.push([entry, kept(share * entry.band.typical, entry.band, unlock)]);
  }
  return found;
}

export class GoalChips {
  /** @param {SingleTab} tab */
  constructor(tab) {
    this.tab = tab;
    this.onChange = (changes, structural) =>
      tab.change({ ...tab.settings, ...changes }, { structural });
    this.chips = new Map();
    this.made = null;
    const toolbar = { role: "toolbar", "aria-label": t("goals.title") };
    this.row = make("div", { class: "ld-goal-chips", ...toolbar });
    rove(this.row);
    this.said = make("p", { class: "ld-hint ld-small", role: "status", "aria-live": "polite" });
    this.element = make(
      "div",
      { class: "ld-goals", role: "group", "aria-label": t("goals.title"), hidden: true },
      make("h2", { class: "ld-goals-title" }, t("goals.title")),
      this.row,
      this.said,
    );
  }

  /** Show the present plan, of which the sliders know the values. */
  show() {
    if (!this.tab.header) return;
    const { settings, values } = this.tab.effects;
    const { outline } = this.tab.header;
    this.settings = settings;
    this.entries = new Map(outline.map((entry) => [entry.key, entry]));
    // The effects of another procedure are on their way.
    this.element.hidden = !outline.some(({ procedure }) => settings.procedures.includes(procedure));
    this.build();
    this.press(TYPICAL, this.typical(values));
    // Where every effect has a value of its own, the intensity sets nothing.
    const followers = this.atTypical ? this.byIntensity(values) : [];
    const sentences = followers.length ? [this.sentence(t("goals.typical"), followers)] : [];
    for (const [goal, found] of this.goals) {
      const set = this.isSet(found);
      this.press(goal.key, set);
      if (set) sentences.push(this.sentence(goal.title, found));
    }
    const changed = Object.values(values).some((value) => value !== 0);
    const text = sentences.join(" · ") || (changed ? "" : t("goals.none"));
    if (this.said.textContent !== text) this.said.textContent = text;
  }

  /** The chips of these procedures; those on the page stay while they are the same. */
  build() {
    const { procedures, unlock } = this.settings;
    this.goals = procedures
      .flatMap((name) =>
        (config().goals[name] ?? []).map((goal) => ({ ...goal, key: `${name}.${goal.name}` })),
      )
      .map((goal) => [goal, parts(goal, this.entries, unlock)])
      .filter(([, found]) => found !== null);
    const made = this.goals.map(([{ key }]) => key).join(" ");
    if (made === this.made) return;
    this.made = made;
    this.chips = new Map([
      [TYPICAL, this.chip(TYPICAL, t("goals.typical"), () => this.toggleTypical())],
      ...this.goals.map(([{ key, title }]) => [key, this.chip(key, title, () => this.toggle(key))]),
    ]);
    this.row.replaceChildren(...this.chips.values());
  }

  chip(key, title, onclick) {
    return makeButton(title, onclick, { small: true, "aria-pressed": "false", "data-goal": key });
  }

  /** @param {boolean|string} pressed "mixed": in part. */
  press(key, pressed) {
    this.chips.get(key).setAttribute("aria-pressed", String(pressed));
  }

  isSet(found) {
    return found.every(([{ key }, value]) => this.settings.effects[key] === value);
  }

  get atTypical() {
    return this.settings.procedures.every((name) => levelOf(this.settings, name) === config().intensity);
  }

  /** Whether the plan is the typical change; "mixed" where only some of its effects are. */
  typical(values) {
    if (!this.atTypical) return false;
    const entries = [...this.entries.values()];
    const usual = planValues(entries, { ...this.settings, effects: {} });
    const differs = ({ key, by_intensity, dropped }) =>
      by_intensity && !dropped && !(Math.abs(values[key] - usual[key]) < STEP);
    if (!entries.some(differs)) return true;
    return this.byIntensity(values).length > 0 && "mixed";
  }

  /** The effects that follow the intensity, with their values. */
  byIntensity(values) {
    return [...this.entries.values()]
      .filter(({ key }) => values[key] && typeof this.settings.effects[key] !== "number")
      .map((entry) => [entry, values[entry.key]]);
  }

  sentence(goal, found) {
    const effects = found.map(
      ([{ key, name, unit }, value]) =>
        `${config().effects[key]?.title ?? name} ${quantity(value, unit)}`,
    );
    return t("goals.sets", { goal, effects: effects.join(", ") });
  }

  toggleTypical() {
    const { procedures } = this.settings;
    const { values } = this.tab.effects;
    const level = this.typical(values) ? 0 : config().intensity;
    const changes = { intensity: Object.fromEntries(procedures.map((name) => [name, level])) };
    // Where every effect has a value of its own the intensity alone would change nothing.
    if (this.atTypical && !this.byIntensity(values).length) changes.effects = {};
    this.onChange(changes, "effects" in changes);
  }

  toggle(key) {
    const [, found] = this.goals.find(([goal]) => goal.key === key);
    const effects = { ...this.settings.effects };
    const set = this.isSet(found);
    for (const [entry, value] of found) {
      if (set) delete effects[entry.key];
      else effects[entry.key] = value;
    }
    // An effect that only acts by its name comes into the plan, or leaves it.
    const structural = found.some(([entry]) => !entry.on || !entry.by_intensity);
    this.onChange({ effects }, structural);
  }
}
