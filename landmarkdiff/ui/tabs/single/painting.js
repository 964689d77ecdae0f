/**
 * Repainting in tab 1: the button, how far the network is, and then the warp, the raw painting and
 * the finished picture side by side with how they were made.
 */

import { emit, make, page, t } from "../../bus.js";
import { blobUrl, picture, send } from "../../session.js";
import { stopped, told } from "../../ask.js";

/** The mode of settings, as the server describes it. */
export function modeOf(settings) {
  return page().modes.find(({ name }) => name === settings.mode) ?? page().modes[0];
}

export class Painting {
  /**
   * @param studio what the tab does: `settings()`, `hasPhoto()`, `idle()`, `working(sentence)`,
   *   `notify(sentence, wrong)`, `lay(image, painted)`, `uncover()`, `check()`
   */
  constructor(studio) {
    this.studio = studio;
    this.running = null;
    this.made = null;
    this.current = false;
    this.looks = 0;
    this.button = make(
      "button",
      {
        type: "button",
        class: "ld-button ld-primary",
        title: t("paint.hint"),
        hidden: true,
        onclick: () => this.run(),
      },
      t("paint.run"),
    );
    this.meter = make("progress", {
      class: "ld-desk-progress",
      max: "1",
      "aria-label": t("a11y.progress"),
    });
    this.unfinished = make("img", { alt: t("paint.unfinished") });
    this.preview = make(
      "span",
      { class: "ld-step-preview", hidden: true },
      this.unfinished,
      make("span", { class: "ld-label" }, t("app.label")),
    );
    this.line = make("div", { class: "ld-row ld-painting-line", hidden: true }, this.meter);
    this.remark = make("p", { class: "ld-painting-remark", role: "status" });
    this.tiles = make("div", { class: "ld-gallery ld-painting-tiles", role: "group" });
    this.tiles.setAttribute("aria-label", t("paint.shown_as"));
    this.facts = make("dl", { class: "ld-facts ld-painting-facts" });
    this.section = make(
      "section",
      { class: "ld-painting", hidden: true, "aria-label": t("paint.title") },
      make("h2", {}, t("paint.title")),
      this.remark,
      make(
        "div",
        { class: "ld-painting-body" },
        this.tiles,
        make("div", {}, make("h3", {}, t("paint.facts")), this.facts),
      ),
    );
  }

  /** Show what belongs to these settings: the button where a network can repaint. */
  show(settings) {
    this.button.hidden = !this.studio.hasPhoto() || !modeOf(settings).paints;
  }

  async run() {
    if (this.running) return;
    const abort = new AbortController();
    this.running = abort;
    this.button.disabled = true;
    this.stage({ share: 0, text: t("progress.painting") });
    try {
      await this.studio.idle(); // the warp, which it starts from, is shown and checked first
      abort.signal.throwIfAborted();
      const settings = structuredClone(this.studio.settings());
      const options = { signal: abort.signal };
      const made = await told("repaint", settings, (line) => this.stage(line), options);
      const image = await picture(made.pictures.at(-1).full, abort.signal);
      this.end(made.sentence, made.refused);
      this.present(made, image);
    } catch (error) {
      if (abort.signal.aborted) return; // whoever stopped it has said so
      this.end(stopped(error) ? t("progress.cancelled") : error.message, !stopped(error));
    }
  }

  stage({ share, text, preview }) {
    this.line.hidden = false;
    this.meter.value = share;
    if (preview) {
      this.unfinished.src = preview;
      this.preview.hidden = false;
    }
    this.studio.working(text);
  }

  end(sentence, wrong = false) {
    this.running = null;
    this.button.disabled = false;
    this.line.hidden = true;
    this.preview.hidden = true;
    this.unfinished.removeAttribute("src");
    this.studio.working(null);
    this.studio.notify(sentence, wrong);
  }

  /** Stop at the next step of the network; tell whether there was something to stop. */
  stop(sentence) {
    if (!this.running) return false;
    this.running.abort();
    send("cancel").catch(() => {});
    this.end(sentence);
    return true;
  }

  /** The plan or the settings have changed: what was painted shows them no more. */
  outdate() {
    this.stop(t("paint.changed"));
    if (!this.current) return;
    this.current = false;
    this.looks += 1;
    this.studio.uncover();
    this.mark();
  }

  /** Another photo: nothing of the last one stays. */
  forget() {
    this.stop("");
    this.made = null;
    this.current = false;
    this.section.hidden = true;
    this.tiles.replaceChildren();
    this.facts.replaceChildren();
  }

  async present(made, image) {
    this.made = made;
    this.current = true;
    this.facts.replaceChildren(...made.facts.filter(({ lines }) => lines.length).map(fact));
    this.section.hidden = false;
    this.section.dataset.verdict = made.refused ? "refused" : "shown";
    this.studio.lay(image, made);
    const tiles = await Promise.all(made.pictures.map((one) => this.tile(one)));
    this.tiles.replaceChildren(...tiles);
    this.mark();
    this.press("final");
    this.studio.check();
  }

  mark() {
    const { made, current } = this;
    this.section.classList.toggle("ld-outdated", !current);
    this.remark.textContent = current ? made.sentence : t("paint.outdated");
    this.remark.classList.toggle("ld-wrong", current && made.refused);
    for (const button of this.section.querySelectorAll("button")) button.disabled = !current;
    if (!current) this.press(null);
  }

  async tile({ key, title, hint, tile, full, download }) {
    const alt = t("paint.look", { picture: title });
    return make(
      "figure",
      { class: "ld-figure", "data-picture": key },
      make(
        "button",
        {
          type: "button",
          class: "ld-look",
          "aria-pressed": "false",
          onclick: () => this.look(key, full),
        },
        make("img", { src: await blobUrl(tile), alt }),
        make("span", { class: "ld-label" }, t("app.label")),
        make("span", { class: "ld-label ld-outdated-mark" }, t("paint.outdated_mark")),
      ),
      make(
        "figcaption",
        {},
        make("strong", {}, title),
        make("span", { class: "ld-hint ld-small" }, hint),
        make(
          "button",
          { type: "button", class: "ld-button ld-small", onclick: () => emit("ask", { kind: key }) },
          `↓ ${download}`,
        ),
      ),
    );
  }

  /** Lay one of the pictures over the preview. */
  async look(key, full) {
    this.looks += 1;
    const look = this.looks;
    try {
      const image = await picture(full);
      if (look !== this.looks || !this.current) return;
      this.studio.lay(image, this.made);
      this.press(key);
    } catch (error) {
      this.studio.notify(error.message, true);
    }
  }

  press(key) {
    for (const figure of this.tiles.children) {
      const pressed = figure.dataset.picture === key;
      figure.querySelector(".ld-look").setAttribute("aria-pressed", String(pressed));
    }
  }
}

function fact({ name, label, lines, wrong }) {
  return make(
    "div",
    { class: wrong ? "ld-wrong-fact" : false, "data-fact": name },
    make("dt", {}, label),
    make("dd", {}, ...lines.map((line) => make("span", {}, line))),
  );
}
