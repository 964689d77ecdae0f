/** What the server has put into the page once: its texts, procedures, modes and limits. */

let configuration = null;

/** The configuration of this page. */
export function config() {
  configuration ??= JSON.parse(document.querySelector("[data-config]").dataset.config);
  return configuration;
}

/** The text of a key in the page's language, its {fields} filled in. */
export function t(key, params = {}) {
  const template = config().texts[key];
  if (template === undefined) throw new Error(`the page has no text ${key}`);
  return template.replace(/\{(\w+)\}/g, (whole, name) => (name in params ? params[name] : whole));
}

/** A number with the decimal sign of the page's language. */
export function number(value, digits = 1) {
  return value.toLocaleString(config().locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    useGrouping: false,
  });
}

/** Go to a tab by its name. */
export function openTab(name) {
  document.getElementById(`ld-tab-${name}-button`).click();
}
