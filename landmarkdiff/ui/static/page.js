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

/**
 * A number to so many digits, as the server rounds it: the nearest, of two equally near the even one,
 * and no minus before a zero.
 */
export function fixed(value, digits) {
  const halfway = Math.abs((value * 2 ** (digits + 1)) % 2) === 1;
  const below = Math.floor(value * 10 ** digits);
  const near = halfway ? (below + Math.abs(below % 2)) / 10 ** digits : value;
  return (Number(near.toFixed(digits)) + 0).toFixed(digits);
}

/** A number with the decimal sign of the page's language. */
export function number(value, digits = 1) {
  return Number(fixed(value, digits)).toLocaleString(config().locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    useGrouping: false,
  });
}

/** Go to a tab by its name. */
export function openTab(name) {
  document.getElementById(`ld-tab-${name}-button`).click();
}
