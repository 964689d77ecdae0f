/**
 * The track of an effect's slider. More is to the right on every one: where more is a more negative
 * value, the slider is turned over; its value stays that of the plan.
 */

import { make } from "../../dom.js";
import { config, t } from "../../page.js";
import { ends } from "./values.js";

/** A slider reaches this share of its band's length beyond both ends. */
const BEYOND = 0.4;
/** Keys that a turned-over slider would answer the other way round, and by how many steps. */
const KEYS = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10, Home: Infinity, End: -Infinity };

/** The least and the largest value that a slider reaches. */
export function reach(band) {
  const [low, high] = ends(band);
  const more = BEYOND * (high - low);
  return [low - more, high + more];
}

/** Where values lie on a track from left to right, percent, and its colours. */
function looks({ band, mirrored }) {
  const [from, to] = reach(band);
  const [low, high] = ends(band);
  const share = (value) => (value - from) / (to - from);
  const at = (value) => `${100 * (mirrored ? 1 - share(value) : share(value))}%`;
  const [start, end] = [band.low, band.high].sort((a, b) => a - b);
  const parts = [
    ["var(--ld-beyond)", from, low],
    ["var(--ld-track)", low, start],
    ["var(--ld-band)", start, end],
    ["var(--ld-track)", end, high],
    ["var(--ld-beyond)", high, to],
  ];
  const turned = mirrored ? parts.reverse().map(([colour, a, b]) => [colour, b, a]) : parts;
  const stops = turned.map(([colour, first, last]) => `${colour} ${at(first)} ${at(last)}`);
  return { gradient: `linear-gradient(to right, ${stops.join(", ")})`, at };
}

/** Draw the band on a slider and turn it over where more is less; returns the marks beside it. */
export function layTrack(slider, entry) {
  const { gradient, at } = looks(entry);
  slider.style.setProperty("--ld-track-image", gradient);
  if (entry.mirrored) {
    slider.dir = "rtl";
    slider.addEventListener("keydown", (event) => turnKey(slider, event));
  }
  const typical = make("span", { class: "ld-typical", title: t("single.typical") });
  const zero = make("span", { class: "ld-zero", title: "0" });
  typical.style.left = at(entry.band.typical);
  zero.style.left = at(0);
  return make("span", { class: "ld-marks", "aria-hidden": "true" }, typical, zero);
}

/** Up and End are more, down and Home less, as on a slider that is not turned over. */
function turnKey(slider, event) {
  const steps = KEYS[event.key];
  if (steps === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const { min, max, step, valueAsNumber } = slider;
  const wanted = valueAsNumber + steps * Number(step);
  slider.value = Math.min(Math.max(wanted, Number(min)), Number(max));
  if (slider.valueAsNumber === valueAsNumber) return;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  slider.dispatchEvent(new Event("change", { bubbles: true }));
}

/** The words below the ends of a slider; nothing where its preset has none. */
export function endWords({ ends: words }) {
  if (!words) return null;
  const named = words.map((word) => make("span", {}, config().ends[word]));
  return make("div", { class: "ld-ends", "aria-hidden": "true" }, ...named);
}

/** The word of the end that a value goes to; none at 0. */
export function wayOf({ ends: words, mirrored }, value) {
  if (!words || !value) return "";
  return config().ends[words[value > 0 !== mirrored ? 1 : 0]];
}
