/** A second screen: draws what the consultation shows, for as long as it is shown. */

import { address } from "../address.js";
import { decoded } from "../decoded.js";
import { LivePreview } from "../live/preview.js";
import { readPushes } from "../live/pushes.js";
import { Follower } from "../live/shown.js";
import { number, t } from "../page.js";
import { Figures } from "./figures.js";

/** Between two tries while the program does not answer, milliseconds. */
const AGAIN = 1_000;
/** After so long without an answer nobody knows whether the picture may still be seen. */
const BLIND = 30_000;
/** A program that lives has answered by then. */
const PATIENCE = 40_000;

const pause = (time) => new Promise((done) => setTimeout(done, time));
const picture = document.querySelector("[data-picture]");
const shown = document.querySelector("[data-shown]");
const figures = new Figures(document.querySelector("[data-figures]"));
const status = document.querySelector("[data-status]");

/** A file of what is shown, as it is drawn. */
async function fetched(kind, name) {
  const response = await fetch(address(`screen/file/${kind}/${name}`));
  if (!response.ok) throw new Error(`no ${kind}`);
  if (kind === "photo" || kind === "result") return decoded(await response.blob());
  const buffer = await response.arrayBuffer();
  return kind === "brush" ? readPushes(buffer) : buffer;
}

/** Ask for the state after that of a number; null where there is none yet. */
async function ask(after) {
  const options = { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) };
  const response = await fetch(`${address("screen/state")}?after=${after}`, options);
  if (response.status === 410) location.replace(`${address("screen")}?ended=1`);
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.status === 204 ? null : response.json();
}

function say(words) {
  if (status.textContent !== words) status.textContent = words;
}

async function follow(follower) {
  let after = -1;
  let heard = performance.now();
  for (;;) {
    const asked = performance.now();
    try {
      const next = await ask(after);
      if (next) {
        await follower.follow(next.state);
        figures.show(next.state.figures);
        after = next.number;
        document.body.dataset.number = after;
        say("");
      }
      shown.hidden = false;
      heard = performance.now();
      // Given up for other windows of this browser: to ask at once would give up theirs.
      if (!next && heard - asked < AGAIN) await pause(AGAIN);
    } catch {
      after = -1; // what was on its way may have got lost
      say(t("screen.lost"));
      if (performance.now() - heard > BLIND) shown.hidden = true;
      await pause(AGAIN);
    }
  }
}

function offerFullScreen(button) {
  const root = document.documentElement;
  button.hidden = !document.fullscreenEnabled;
  button.addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else root.requestFullscreen().catch(() => {});
  });
}

offerFullScreen(document.querySelector("[data-full]"));
const preview = new LivePreview(picture, { t, number });
preview.root.inert = true; // It is looked at; whoever shows it decides what is seen.
follow(new Follower(preview, fetched));
