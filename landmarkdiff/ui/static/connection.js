/**
 * Whether the program answers. While it does not, a banner says so and asks again by itself; once
 * it answers, "online" lets every tab take up what had failed. A question to which nothing comes for
 * long may have got lost with the network, so the program is asked whether it still lives.
 */

import { address } from "./address.js";
import { make, makeButton } from "./dom.js";
import { emit } from "./events.js";
import { t } from "./page.js";

/** Between two looks while it does not answer, milliseconds. */
const LOOK_EVERY = 2_000;
/** Between two looks while a question is open. */
const DOUBT_EVERY = 10_000;
/** By then a program that lives has said so, however much it computes. */
const PATIENCE = 20_000;

let banner = null;
let away = false;
let looking = false;
let timer = null;
/** The questions that are open: each is given up when the program turns out to be gone. */
const open = new Set();

/** Ask the program for a sign of life. */
async function lives() {
  try {
    const options = { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) };
    const response = await fetch(address("ld/health"), options);
    return response.ok;
  } catch {
    return false;
  }
}

/** The program did not answer: say so, and ask again until it does. */
export function lost() {
  if (away) return;
  away = true;
  show();
  for (const controller of open) controller.abort();
  timer = setTimeout(look, LOOK_EVERY);
}

async function look() {
  if (looking) return;
  looking = true;
  clearTimeout(timer);
  const found = await lives();
  looking = false;
  if (!away) {
    if (!found) lost();
  } else if (found) {
    away = false;
    banner.hidden = true;
    emit("online");
  } else {
    timer = setTimeout(look, LOOK_EVERY);
  }
}

function show() {
  banner ??= makeBanner();
  banner.hidden = false;
}

function makeBanner() {
  const made = make(
    "div",
    { class: "ld-offline", role: "alert", hidden: true },
    make("span", {}, t("app.offline"), " ", t("app.offline_kept")),
    makeButton(t("app.offline_retry"), look, { small: true }),
  );
  // What stays in view stays below it, however many lines it has.
  const { style } = document.documentElement;
  new ResizeObserver(() => style.setProperty("--ld-banner", `${made.offsetHeight}px`)).observe(made);
  return document.body.appendChild(made);
}

/**
 * Watch over a question: a signal that stops it when it is given up, here or because the program is
 * gone, and `end()` for when it is answered.
 * @param {AbortSignal} [signal] Of whoever asks.
 */
export function watchOver(signal) {
  const controller = new AbortController();
  open.add(controller);
  const doubt = setInterval(look, DOUBT_EVERY);
  return {
    signal: signal ? AbortSignal.any([signal, controller.signal]) : controller.signal,
    end() {
      clearInterval(doubt);
      open.delete(controller);
    },
  };
}

// The network of this device has changed; a program on the same machine answers without one.
for (const change of ["online", "offline"]) addEventListener(change, look);
