/** Elements made by scripts. */

/** An element with attributes and children; text is never read as HTML. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A button with a text. */
export function makeButton(label, onclick, { primary, small, ...attributes } = {}) {
  const kind = `ld-button${primary ? " ld-primary" : ""}${small ? " ld-small" : ""}`;
  return make("button", { type: "button", class: kind, onclick, ...attributes }, label);
}

/** Show in an element what the server's templates made, which escape every text in it. */
export function fill(element, html) {
  // A picture that was never scrolled to would still be asked for, by printing, once it is gone.
  for (const image of element.querySelectorAll("img")) image.removeAttribute("src");
  element.innerHTML = html;
}
