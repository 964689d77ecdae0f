/** The head of the page: language and appearance. The session begins here. */

import { address } from "./address.js";
import { leaveFor } from "./leaving.js";
import { rove } from "./live/roving.js";
import { config, t } from "./page.js";
import { token } from "./session.js";

const COOKIE_AGE = 365 * 24 * 3600;

function dress(choice) {
  const dark =
    choice === "dark" || (choice === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.body.classList.toggle("dark", dark);
}

/**
 * The scripts of all tabs, so that each opens whether or not the program then answers; after those
 * of the first one, which is seen.
 */
async function loadTabs() {
  const script = (name) =>
    import(address(`ld/static/tabs/${name}/${name}.js`)).catch(() => {}); // Opening it tries again.
  const [first, ...others] = config().tabs;
  await script(first);
  requestIdleCallback(() => others.forEach(script), { timeout: 5000 });
}

/** Gradio gives its tabs no keys. They are seen as soon as they are reached: nothing is lost by it. */
function giveTabsKeys() {
  rove(document.querySelector("#ld-tabs [role=tablist]"), (tab) => tab.click());
}

/** Gradio names the menu of the tabs that have no room in English alone. */
function nameMoreTabs() {
  const menu = document.querySelector("#ld-tabs .overflow-menu > button");
  menu.setAttribute("aria-label", t("a11y.more_tabs"));
}

export function mount(element) {
  document.documentElement.lang = config().locale;
  token().catch(() => {}); // Whoever asks for it next says what is wrong.
  loadTabs();
  giveTabsKeys();
  nameMoreTabs();
  const language = element.querySelector("[data-language]");
  language.addEventListener("change", () => {
    const kept = `path=${address("")};max-age=${COOKIE_AGE};samesite=strict`;
    document.cookie = `ld-language=${language.value};${kept}`;
    leaveFor(address(`${language.value}/`));
  });
  const theme = element.querySelector("[data-theme]");
  theme.value = localStorage.getItem("ld-theme") ?? "system";
  dress(theme.value);
  theme.addEventListener("change", () => {
    localStorage.setItem("ld-theme", theme.value);
    dress(theme.value);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dress(theme.value));
}
