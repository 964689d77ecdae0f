/** A button that shows something for as long as it is held down. */

/**
 * @param {HTMLButtonElement} button
 * @param {{hold: function(boolean): void, held: function(): boolean}} what
 * @param {AbortSignal} signal Ends the listening.
 */
export function listenToHold(button, { hold, held }, signal) {
  const hear = (name, listener) => button.addEventListener(name, listener, { signal });
  hear("pointerdown", (event) => {
    if (event.button !== 0) return;
    button.setPointerCapture(event.pointerId);
    hold(true);
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
    hear(name, () => hold(false));
  }
  hear("contextmenu", (event) => event.preventDefault());
  // A click without a pointer comes from a screen reader or Enter: nobody can hold those.
  hear("click", (event) => {
    if (event.detail === 0) hold(!held());
  });
}
