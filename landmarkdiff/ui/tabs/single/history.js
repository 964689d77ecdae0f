/** A history of settings with undo and redo. */

const LONGEST = 100;

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
