/**
 * What a picture is told to draw, in device pixels of its canvas, and what both kinds of picture
 * need for it.
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Area Device pixels.
 *
 * @typedef {object} Pane
 * @property {Area} area
 * @property {number} offsetX Device pixels of the left edge of the photo as it is seen, from the
 *   canvas's.
 * @property {number} offsetY
 * @property {boolean} mirrored Whether the photo's right is on the left.
 * @property {?number} from Device pixel from which rightwards the simulation shows; null: nowhere.
 *
 * @typedef {object} ColourMap What the simulation is drawn in the colours of.
 * @property {"movement"|"light"} kind
 * @property {number} end What the last colour stands for: photo pixels, or a share of 255 levels.
 * @property {number[][]} stops Red, green and blue, 0 to 255, of -1, -0.5, 0, 0.5 and 1.
 *
 * @typedef {object} Scene
 * @property {Pane[]} panes
 * @property {number} scale Device pixels to a photo pixel.
 * @property {number} [opacity] Of the simulation over the photo, 0 to 1; by default 1.
 * @property {?number} line Device x of the divider.
 * @property {number[]} background Red, green, blue; 0 to 1.
 * @property {number} pixelRatio
 * @property {boolean} moving
 * @property {?ColourMap} map null: the simulation is drawn as a picture.
 * @property {?{panes: Pane[], scale: number}} loupe Drawn over the rest.
 *
 * @typedef {object} Photo
 * @property {ImageBitmap|HTMLImageElement|HTMLCanvasElement} image May be smaller than the photo.
 * @property {number} width Of the full photo, pixels.
 * @property {number} height
 */

/** The divider: white with dark edges, to be seen on light skin and dark. CSS pixels. */
export const LINE = [
  { half: 2, colour: [0.2, 0.25, 0.28] },
  { half: 1, colour: [1, 1, 1] },
];

export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** The part of one area that lies in another; without size where they do not meet. */
export function intersection(first, second) {
  const x = Math.max(first.x, second.x);
  const y = Math.max(first.y, second.y);
  const right = Math.min(first.x + first.width, second.x + second.width);
  const bottom = Math.min(first.y + first.height, second.y + second.height);
  return { x, y, width: Math.max(right - x, 0), height: Math.max(bottom - y, 0) };
}

/**
 * Device x of photo places in a view, in their order on the canvas.
 * @param {{offsetX: number, scale: number, mirrored?: boolean}} view
 * @param {{width: number}} photo Pixels.
 * @param {number} left The lesser of two places; photo pixels.
 * @param {number} right
 */
export function deviceSpan({ offsetX, scale, mirrored = false }, { width }, left, right) {
  const [low, high] = mirrored ? [width - 1 - right, width - 1 - left] : [left, right];
  return [low, high].map((x) => offsetX + (x + 0.5) * scale);
}

/** Device x of the photo's own left edge in a view. */
export function photoEdge({ offsetX, scale, mirrored = false }, { width }) {
  return mirrored ? offsetX + width * scale : offsetX;
}

/** Photo places, the lesser first, that two device x of a view show. */
export function photoSpan({ offsetX, scale, mirrored = false }, { width }, left, right) {
  const [low, high] = [left, right].map((x) => (x - offsetX) / scale - 0.5);
  return mirrored ? [width - 1 - high, width - 1 - low] : [low, high];
}

/** Size of what the browser can draw. */
export function sizeOf(image) {
  return {
    width: image.naturalWidth || image.videoWidth || image.width,
    height: image.naturalHeight || image.videoHeight || image.height,
  };
}

/** The image itself, or a canvas with it no larger than `limit` on its longer side. */
export function fitting(image, limit) {
  const { width, height } = sizeOf(image);
  const shrink = limit / Math.max(width, height);
  if (shrink >= 1) return image;
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * shrink));
  canvas.height = Math.max(1, Math.round(height * shrink));
  const context = canvas.getContext("2d", { alpha: false });
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** The parts of a pane: where the photo lies in it, and where the simulation (null: nowhere). */
export function partsOf({ area, offsetX, offsetY, from }, photo, scale) {
  const [left, top] = [Math.round(offsetX), Math.round(offsetY)];
  const plain = intersection(area, {
    x: left,
    y: top,
    width: Math.round(offsetX + photo.width * scale) - left,
    height: Math.round(offsetY + photo.height * scale) - top,
  });
  if (from === null) return { plain, simulated: null };
  const line = Math.max(Math.round(from), plain.x);
  const width = Math.max(plain.x + plain.width - line, 0);
  return { plain, simulated: { ...plain, x: line, width } };
}
