/** The sliders of a plan: intensity and single effects, each with its band drawn on the track. */

import { make } from "../../dom.js";
import { config, fixed, number, t } from "../../page.js";
import { rebuild } from "../../rebuild.js";
import { listenToSlider } from "../../slide.js";
import { endWords, layTrack, reach, wayOf } from "./track.js";
import { DIGITS, quantity, sign } from "./units.js";
import { ends, inBand, kept, planValues } from "./values.js";

export function unitOf(entry) {
  return sign(entry.unit);
}

function sliderLabel(entry, title) {
  return t("a11y.effect_slider", {
    effect: title,
    low: number(entry.band.low),
    high: number(entry.band.high),
    unit: unitOf(entry),
    typical: number(entry.band.typical),
  });
}

let sources = 0;

/** The evidence of an effect in a bubble that opens on hover, focus and click. */
function evidence(entry, title) {
  const texts = config().effects[entry.key] ?? {};
  sources += 1;
  const id = `ld-source-${sources}`;
  const kind = t(
    entry.evidence.status === "found" ? "single.evidence_found" : "single.evidence_general",
  );
  const band = t("single.band_range", {
    low: number(entry.band.low),
    high: number(entry.band.high),
    unit: unitOf(entry),
  });
  const typical = t("single.typical_value", {
    value: number(entry.band.typical),
    unit: unitOf(entry),
  });
  const bubble = make(
    "span",
    { class: "ld-bubble", id, role: "tooltip" },
    make("strong", {}, `${kind}: `),
    texts.source ?? entry.evidence.source,
    entry.evidence.note ? ` ${entry.evidence.note}` : "",
    make("br"),
    `${band}; ${typical}.`,
    texts.sign ? make("br") : null,
    texts.sign ?? null,
  );
  return make(
    "span",
    { class: "ld-source" },
    make(
      "button",
      {
        type: "button",
        class: "ld-info",
        "aria-label": `${t("common.source")}: ${title}`,
        "aria-describedby": id,
      },
      "i",
    ),
    bubble,
  );
}

/** One effect: switch, slider with its band, number, source. */
class EffectRow {
  constructor(entry, panel) {
    this.entry = entry;
    const side = panel.settings.sides[entry.key];
    const name = config().effects[entry.key]?.title ?? entry.name;
    const title = side ? `${name} (${config().sides[side]})` : name;
    this.buildControls(entry, panel, title);
    this.note = make("span", { class: "ld-hint ld-small" });
    this.element = make(
      "div",
      { class: "ld-effect", "data-key": entry.key },
      make(
        "div",
        { class: "ld-effect-head" },
        make("label", {}, this.box, make("span", {}, title)),
        evidence(entry, title),
        this.back,
        make("span", { class: "ld-field" }, this.field, make("span", {}, unitOf(entry))),
      ),
      make("div", { class: "ld-slider-box" }, this.slider, layTrack(this.slider, entry)),
      endWords(entry),
      this.note,
    );
  }

  buildControls(entry, panel, title) {
    this.box = make("input", {
      type: "checkbox",
      checked: entry.on,
      disabled: entry.dropped !== null,
      "aria-label": `${t("single.effect_on")}: ${title}`,
      onchange: () => panel.toggle(entry, this.box.checked),
    });
    const [from, to] = reach(entry.band);
    this.slider = make("input", {
      type: "range",
      class: "ld-slider",
      min: from.toFixed(2),
      max: to.toFixed(2),
      step: "0.05",
      "aria-label": sliderLabel(entry, title),
      disabled: !entry.on,
      "data-effect": entry.key,
    });
    panel.listen(this.slider, (value, done) => panel.slide(entry, value, done));
    this.field = make("input", {
      type: "number",
      class: "ld-number",
      step: "0.1",
      disabled: !entry.on,
      "aria-label": t("single.effect_value", { effect: title, unit: unitOf(entry) }),
      onchange: () => {
        const value = this.field.valueAsNumber;
        if (Number.isFinite(value)) panel.slide(entry, value, true);
        else panel.show();
      },
    });
    const label = t("single.reset_effect");
    this.back = make(
      "button",
      {
        type: "button",
        class: "ld-icon",
        "aria-label": `${label}: ${title}`,
        title: label,
        onclick: () => panel.release(entry),
      },
      "↺",
    );
  }

  show(value, byHand) {
    const { entry } = this;
    const on = value !== undefined;
    this.element.classList.toggle("ld-off", !on);
    this.back.hidden = !byHand;
    if (on) {
      this.slider.value = value;
      if (document.activeElement !== this.field) this.field.value = fixed(value, DIGITS[entry.unit]);
      const way = wayOf(entry, value);
      this.slider.setAttribute("aria-valuetext", quantity(value, entry.unit) + (way && `, ${way}`));
    }
    const beyond = on && !inBand(entry.band, value);
    this.element.classList.toggle("ld-beyond", beyond);
    const driver = entry.coupled_to && config().effects[entry.coupled_to]?.title;
    if (beyond) this.note.textContent = t("single.beyond_band");
    else if (entry.dropped) {
      this.note.textContent = t("single.coupled", {
        driver: config().effects[entry.dropped]?.title ?? entry.dropped,
      });
    } else if (on && driver && !byHand) this.note.textContent = t("single.coupled", { driver });
    else this.note.textContent = "";
  }
}

/**
 * All sliders of a plan. `onChange(settings, {done, structural})` hears every move, `onBack()` that
 * one has come to nothing.
 */
export class EffectPanel {
  constructor(onChange, onBack) {
    this.onChange = onChange;
    this.onBack = onBack;
    this.settings = null;
    this.outline = [];
    this.rows = new Map();
    this.levels = new Map();
    this.list = make("div", { class: "ld-effects" });
    this.intensities = make("div", { class: "ld-intensities" });
    this.element = make("div", {}, this.intensities, this.list);
  }

  /** Show other effects, or the same ones with other bands; a row that is under the hand stays. */
  setOutline(outline, settings) {
    this.outline = outline;
    this.settings = settings;
    if (!rebuild(this.element, () => this.build())) this.show();
  }

  build() {
    const focused = this.focused();
    const { outline } = this;
    this.rows = new Map(outline.map((entry) => [entry.key, new EffectRow(entry, this)]));
    const first = outline.filter((entry) => entry.by_intensity);
    const more = outline.filter((entry) => !entry.by_intensity);
    const rows = (entries) => entries.map((entry) => this.rows.get(entry.key).element);
    const opened = this.list.querySelector("details")?.open || more.some((entry) => entry.on);
    this.list.replaceChildren(
      ...rows(first),
      ...(more.length
        ? [
            make(
              "details",
              { open: opened },
              make("summary", {}, t("single.more_effects")),
              ...rows(more),
            ),
          ]
        : []),
    );
    this.buildIntensities();
    this.show();
    focused?.()?.focus({ preventScroll: true });
  }

  /** How to find the control that has the focus once the rows are rebuilt. */
  focused() {
    const active = document.activeElement;
    if (!active || !this.element.contains(active)) return null;
    for (const [key, row] of this.rows) {
      for (const part of ["box", "slider", "field", "back"]) {
        if (row[part] === active) return () => this.rows.get(key)?.[part];
      }
    }
    for (const [name, { slider }] of this.levels) {
      if (slider === active) return () => this.levels.get(name)?.slider;
    }
    return null;
  }

  buildIntensities() {
    this.levels = new Map();
    this.intensities.replaceChildren(
      ...this.settings.procedures.map((name) => this.intensityRow(name)),
      make("p", { class: "ld-hint ld-small" }, t("single.intensity_hint")),
    );
  }

  intensityRow(name) {
    const { procedures, unlock } = this.settings;
    const title = config().procedures[name]?.title ?? name;
    const label = t("single.intensity");
    const caption = procedures.length > 1 ? `${label}: ${title}` : label;
    const slider = make("input", {
      type: "range",
      class: "ld-slider ld-intensity",
      min: "0",
      max: unlock ? "200" : "100",
      step: "1",
      "aria-label": caption,
      "data-procedure": name,
    });
    this.listen(slider, (level, done) => this.slideLevel(name, level, done));
    const output = make("output", { class: "ld-level" });
    const mark = make("span", { class: "ld-typical", title: t("single.typical") });
    mark.style.left = `${unlock ? 30 : 60}%`;
    this.levels.set(name, { slider, output });
    return make(
      "div",
      { class: "ld-effect" },
      make("div", { class: "ld-effect-head" }, make("span", {}, caption), output),
      make(
        "div",
        { class: "ld-slider-box" },
        slider,
        make("span", { class: "ld-marks", "aria-hidden": "true" }, mark),
      ),
    );
  }

  get values() {
    return planValues(this.outline, this.settings);
  }

  /** Show the present settings on every slider. */
  show() {
    const values = this.values;
    for (const [key, row] of this.rows) {
      row.show(values[key], typeof this.settings.effects[key] === "number");
    }
    for (const [name, { slider, output }] of this.levels) {
      const level = this.settings.intensity[name] ?? config().intensity;
      slider.value = level;
      output.textContent = quantity(level, "percent");
      slider.setAttribute("aria-valuetext", t("common.intensity_value", { percent: Math.round(level) }));
      const beyond = level > 100;
      slider.classList.toggle("ld-over", beyond);
    }
  }

  change(changes, done, structural = false) {
    this.settings = structuredClone({ ...this.settings, ...changes });
    this.show();
    this.onChange(this.settings, { done, structural });
  }

  /** A slider that comes back to where it began has changed nothing, not even by hand. */
  listen(slider, slide) {
    listenToSlider(slider, (done) => slide(slider.valueAsNumber, done), this.onBack);
  }

  slideLevel(name, level, done) {
    this.change({ intensity: { ...this.settings.intensity, [name]: level } }, done);
  }

  slide(entry, value, done) {
    const held = kept(value, entry.band, this.settings.unlock);
    this.change({ effects: { ...this.settings.effects, [entry.key]: held } }, done);
  }

  release(entry) {
    const { [entry.key]: _, ...others } = this.settings.effects;
    const effects = entry.by_intensity ? others : { ...others, [entry.key]: "on" };
    this.change({ effects }, true);
  }

  toggle(entry, on) {
    const { [entry.key]: _, ...others } = this.settings.effects;
    const word = on ? (entry.by_intensity ? null : "on") : entry.by_intensity ? "off" : null;
    this.change({ effects: word ? { ...others, [entry.key]: word } : others }, true, true);
  }
}
