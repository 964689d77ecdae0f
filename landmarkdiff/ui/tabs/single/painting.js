/**
 * Repainting in tab 1: the button, how far the network is, and then the warp, the raw painting and
 * the finished picture side by side with how they were made.
 */

import { make, makeButton } from "../../dom.js";
import { config, t } from "../../page.js";
import { blobUrl, picture } from "../../session.js";

/** The mode of settings, as the server describes it. */
export function modeOf(settings) {
  return config().modes.find(({ name }) => name === settings.mode) ?? config().modes[0];
}

export class Painting {
  /** @param tab the first tab */
  constructor(tab) {
    this.tab = tab;
    this.waiting = false;
    this.made = null;
    this.current = false;
    this.looks = 0;
    this.button = makeButton(t("paint.run"), () => this.run(), {
      primary: true,
      title: t("paint.hint"),
      hidden: true,
    });
    this.meter = make("progress", {
      class: "ld-progress",
      max: "1",
      "aria-label": t("a11y.progress"),
    });
    this.line = make("div", { class: "ld-row ld-painting-line", hidden: true }, this.meter);
    this.unfinished = make("img", { alt: t("paint.unfinished") });
    this.preview = make(
      "span",
      { class: "ld-step-preview", hidden: true },
      this.unfinished,
      make("span", { class: "ld-label" }, t("app.label")),
    );
    this.buildSection();
  }

  buildSection() {
    this.verdict = make("p", { class: "ld-painting-verdict", role: "status" });
    this.tiles = make("div", {
      class: "ld-gallery ld-painting-tiles",
      role: "group",
      "aria-label": t("paint.shown_as"),
    });
    this.facts = make("dl", { class: "ld-facts ld-painting-facts" });
    this.section = make(
      "section",
      { class: "ld-painting", hidden: true, "aria-label": t("paint.title") },
      make("h2", {}, t("paint.title")),
      this.verdict,
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
    this.button.hidden = this.tab.photo === null || !modeOf(settings).paints;
  }

  async run() {
    if (this.waiting) return;
    const { tab } = this;
    this.waiting = this.button.disabled = true;
    this.stage({ share: 0, text: t("progress.painting") });
    await tab.updated; // the warp, which it starts from, is shown and checked first
    let made;
    if (this.waiting) {
      tab.begin();
      const settings = structuredClone(tab.settings);
      made = await tab.work.run(async (ask, signal) => {
        const stage = (line) => this.stage(line);
        stage({ share: 0, text: t("progress.painting") });
        const answer = await ask("single/repaint", settings, { stage });
        return { ...answer, image: await picture(answer.pictures.at(-1).full, signal) };
      });
    }
    this.end();
    if (!made) return;
    tab.notify(made.sentence, made.refused);
    await this.present(made);
  }

  stage(stage) {
    this.line.hidden = false;
    this.meter.value = stage.share;
    if (stage.preview) {
      this.unfinished.src = stage.preview;
      this.preview.hidden = false;
    }
    this.tab.working(stage);
  }

  end() {
    this.waiting = this.button.disabled = false;
    this.line.hidden = true;
    this.preview.hidden = true;
    this.unfinished.removeAttribute("src");
  }

  /** Stop at the next step of the network. */
  giveUp(sentence) {
    if (!this.waiting) return;
    this.waiting = false;
    this.tab.work.giveUp();
    this.tab.notify(sentence);
  }

  /** The plan or the settings have changed: what was painted shows them no more. */
  outdate() {
    this.giveUp(t("paint.changed"));
    if (!this.current) return;
    this.current = false;
    this.looks += 1;
    this.tab.preview.setResult(null);
    this.mark();
  }

  /** Another photo: nothing of the last one stays. */
  forget() {
    this.giveUp("");
    this.made = null;
    this.current = false;
    this.section.hidden = true;
    this.tiles.replaceChildren();
    this.facts.replaceChildren();
  }

  async present(made) {
    this.made = made;
    this.current = true;
    this.facts.replaceChildren(...made.facts.filter(({ lines }) => lines.length).map(fact));
    this.section.hidden = false;
    this.section.dataset.verdict = made.refused ? "refused" : "shown";
    this.lay(made.image);
    const tiles = await Promise.all(made.pictures.map((one) => this.tile(one)));
    this.tiles.replaceChildren(...tiles);
    this.mark();
    this.press("final");
    this.recheck();
  }

  /** Lay a painted picture over the warp that the browser draws. */
  lay(image) {
    const { preview } = this.tab;
    preview.setLabel(this.made.label);
    preview.setResult(image, this.made.values);
  }

  recheck() {
    const { tab } = this;
    if (tab.opening) return;
    tab.begin();
    tab.updated = tab.work.run((ask) => tab.check(ask).then(() => true));
  }

  mark() {
    const { made, current } = this;
    this.section.classList.toggle("ld-outdated", !current);
    this.verdict.textContent = current ? made.sentence : t("paint.outdated");
    this.verdict.classList.toggle("ld-wrong", current && made.refused);
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
        make("span", { class: "ld-label ld-label-over ld-in-corner" }, this.made.label),
        make("span", { class: "ld-label ld-outdated-mark" }, t("paint.outdated_mark")),
      ),
      make(
        "figcaption",
        {},
        make("strong", {}, title),
        make("span", { class: "ld-hint ld-small" }, hint),
        makeButton(`↓ ${download}`, () => this.tab.downloads.fetch(key), {
          small: true,
          "data-needs": "export",
        }),
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
      this.lay(image);
      this.press(key);
    } catch (error) {
      this.tab.notify(error.message, true);
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
