/** The page's session with the server: opened once, kept alive while seen, closed with the page. */

import { address } from "./address.js";
import { emit } from "./events.js";
import { config, t } from "./page.js";

const ALIVE_EVERY = 60_000;

export class AppError extends Error {
  constructor(sentence, code) {
    super(sentence);
    this.code = code;
  }
}

let opened = null;

async function open() {
  const response = await fetch(address("ld/session"), { method: "POST" });
  if (!response.ok) throw await failure(response);
  const { token } = await response.json();
  const alive = setInterval(() => {
    if (document.visibilityState === "visible") {
      request(`session/${token}/alive`, { method: "POST" }).catch(() => clearInterval(alive));
    }
  }, ALIVE_EVERY);
  addEventListener("pagehide", (event) => {
    if (!event.persisted) navigator.sendBeacon(address(`ld/session/${token}/close`));
  });
  return token;
}

/** The session's token; every call gets the same. */
export function token() {
  opened ??= open();
  return opened;
}

async function failure(response) {
  let answer = {};
  try {
    answer = await response.json();
  } catch {
    // The answer of a proxy, or none at all: the sentence below says what to do.
  }
  if (answer.code === "UnknownSessionError") emit("expired");
  if (answer.code === "LoginNeeded") location.assign(address("login"));
  return new AppError(answer.error ?? t("app.offline"), answer.code ?? "offline");
}

async function request(path, options) {
  const headers = { "X-Language": config().language, ...options.headers };
  let response;
  try {
    response = await fetch(address(`ld/${path}`), { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new AppError(t("app.offline"), "offline");
  }
  if (!response.ok) throw await failure(response);
  return response;
}

/** POST under the session's own address. */
export async function send(path, body, options = {}) {
  return request(`${await token()}/${path}`, { method: "POST", body, ...options });
}

/** The address that a blob's name completes. */
export async function blobFolder() {
  return address(`ld/${await token()}/blob/`);
}

export async function blobUrl(blob, { download = false } = {}) {
  return `${await blobFolder()}${blob}${download ? "?download=1" : ""}`;
}

/** Fetch a file of this session. */
export async function fetchBlob(blob, signal) {
  return request(`${await token()}/blob/${blob}`, { signal });
}

/** Fetch a picture of this session and decode it for drawing. */
export async function picture(blob, signal) {
  const response = await fetchBlob(blob, signal);
  const image = await createImageBitmap(await response.blob(), {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  });
  signal?.throwIfAborted();
  return image;
}

/** Let the browser save a blob under its own name. */
export async function save({ blob, filename }) {
  const link = document.createElement("a");
  link.href = await blobUrl(blob, { download: true });
  link.download = filename;
  document.body.append(link);
  link.click();
  link.remove();
}
