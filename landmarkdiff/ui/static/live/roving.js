/**
 * A row of buttons as one stop of the Tab key, as WAI-ARIA has it for toolbars and tabs: arrows, Home
 * and End go from one to another, and Tab comes back to the one that was left.
 */

/** Where a key leads from the button at `at`, of `count`; null where it leads nowhere. */
function goal(key, at, count) {
  if (key === "ArrowRight") return (at + 1) % count;
  if (key === "ArrowLeft") return (at + count - 1) % count;
  if (key === "Home") return 0;
  return key === "End" ? count - 1 : null;
}

/**
 * @param {HTMLElement} row
 * @param {function(HTMLElement): void} [reached] Hears to which button a key has led.
 */
export function rove(row, reached = () => {}) {
  let stop = null;
  const buttons = () => [...row.querySelectorAll("button")];
  const usable = () => buttons().filter((one) => !one.disabled && one.checkVisibility());
  const settle = () => {
    const there = usable();
    const selected = there.find((one) => one.getAttribute("aria-selected") === "true");
    if (selected) stop = selected;
    else if (!there.includes(stop)) stop = there[0] ?? null;
    for (const one of buttons()) {
      const order = one === stop ? "0" : "-1";
      if (one.getAttribute("tabindex") !== order) one.setAttribute("tabindex", order);
    }
  };
  row.addEventListener("focusin", ({ target }) => {
    stop = target.closest("button") ?? stop;
    settle();
  });
  row.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const there = usable();
    const at = there.indexOf(event.target.closest("button"));
    const next = at < 0 ? null : goal(event.key, at, there.length);
    if (next === null) return;
    // The picture above moves by the same keys.
    event.preventDefault();
    event.stopPropagation();
    there[next].focus();
    reached(there[next]);
  });
  const attributeFilter = ["disabled", "hidden", "class", "aria-selected"];
  new MutationObserver(settle).observe(row, { childList: true, subtree: true, attributeFilter });
  // A row that comes to be seen, or that has no room for some of its buttons.
  new ResizeObserver(settle).observe(row);
  settle();
}
