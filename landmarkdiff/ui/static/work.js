/** What a tab lets the server do, one thing at a time: its stages, its errors, Cancel. */

import { ask, cancel, stopped } from "./ask.js";
import { t } from "./page.js";

export class Work {
  /**
   * @param show(stage) shows {share, text, preview} of work under way; null: there is none
   * @param notify(sentence, wrong) says how work has ended
   */
  constructor(show, notify) {
    this.show = show;
    this.notify = notify;
    this.running = null;
    this.stopping = false;
  }

  get busy() {
    return this.running !== null;
  }

  /**
   * Do a task; whatever was under way is given up, and its answer is of no interest any more.
   * @param task is given `ask`, which tells stages unless told otherwise, and an AbortSignal
   * @returns what the task returns; undefined when it was given up, stopped or failed, which
   *   the user has been told
   */
  async run(task) {
    this.running?.abort();
    const controller = new AbortController();
    const { signal } = controller;
    const stage = (line) => {
      if (this.running === controller && !this.stopping) this.show(line);
    };
    this.running = controller;
    this.stopping = false;
    try {
      const result = await task((kind, question, options) => {
        signal.throwIfAborted();
        return ask(kind, question, { signal, stage, ...options });
      }, signal);
      return this.running === controller ? result : undefined;
    } catch (error) {
      if (this.running === controller) this.fail(error);
      return undefined;
    } finally {
      if (this.running === controller) this.end();
    }
  }

  fail(error) {
    this.end();
    if (stopped(error)) this.notify(t("progress.cancelled"));
    else this.notify(error.message, true);
  }

  end() {
    this.running = null;
    this.stopping = false;
    this.show(null);
  }

  /** Stop what is under way, because nobody wants it any more. */
  giveUp() {
    const controller = this.running;
    if (!controller) return;
    this.end();
    controller.abort();
  }

  /** Stop what is under way, because the user said so. */
  async stop() {
    const controller = this.running;
    if (!controller || this.stopping) return;
    this.stopping = true;
    this.notify(t("progress.cancelling"));
    // First the server, which may not hear that a request was given up behind a proxy.
    await cancel().catch(() => {});
    controller.abort();
  }
}

/** Resolve after so many milliseconds; reject once the signal is aborted. */
export function pause(time, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, time);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
