/** Tab 3: one procedure at rising intensities. */

import { mount as mountForm } from "../../form_tab.js";
import { mount as mountPlayer } from "./player.js";

export function mount(element) {
  mountForm(element, (part) => {
    for (const player of part.querySelectorAll("[data-player]")) mountPlayer(player);
  });
}
