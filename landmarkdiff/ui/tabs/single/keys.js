/** The keys of tab 1 beside those of its viewer: undo, redo, and Escape. */

/** @param {SingleTab} tab Its keys count while it is the tab that is seen. */
export function listenToKeys(tab) {
  document.addEventListener("keydown", (event) => {
    if (tab.root.offsetParent !== null) press(tab, event);
  });
}

function press(tab, event) {
  // What lies over the picture closes first.
  if (event.key === "Escape" && tab.patient.shown && !event.defaultPrevented) {
    tab.patient.toggle(false);
    return;
  }
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  const key = event.key.toLowerCase();
  const fields = "input[type=number], input[type=text], input[type=password], textarea";
  const typing = event.target.matches?.(fields);
  if (key === "z" && !typing) {
    event.preventDefault();
    tab.travel(event.shiftKey ? tab.history.redo() : tab.history.undo());
  } else if (key === "y" && !typing) {
    event.preventDefault();
    tab.travel(tab.history.redo());
  }
}
