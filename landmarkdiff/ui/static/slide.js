/** Sliders whose moves are told while they last, and whose end is always told. */

/**
 * Browsers tell no change of a slider that ends where its gesture began, or that the gesture was
 * taken for another one.
 * @param {HTMLInputElement} slider
 * @param {function(boolean): void} move Hears each move: whether it is done.
 * @param {function(): void} [back] Called in place of the last one where the slider has come back;
 *   by default it is a move as every other.
 */
export function listenToSlider(slider, move, back = () => move(true)) {
  let moved = false;
  slider.addEventListener("input", () => {
    moved = true;
    move(false);
  });
  slider.addEventListener("change", () => {
    moved = false;
    move(true);
  });
  slider.addEventListener("pointerdown", () => {
    const { value } = slider;
    moved = false;
    const gesture = new AbortController();
    const end = ({ type }) => {
      gesture.abort();
      if (!moved) return;
      if (slider.value === value) back();
      else if (type === "pointercancel") move(true);
    };
    // A slider is held wherever the pointer is.
    for (const type of ["pointerup", "pointercancel"]) {
      addEventListener(type, end, { signal: gesture.signal, capture: true });
    }
  });
}
