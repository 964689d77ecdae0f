/** The quieter half of the panel: side, unlock, clinical flags, scale, mode, saving and opening. */

import { make, makeButton } from "../../dom.js";
import { config, number, t } from "../../page.js";
import { rebuild } from "../../rebuild.js";
import { modeOf } from "./painting.js";
import { clamp } from "./values.js";

let groups = 0;
let described = 0;

function radios(legend, options, chosen, onChange) {
  groups += 1;
  const name = `ld-group-${groups}`;
  return make(
    "fieldset",
    { class: "ld-fieldset" },
    make("legend", {}, legend),
    ...options.map(([value, label, reason]) =>
      make(
        "label",
        { class: reason ? "ld-greyed" : "", title: reason ?? false },
        make("input", {
          type: "radio",
          name,
          value,
          checked: value === chosen,
          disabled: Boolean(reason),
          onchange: () => onChange(value),
        }),
        make("span", {}, label, reason ? make("small", {}, ` ${reason}`) : null),
      ),
    ),
  );
}

function switchBox(label, hint, checked, onChange, extra = null) {
  const box = make("input", { type: "checkbox", checked, onchange: () => onChange(box.checked) });
  return make(
    "div",
    { class: "ld-option" },
    make("label", {}, box, make("span", {}, label)),
    hint ? make("p", { class: "ld-hint ld-small" }, hint) : null,
    extra,
  );
}

function section(title, name, opened, ...children) {
  return make(
    "details",
    { class: "ld-section", "data-section": name, open: opened.has(name) },
    make("summary", {}, title),
    ...children,
  );
}

/** `onChange(changes)` hears changed settings; `actions` are what the tab does. */
export class OptionsPanel {
  constructor(onChange, actions) {
    this.onChange = onChange;
    this.actions = actions;
    this.opened = new Set();
    this.element = make("div", { class: "ld-options" });
  }

  show(settings, scale) {
    rebuild(this.element, () => this.build(settings, scale));
  }

  build(settings, scale) {
    const focused = this.controls().indexOf(document.activeElement);
    for (const { dataset, open } of this.element.querySelectorAll("[data-section]")) {
      if (open) this.opened.add(dataset.section);
      else this.opened.delete(dataset.section);
    }
    const parts = [
      this.plan(settings),
      section(t("flags.title"), "flags", this.opened, ...this.flags(settings)),
      section(t("scale.title"), "scale", this.opened, ...this.scale(settings, scale)),
      section(t("mode.title"), "mode", this.opened, ...this.mode(settings)),
      section(t("consultation.title"), "consultation", this.opened, this.actions.consultations),
    ];
    this.element.replaceChildren(...parts);
    // What comes before a control does not change with it, so it is found again by its number.
    if (focused >= 0) this.controls()[focused]?.focus({ preventScroll: true });
  }

  controls() {
    return [...this.element.querySelectorAll("input, button, select, summary")];
  }

  plan(settings) {
    const sides = Object.entries(config().sides);
    return make(
      "div",
      { class: "ld-plan-options" },
      radios(t("single.side"), sides, settings.side, (side) => this.onChange({ side, sides: {} }, true)),
      radios(t("single.glasses"), Object.entries(config().glasses), settings.glasses, (glasses) =>
        this.onChange({ glasses }, true),
      ),
      make("p", { class: "ld-hint ld-small" }, t("single.glasses_hint")),
      switchBox(t("single.light"), t("single.light_hint"), settings.light, (light) =>
        this.onChange({ light }, true),
      ),
      switchBox(t("single.unlock"), t("single.unlock_hint"), settings.unlock, (unlock) =>
        this.onChange({ unlock }, false),
      ),
    );
  }

  flags(settings) {
    const { flags } = settings;
    const set = (changes) => this.onChange({ flags: { ...flags, ...changes } }, true);
    const side = radios(
      t("flags.bells_palsy_side"),
      Object.entries(config().sides).filter(([name]) => name !== "both"),
      flags.bells_palsy_side,
      (chosen) => set({ bells_palsy_side: chosen }),
    );
    const palsied = Boolean(flags.bells_palsy);
    return [
      switchBox(t("flags.vitiligo"), t("flags.vitiligo_hint"), Boolean(flags.vitiligo), (vitiligo) =>
        set({ vitiligo }),
      ),
      switchBox(
        t("flags.bells_palsy"),
        t("flags.bells_palsy_hint"),
        palsied,
        (on) => set({ bells_palsy: on, bells_palsy_side: on ? "left" : null }),
        palsied ? side : null,
      ),
      make(
        "div",
        { class: "ld-option" },
        make("span", {}, t("flags.keloid")),
        make("p", { class: "ld-hint ld-small" }, t("flags.keloid_hint")),
        this.zones(flags.keloid_regions ?? [], set),
      ),
      switchBox(
        t("flags.ehlers_danlos"),
        t("flags.ehlers_danlos_hint"),
        Boolean(flags.ehlers_danlos),
        (ehlers_danlos) => set({ ehlers_danlos }),
      ),
      switchBox(t("flags.child"), t("flags.child_hint"), Boolean(flags.child), (child) =>
        set({ child }),
      ),
    ];
  }

  /** The regions of the face in which the skin makes keloids. */
  zones(chosen, set) {
    const boxes = Object.entries(config().zones).map(([name, title]) => {
      const box = make("input", {
        type: "checkbox",
        checked: chosen.includes(name),
        onchange: () => {
          const rest = chosen.filter((zone) => zone !== name);
          const keloid_regions = box.checked ? [...rest, name] : rest;
          set({ keloid_regions, keloid_prone: keloid_regions.length > 0 });
        },
      });
      return make("label", {}, box, make("span", {}, title));
    });
    const legend = make("legend", {}, t("flags.keloid_regions"));
    return make("fieldset", { class: "ld-fieldset ld-zones" }, legend, ...boxes);
  }

  scale(settings, scale) {
    const field = make("input", {
      type: "number",
      class: "ld-number",
      min: "35",
      max: "80",
      step: "0.5",
      value: settings.ipd_mm ?? "",
      "aria-label": t("scale.ipd"),
      onchange: () => {
        const value = field.valueAsNumber;
        this.onChange({ ipd_mm: Number.isFinite(value) ? value : null }, true);
      },
    });
    const current = scale
      ? t("scale.current", {
          mm_per_px: number(scale.mm_per_px, 3),
          percent: number(100 * scale.uncertainty, 1),
        })
      : "";
    const source = scale ? t("scale.source", { source: config().scales[scale.source] }) : "";
    const count =
      Object.keys(settings.nudges).length + Object.keys(settings.profile_points).length;
    const { nudging } = this.actions;
    return [
      make("p", { class: "ld-hint" }, `${current}. ${source}.`),
      make("label", { class: "ld-line" }, make("span", {}, t("scale.ipd")), field),
      make("p", { class: "ld-hint ld-small" }, t("scale.ipd_hint")),
      make(
        "div",
        { class: "ld-row" },
        makeButton(nudging.on ? t("landmark.done") : t("landmark.nudge"), () => nudging.toggle(), {
          "aria-pressed": String(nudging.on),
        }),
        count
          ? makeButton(t("landmark.reset"), () =>
              this.onChange({ nudges: {}, profile_points: {} }, true),
            )
          : null,
        count ? make("span", { class: "ld-hint ld-small" }, t("landmark.moved", { count })) : null,
      ),
      make("p", { class: "ld-hint ld-small" }, t("landmark.nudge_hint")),
    ];
  }

  mode(settings) {
    const options = config().modes.map(({ name, title, reason }) => [name, title, reason]);
    const mode = modeOf(settings);
    return [
      make("p", { class: "ld-hint ld-small" }, t("mode.hint")),
      radios(t("mode.title"), options, settings.mode, (name) => this.onChange({ mode: name }, false)),
      mode.paints
        ? section(t("paint.advanced"), "advanced", this.opened, ...this.advanced(settings, mode))
        : null,
    ];
  }

  /** How the network paints; an empty field takes what the app was configured with. */
  advanced(settings, mode) {
    const fields = config().paint_fields.filter(
      ({ name }) => mode.controlled || name !== "conditioning_scale",
    );
    return [
      ...fields.map((field) => this.paintField(field, settings)),
      switchBox(t("paint.finishing"), t("paint.finishing_hint"), settings.postprocess, (postprocess) =>
        this.onChange({ postprocess }, false),
      ),
    ];
  }

  paintField({ name, low, high, step, default: usual }, settings) {
    const title = t(`paint.${name}`);
    const digits = Number.isInteger(step) ? 0 : 2;
    const shown = (value) => number(value, `${Number(value.toFixed(digits))}`.split(".")[1]?.length ?? 0);
    described += 1;
    const id = `ld-paint-${described}`;
    const input = make("input", {
      type: "number",
      class: "ld-number",
      min: String(low),
      max: String(high),
      step: String(step),
      value: settings[name] ?? "",
      placeholder: shown(usual),
      "aria-describedby": id,
      "data-paint": name,
      onchange: () => {
        const value = input.valueAsNumber;
        const kept = Number.isFinite(value) ? clamp(value, low, high) : null;
        this.onChange({ [name]: kept !== null && digits === 0 ? Math.round(kept) : kept }, false);
      },
    });
    const range = t("paint.range", { low: shown(low), high: shown(high), default: shown(usual) });
    return make(
      "div",
      { class: "ld-option" },
      make("label", { class: "ld-line" }, make("span", {}, title), input),
      make("p", { class: "ld-hint ld-small", id }, `${t(`paint.${name}_hint`)} ${range}.`),
    );
  }
}
