/** How the numbers of effects are written. */

import { number } from "../../page.js";

export const DIGITS = { mm: 1, deg: 1, percent: 0 };
export const UNIT = { mm: "mm", deg: "°", percent: "%" };

/** A value with its unit, as the reports write it: "4.9°", "1.2 mm". */
export function quantity(value, unit) {
  return `${number(value, DIGITS[unit])}${unit === "deg" ? "" : " "}${UNIT[unit]}`;
}
