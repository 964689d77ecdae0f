/** Addresses of the app, which a proxy may show below a path of its own. */

const root = new URL("../../", import.meta.url);

/** The address of a path of the app, "ld/session". */
export function address(path) {
  return new URL(path, root).pathname;
}
