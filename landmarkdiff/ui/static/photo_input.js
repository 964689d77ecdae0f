/** Where photos come in: file chooser, drop, clipboard, camera. Calls back with a File or Blob. */

import { make, page, t } from "./bus.js";

const ACCEPT =
  "image/*,.heic,.heif,.dcm,.dicom,.tif,.tiff,.bmp,application/dicom,.landmarkdiff";

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
  const button = make(
    "button",
    {
      type: "button",
      class: primary ? "ld-button ld-primary" : "ld-button",
      onclick: () => input.click(),
    },
    label,
  );
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

/** Take pictures pasted anywhere on the page while `wanted()` says so. */
export function acceptPastes(wanted, onFiles) {
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length && wanted()) {
      event.preventDefault();
      onFiles(files);
    }
  });
}

/** Read a picture from the clipboard after a click; null when it holds none. */
export async function pasted() {
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
    this.facing = "user";
  }

  async start() {
    this.stop();
    this.stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: this.facing, width: { ideal: 1920 }, height: { ideal: 1440 } },
    });
    this.video.srcObject = this.stream;
    // A person corrects the pose as in a mirror; the photo itself is never mirrored.
    this.video.classList.toggle("ld-mirrored", this.facing === "user");
    await this.video.play();
  }

  async turn() {
    this.facing = this.facing === "user" ? "environment" : "user";
    await this.start();
  }

  stop() {
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

/** The empty stage: what to do first. `notify(sentence)` tells what went wrong. */
export function intake({ onFiles, notify }) {
  const camera = new Camera();
  const scene = make("div", { class: "ld-camera-scene", hidden: true }, camera.video);
  const close = () => {
    camera.stop();
    scene.hidden = true;
    start.hidden = false;
  };
  scene.append(
    make(
      "div",
      { class: "ld-row" },
      make(
        "button",
        {
          type: "button",
          class: "ld-button ld-primary",
          onclick: async () => {
            const photo = await camera.frame();
            close();
            if (photo) onFiles([new File([photo], "camera.jpg", { type: photo.type })]);
          },
        },
        t("photo.take"),
      ),
      make(
        "button",
        { type: "button", class: "ld-button", onclick: () => camera.turn().catch(() => close()) },
        t("photo.camera_switch"),
      ),
      make("button", { type: "button", class: "ld-button", onclick: close }, t("common.cancel")),
    ),
  );
  const openCamera = async () => {
    try {
      await camera.start();
      scene.hidden = false;
      start.hidden = true;
    } catch (error) {
      close();
      notify(cameraFailure(error));
    }
  };
  const paste = async () => {
    try {
      const found = await pasted();
      if (found) onFiles([new File([found], "clipboard", { type: found.type })]);
      else notify(t("photo.paste_empty"));
    } catch {
      notify(t("photo.paste_empty"));
    }
  };
  const start = make(
    "div",
    { class: "ld-intake-start" },
    make("div", { class: "ld-intake-mark", "aria-hidden": "true" }),
    make("p", { class: "ld-intake-title" }, t("photo.drop")),
    make("p", { class: "ld-hint" }, t("photo.drop_hint")),
    make(
      "div",
      { class: "ld-row ld-centre" },
      chooser(t("photo.choose"), onFiles, { primary: true }),
      make("button", { type: "button", class: "ld-button", onclick: openCamera }, t("photo.camera")),
      make("button", { type: "button", class: "ld-button", onclick: paste }, t("photo.paste")),
    ),
    make("p", { class: "ld-hint ld-small" }, t("photo.formats", { megabytes: page().megabytes })),
    make("p", { class: "ld-hint ld-small" }, t("app.privacy", { minutes: page().minutes })),
  );
  const element = make("div", { class: "ld-intake" }, start, scene);
  acceptDrops(element, onFiles);
  return { element, close };
}
