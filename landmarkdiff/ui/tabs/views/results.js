/** The gallery of all views before and after, its notices, and what can be downloaded of it. */

import { make, makeButton } from "../../dom.js";
import { followLayers } from "../../layers.js";
import { t } from "../../page.js";

function figure(base, blob, caption, alternative, { label = "", label_place: style, layers = {} } = {}) {
  const address = `${base}${blob}`;
  return make(
    "figure",
    { class: "ld-figure" },
    make(
      "a",
      { href: address, target: "_blank", rel: "noopener", class: "ld-swap" },
      make("img", { src: address, alt: alternative, "data-layer": "final" }),
      ...Object.entries(layers).map(([name, layer]) =>
        make("img", {
          src: `${base}${layer}`,
          alt: `${alternative}: ${t(`paint.${name}`)}`,
          class: "ld-swap-layer",
          "data-layer": name,
        }),
      ),
      // The word in the picture itself is small on a phone; this one covers it.
      label ? make("span", { class: "ld-label ld-label-over", style }, label) : null,
    ),
    make("figcaption", {}, caption),
  );
}

/** Buttons that show the finished pictures or what they came from; see layers.js. */
function layerButtons(views) {
  const names = ["warp", "raw"].filter((name) => views.some(({ layers }) => layers[name]));
  if (!names.length) return null;
  return make(
    "div",
    { class: "ld-row ld-layers", role: "group", "aria-label": t("paint.shown_as") },
    ...[...names, "final"].map((name) =>
      make(
        "button",
        {
          type: "button",
          class: "ld-button",
          "data-show": name,
          "aria-pressed": String(name === "final"),
        },
        t(`paint.${name}`),
      ),
    ),
  );
}

function pair(view, base) {
  const simulated = `${t("common.after")} (${t("app.simulation")})`;
  const before = figure(
    base,
    view.before,
    t("common.before"),
    `${view.title}, ${t("common.before")}`,
  );
  const after = view.after
    ? figure(base, view.after, t("common.after"), `${view.title}, ${simulated}`, view)
    : make(
        "div",
        { class: "ld-no-simulation" },
        make("strong", {}, t("views.not_simulated")),
        make("p", {}, view.reason),
      );
  return make(
    "article",
    { class: "ld-view-pair", "data-result": view.after ? "simulated" : "refused" },
    make("h3", {}, view.title),
    ...view.marks.map((mark) => make("p", { class: "ld-small ld-wrong" }, `▲ ${mark}`)),
    make("div", { class: "ld-view-couple" }, before, after),
  );
}

function notices(views) {
  const items = views.flatMap((view) =>
    view.notices.map((sentence) => make("li", {}, make("strong", {}, `${view.title}: `), sentence)),
  );
  if (!items.length) return [];
  const list = make(
    "section",
    { class: "ld-notices" },
    make("h2", {}, t("common.notices")),
    make("ul", {}, ...items),
  );
  return [list];
}

function field(key) {
  const input = make("input", { class: "ld-text-field", type: "text", maxlength: "80", autocomplete: "off" });
  return { input, label: make("label", {}, make("span", {}, t(key)), input) };
}

function downloads(address, report) {
  const patient = field("consultation.patient_name");
  const surgeon = field("consultation.surgeon_name");
  const ask = () =>
    report({ patient: patient.input.value, surgeon: surgeon.input.value }, () => {
      patient.input.value = ""; // the report has it; nothing else needs it any longer
    });
  return make(
    "div",
    { class: "ld-view-files", "data-needs": "export" },
    patient.label,
    surgeon.label,
    make(
      "div",
      { class: "ld-row" },
      make(
        "a",
        { class: "ld-button", href: `${address}?download=1`, download: true },
        `↓ ${t("download.gallery")}`,
      ),
      makeButton(`↓ ${t("views.report")}`, ask, { "data-report": true }),
    ),
  );
}

/** Show the results of a run, or nothing where there are none. */
export function showResults(element, results, base, report) {
  if (results === null) {
    element.replaceChildren();
    return;
  }
  element.removeAttribute("data-layer");
  followLayers(element);
  element.replaceChildren(
    make("h2", { class: "ld-view-title" }, t("views.gallery")),
    ...[results.title, results.kept].filter(Boolean).map((said) => make("p", { class: "ld-hint" }, said)),
    ...[layerButtons(results.views)].filter(Boolean),
    make("div", { class: "ld-view-pairs" }, ...results.views.map((view) => pair(view, base))),
    ...notices(results.views),
    downloads(`${base}${results.gallery}`, report),
  );
}
