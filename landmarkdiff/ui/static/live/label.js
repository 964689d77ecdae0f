/** The word that marks a simulation, drawn into the canvas so that no saved picture lacks it. */

/** From the edges of the pane, CSS pixels. */
const GAP = 10;
const SIZE = 12;

export class Label {
  #text = "";
  #pixelRatio = 0;
  #picture = null;

  setText(text) {
    this.#text = text;
    this.#picture = null;
  }

  /** The word as a canvas; another one only after the text or the pixel ratio has changed. */
  picture(pixelRatio) {
    if (!this.#picture || this.#pixelRatio !== pixelRatio) {
      this.#picture = draw(this.#text, pixelRatio);
      this.#pixelRatio = pixelRatio;
    }
    return this.#picture;
  }

  /**
   * Where the label lies in a pane in which the simulation shows: upright where that is wide
   * enough, else along the edge.
   * @returns {{x: number, y: number, width: number, height: number, upright: boolean}}
   */
  place({ area, from }, pixelRatio) {
    const picture = this.picture(pixelRatio);
    const left = Math.max(from, area.x);
    const right = area.x + area.width;
    const gap = GAP * pixelRatio;
    const upright = right - left >= picture.width + 2 * gap;
    const width = upright ? picture.width : picture.height;
    const height = upright ? picture.height : picture.width;
    const aside = upright ? gap : Math.max(0, Math.min(gap, (right - left - width) / 2));
    return { x: right - aside - width, y: area.y + gap, width, height, upright };
  }
}

function draw(text, pixelRatio) {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  const size = SIZE * pixelRatio;
  const setFont = () => {
    context.font = `600 ${size}px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif`;
    if ("letterSpacing" in context) context.letterSpacing = `${0.09 * size}px`;
  };
  setFont();
  const pad = 0.75 * size;
  canvas.width = Math.ceil(context.measureText(text).width + 2 * pad);
  canvas.height = Math.ceil(2 * size);
  setFont(); // a canvas forgets it with its size
  context.fillStyle = "rgba(12, 18, 22, 0.62)";
  context.beginPath();
  context.roundRect(0, 0, canvas.width, canvas.height, canvas.height / 2);
  context.fill();
  context.fillStyle = "#fff";
  context.textBaseline = "middle";
  context.fillText(text, pad, canvas.height / 2 + 0.04 * size);
  return canvas;
}
