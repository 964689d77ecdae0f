/** Where photos come in: file chooser, drop, clipboard, camera. Calls back with a File or Blob. */

import { make, makeButton } from "./dom.js";
import { config, t } from "./page.js";

const ACCEPT =
  "image/*,.heic,.heif,.hif,.avif,.jp2,.j2k,.dcm,.dicom,.tif,.tiff,.bmp,application/dicom," +
  ".dng,.nef,.arw,.cr2,.cr3,.raf,.orf,.rw2,.pef,.landmarkdiff";

/** A button that opens the file chooser; `multiple` lets several files through. */
export function chooser(label, onFiles, { multiple = false, primary = false } = {}) {
  const input = make("input", {
    type: "file",
    accept: ACCEPT,
    multiple,
    class: "ld-visually-hidden",
    tabindex: "-1",
    "aria-hidden": "true",
    onchange: () => {
      const files = [...input.files];
      input.value = "";
      if (files.length) onFiles(files);
    },
  });
  const button = makeButton(label, () => input.click(), { primary });
  return make("span", { class: "ld-chooser" }, button, input);
}

/** Take dropped files on an element. */
export function acceptDrops(element, onFiles) {
  let depth = 0;
  const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  element.addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    depth += 1;
    element.classList.add("ld-dropping");
  });
  element.addEventListener("dragover", (event) => {
    if (carriesFiles(event)) event.preventDefault();
  });
  element.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (depth === 0) element.classList.remove("ld-dropping");
  });
  element.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    element.classList.remove("ld-dropping");
    const files = [...event.dataTransfer.files];
    if (files.length) onFiles(files);
  });
}

/** Take pictures pasted anywhere on the page while `listening()` says so. */
export function acceptPastes(listening, onFiles) {
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length && listening()) {
      event.preventDefault();
      onFiles(files);
    }
  });
}

/** Take a picture from the clipboard after a click; `notify` tells when it holds none. */
export async function paste(onFiles, notify) {
  let image = null;
  try {
    image = await pasted();
  } catch {
    // The user has not allowed it: the sentence below says what else to do.
  }
  if (image) onFiles([new File([image], "clipboard", { type: image.type })]);
  else notify(t("photo.paste_empty"));
}

async function pasted() {
  for (const item of await navigator.clipboard.read()) {
    const type = item.types.find((name) => name.startsWith("image/"));
    if (type) return item.getType(type);
  }
  return null;
}

/** The camera as a stream in a <video>, with `frame()` as a JPEG blob of the unmirrored picture. */
export class Camera {
  constructor() {
    this.video = make("video", { playsinline: true, muted: true, class: "ld-camera" });
    this.video.muted = true;
    this.stream = null;
    this.stops = 0;
    this.facing = "user";
  }

  /** Start; a camera that was stopped meanwhile stays off. */
  async start() {
    this.stop();
    const { stops } = this;
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: this.facing, width: { ideal: 1920 }, height: { ideal: 1440 } },
    });
    if (stops !== this.stops) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    this.stream = stream;
    this.video.srcObject = stream;
    // A person corrects the pose as in a mirror; the photo itself is never mirrored.
    this.video.classList.toggle("ld-mirrored", this.facing === "user");
    await this.video.play();
  }

  async turn() {
    this.facing = this.facing === "user" ? "environment" : "user";
    await this.start();
  }

  stop() {
    this.stops += 1;
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
  }

  get running() {
    return this.stream !== null;
  }

  /** The present frame as a JPEG blob, its longer side at most `side` pixels. */
  async frame(side = Infinity, quality = 0.95) {
    const { videoWidth, videoHeight } = this.video;
    if (!videoWidth) return null;
    const share = Math.min(1, side / Math.max(videoWidth, videoHeight));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(videoWidth * share);
    canvas.height = Math.round(videoHeight * share);
    canvas.getContext("2d").drawImage(this.video, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
  }
}

/** One sentence on why a camera does not start. */
export function cameraFailure(error) {
  const missing = error?.name === "NotFoundError" || !navigator.mediaDevices;
  return t(missing ? "photo.camera_missing" : "photo.camera_blocked");
}

/** Whether a file is small enough; if not, `notify` says so. */
export function withinLimit(file, notify) {
  const { megabytes } = config();
  const fits = file.size <= megabytes * 2 ** 20;
  if (!fits) notify(t("session.too_large", { megabytes }));
  return fits;
}

/** The empty stage: what to do first. */
export class PhotoInput {
  /**
   * @param onFiles(files)
   * @param notify(sentence) tells what went wrong
   */
  constructor(onFiles, notify) {
    this.onFiles = onFiles;
    this.notify = notify;
    this.camera = new Camera();
    this.scene = this.buildScene();
    this.start = this.buildStart();
    this.element = make("div", { class: "ld-intake" }, this.start, this.scene);
    acceptDrops(this.element, onFiles);
  }

  buildScene() {
    return make(
      "div",
      { class: "ld-camera-scene", hidden: true },
      this.camera.video,
      make(
        "div",
        { class: "ld-row" },
        makeButton(t("photo.take"), () => this.take(), { primary: true }),
        makeButton(t("photo.camera_switch"), () => this.camera.turn().catch(() => this.close())),
        makeButton(t("common.cancel"), () => this.close()),
      ),
    );
  }

  buildStart() {
    const { megabytes, minutes } = config();
    return make(
      "div",
      { class: "ld-intake-start" },
      make("div", { class: "ld-intake-mark", "aria-hidden": "true" }),
      make("p", { class: "ld-intake-title" }, t("photo.drop")),
      make("p", { class: "ld-hint" }, t("photo.drop_hint")),
      make(
        "div",
        { class: "ld-row ld-centre" },
        chooser(t("photo.choose"), this.onFiles, { primary: true }),
        makeButton(t("photo.camera"), () => this.openCamera()),
        makeButton(t("photo.paste"), () => paste(this.onFiles, this.notify)),
      ),
      make("p", { class: "ld-hint ld-small" }, t("photo.formats", { megabytes })),
      make("p", { class: "ld-hint ld-small" }, t("app.privacy", { minutes })),
    );
  }

  async openCamera() {
    try {
      await this.camera.start();
      this.scene.hidden = !this.camera.running;
      this.start.hidden = this.camera.running;
    } catch (error) {
      this.close();
      this.notify(cameraFailure(error));
    }
  }

  async take() {
    const photo = await this.camera.frame();
    this.close();
    if (photo) this.onFiles([new File([photo], "camera.jpg", { type: photo.type })]);
  }

  close() {
    this.camera.stop();
    this.scene.hidden = true;
    this.start.hidden = false;
  }
}
