/** Tab 3: one procedure at rising intensities. */

import { mount as mountForm } from "../../form_tab.js";
import { mount as mountPlayer } from "./player.js";

/**
 * A sweep begins at nothing: intensities and values set by hand are left out, and of the procedures
 * it follows its own choice, unless that is the whole plan.
 */
function partOf({ procedures, intensity, effects, ...settings }, { procedure }) {
  const names = procedure === "plan" ? procedures : [procedure];
  const switched = Object.entries(effects).filter(
    ([key, value]) => typeof value === "string" && names.includes(key.split(".")[0]),
  );
  return [settings, names, switched];
}

export function mount(element) {
  const filled = (part) => {
    for (const player of part.querySelectorAll("[data-player]")) mountPlayer(player);
  };
  mountForm(element, filled, partOf);
}
