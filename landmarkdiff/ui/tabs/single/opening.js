/** Opens a photo or a consultation; what is on the screen stays until it is read. */

import { emit } from "../../events.js";
import { config, t } from "../../page.js";
import { may, picture } from "../../session.js";
import { modeOf } from "./painting.js";
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
  const reading = tab.work.run(async (ask, signal) => {
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
    const [image, model] = await Promise.all([
      picture(photo.display, signal),
      tab.fetchModel(ask, signal, present.present, first ? "geometry" : "model"),
    ]);
    tab.photo = photo;
    // With what was changed meanwhile.
    const latest = steps(photo);
    tab.history.restore(latest);
    const changed = JSON.stringify(latest.present) !== JSON.stringify(present.present);
    return { image, model, structural: first || changed };
  });
  tab.opening = reading;
  const read = await reading;
  if (tab.opening === reading) tab.opening = null;
  if (!read) return false;
  tab.sharpness = null;
  ready();
  tab.painting.forget();
  const chosen = tab.input.element.contains(document.activeElement);
  tab.present(read.image, read.model);
  // The button that chose the photo is gone, and the focus would be with it.
  if (chosen) tab.preview.stage.focus({ preventScroll: true });
  tab.turned.forget();
  emit("photo", tab.photo);
  if (steps === savedSteps) tab.resuming.recall(steps(tab.photo), tab.photo.history.names);
  const updated = tab.update({ structural: read.structural, rest: 0 });
  if (second && !changesNothing(tab.settings)) {
    updated.then((done) => done && tab.notify(`${t("photo.plan_kept")} ${tab.moved}`.trim()));
  }
  return true;
}

function savedSteps({ history, settings }) {
  return { ...history, present: settings };
}

/** What a new photo begins with: no step back leads to the last patient's plan. */
export function firstSteps({ settings }, photo, profile_points) {
  // A new photo is another face: what was said of the last one does not belong to it. Who may not
  // change the plan is shown the photo's own.
  const own = { ...settings, ...config().of_photo, profile_points };
  return { past: [], future: [], present: may("edit") ? own : photo.settings };
}

/** Say that a consultation was opened, once no work is told of; its mode may not run here. */
export async function greet(tab) {
  if (!(await tab.updated) || tab.status.textContent) return;
  const { asked_mode: mode, settings } = tab.photo;
  tab.notify(mode === settings.mode ? t("consultation.opened") : t("paint.mode_refused", { mode: modeOf({ mode }).title }));
}
