/** The page's session with the server: opened once, kept alive while seen, left to the next. */

import { address } from "./address.js";
import { lost } from "./connection.js";
import { decoded } from "./decoded.js";
import { emit, on } from "./events.js";
import { overWords } from "./first_photo.js";
import { leftBehind } from "./leaving.js";
import { config, t } from "./page.js";

const ALIVE_EVERY = 60_000;
/** Where a page that goes leaves the name of its session for the next one in the same tab. */
const LEFT = "ld-left";

export class AppError extends Error {
  constructor(sentence, code) {
    super(sentence);
    this.code = code;
  }
}

const names = new WeakMap();
let opened = null;
let current = null;
let roles = null;

async function open() {
  const left = sessionStorage.getItem(LEFT);
  sessionStorage.removeItem(LEFT);
  const headers = left ? { "X-Left": left } : {};
  const options = { method: "POST", headers };
  const response = await fetch(address("ld/session"), options).catch(() => {
    opened = null; // whoever asks next tries again
    if (left) sessionStorage.setItem(LEFT, left);
    throw offline();
  });
  if (!response.ok) throw await failure(response);
  current = await response.json();
  roles = current.roles;
  // Style sheets hide what needs another role; the server refuses it anyway.
  document.documentElement.dataset.roles = roles.join(" ");
  return current;
}

setInterval(() => {
  if (current && document.visibilityState === "visible") alive().catch(() => {});
}, ALIVE_EVERY);

addEventListener("pagehide", (event) => {
  if (event.persisted || !current) return;
  const session = `ld/session/${current.token}`;
  const notes = leftBehind();
  if (notes === null) {
    navigator.sendBeacon(address(`${session}/close`));
    return;
  }
  // Only a name, and only while no page holds it: browsers write this down.
  sessionStorage.setItem(LEFT, current.token);
  const body = (content) => new Blob([JSON.stringify(content)], { type: "application/json" });
  const told = navigator.sendBeacon(address(`${session}/leave`), body(notes));
  if (!told) navigator.sendBeacon(address(`${session}/leave`), body({}));
});

function alive() {
  return request(`session/${current.token}/alive`, { method: "POST" });
}

// Whether a program that answers again still knows this page is then said.
on("online", () => current && alive().catch(() => {}));

/** The session's token; every call gets the same. */
export async function token() {
  opened ??= open();
  return (await opened).token;
}

/** What the last page in this tab has left; null where there was none. */
export async function leftForMe() {
  await token();
  return current.left;
}

/** Begin another session, where the last one is over. */
export async function renew() {
  opened = current = null;
  await token();
}

/** How long data are as JSON on the wire: a letter beyond ASCII takes several bytes. */
export function bytesOf(data) {
  return new TextEncoder().encode(JSON.stringify(data)).length;
}

/** Whether this user has a role; known once there is a session. */
export function may(role) {
  return roles === null || roles.includes(role);
}

/** The error of a program that does not answer, of which the page's banner is told. */
export function offline() {
  lost();
  return new AppError(t("app.offline"), "offline");
}

/** Read the body of an answer in a form, such as "blob"; it may end with the program. */
export async function bodyOf(response, form) {
  try {
    return await response[form]();
  } catch (error) {
    throw error.name === "AbortError" ? error : offline();
  }
}

async function failure(response) {
  let answer = {};
  try {
    answer = await response.json();
  } catch {
    // The answer of a proxy, or none at all: the sentence below says what to do.
  }
  if (answer.code === "UnknownSessionError") {
    emit("expired");
    return new AppError(overWords(), answer.code);
  }
  if (answer.code === "LoginNeeded") {
    if (leftBehind() === null) location.assign(address("login"));
    else emit("login");
  }
  return new AppError(answer.error ?? t("app.offline"), answer.code ?? "offline");
}

async function request(path, options) {
  const headers = { "X-Language": config().language, ...options.headers };
  let response;
  try {
    response = await fetch(address(`ld/${path}`), { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw offline();
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

/** Note of which blob something was made, for whoever shows the same elsewhere. */
export function named(made, blob) {
  names.set(made, blob);
  return made;
}

/** The blob of which something was made; null where it was of none. */
export function nameOf(made) {
  return (made && names.get(made)) ?? null;
}

/** Fetch a picture of this session and decode it for drawing. */
export async function picture(blob, signal) {
  const response = await fetchBlob(blob, signal);
  const image = await decoded(await bodyOf(response, "blob"));
  signal?.throwIfAborted();
  return named(image, blob);
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
