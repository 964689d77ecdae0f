/** Tab 2: several procedures on one photo. */

export { mount } from "../../form_tab.js";
