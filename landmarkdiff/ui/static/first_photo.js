/** The photo of the first tab, for the other tabs that can use it. */

let source = null;

/**
 * @param {function(): ?object} shown The photo that the first tab shows now, if any.
 * @param {function(): Promise<?File>} give It as a file.
 */
export function offerPhoto(shown, give) {
  source = { shown, give };
}

/** What the first tab shows: another object for every photo; null before there is one. */
export function firstShown() {
  return source?.shown() ?? null;
}

/** @returns {Promise<?File>} */
export function firstPhoto() {
  return source?.give() ?? Promise.resolve(null);
}
