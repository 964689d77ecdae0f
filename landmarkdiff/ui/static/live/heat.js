/** The colours of what a simulation changes: a displacement in mm, and brightness. */

/**
 * Of a displacement, from -1 to 1: blue for inwards, red for outwards, and red alone where it has no
 * sign. ColorBrewer's RdBu (Brewer 2013), which the colour-blind can read.
 */
export const MOVEMENT_STOPS = [
  [33, 102, 172],
  [103, 169, 207],
  [247, 247, 247],
  [239, 138, 98],
  [178, 24, 43],
];
/** Of brightness: purple for darker, orange for lighter. ColorBrewer's PuOr. */
export const LIGHT_STOPS = [
  [94, 60, 153],
  [178, 171, 210],
  [247, 247, 247],
  [253, 184, 99],
  [230, 97, 1],
];
/** Ends that a scale may have, mm. */
const LIMITS = [1, 2, 3, 4, 6, 8, 10, 15, 20, 30];
/** So much beyond an end is not worth another scale, mm. */
const SPARE = 0.005;

/** Red, green and blue, 0 to 255, of a value on a scale that ends at `limit`. */
export function heatColour(value, limit, stops = MOVEMENT_STOPS) {
  const place = ((Math.min(Math.max(value / limit, -1), 1) + 1) / 2) * (stops.length - 1);
  const before = Math.min(Math.floor(place), stops.length - 2);
  const share = place - before;
  return stops[before].map((each, k) =>
    Math.round(each * (1 - share) + stops[before + 1][k] * share),
  );
}

/** The scale's end for displacements up to so many mm. */
export function heatLimit(most, limits = LIMITS) {
  return limits.find((each) => each + SPARE >= most) ?? limits[limits.length - 1];
}

/** A gradient of the colours between two values of a scale from -1 to 1, for a style sheet. */
export function heatGradient(from, to, stops = MOVEMENT_STOPS) {
  const colours = Array.from({ length: 9 }, (_, i) => {
    return `rgb(${heatColour(from + ((to - from) * i) / 8, 1, stops).join()})`;
  });
  return `linear-gradient(to right, ${colours.join()})`;
}

/** The colours from one end to the other: (count, 4) red, green, blue, opaque. */
export function heatRow(count) {
  const row = new Uint8ClampedArray(4 * count);
  for (let i = 0; i < count; i++) {
    row.set([...heatColour((2 * i) / (count - 1) - 1, 1), 255], 4 * i);
  }
  return row;
}
