/** How the numbers of effects are written. */

import { config, number } from "../../page.js";

export const DIGITS = { mm: 1, deg: 1, percent: 0 };

/** The sign of a unit in the page's language. */
export const sign = (unit) => config().units[unit].trim();

/** A value with its unit, as the reports write it: "4.9°", "1.2 mm". */
export function quantity(value, unit, digits = DIGITS[unit]) {
  return `${number(value, digits)}${config().units[unit]}`;
}
