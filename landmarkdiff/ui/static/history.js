/** A history of settings with undo and redo. */

const LONGEST = 100;

/** The steps that `steps()` gives, the oldest first. */
export const inOrder = ({ past, present, future }) => [...past, present, ...future.toReversed()];

export class History {
  constructor(first) {
    this.reset(first);
  }

  reset(first) {
    this.past = [];
    this.present = first;
    this.future = [];
  }

  push(settings) {
    if (JSON.stringify(settings) === JSON.stringify(this.present)) return false;
    this.past.push(this.present);
    if (this.past.length > LONGEST) this.past.shift();
    this.present = settings;
    this.future = [];
    return true;
  }

  /** Every step, the oldest first. */
  get all() {
    return inOrder(this);
  }

  /** Which of them is the present one. */
  get place() {
    return this.past.length;
  }

  /** Go to a step; the others stay. */
  goTo(place) {
    const { all } = this;
    this.past = all.slice(0, place);
    this.present = all[place];
    this.future = all.slice(place + 1).reverse();
    return this.present;
  }

  /** All steps as plain data, of which nothing changes any more. */
  steps() {
    const { past, present, future } = this;
    return structuredClone({ past, present, future });
  }

  /** Go on from what `steps()` gave. */
  restore({ past, present, future }) {
    Object.assign(this, structuredClone({ past, present, future }));
  }

  undo() {
    if (!this.past.length) return null;
    this.future.push(this.present);
    this.present = this.past.pop();
    return this.present;
  }

  redo() {
    if (!this.future.length) return null;
    this.past.push(this.present);
    this.present = this.future.pop();
    return this.present;
  }
}
