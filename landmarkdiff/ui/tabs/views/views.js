/** Tab 5: the five standard views of a patient, and one plan in all of them. */

import { make, on, page, start, t } from "../../bus.js";
import { acceptDrops, acceptPastes, chooser, pasted } from "../../photo_input.js";
import { save, send, token } from "../../session.js";
import { stopped, told } from "../../ask.js";
import { Cards } from "./cards.js";
import { Guide } from "./guide.js";
import { PlanChoice } from "./plan.js";
import { showResults } from "./results.js";

/** The order in which the camera asks for the views: the plan is made on the frontal one. */
const GUIDED = [
  "frontal",
  "left_three_quarter",
  "left_profile",
  "right_three_quarter",
  "right_profile",
];

class Views {
  constructor(root) {
    this.root = root;
    this.set = null;
    this.busy = null;
    this.build();
    on("photo", () => this.refresh());
    on("expired", () => this.notify(t("session.expired"), true));
    acceptPastes(() => this.visible, (files) => this.add(files, this.focused()));
    new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting) && !this.busy) this.refresh();
    }).observe(root);
  }

  get visible() {
    return this.root.isConnected && this.root.offsetParent !== null;
  }

  build() {
    this.guide = new Guide({
      take: (file, place) => this.takeFor(file, place),
      next: (place) => this.target(this.after(place)),
      notify: (sentence, wrong) => this.notify(sentence, wrong),
      closed: () => this.cameraButton.focus({ preventScroll: true }),
    });
    this.cameraButton = this.button("photo.camera", () => this.openCamera(this.firstMissing()));
    this.sortButton = this.button("views.sort", () => this.change("view/sort"));
    this.clearButton = this.button("views.remove_all", () => this.change("view/all/remove"));
    this.count = make("span", { class: "ld-hint" });
    this.strip = make("ol", { class: "ld-places" });
    this.loose = make("ul", { class: "ld-places ld-loose", hidden: true });
    this.status = make("p", { class: "ld-status", role: "status", "aria-live": "polite" });
    this.meter = make("progress", { class: "ld-desk-progress ld-meter", max: "1", "aria-label": t("a11y.progress") });
    this.cancel = this.button("common.cancel", () => this.stop());
    this.work = make("div", { class: "ld-row ld-work", hidden: true }, this.meter, this.cancel);
    this.plan = new PlanChoice();
    this.runButton = this.button("views.run", () => this.apply(), true);
    this.results = make("section", { class: "ld-view-results", "aria-label": t("views.gallery") });
    const choose = chooser(t("views.upload_all"), (files) => this.add(files), {
      multiple: true,
      primary: true,
    });
    this.root.replaceChildren(
      make("p", { class: "ld-hint" }, t("views.hint")),
      make(
        "div",
        { class: "ld-row ld-views-bar" },
        choose,
        this.cameraButton,
        this.button("photo.paste", () => this.paste()),
        this.sortButton,
        this.clearButton,
        this.count,
      ),
      this.guide.element,
      this.strip,
      this.loose,
      make("p", { class: "ld-hint ld-small" }, t("views.profiles")),
      make("div", { class: "ld-views-run" }, this.plan.element, this.runButton),
      make("div", { class: "ld-status-row" }, this.status, this.work),
      this.results,
    );
    let dropped = null;
    this.root.addEventListener(
      "drop",
      (event) => {
        dropped = event.target.closest?.("[data-place]")?.dataset.place ?? null;
      },
      { capture: true },
    );
    acceptDrops(this.root, (files) => this.add(files, dropped));
  }

  button(key, onclick, primary = false) {
    const kind = primary ? "ld-button ld-primary" : "ld-button";
    return make("button", { type: "button", class: kind, onclick }, t(key));
  }

  notify(sentence, wrong = false) {
    this.status.textContent = sentence;
    this.status.classList.toggle("ld-wrong", wrong);
  }

  // -- the set of views ----------------------------------------------------------------------

  /** Show what the server knows; another tab may have opened another patient's photo. */
  async refresh() {
    try {
      this.show(await (await send("view/set")).json());
    } catch (error) {
      this.notify(error.message, true);
    }
  }

  async show(set) {
    this.set = set;
    const base = `/ld/${await token()}/blob/`;
    const focus = document.activeElement?.closest?.("[data-place]");
    const focused = focus && [focus.dataset.place, document.activeElement.dataset.action];
    const cards = new Cards(set, base, {
      add: (files, place) => this.add(files, place),
      camera: (place) => this.openCamera(place),
      change: (path) => this.change(path),
    });
    this.strip.replaceChildren(...set.places.map((place) => cards.placed(place)));
    this.loose.replaceChildren(...set.unplaced.map((view) => cards.loose(view)));
    this.loose.hidden = set.unplaced.length === 0;
    if (focused) {
      const card = this.strip.querySelector(`[data-place="${focused[0]}"]`);
      const same = focused[1] && card?.querySelector(`[data-action="${focused[1]}"]`);
      (same || card?.querySelector("button"))?.focus({ preventScroll: true });
    }
    this.count.textContent = t("views.count", { count: set.count, total: set.places.length });
    this.plan.show(set.plan, set.mode);
    this.enable();
    const results = set.results?.id ?? null;
    if (results !== this.shown) {
      this.shown = results;
      showResults(this.results, set.results, base, (typed) => this.report(typed));
    }
    this.root.dataset.count = set.count;
  }

  enable() {
    const free = this.busy === null;
    const count = this.set?.count ?? 0;
    this.runButton.disabled = !free || count === 0;
    this.clearButton.disabled = !free || count === 0;
    this.sortButton.hidden = !this.set?.unsorted;
    this.sortButton.disabled = !free;
    this.root.classList.toggle("ld-working", !free);
    this.work.hidden = free;
  }

  place(name) {
    return this.set?.places.find(({ place }) => place === name);
  }

  focused() {
    return document.activeElement?.closest?.("[data-place]")?.dataset.place ?? null;
  }

  async change(path) {
    try {
      this.show(await (await send(path)).json());
      this.notify("");
    } catch (error) {
      this.notify(error.message, true);
    }
  }

  /** Put photos in: one into a place, the others where their measured turn says. */
  async add(files, place = null) {
    if (this.busy) return false;
    const abort = new AbortController();
    const failures = [];
    this.begin(abort);
    for (const [done, file] of files.entries()) {
      const where = done === 0 && place ? `?place=${place}` : "";
      const step = { number: done + 1, count: files.length };
      this.stage(done / files.length, `${t("progress.reading")} · ${t("progress.step", step)}`);
      try {
        if (file.size > page().megabytes * 2 ** 20) {
          throw new Error(t("session.too_large", { megabytes: page().megabytes }));
        }
        const headers = { "X-Name": encodeURIComponent(file.name ?? "photo") };
        const response = await send(`view${where}`, file, { signal: abort.signal, headers });
        await this.show(await response.json());
      } catch (error) {
        if (error.name === "AbortError" || error.code === "WorkCancelled") {
          this.end(t("progress.cancelled"));
          return false;
        }
        failures.push(files.length > 1 ? `${file.name}: ${error.message}` : error.message);
      }
    }
    const sorted = files.length > 1 ? t("views.sorted") : "";
    this.end(failures.length ? failures.join(" ") : sorted, failures.length > 0);
    return failures.length === 0;
  }

  async paste() {
    try {
      const found = await pasted();
      if (found) await this.add([new File([found], "clipboard", { type: found.type })]);
      else this.notify(t("photo.paste_empty"));
    } catch {
      this.notify(t("photo.paste_empty"));
    }
  }

  // -- the camera ----------------------------------------------------------------------------

  firstMissing() {
    return GUIDED.find((name) => !this.place(name)?.view) ?? GUIDED[0];
  }

  /** The next place without a photo, in the order of the guide; null after the last. */
  after(name) {
    const rest = GUIDED.slice(GUIDED.indexOf(name) + 1);
    return rest.find((other) => !this.place(other)?.view) ?? null;
  }

  target(name) {
    if (name === null) return null;
    const step = t("views.step", { number: GUIDED.indexOf(name) + 1, count: GUIDED.length });
    return { place: name, title: this.place(name)?.title ?? name, step };
  }

  openCamera(name) {
    if (this.busy) return;
    this.notify("");
    this.guide.open(this.target(name));
  }

  /** Keep a picture of the camera; answer with the next place, the same one if it was refused. */
  async takeFor(file, name) {
    const kept = await this.add([file], name);
    const view = this.place(name)?.view;
    if (!kept || !view) return this.target(name);
    const said = [view.sentence, ...view.remarks].join(". ");
    this.notify(`${this.place(name).title}: ${said}`, !view.accepted);
    return this.target(view.accepted ? (this.after(name) ?? this.missingBefore(name)) : name);
  }

  missingBefore(name) {
    const earlier = GUIDED.slice(0, GUIDED.indexOf(name));
    return earlier.find((other) => !this.place(other)?.view) ?? null;
  }

  // -- work on the server --------------------------------------------------------------------

  begin(abort = null) {
    this.busy = abort ?? {};
    this.cancel.disabled = false;
    this.enable();
  }

  stage(share, sentence) {
    this.meter.value = share;
    this.notify(sentence);
  }

  end(sentence, wrong = false) {
    this.busy = null;
    this.enable();
    this.notify(sentence, wrong);
  }

  stop() {
    this.cancel.disabled = true;
    this.notify(t("progress.cancelling"));
    this.busy?.abort?.();
    send("cancel").catch(() => {});
  }

  /** Do work that tells its stages. */
  told(path, data) {
    this.begin();
    return told(path, data, ({ share, text }) => {
      if (!this.cancel.disabled) this.stage(share, text);
    });
  }

  async attempt(work) {
    if (this.busy) return;
    this.guide.close();
    try {
      this.end(await work());
    } catch (error) {
      this.end(stopped(error) ? t("progress.cancelled") : error.message, !stopped(error));
    }
  }

  apply() {
    return this.attempt(async () => {
      const set = await this.told("view/apply", this.plan.value);
      await this.show(set);
      this.results.scrollIntoView({ block: "nearest" });
      return t("progress.done");
    });
  }

  report(typed) {
    return this.attempt(async () => {
      const { blob, filename } = await this.told("view/report", typed);
      await save(blob, filename);
      return t("download.ready", { file: filename });
    });
  }
}

let views = null;

export function mount(element) {
  start(document.querySelector("[data-facts]"));
  const root = element.querySelector(".ld-views");
  if (root && !root.hasChildNodes()) views = new Views(root);
  return views;
}
