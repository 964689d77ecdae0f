/** Tab 4: what the photo shows of the face. */

export { mount } from "../../form_tab.js";
