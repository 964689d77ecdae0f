/** The colours of a displacement in mm: blue for inwards, red for outwards. */

/** ColorBrewer's RdBu (Brewer 2013), which the colour-blind can read; from -1 to 1. */
const STOPS = [
  [33, 102, 172],
  [103, 169, 207],
  [247, 247, 247],
  [239, 138, 98],
  [178, 24, 43],
];
/** Ends that a scale may have, mm. */
const LIMITS = [1, 2, 3, 4, 6, 8, 10, 15, 20, 30];
/** So much beyond an end is not worth another scale, mm. */
const SPARE = 0.005;

/** Red, green and blue, 0 to 255, of a displacement at a scale's end. */
export function heatColour(mm, limit) {
  const place = ((Math.min(Math.max(mm / limit, -1), 1) + 1) / 2) * (STOPS.length - 1);
  const before = Math.min(Math.floor(place), STOPS.length - 2);
  const share = place - before;
  return STOPS[before].map((each, k) =>
    Math.round(each * (1 - share) + STOPS[before + 1][k] * share),
  );
}

/** The scale's end for displacements up to so many mm. */
export function heatLimit(most) {
  return LIMITS.find((each) => each + SPARE >= most) ?? LIMITS[LIMITS.length - 1];
}

/** The colours from one end to the other: (count, 4) red, green, blue, opaque. */
export function heatRow(count) {
  const row = new Uint8ClampedArray(4 * count);
  for (let i = 0; i < count; i++) {
    row.set([...heatColour((2 * i) / (count - 1) - 1, 1), 255], 4 * i);
  }
  return row;
}
