/**
 * Distances, angles, pen strokes and notes on the photo: kept as steps of the consultation, listed in
 * the panel. They change no simulation, so the server hears of them with the files alone.
 */

import { make, makeButton } from "../../dom.js";
import { t } from "../../page.js";
import { rebuild } from "../../rebuild.js";
import { may } from "../../session.js";

const plan = (settings) => JSON.stringify({ ...settings, annotations: [] });

export class DrawingsPanel {
  #plan = "";
  /** Of who may not change the consultation: seen on one photo, and kept nowhere. */
  #own = { photo: null, list: [] };

  /** @param {SingleTab} tab */
  constructor(tab) {
    this.tab = tab;
    this.list = make("ol", { class: "ld-pushes" });
    this.clear = makeButton(t("drawings.clear"), () => this.change([]));
    this.none = make("p", { class: "ld-hint ld-small" }, t("drawings.none"));
    this.element = make(
      "details",
      { class: "ld-section ld-drawings", "data-section": "drawings" },
      make("summary", {}, t("drawings.title")),
      this.none,
      this.list,
      make("div", { class: "ld-row" }, this.clear),
    );
  }

  /** What lies over the photo. */
  get present() {
    const { photo, list } = this.#own;
    return photo && photo === this.tab.photo ? list : this.tab.settings.annotations;
  }

  /** Whether a step differs from what is shown in nothing but drawings. */
  get alone() {
    return this.tab.photo !== null && this.#plan === plan(this.tab.settings);
  }

  /** Another one was drawn, moved or removed: a step of its own. */
  change(annotations) {
    const { tab } = this;
    if (!may("edit")) this.#own = { photo: tab.photo, list: annotations };
    else tab.history.push({ ...structuredClone(tab.settings), annotations });
    this.show();
    if (!may("edit")) return;
    tab.head.show(tab.settings, tab.history, tab.photo !== null);
    tab.plans.show();
  }

  show() {
    const { tab, present } = this;
    this.#plan = plan(tab.settings);
    const { preview } = tab;
    preview?.annotating.set(present);
    const readings = preview?.photo ? preview.annotating.readings : [];
    this.none.hidden = present.length > 0;
    this.list.hidden = this.clear.hidden = present.length === 0;
    rebuild(this.list, () => {
      this.list.replaceChildren(...present.map((one, place) => this.#row(one, place, readings[place])));
    });
  }

  #row({ kind }, place, reading) {
    const name = t(`live.mark_${kind}`);
    const words = reading ? `${name}: ${reading}` : name;
    const remove = t("drawings.remove", { number: place + 1 });
    const button = make(
      "button",
      {
        type: "button",
        class: "ld-icon",
        "aria-label": remove,
        title: remove,
        onclick: () => this.change(this.present.filter((_, other) => other !== place)),
      },
      "×",
    );
    return make("li", {}, make("span", {}, words), button);
  }
}
