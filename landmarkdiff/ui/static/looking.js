/** Ways to look at simulations beside their photos: the outline of what is changed, and blinking. */

/** Before and after take turns: one of each in a second. */
const HALF_SECOND = 500;
const still = matchMedia("(prefers-reduced-motion: reduce)");
const followed = new WeakSet();

/**
 * Let the buttons of a part with `data-outline` and `data-blink` work. `showBefore(before)` puts
 * the photo in the place of every simulation, or takes it away.
 */
export function followLooking(part, showBefore) {
  if (followed.has(part)) return;
  followed.add(part);
  let timer = null;

  function blink(button, on) {
    clearInterval(timer);
    timer = null;
    button.setAttribute("aria-pressed", String(on));
    showBefore(false);
    if (!on) return;
    let before = false;
    timer = setInterval(() => {
      // A new answer takes the button away; who asks for less motion gets it at once.
      if (!button.isConnected || still.matches) {
        blink(button, false);
        return;
      }
      if (part.offsetParent === null) return; // A hidden tab blinks to nobody.
      before = !before;
      showBefore(before);
    }, HALF_SECOND);
  }

  part.addEventListener("click", (event) => {
    const outline = event.target.closest("button[data-outline]");
    if (outline) {
      const on = outline.getAttribute("aria-pressed") !== "true";
      outline.setAttribute("aria-pressed", String(on));
      part.classList.toggle("ld-outlined", on);
    }
    const button = event.target.closest("button[data-blink]");
    if (button) blink(button, timer === null && !still.matches);
  });
}

/** Outlines are shown in a new answer as its button says. */
export function resetLooking(part) {
  const button = part.querySelector("button[data-outline]");
  part.classList.toggle("ld-outlined", button?.getAttribute("aria-pressed") === "true");
}
