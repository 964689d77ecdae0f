/**
 * The one way to ask the server: a question of some kind, then the stages of the work, then the
 * answer (landmarkdiff/ui/server/ask_route.py).
 */

import { watchOver } from "./connection.js";
import { AppError, offline, send } from "./session.js";

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
  const watched = watchOver(signal);
  // Given up by whoever asks, or answered with an error; else the connection has ended.
  const fail = (error) => {
    throw signal?.aborted || error instanceof AppError ? error : offline();
  };
  let last;
  try {
    const sent = send(`ask/${kind}`, file ?? text, { headers, signal: watched.signal });
    const response = await sent.catch(fail);
    // Chromium reports a request as aborted whose body only a reader has emptied.
    const whole = response.clone().text();
    whole.catch(() => {}); // An error of it is thrown where the lines are followed.
    await follow(response.body.getReader(), stage, fail);
    last = (await whole).trimEnd().split("\n").pop();
  } finally {
    watched.end();
  }
  const { answer, error, code } = last ? JSON.parse(last) : {};
  if (error !== undefined) throw new AppError(error, code);
  if (answer === undefined) throw offline(); // the program ended before the last line
  return answer;
}

async function follow(reader, stage, fail) {
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read().catch(fail);
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
