/**
 * The one way to ask the server: a question of some kind, then the stages of the work, then the
 * answer (landmarkdiff/ui/server/ask_route.py).
 */

import { AppError, send } from "./session.js";

/**
 * @param {string} kind Its tab and its name, such as "comparison/combine".
 * @param {object} [question]
 * @param {object} [options]
 * @param {Blob} [options.file] What goes with the question.
 * @param {AbortSignal} [options.signal] Giving up stops the work at its next step.
 * @param {function({share: number, text: string, preview: ?string}): void} [options.stage]
 * @returns {Promise<object>} The answer.
 * @throws {AppError} With the `code` of the server's error.
 */
export async function ask(kind, question = {}, { file = null, signal, stage = () => {} } = {}) {
  const text = JSON.stringify(question);
  // In a header, because addresses end up in logs, and the name of a photo may be a patient's.
  const headers = file
    ? { "X-Question": encodeURIComponent(text) }
    : { "Content-Type": "application/json" };
  const response = await send(`ask/${kind}`, file ?? text, { headers, signal });
  // Chromium reports a request as aborted whose body only a reader has emptied.
  const whole = response.clone().text();
  whole.catch(() => {}); // An error of it is thrown where the lines are followed.
  await follow(response.body.getReader(), stage);
  const last = JSON.parse((await whole).trimEnd().split("\n").pop());
  if (last.error !== undefined) throw new AppError(last.error, last.code);
  return last.answer;
}

async function follow(reader, stage) {
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const lines = text.split("\n");
    text = lines.pop();
    for (const line of lines) {
      const message = JSON.parse(line);
      if (message.share !== undefined) stage(message);
    }
  }
}

/** Stop all work of this page at its next step. */
export async function cancel() {
  await send("cancel");
}

/** Whether an error says that the work was stopped, here or on the server. */
export function stopped(error) {
  return error.name === "AbortError" || error.code === "WorkCancelled";
}
