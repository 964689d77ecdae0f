/** Ways past the many controls of tab 1 for the keyboard; seen while they have the focus. */

import { make, makeButton } from "../../dom.js";
import { t } from "../../page.js";

/** Who may take each way, as the page's other controls say it. */
const NEEDS = { plan: "edit", handout: "export" };

/**
 * @param {SingleTab} tab
 * @param {string[]} ways Of "picture", "plan" and "handout".
 */
export function shortcuts(tab, ways) {
  const goals = {
    picture: () => tab.preview.stage,
    plan: () => tab.goals.row.querySelector("[tabindex='0']"),
    handout: () => tab.handout.button,
  };
  const buttons = ways.map((way) =>
    makeButton(t(`single.to_${way}`), () => goals[way]().focus(), {
      class: "ld-button ld-shortcut",
      "data-needs": NEEDS[way],
    }),
  );
  const what = { class: "ld-shortcuts", role: "group", "aria-label": t("single.shortcuts") };
  return make("div", what, ...buttons);
}
