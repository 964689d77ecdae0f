/** The photo of the first tab, for the other tabs that can use it. */

let source = null;

/** @param {function(): Promise<?File>} give The first tab answers with its photo, if it has one. */
export function offerPhoto(give) {
  source = give;
}

/** @returns {Promise<?File>} */
export function firstPhoto() {
  return source?.() ?? Promise.resolve(null);
}
