/** The viewer on the whole screen; where that is refused, in the whole window. */

export class FullScreen {
  /** @param {HTMLElement} root @param {function(): void} resized */
  constructor(root, resized) {
    this.root = root;
    this.resized = resized;
  }

  async set(on) {
    const { root } = this;
    if (on && root.requestFullscreen) {
      try {
        await root.requestFullscreen();
        return;
      } catch (error) {
        // Refused, as in a frame without the permission: fill the window instead.
        if (!(error instanceof TypeError) && error.name !== "NotAllowedError") throw error;
      }
    }
    if (!on && document.fullscreenElement === root) await document.exitFullscreen();
    root.classList.toggle("is-full", on);
    this.resized();
  }

  /** Whether it fills the window, because it may not fill the screen. */
  get fillsWindow() {
    return this.root.classList.contains("is-full");
  }

  get on() {
    return document.fullscreenElement === this.root || this.fillsWindow;
  }
}
