/** Tab 4: what the photo shows of the face. */

import { mount as mountForm } from "../../form_tab.js";

/** Screens on which the tables and cards are folded at first: what matters stands above them. */
const NARROW = "(max-width: 600px)";

/** The face as it is measured; no plan has a part in it. */
function partOf({ face, ipd_mm, nudges, profile_points }) {
  return { face, ipd_mm, nudges, profile_points };
}

export function mount(element) {
  const filled = (part) => {
    if (part.dataset.part === "measurements") new Measurements(part);
    if (!matchMedia(NARROW).matches) return;
    for (const each of part.querySelectorAll("details[data-region], details.ld-card")) {
      each.open = false;
    }
  };
  mountForm(element, filled, partOf);
}

/** The lines over the face: shown by layers, and pointed at from the table or on the face. */
class Measurements {
  constructor(part) {
    const figure = part.querySelector(".ld-measures");
    this.part = part;
    this.chosen = null; // the line that a button holds, by its number
    figure.addEventListener("change", ({ target }) => this.show(target));
    figure.addEventListener("click", ({ target }) => this.choose(target));
    figure.addEventListener("pointerover", ({ target }) => this.point(numberOf(target)));
    figure.addEventListener("pointerleave", () => this.point(null));
    figure.addEventListener("focusin", ({ target }) => this.point(numberOf(target)));
    figure.addEventListener("focusout", () => this.point(null));
  }

  show(box) {
    const name = box.dataset.shows;
    if (name) this.part.querySelector(`[data-lines="${name}"]`).toggleAttribute("hidden", !box.checked);
  }

  choose(target) {
    const button = target.closest("[data-points-at]");
    if (!button) return;
    const number = button.dataset.pointsAt;
    this.chosen = this.chosen === number ? null : number;
    for (const each of this.part.querySelectorAll("[data-points-at]")) {
      each.setAttribute("aria-pressed", String(each.dataset.pointsAt === this.chosen));
    }
    this.point(this.chosen);
  }

  /** Let a measurement stand out, or the one that was chosen, or none. */
  point(number) {
    const pointed = number ?? this.chosen;
    this.part.querySelector(".ld-measures").classList.toggle("ld-pointing", pointed !== null);
    for (const each of this.part.querySelectorAll("[data-number], [data-row]")) {
      const own = each.dataset.number ?? each.dataset.row;
      each.classList.toggle("ld-pointed", own === pointed);
    }
  }
}

/** The number of the measurement that an element belongs to, or null. */
function numberOf(element) {
  const owner = element.closest("[data-number], [data-row]");
  return owner ? (owner.dataset.number ?? owner.dataset.row) : null;
}
