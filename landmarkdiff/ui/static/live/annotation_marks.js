/** One annotation over the picture: its lines and label in each pane, and what it is moved by. */

import { element, shape } from "./elements.js";

/** How far an angle's arc and label stand from its vertex, CSS pixels. */
const ARC_PX = 22;
const ANGLE_LABEL_PX = 30;
/** Labels of lines stand so far beside them, the flat ones and the upright; CSS pixels. */
const ASIDE_PX = [22, 48];

/** The angle at the middle one of three places, 0 to 180 degrees. */
export function degreesOf([first, vertex, second]) {
  const [ax, ay] = [first[0] - vertex[0], first[1] - vertex[1]];
  const [bx, by] = [second[0] - vertex[0], second[1] - vertex[1]];
  return (Math.atan2(Math.abs(ax * by - ay * bx), ax * bx + ay * by) * 180) / Math.PI;
}

/** What an annotation says; empty where it has no words. */
export function readingOf({ kind, points, text }, photo, { t, number }) {
  if (kind === "text") return text;
  if (kind === "angle") return t("live.angle_reading", { degrees: number(degreesOf(points), 0) });
  if (kind !== "distance" || !photo.mmPerPx) return "";
  const [[ax, ay], [bx, by]] = points;
  const mm = Math.hypot(bx - ax, by - ay) * photo.mmPerPx;
  if (!photo.relativeUncertainty) return t("live.scale_bar", { mm: number(mm, 1) });
  const error = number(mm * photo.relativeUncertainty, 1);
  return t("live.ruler_reading", { mm: number(mm, 1), error });
}

/** By which of its points an annotation is moved: a stroke as a whole, by its first. */
function handlesOf({ kind, points }) {
  return kind === "pen" ? [0] : points.map((_, place) => place);
}

export class Mark {
  /**
   * @param {object} annotation `kind`, `points` in photo pixels, and the `text` of a note.
   * @param {string} name What it is called, with its number.
   * @param {{t: function, number: function}} page
   */
  constructor(annotation, name, page) {
    this.annotation = annotation;
    this.name = name;
    this.page = page;
    const { kind } = annotation;
    this.views = [0, 1].map(() => {
      const edge = shape("path", { class: "ld-live-mark-edge" });
      const core = shape("path", { class: "ld-live-mark-core" });
      const label = element("span", { class: `ld-live-mark-label is-${kind}` });
      return { lines: shape("g", { class: `ld-live-mark is-${kind}` }, edge, core), label };
    });
    this.handles = handlesOf(annotation).map((place) =>
      element("button", {
        class: `ld-live-mark-end is-${kind}`,
        type: "button",
        "aria-label": page.t("live.mark_point", { name, point: place + 1 }),
      }),
    );
  }

  /**
   * Lay it over the panes.
   * @param {function([number, number], object): {x: number, y: number}} seen From photo pixels to
   *   CSS pixels of the stage, in a pane.
   */
  update(seen, panes, photo) {
    const { annotation, handles, views } = this;
    const words = readingOf(annotation, photo, this.page);
    views.forEach(({ lines, label }, number) => {
      const pane = panes[number];
      lines.style.display = pane ? "" : "none";
      label.hidden = !pane || words === "";
      if (!pane) return;
      const places = annotation.points.map((point) => seen(point, pane));
      const path = pathOf(annotation.kind, places, pane);
      for (const line of lines.children) line.setAttribute("d", path);
      const at = labelPlace(annotation.kind, places);
      const inside = at.x > pane.x && at.x < pane.x + pane.width && at.y > 0 && at.y < pane.height;
      if (!inside) label.hidden = true;
      label.style.transform = `translate(${at.x}px, ${at.y}px) translate(-50%, -50%)`;
      if (label.textContent !== words) label.textContent = words;
    });
    const last = panes.at(-1);
    handlesOf(annotation).forEach((place, k) => {
      const { x, y } = seen(annotation.points[place], last);
      handles[k].style.transform = `translate(${x}px, ${y}px)`;
      const inside = x >= last.x && x <= last.x + last.width && y >= 0 && y <= last.height;
      handles[k].hidden = !inside;
    });
    return labelPlace(annotation.kind, annotation.points.map((point) => seen(point, last)));
  }

  remove() {
    for (const { lines, label } of this.views) {
      lines.remove();
      label.remove();
    }
    for (const handle of this.handles) handle.remove();
  }
}

/** The lines through places of the stage, from the pane's own corner. */
function pathOf(kind, places, pane) {
  if (kind === "text") return "";
  const [first, ...more] = places.map(({ x, y }) => [x - pane.x, y - pane.y]);
  const line = `M${first.join(" ")}L${more.map((place) => place.join(" ")).join("L")}`;
  return kind === "angle" ? line + arc([first, ...more]) : line;
}

function arc([first, vertex, second]) {
  const [a, b] = [first, second].map(([x, y]) => Math.atan2(y - vertex[1], x - vertex[0]));
  const at = (turn) => [vertex[0] + ARC_PX * Math.cos(turn), vertex[1] + ARC_PX * Math.sin(turn)];
  const turn = Math.atan2(Math.sin(b - a), Math.cos(b - a));
  return `M${at(a).join(" ")}A${ARC_PX} ${ARC_PX} 0 0 ${turn > 0 ? 1 : 0} ${at(b).join(" ")}`;
}

/** Where the words stand so that they cover none of the points, CSS pixels of the stage. */
function labelPlace(kind, places) {
  if (kind === "distance") return besideLine(...places);
  if (kind === "text") return { x: places[0].x, y: places[0].y - ASIDE_PX[0] };
  if (kind === "pen") return { x: places[0].x, y: places[0].y };
  const [first, vertex, second] = places;
  const unit = ({ x, y }) => {
    const far = Math.max(Math.hypot(x - vertex.x, y - vertex.y), 1);
    return [(x - vertex.x) / far, (y - vertex.y) / far];
  };
  const [a, b] = [unit(first), unit(second)];
  const [x, y] = [a[0] + b[0], a[1] + b[1]];
  const far = Math.hypot(x, y);
  // Of a straight angle any side will do.
  const away = far > 0.05 ? [-x / far, -y / far] : [-a[1], a[0]];
  return { x: vertex.x + ANGLE_LABEL_PX * away[0], y: vertex.y + ANGLE_LABEL_PX * away[1] };
}

/** Beside a line, on its upper side, so that neither end is covered. */
function besideLine(a, b) {
  const length = Math.max(Math.hypot(b.x - a.x, b.y - a.y), 1);
  const turn = b.x >= a.x ? 1 : -1;
  const upright = Math.abs((b.y - a.y) / length);
  const away = ASIDE_PX[0] + (ASIDE_PX[1] - ASIDE_PX[0]) * upright;
  return {
    x: (a.x + b.x) / 2 + (turn * away * (b.y - a.y)) / length,
    y: (a.y + b.y) / 2 - (turn * away * (b.x - a.x)) / length,
  };
}
