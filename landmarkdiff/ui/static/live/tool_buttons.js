/** Buttons of a toolbar: a drawing each, named for those who cannot see it. */

import { element, icon } from "./elements.js";

/**
 * @param {string} name Of its class.
 * @param {string} title
 * @param {string} path Its drawing, on a field of 24 by 24.
 * @param {?function(): void} work
 */
export function tool(name, title, path, work = null) {
  const attributes = { class: `ld-live-tool ld-live-${name}`, type: "button", title };
  const made = element("button", { ...attributes, "aria-label": title }, icon(path));
  if (work) made.addEventListener("click", work);
  return made;
}

export function group(...tools) {
  return element("div", { class: "ld-live-group" }, ...tools);
}

/** Show whether what a button stands for is on. */
export function press(button, pressed) {
  const value = String(pressed);
  // In every frame, so it touches the page only where something changes.
  if (button.getAttribute("aria-pressed") !== value) button.setAttribute("aria-pressed", value);
}
