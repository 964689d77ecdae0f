/** Tab 2: several procedures on one photo. */

import { mount as mountForm } from "../../form_tab.js";

/** Procedures and intensities are those of the form; effects, gesture and drawings play no part. */
function partOf({ procedures, intensity, effects, gesture, annotations, ...settings }) {
  return settings;
}

export function mount(element) {
  mountForm(element, () => {}, partOf);
}
