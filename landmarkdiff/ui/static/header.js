/** The head of the page: language and appearance. */

import { start } from "./bus.js";

const COOKIE_AGE = 365 * 24 * 3600;

function dress(choice) {
  const dark =
    choice === "dark" || (choice === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.body.classList.toggle("dark", dark);
}

export function mount(element) {
  const facts = start(element.querySelector("[data-facts]"));
  document.documentElement.lang = facts.locale;
  const language = element.querySelector("[data-language]");
  language.addEventListener("change", () => {
    document.cookie = `ld-language=${language.value};path=/;max-age=${COOKIE_AGE};samesite=strict`;
    location.assign(`/${language.value}/`);
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
