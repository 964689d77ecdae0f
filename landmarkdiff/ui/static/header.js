/** The head of the page: language and appearance. The session begins here. */

import { address } from "./address.js";
import { config } from "./page.js";
import { token } from "./session.js";

const COOKIE_AGE = 365 * 24 * 3600;

function dress(choice) {
  const dark =
    choice === "dark" || (choice === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.body.classList.toggle("dark", dark);
}

export function mount(element) {
  document.documentElement.lang = config().locale;
  token().catch(() => {}); // Whoever asks for it next says what is wrong.
  const language = element.querySelector("[data-language]");
  language.addEventListener("change", () => {
    const kept = `path=${address("")};max-age=${COOKIE_AGE};samesite=strict`;
    document.cookie = `ld-language=${language.value};${kept}`;
    location.assign(address(`${language.value}/`));
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
