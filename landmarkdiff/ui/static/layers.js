/** Pictures that were painted can be shown as what they came from: the warp, the raw painting. */

const followed = new WeakSet();

/**
 * Let the buttons with `data-show` inside a part choose which layer its pictures show. The link
 * around a picture leads to the layer that is shown; that of a finished close-up to the whole face.
 */
export function followLayers(part) {
  if (followed.has(part)) return;
  followed.add(part);
  part.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-show]");
    if (button && part.contains(button)) show(part, button.dataset.show);
  });
}

function show(part, layer) {
  part.dataset.layer = layer;
  for (const button of part.querySelectorAll("button[data-show]")) {
    button.setAttribute("aria-pressed", String(button.dataset.show === layer));
  }
  for (const link of part.querySelectorAll("a.ld-swap")) {
    const image = link.querySelector(`img[data-layer="${layer}"]`);
    if (image) link.href = (layer === "final" && link.dataset.whole) || image.src;
  }
}
