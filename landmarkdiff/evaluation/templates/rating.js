"use strict";
// Scores of predicted points: one sample at a time, kept in the page until they are saved as CSV.
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const scores = new Map();
let place = 0;
let saved = true;

function drawn(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function show() {
  const sample = data.samples[place];
  const picture = at("picture");
  const image = drawn("image", { href: data.faces[sample.face], x: -0.5, y: -0.5, width: 512, height: 512 });
  picture.replaceChildren(image);
  for (const [line, closed] of data.lines) {
    const points = line.map((index) => sample.points[index].join(",")).join(" ");
    const shape = closed ? "polygon" : "polyline";
    picture.append(drawn(shape, { points, fill: "none", stroke: "#00e5ff", "stroke-width": 1.2, "stroke-opacity": 0.8 }));
  }
  for (const [x, y] of sample.points) {
    picture.append(drawn("circle", { cx: x, cy: y, r: 2.6, fill: "#00e5ff", stroke: "#00222a", "stroke-width": 0.8 }));
  }
  at("words").textContent = sample.words;
  at("place").textContent = `${place + 1} of ${data.samples.length}; ${scores.size} scored`;
  for (const [id, score] of [["right", 1], ["wrong", 0]]) {
    at(id).setAttribute("aria-pressed", String(scores.get(sample.id) === score));
  }
  at("back").disabled = place === 0;
  at("next").disabled = place === data.samples.length - 1;
}

function move(step) {
  place = Math.min(Math.max(place + step, 0), data.samples.length - 1);
  show();
}

function give(score) {
  scores.set(data.samples[place].id, score);
  saved = false;
  move(1);
}

function quoted(text) {
  return `"${text.replaceAll('"', '""')}"`;
}

function save() {
  const rater = at("rater").value.trim();
  const told = at("told");
  told.className = "asked";
  if (!rater) {
    told.textContent = "Give a name or a code first.";
    at("rater").focus();
    return;
  }
  const rows = [...scores].map(([id, score]) => [data.page, quoted(rater), id, score].join(","));
  const text = ["page,rater,sample,score", ...rows].join("\r\n") + "\r\n";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = `scores-${rater.replace(/[^\p{L}\p{N}-]+/gu, "_")}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  saved = true;
  told.className = "faint";
  told.textContent = `${scores.size} scores saved.`;
}

at("right").addEventListener("click", () => give(1));
at("wrong").addEventListener("click", () => give(0));
at("back").addEventListener("click", () => move(-1));
at("next").addEventListener("click", () => move(1));
at("save").addEventListener("click", save);
document.addEventListener("keydown", (event) => {
  if (event.target === at("rater") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "1") give(1);
  else if (event.key === "0") give(0);
  else if (event.key === "ArrowLeft") move(-1);
  else if (event.key === "ArrowRight") move(1);
});
window.addEventListener("beforeunload", (event) => {
  if (!saved) event.preventDefault();
});
show();
