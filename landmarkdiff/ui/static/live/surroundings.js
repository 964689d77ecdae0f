/** What happens around a viewer: its place on the page, light and dark, and its graphics context. */

/**
 * Draw again when the stage gets another size or the page other colours.
 * @param {LivePreview} preview
 * @param {{resized: function(): void, signal: AbortSignal}} how
 */
export function watchSurroundings({ stage, root, frames }, { resized, signal }) {
  const again = () => frames.request();
  document.addEventListener("fullscreenchange", resized, { signal });
  const sizes = new ResizeObserver(resized);
  sizes.observe(stage);
  // Light and dark change the ground around the photo.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again, { signal });
  const themes = new MutationObserver(again);
  for (let each = root; each; each = each.parentElement) {
    themes.observe(each, { attributes: true, attributeFilter: ["class", "data-theme"] });
  }
  signal.addEventListener("abort", () => {
    sizes.disconnect();
    themes.disconnect();
  });
}

/**
 * Keep the picture through a graphics context that is lost and comes back.
 * @param {LivePreview} preview
 * @param {function(string): void} emit Hears `contextlost` and `contextrestored`.
 * @param {AbortSignal} signal
 */
export function watchContext({ display, picture, frames }, emit, signal) {
  const hear = (name, listener) => display.canvas.addEventListener(name, listener, { signal });
  hear("webglcontextlost", (event) => {
    event.preventDefault(); // or else it never comes back
    picture.lost = true;
    emit("contextlost");
  });
  hear("webglcontextrestored", () => {
    picture.restore();
    emit("contextrestored");
    frames.request();
  });
}
