/**
 * What would be lost with the page. Each part that holds something says so; before anything is
 * lost the browser asks, and what the next page in this tab needs is left for it.
 */

const holders = new Map();
let quiet = false;

/**
 * @param {string} name Of the part.
 * @param {object} part
 * @param {function(): ?object} part.notes What the next page is told; null: nothing is held.
 * @param {function(): boolean} part.unsaved Whether somebody would miss it.
 */
export function hold(name, part) {
  holders.set(name, part);
}

/** The notes of all parts by their names; null where none holds anything. */
export function leftBehind() {
  const notes = [...holders].map(([name, part]) => [name, part.notes()]);
  const held = notes.filter(([, each]) => each !== null);
  return held.length ? Object.fromEntries(held) : null;
}

/** Leave without a question: the next page shows what this one holds. */
export function leaveFor(url) {
  quiet = true;
  location.assign(url);
}

addEventListener("beforeunload", (event) => {
  if (!quiet && [...holders.values()].some((part) => part.unsaved())) event.preventDefault();
});
// A page that comes back out of the browser's memory asks again.
addEventListener("pageshow", () => {
  quiet = false;
});
