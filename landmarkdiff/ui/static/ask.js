/** Work on the server that tells its stages: one JSON object a line, the last one is the answer. */

import { sendJson } from "./session.js";

/**
 * Ask for the work and follow it.
 * @param {string} path Below the session's own address.
 * @param {object} data
 * @param {function({share: number, text: string, preview: ?string}): void} stage
 * @param {{signal: ?AbortSignal}} [options] Aborting it stops the work at its next step.
 * @throws {Error} With the `code` of the server's error.
 */
export async function told(path, data, stage, { signal } = {}) {
  const response = await sendJson(path, data, { signal });
  // Chromium reports a request as aborted whose body only a reader has emptied.
  const whole = response.clone().text();
  whole.catch(() => {}); // What went wrong is said where the lines are followed.
  await follow(response.body.getReader(), stage);
  const last = JSON.parse((await whole).trimEnd().split("\n").pop());
  if (last.error !== undefined) throw Object.assign(new Error(last.error), { code: last.code });
  return last;
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
      const said = JSON.parse(line);
      if (said.share !== undefined) stage(said);
    }
  }
}

/** Whether an error says that the work was stopped, here or on the server. */
export function stopped(error) {
  return error.name === "AbortError" || error.code === "WorkCancelled";
}
