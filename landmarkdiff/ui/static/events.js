/**
 * Events between the page's modules: "photo" when the first tab has opened one, "plan" when another
 * tab has put a plan together for it, "expired" when the session is over.
 */

const bus = new EventTarget();

export function emit(name, detail = {}) {
  bus.dispatchEvent(new CustomEvent(name, { detail }));
}

export function on(name, listener) {
  bus.addEventListener(name, (event) => listener(event.detail));
}
