/**
 * Events between the page's modules: "photo" when the first tab has opened one, "plan" when another
 * tab has put a plan together for it, "settings" when its plan is shown anew, "drawn" when the server
 * has drawn and checked it, "figures" when what stands below its picture may be another, "expired"
 * when the session is over, "login" when the login is and the page holds something, "online" when the
 * program answers again.
 */

const bus = new EventTarget();

export function emit(name, detail = {}) {
  bus.dispatchEvent(new CustomEvent(name, { detail }));
}

export function on(name, listener) {
  bus.addEventListener(name, (event) => listener(event.detail));
}
