/** The photo of the first tab, for the other tabs that can use it. */

import { t } from "./page.js";

let source = null;

/**
 * @param {function(): ?object} shown The photo that the first tab shows now, if any.
 * @param {function(): Promise<?File>} give It as a file.
 * @param {function(): boolean} held Whether the page can go on with it after its session.
 */
export function offerPhoto(shown, give, held) {
  source = { shown, give, held };
}

/** What to say when the session is over: no photo has to be chosen again that the page still holds. */
export function overWords() {
  return t(source?.held() ? "session.gone" : "session.expired");
}

/** What the first tab shows: another object for every photo; null before there is one. */
export function firstShown() {
  return source?.shown() ?? null;
}

/** @returns {Promise<?File>} */
export function firstPhoto() {
  return source?.give() ?? Promise.resolve(null);
}
