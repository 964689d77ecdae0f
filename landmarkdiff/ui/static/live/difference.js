/**
 * What the simulation changes, in colours: how far every place moves in the picture, mm, and by how
 * much its brightness changes, levels of 255. Both are read from the field that the page draws.
 */

import { element } from "./elements.js";
import { LIGHT_STOPS, MOVEMENT_STOPS, heatGradient, heatLimit } from "./heat.js";
import { sizeOf } from "./scene.js";

/** Ends that the scale of brightness may have, levels. */
const LEVELS = [5, 10, 20, 40, 80];
/** How bright red, green and blue look (ITU-R BT.601), as the shader counts them. */
const GREY = [0.299, 0.587, 0.114];
/** No gloss that is taken off leaves less of a pixel than this share; as in the shader. */
const LEAST_MATT = 0.7;
/** Steps of a layer's matte in which it is still face; as in the shader. */
const FACE_STEPS = 127;

/** The light of a code of sRGB, 0 to 1 (IEC 61966-2-1), and back. */
function linear(code) {
  return code <= 0.04045 ? code / 12.92 : ((code + 0.055) / 1.055) ** 2.4;
}

function coded(light) {
  return light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
}

export class Difference {
  #field = null;
  #front = null;
  #open = null;
  #photo = null;
  #codes = null;
  #levels = null;
  #limits = { movement: 0, light: 0 };
  #words = "";

  /** What is shown in colours: "movement", "light", or null for the picture. */
  kind = null;

  /** @param {{t: function, number: function}} given As for the preview. */
  constructor({ t, number }) {
    this.t = t;
    this.number = number;
    this.title = element("span", {});
    this.bar = element("span", { class: "ld-live-colours" });
    this.ends = [0, 1, 2].map(() => element("span", {}));
    this.most = element("span", {});
    this.root = element(
      "div",
      { class: "ld-live-legend" },
      this.title,
      this.bar,
      element("span", { class: "ld-live-ends" }, ...this.ends),
      this.most,
    );
    this.root.hidden = true;
  }

  /** Another photo, or another picture of it. @param {Photo} photo */
  setPhoto(photo) {
    this.#photo = photo;
    this.#codes = this.#levels = null;
  }

  /**
   * @param {?{mask: Mask, displacement: Float32Array, light: ?Float32Array}} field
   * @param {?LiveFront} [front] What lies in front of the face, and neither moves nor changes.
   */
  setField(field, front = null) {
    if (field?.mask !== this.#field?.mask) this.#codes = this.#open = null;
    this.#field = field;
    this.#front = front;
    this.#levels = null;
  }

  /** Show it in other colours; the scale begins anew. @param {?("movement"|"light")} kind */
  show(kind) {
    this.kind = kind;
    this.#limits = { movement: 0, light: 0 };
  }

  /**
   * What the picture is told to draw.
   *
   * While a map is shown its scale may grow, but does not shrink: the colours of one value of a
   * slider can be compared with those of another.
   * @returns {?ColourMap}
   */
  map() {
    const { kind } = this;
    const mmPerPx = this.#photo?.mmPerPx;
    if (!kind || !this.#field || (kind === "movement" && !mmPerPx)) return null;
    const limits = this.#limits;
    if (kind === "movement") {
      limits.movement = Math.max(limits.movement, heatLimit(this.mostMm));
      return { kind, end: limits.movement / mmPerPx, stops: MOVEMENT_STOPS };
    }
    const [low, high] = this.levelRange;
    limits.light = Math.max(limits.light, heatLimit(Math.max(-low, high), LEVELS));
    return { kind, end: limits.light / 255, stops: LIGHT_STOPS };
  }

  /** How far the farthest place moves, mm. */
  get mostMm() {
    const { displacement } = this.#field;
    const open = this.#openAtNodes();
    let most = 0;
    for (let node = 0; node < open.length; node++) {
      const far = Math.hypot(displacement[2 * node], displacement[2 * node + 1]);
      most = Math.max(most, open[node] * far);
    }
    return most * this.#photo.mmPerPx;
  }

  /** The largest darkening and brightening, levels of 255; 0 and 0 where the light is left alone. */
  get levelRange() {
    this.#levels ??= this.#levelsOfNodes();
    let [low, high] = [0, 0];
    for (const each of this.#levels) {
      low = Math.min(low, each);
      high = Math.max(high, each);
    }
    return [low, high];
  }

  /**
   * What happens at a place of the simulation, photo pixels.
   * @returns {?{mm: ?number, levels: number}} null outside of what moves; `mm` is null without scale.
   */
  at({ x, y }) {
    if (!this.#field) return null;
    const { mask, displacement } = this.#field;
    const { grid } = mask;
    if (!grid.covers(x, y)) return { mm: this.#photo.mmPerPx ? 0 : null, levels: 0 };
    this.#levels ??= this.#levelsOfNodes();
    const open = this.#openAtNodes();
    grid.findCorners(x, y);
    let [dx, dy, levels, seen] = [0, 0, 0, 0];
    grid.corner.forEach((node, k) => {
      seen += grid.weight[k] * open[node];
      dx += grid.weight[k] * displacement[2 * node];
      dy += grid.weight[k] * displacement[2 * node + 1];
      levels += grid.weight[k] * this.#levels[node];
    });
    const { mmPerPx } = this.#photo;
    return { mm: mmPerPx ? seen * Math.hypot(dx, dy) * mmPerPx : null, levels };
  }

  /** How much of each node is face and not what lies in front of it, 0 to 1. */
  #openAtNodes() {
    if (this.#open) return this.#open;
    const { grid } = this.#field.mask;
    const front = this.#front;
    this.#open = new Float32Array(grid.nodeCount).fill(1);
    if (!front) return this.#open;
    for (let node = 0; node < grid.nodeCount; node++) {
      const column = Math.round((grid.nodeX(node) - front.x) / front.step);
      const row = Math.round((grid.nodeY(node) - front.y) / front.step);
      if (column < 0 || row < 0 || column >= front.columns || row >= front.rows) continue;
      const steps = front.cells[4 * (row * front.columns + column) + 3];
      this.#open[node] = 1 - Math.max(steps - FACE_STEPS, 0) / (255 - FACE_STEPS);
    }
    return this.#open;
  }

  /** The change of brightness at the nodes, levels of 255. */
  #levelsOfNodes() {
    const { mask, displacement, light } = this.#field;
    const { grid } = mask;
    const levels = new Float32Array(grid.nodeCount);
    if (!light) return levels;
    this.#codes ??= this.#codesOfNodes(grid);
    const codes = this.#codes;
    const open = this.#openAtNodes();
    for (let i = 0; i < mask.activeCount; i++) {
      const node = mask.active[i];
      const column = node % grid.columns;
      const row = Math.floor(node / grid.columns);
      const along = (place, shift, count) =>
        Math.min(Math.max(Math.round(place + shift / grid.step), 0), count - 1);
      const from =
        along(row, displacement[2 * node + 1], grid.rows) * grid.columns +
        along(column, displacement[2 * node], grid.columns);
      let change = 0;
      for (let c = 0; c < 3; c++) {
        const code = codes[4 * from + c] / 255;
        const matt = linear(code) * light[4 * node + c];
        const lit = Math.max(matt + light[4 * node + 3], LEAST_MATT * matt);
        change += GREY[c] * (coded(Math.min(Math.max(lit, 0), 1)) - code);
      }
      levels[node] = 255 * open[node] * change;
    }
    return levels;
  }

  /** The photo at the nodes: (rows, columns, 4) codes. */
  #codesOfNodes({ x, y, step, rows, columns }) {
    const { image, width } = this.#photo;
    const share = sizeOf(image).width / width;
    const canvas = element("canvas", { width: columns, height: rows });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    const part = [x, y, columns * step, rows * step].map((each) => each * share);
    context.drawImage(image, ...part, 0, 0, columns, rows);
    return context.getImageData(0, 0, columns, rows).data;
  }

  // -- the legend --------------------------------------------------------------------------

  /** What is shown, in words, for who does not see the colours. */
  get sentence() {
    const { t, kind } = this;
    if (!kind) return t("live.colours_off");
    if (!this.#field) return t("live.no_change");
    if (kind === "movement") return `${t("live.movement")}. ${this.#mostWords()}`;
    return `${t("live.light")}. ${this.#mostWords()}`;
  }

  #mostWords() {
    const { t, number } = this;
    if (this.kind === "movement") return t("live.movement_most", { mm: number(this.mostMm, 1) });
    if (!this.#field.light) return t("live.light_alone");
    const [low, high] = this.levelRange.map((each) => Math.round(each));
    return t("live.light_range", { low: number(low, 0), high: number(high, 0) });
  }

  /** Bring the legend up to a map. @param {?ColourMap} map */
  update(map) {
    this.root.hidden = map === null;
    this.root.parentElement.classList.toggle("has-legend", map !== null);
    if (!map) return;
    const { t, number } = this;
    const light = map.kind === "light";
    const limit = this.#limits[map.kind];
    const words = [t(`live.${map.kind}_legend`), `${limit}`, this.#mostWords()];
    if (words.join() === this.#words) return;
    this.#words = words.join();
    this.title.textContent = words[0];
    this.bar.style.background = heatGradient(light ? -1 : 0, 1, map.stops);
    const end = number(limit, 0);
    const ends = light ? [`−${end}`, "0", `+${end}`] : ["0", "", end];
    ends.forEach((each, k) => (this.ends[k].textContent = each));
    this.most.textContent = words[2];
  }
}
