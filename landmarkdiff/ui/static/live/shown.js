/**
 * What a viewer shows, in so few numbers that another one draws the same from them
 * (`ScreenState` in landmarkdiff/ui/server/screen_state.py). Drawings and notes are not among them: a
 * note may hold a name.
 */

const rounded = (value) => Math.round(value * 100) / 100;

/**
 * @param {LivePreview} preview
 * @param {function(?object): ?string} nameOf The file of which a picture or a model was made.
 * @returns {?object} null where there is nothing to be shown yet.
 */
export function shownBy(preview, nameOf) {
  const { photo, view, comparison, looking, overlay, picture } = preview;
  const name = nameOf(photo?.image);
  if (!name) return null;
  const { blink, colours } = looking;
  return {
    photo: name,
    width: photo.width,
    height: photo.height,
    mm_per_px: photo.mmPerPx,
    uncertainty: photo.relativeUncertainty,
    model: nameOf(preview.buffer),
    brush: nameOf(preview.brush.parts),
    result: nameOf(picture.result),
    label: preview.label,
    values: preview.values,
    pushes: preview.brush.kept,
    mode: preview.mode,
    before: (comparison.held && !blink.on) || overlay.landmarks.on,
    blinks: blink.on,
    opacity: comparison.opacity,
    divider: comparison.divider,
    line: rounded(lineOf(view, comparison.divider)),
    region: {
      x: rounded(view.x),
      y: rounded(view.y),
      width: rounded(view.pane.width / view.scale),
      height: rounded(view.pane.height / view.scale),
    },
    mirrored: view.mirrored,
    colours,
  };
}

/** Where in the photo a share of the pane lies, pixels from its left edge. */
function lineOf({ x, across, pane, scale }, share) {
  return x + (across * (share - 0.5) * pane.width) / scale;
}

/** The share of the pane at which a place of the photo lies. */
function shareOf({ x, across, pane, scale }, line) {
  return 0.5 + (across * (line - x) * scale) / pane.width;
}

export class Follower {
  #state = null;
  #pushes = "[]";

  /**
   * @param {LivePreview} preview Draws what another one shows.
   * @param {function(string, string): Promise<object>} fetched A file by its kind and name: a picture,
   *   the buffer of a model, or what is known of pushes.
   */
  constructor(preview, fetched) {
    this.preview = preview;
    this.fetched = fetched;
    // A larger stage shows the same part of the photo larger.
    preview.view.maxScale = Infinity;
    // The stage has another shape: the divider stays at its place of the photo.
    new ResizeObserver(() => this.#place()).observe(preview.stage);
  }

  /** Draw a state, once the files that it needs are there. @throws What keeps one from coming. */
  async follow(state) {
    const before = this.#state;
    const [photo, model, brush] = await Promise.all(
      ["photo", "model", "brush"].map((kind) =>
        state[kind] && state[kind] !== before?.[kind] ? this.fetched(kind, state[kind]) : null,
      ),
    );
    const { preview } = this;
    this.#state = state;
    if (photo) this.#setPhoto(photo, before);
    else preview.setScale({ mmPerPx: state.mm_per_px, relativeUncertainty: state.uncertainty });
    if (model) preview.setModel(model);
    if (brush || !state.brush) preview.brush.setParts(brush);
    this.#setPlan(photo || model || brush);
    this.#look();
    this.#setResult(before?.result);
  }

  #setPhoto(image, before) {
    const { width, height, mm_per_px: mmPerPx, uncertainty } = this.#state;
    const same = before?.width === width && before.height === height;
    if (same && before.model === this.#state.model) this.preview.refinePhoto(image);
    else this.preview.setPhoto(image, { width, height, mmPerPx, relativeUncertainty: uncertainty });
  }

  #setPlan(anew) {
    const { preview } = this;
    const { label, values, pushes } = this.#state;
    if (label !== preview.label) preview.setLabel(label);
    preview.setValues(values);
    const said = JSON.stringify(pushes);
    if (!anew && said === this.#pushes) return;
    this.#pushes = said;
    preview.setPushes(pushes);
  }

  #look() {
    const { preview } = this;
    const { mode, before, blinks, opacity, mirrored, colours, region } = this.#state;
    const { looking, view, comparison } = preview;
    preview.setMode(mode);
    if (mirrored !== view.mirrored) looking.setMirrored(mirrored);
    if (colours !== looking.colours) looking.setColours(colours);
    if (blinks !== looking.blink.on) looking.setBlink(blinks);
    if (!looking.blink.on) comparison.held = before;
    looking.setOpacity(opacity);
    const { x, y, width, height } = region;
    const box = { x: x - width / 2, y: y - height / 2, width, height };
    view.frameBox(box, box);
    this.#place();
  }

  #place() {
    if (!this.#state) return;
    const { divider, line } = this.#state;
    const inside = divider > 0 && divider < 1;
    this.preview.setDivider(inside ? shareOf(this.preview.view, line) : divider);
  }

  /** The server's own picture comes later: until then the same is drawn from the model. */
  async #setResult(before) {
    const { preview } = this;
    const { result } = this.#state;
    const lay = (image) => (preview.webgl ? preview.setResult(image) : preview.setFallback(image));
    if (!result) {
      if (preview.webgl) lay(null);
      return;
    }
    if (result === before && preview.picture.result) return;
    const image = await this.fetched("result", result).catch(() => null);
    if (image && this.#state.result === result) lay(image);
  }
}
