/**
 * Parts of the page that are built anew, but never under a hand: a control that goes between press
 * and release hears no click, and a field that goes while it is typed in takes along what was typed.
 */

const TYPED = ["text", "number", "password", "search"];

/** What is pressed, and what is typed in; null where nothing is. @type {?Node} */
let pressed = null;
let typedIn = null;
/** What is still to be built, by its element. @type {Map<Node, function(): void>} */
const waiting = new Map();

/**
 * Build a part of the page now, or as soon as nobody is at it.
 * @param {Node} element
 * @param {function(): void} build Replaces what is inside.
 * @returns {boolean} Whether it was built now.
 */
export function rebuild(element, build) {
  waiting.set(element, build);
  return buildOne(element);
}

function buildOne(element) {
  if ([pressed, typedIn].some((one) => one && element.contains(one))) return false;
  const build = waiting.get(element);
  waiting.delete(element);
  build();
  return true;
}

function leave() {
  for (const element of [...waiting.keys()]) buildOne(element);
}

addEventListener("pointerdown", ({ target }) => (pressed = target), { capture: true });
for (const type of ["pointerup", "pointercancel"]) {
  addEventListener(
    type,
    () =>
      // The click comes first.
      setTimeout(() => {
        pressed = null;
        leave();
      }),
    { capture: true },
  );
}
addEventListener("input", ({ target }) => {
  if (TYPED.includes(target.type)) typedIn = target;
});
for (const type of ["change", "focusout"]) {
  addEventListener(type, ({ target }) => {
    if (target !== typedIn) return;
    typedIn = null;
    leave();
  });
}
