/** Opens a photo or a consultation; what is on the screen stays until it is read. */

import { emit } from "../../events.js";
import { t } from "../../page.js";
import { picture } from "../../session.js";
import { changesNothing } from "./values.js";

/** The tab says itself what the server is doing. */
export const SILENT = { stage: () => {} };

/**
 * Let the server read a photo, and show it with the steps of a plan.
 * @param {SingleTab} tab
 * @param {string} kind Of the question that opens it.
 * @param {object} question
 * @param {object} [how]
 * @param {?File} [how.file] What goes with the question.
 * @param {function(object): object} [how.steps] The steps for the photo; by default those that were
 *   saved with it.
 * @param {function(Error): void} [how.failed] Hears why it cannot be opened.
 * @param {function(): void} [how.ready] Called once the photo is the tab's, before it is shown.
 * @param {boolean} [how.another] Whether it takes the plan of the photo before it, which is said.
 * @returns {Promise<boolean>} Whether it is shown.
 */
export async function openOn(tab, kind, question, how) {
  const { file = null, steps = savedSteps, failed = () => {}, ready = () => {} } = how;
  const second = how.another && tab.photo !== null;
  tab.begin();
  let part = false;
  const image = await tab.work.run(async (ask, signal) => {
    tab.say("progress.reading");
    const photo = await ask(`single/${kind}`, question, { file, ...SILENT }).catch((error) => {
      failed(error);
      throw error;
    });
    tab.resuming.astray = tab.photo !== null;
    tab.say("progress.live");
    const present = steps(photo);
    // Of an untouched face the light and what lies behind the lids can come later, unseen.
    const first = changesNothing(present.present);
    const [shown] = await Promise.all([
      picture(photo.display, signal),
      tab.fetchModel(ask, signal, present.present, first ? "geometry" : "model"),
    ]);
    tab.photo = photo;
    tab.history.restore(present);
    part = first;
    return shown;
  });
  if (!image) return false;
  tab.sharpness = null;
  ready();
  tab.painting.forget();
  const chosen = tab.input.element.contains(document.activeElement);
  tab.present(image);
  // The button that chose the photo is gone, and the focus would be with it.
  if (chosen) tab.preview.stage.focus({ preventScroll: true });
  tab.turned.forget();
  emit("photo", tab.photo);
  const updated = tab.update({ structural: part, rest: 0 });
  if (second && !changesNothing(tab.settings)) {
    updated.then((done) => done && tab.notify(t("photo.plan_kept")));
  }
  return true;
}

function savedSteps({ history, settings }) {
  return { ...history, present: settings };
}
