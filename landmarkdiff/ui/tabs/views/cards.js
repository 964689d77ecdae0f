/** The cards of the five places, and of photos that have found none. */

import { make } from "../../dom.js";
import { t } from "../../page.js";
import { chooser } from "../../photo_input.js";
import { silhouette } from "./silhouettes.js";

const SMALL_BUTTON = "ld-button ld-small-button";

export class Cards {
  /**
   * @param state of the tab, as the server describes it
   * @param base address of this session's blobs
   * @param actions.add(files, place) puts photos in, the first one into a place
   * @param actions.camera(place) opens the camera for a place
   * @param actions.points(photo) opens the points of a photo's profile
   * @param actions.change(kind, question) lets the server change the set
   */
  constructor(state, base, actions) {
    this.state = state;
    this.base = base;
    this.actions = actions;
  }

  placed(place) {
    const { view, title } = place;
    const state = view ? (view.accepted ? "good" : "doubt") : "missing";
    const turn = [view?.measured, place.expected].filter(Boolean).join(" · ");
    const lines = [
      make("p", { class: "ld-place-state" }, view ? view.sentence : t("views.missing")),
      ...(view?.notices ?? []).map((notice) => make("p", { class: "ld-small" }, notice)),
      make("p", { class: "ld-hint ld-small" }, turn),
    ];
    const picture = view
      ? this.picture(view, `${t("common.photo")}: ${title}`)
      : silhouette(place.place);
    const openCamera = () => this.actions.camera(place.place);
    const attributes = { "data-place": place.place, "data-state": state, "data-photo": view?.id };
    return this.card(attributes, picture, title, lines, [
      this.choose(place),
      this.button("photo.camera", title, "camera", openCamera),
      view?.points ? this.points(view, title) : null,
      view ? this.remove(view, title) : null,
      state === "doubt" ? this.mover(view, title, (other) => other !== place) : null,
    ]);
  }

  /** A photo in which nothing tells the view: the user says where it belongs. */
  loose(view) {
    const { title } = view;
    const lines = [make("p", { class: "ld-place-state" }, view.sentence)];
    const attributes = { "data-loose": view.id, "data-state": "doubt", "data-photo": view.id };
    return this.card(attributes, this.picture(view, title), title, lines, [
      this.mover(view, title, (place) => !place.view),
      view.points ? this.points(view, title) : null,
      this.remove(view, title),
    ]);
  }

  card(attributes, picture, title, lines, tools) {
    return make(
      "li",
      { class: "ld-place", ...attributes },
      make("div", { class: "ld-place-picture" }, picture),
      make("div", { class: "ld-place-text" }, make("h2", {}, title), ...lines),
      make("div", { class: "ld-row ld-place-tools" }, ...tools),
    );
  }

  picture(view, alt) {
    return make("img", { src: `${this.base}${view.blob}`, alt });
  }

  choose({ place, title, view }) {
    const key = view ? "views.replace" : "photo.choose";
    const choose = chooser(t(key), (files) => this.actions.add(files, place));
    const button = choose.querySelector("button");
    button.className = SMALL_BUTTON;
    button.setAttribute("aria-label", `${t(key)}: ${title}`);
    button.dataset.action = "choose";
    return choose;
  }

  button(key, title, action, onclick) {
    const attributes = { "aria-label": `${t(key)}: ${title}`, "data-action": action, onclick };
    return make("button", { type: "button", class: SMALL_BUTTON, ...attributes }, t(key));
  }

  points(view, title) {
    const open = () => this.actions.points(view.id);
    const button = this.button("views.profile_points", title, "points", open);
    button.dataset.needs = "edit";
    return button;
  }

  remove(view, title) {
    const remove = () => this.actions.change("remove", { photo: view.id });
    return this.button("common.remove", title, "remove", remove);
  }

  /** Where a photo goes that is not where it belongs; what stands there changes with it. */
  mover(view, title, fits) {
    const name = t("views.put_into");
    const move = ({ target }) =>
      this.actions.change("move", { photo: view.id, place: target.value });
    return make(
      "select",
      { class: "ld-select ld-small-button", "aria-label": `${name}: ${title}`, onchange: move },
      make("option", { value: "", selected: true, disabled: true }, name),
      ...this.state.places
        .filter(fits)
        .map((place) => make("option", { value: place.place }, place.title)),
    );
  }
}
