/** HTML and SVG elements with their attributes and children; text is never read as HTML. */

const SVG = "http://www.w3.org/2000/svg";

export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function shape(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/** A line drawing on a field of 24 by 24. */
export function icon(path) {
  const attributes = { viewBox: "0 0 24 24", "aria-hidden": "true" };
  return shape("svg", attributes, shape("path", { d: path }));
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
