/**
 * Heads that show how to turn, one for each standard view.
 *
 * A view is named by the patient's side that the camera sees. Someone who shows the left side
 * looks toward the left edge of an unmirrored photo.
 */

const VIEW_BOX = "0 0 100 120";

/** Drawn looking left; the right-hand views are their mirror image. */
const SHAPES = {
  frontal: {
    neck: "M36 92 L36 106 C34 113 24 115 16 120 L84 120 C76 115 66 113 64 106 L64 92 Z",
    head: "M50 8 C29 8 21 26 22 47 C17 47 17 63 24 65 C26 84 38 101 50 101 C62 101 74 84 76 65 C83 63 83 47 78 47 C79 26 71 8 50 8 Z",
    lines:
      "M31 45 Q37 41 43 45 M57 45 Q63 41 69 45 M33 52 Q37.500 49 42 52 M58 52 Q62.500 49 67 52 M50 50 L50 67 M44 70 Q50 74 56 70 M40 84 Q50 90 60 84",
  },
  three_quarter: {
    neck: "M40 92 L40 107 C36 113 26 115 20 120 L86 120 C78 115 72 111 71 104 L69 76 Z",
    head: "M52 8 C34 8 24 22 24 42 C22 47 23 51 22 57 C21 66 24 71 26 77 C28 90 34 101 42 101 C52 101 64 94 69 78 C86 70 86 50 83 36 C80 16 68 8 52 8 Z",
    lines:
      "M27 45 Q31 42 35 45 M47 45 Q54 40 61 45 M28 52 Q31 49.500 34 52 M48 52 Q53 48.500 59 52 M40 48 Q35 58 30 66 Q31 71 39 70 M32 84 Q40 88 50 83 M74 50 Q80 47 80 56 Q79 64 73 65",
  },
  profile: {
    neck: "M44 96 L45 108 C42 114 36 116 30 120 L90 120 C82 116 77 111 76 104 L75 80 Z",
    head: "M58 8 C42 8 30 16 28 32 C26 38 27 42 26 46 C25 52 19 59 16 66 C16 69 20 70 23 71 C24 73 22 75 22 77 C24 79 25 80 24 82 C23 84 23 86 26 88 C27 91 24 94 26 98 C29 103 38 103 47 101 C56 100 62 92 66 84 C84 78 92 62 90 44 C88 22 76 8 58 8 Z",
    lines: "M30 43 Q35 39 41 43 M31 51 Q35 48 39 52 M26 80 L35 81 M62 48 Q70 44 71 54 Q70 64 63 66",
  },
};

const NAMESPACE = "http://www.w3.org/2000/svg";

function node(tag, attributes, ...children) {
  const element = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The silhouette of a standard view, as an unmirrored photo shows it. */
export function silhouette(place) {
  const shape = SHAPES[place.replace(/^(left|right)_/, "")];
  const turned = place.startsWith("right_");
  const group = node(
    "g",
    turned ? { transform: "translate(100 0) scale(-1 1)" } : {},
    node("path", { class: "ld-silhouette-neck", d: shape.neck }),
    node("path", { class: "ld-silhouette-head", d: shape.head }),
    node("path", { class: "ld-silhouette-lines", d: shape.lines }),
  );
  return node(
    "svg",
    { viewBox: VIEW_BOX, class: "ld-silhouette", "aria-hidden": "true", focusable: "false" },
    group,
  );
}
