/** Whether the photos are of one person: how they were compared, and the surgeon's word on a doubt. */

import { make } from "../../dom.js";
import { t } from "../../page.js";

export class PersonPanel {
  /** @param {function(boolean): void} confirm Tells the server what the surgeon says. */
  constructor(confirm) {
    this.lines = make("ul", { class: "ld-small" });
    this.doubt = make("p", { class: "ld-wrong", role: "alert" });
    this.box = make("input", {
      type: "checkbox",
      onchange: () => confirm(this.box.checked),
    });
    this.label = make("label", { class: "ld-check", "data-needs": "edit" }, this.box, t("views.person_confirm"));
    this.element = make(
      "section",
      { class: "ld-one-person", "aria-label": t("views.person"), hidden: true },
      make("h2", {}, t("views.person")),
      this.doubt,
      this.label,
      this.lines,
    );
    /** Whether something has to be confirmed before there are results. */
    this.open = false;
  }

  show({ lines, doubted, confirmed }) {
    this.element.hidden = lines.length === 0;
    this.element.dataset.state = doubted ? (confirmed ? "confirmed" : "doubt") : "good";
    this.lines.replaceChildren(
      ...lines.map(({ text, verdict }) => make("li", { "data-verdict": verdict }, text)),
    );
    this.open = doubted && !confirmed;
    this.label.hidden = this.doubt.hidden = !doubted;
    this.doubt.textContent = this.open ? t("views.person_doubt") : "";
    this.box.checked = confirmed;
  }
}
