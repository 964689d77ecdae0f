/** Listeners by the name of an event. */
export class Events {
  #listeners = new Map();

  /** @returns {function(): void} Takes the listener away. */
  on(name, listener) {
    if (!this.#listeners.has(name)) this.#listeners.set(name, new Set());
    this.#listeners.get(name).add(listener);
    return () => this.#listeners.get(name).delete(listener);
  }

  emit(name, detail) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(detail);
  }

  clear() {
    this.#listeners.clear();
  }
}
