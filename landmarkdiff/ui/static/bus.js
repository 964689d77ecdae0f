/**
 * What all modules of the page share: its words, its facts, and the events between the page's
 * own modules and Gradio's components.
 *
 * Events on `bus`: "ask" {kind, ...} goes to the server through Gradio's queue and comes back as
 * "reply" {kind, ...}; "settings", "photo" and "expired" stay inside the page.
 */

export const bus = new EventTarget();

let facts = null;

/** Read the facts that the server put into the page; the first call decides. */
export function start(element) {
  if (facts === null) {
    const bytes = Uint8Array.from(atob(element.dataset.facts), (letter) => letter.charCodeAt(0));
    facts = JSON.parse(new TextDecoder().decode(bytes));
  }
  return facts;
}

/** The facts of this page: language, texts, procedures, zones, modes, limits. */
export function page() {
  if (facts === null) {
    const root = document.querySelector("[data-facts]");
    if (root) start(root);
  }
  return facts;
}

/** The text of a key in the page's language, its {fields} filled in. */
export function t(key, params = {}) {
  const template = page()?.texts[key];
  if (template === undefined) throw new Error(`the page has no text ${key}`);
  return template.replace(/\{(\w+)\}/g, (whole, name) => (name in params ? params[name] : whole));
}

/** A number with the decimal sign of the page's language. */
export function number(value, digits = 1) {
  return value.toLocaleString(page()?.locale ?? "en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    useGrouping: false,
  });
}

export function emit(name, detail = {}) {
  bus.dispatchEvent(new CustomEvent(name, { detail }));
}

export function on(name, listener) {
  const unpacked = (event) => listener(event.detail);
  bus.addEventListener(name, unpacked);
  return () => bus.removeEventListener(name, unpacked);
}

const delivered = new Set();

/** Hand on an answer of the server once, however often Gradio reports its component as changed. */
export function deliver(text) {
  if (!text) return;
  const answer = JSON.parse(text);
  if (delivered.has(answer.stamp)) return;
  delivered.add(answer.stamp);
  emit("reply", answer);
}

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
