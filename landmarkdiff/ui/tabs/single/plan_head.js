/** The head of the panel: which procedure, undo, redo, reset. */

import { make } from "../../dom.js";
import { config, t } from "../../page.js";

export class PlanHead {
  /** @param actions choose(procedures), undo(), redo(), reset() */
  constructor(actions) {
    this.procedure = make(
      "select",
      {
        class: "ld-select",
        "aria-label": t("single.procedure"),
        onchange: () => actions.choose(this.procedure.value.split("+")),
      },
      ...Object.entries(config().procedures).map(([name, { title }]) =>
        make("option", { value: name }, title),
      ),
    );
    this.summary = make("p", { class: "ld-hint ld-small" });
    this.undo = step(t("single.undo"), "↶", actions.undo);
    this.redo = step(t("single.redo"), "↷", actions.redo);
    this.reset = step(t("single.reset"), "⟲", actions.reset);
    this.element = make(
      "div",
      { class: "ld-panel-head" },
      make("label", { class: "ld-line" }, make("span", {}, t("single.procedure")), this.procedure),
      make("span", { class: "ld-steps" }, this.undo, this.redo, this.reset),
    );
  }

  show({ procedures }, history, hasPhoto) {
    this.showProcedures(procedures);
    this.summary.textContent = procedures
      .map((name) => config().procedures[name]?.summary)
      .join(" ");
    this.undo.disabled = !history.past.length;
    this.redo.disabled = !history.future.length;
    this.reset.disabled = !hasPhoto;
  }

  /** The list holds single procedures; a combined plan gets an entry of its own while it lasts. */
  showProcedures(names) {
    this.procedure.querySelector("[data-combined]")?.remove();
    if (names.length === 1) {
      [this.procedure.value] = names;
      return;
    }
    const title = names.map((name) => config().procedures[name]?.title ?? name).join(" + ");
    const combined = make("option", { value: names.join("+"), "data-combined": true }, title);
    this.procedure.append(combined);
    this.procedure.value = combined.value;
  }
}

function step(label, sign, onclick) {
  const attributes = { type: "button", class: "ld-icon", "aria-label": label, title: label, onclick };
  return make("button", attributes, sign);
}
