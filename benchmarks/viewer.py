"""Frames a second of the head that turns, drawn by the processor alone.

A head is fitted to a portrait and planned on. Chromium without a graphics card (SwiftShader) shows
it on a square stage of 800 x 800 points; for three seconds it is turned from one profile to the
other and back, or its plan goes to and fro between nothing and the whole, a new view or a new shape
for each frame that the browser is ready to draw. A graphics card draws at the rate of the screen.

    python benchmarks/viewer.py [--seconds 3] [--json FILE] [--markdown FILE] [--quick]
"""

from __future__ import annotations

from typing import Any

from pages import chromium, processor_ms, serve
from playwright.sync_api import Browser
from tables import REPOSITORY, Table, arguments, deliver

from landmarkdiff import weights
from landmarkdiff.head.payload import encode_payload
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.photo import read_photo
from landmarkdiff.procedures import procedure
from landmarkdiff.texts import Texts
from landmarkdiff.workflows import SimulationRequest
from landmarkdiff.workflows.heads.patient import dressed_head
from landmarkdiff.workflows.heads.reading import read_for_head

STATIC = REPOSITORY / "landmarkdiff" / "ui" / "static"
SIZE = 800
PROCEDURES = ("rhinoplasty", "rhytidectomy")
#: What the user does meanwhile.
ACTS = ("turn", "slide")
LIMIT_FPS = 30.0
#: For the positions of one value of the sliders.
LIMIT_STEP_MS = 4.0

PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/live/live.css">
<link rel="stylesheet" href="/static/head/head.css">
<style>body { margin: 0 } #place { width: SIZEpx } #place .ld-live { border: 0 }
#place .ld-live-stage { flex: none; height: SIZEpx; max-height: none }</style>
<div id="place"></div>
<script type="module">
import { createHeadViewer } from "/static/head/viewer.js";
const payload = await (await fetch("/head.bin")).arrayBuffer();
const frame = () => new Promise((done) => requestAnimationFrame(done));
const quantile = (list, q) => list.sort((a, b) => a - b)[Math.floor(q * (list.length - 1))];
const LEAST = 20; // frames, however busy the machine
const STEPS = 90; // frames from one profile to the other, or from nothing to the plan
let viewer, act;
const acts = {
  turn: (part) => { viewer.camera.take({ yaw: 180 * part - 90 }); viewer.cameraMoved(); },
  slide: (part) => viewer.setShare(part),
};
const go = async (ms) => {
  const started = performance.now(), before = viewer.frameCount;
  const gaps = [], steps = [], draws = [], sizes = [];
  let last = started;
  for (let i = 0; last - started < ms || i < LEAST; i++) {
    const way = i % (2 * STEPS);
    const from = performance.now();
    acts[act](way < STEPS ? way / STEPS : 2 - way / STEPS);
    steps.push(performance.now() - from);
    await frame(); // the viewer asked for this frame first, so it has drawn by now
    const now = performance.now();
    gaps.push(now - last);
    draws.push(viewer.drawMs);
    sizes.push(viewer.canvas.width);
    last = now;
  }
  return { fps: (1000 * (viewer.frameCount - before)) / (last - started),
    frames: viewer.frameCount - before, gap: quantile(gaps, 0.95),
    step: quantile(steps, 0.5), stepWorst: quantile(steps, 1), draw: quantile(draws, 0.5),
    width: quantile(sizes, 0.5) };
};
window.start = async (given) => {
  const t = (key) => given.texts[key];
  const number = (value, digits) => value.toFixed(digits);
  viewer = await createHeadViewer(document.querySelector("#place"), payload, { t, number });
  act = given.act;
  await go(1000 * Math.min(1, given.seconds));
};
window.measure = (seconds) => go(1000 * seconds);
window.ready = true;
</script>""".replace("SIZE", str(SIZE))


def site() -> dict[str, bytes]:
    """The page and the modules that it loads, by their paths."""
    modules = {
        f"/static/{path.relative_to(STATIC).as_posix()}": path.read_bytes()
        for path in STATIC.rglob("*")
        if path.suffix in (".js", ".css")
    }
    return {"/": PAGE.encode(), **modules}


def measure(browser: Browser, url: str, given: dict[str, Any]) -> dict[str, Any]:
    """Do one thing in a fresh page; return the page's figures."""
    page = browser.new_page(viewport={"width": SIZE, "height": SIZE + 400})
    page.goto(url)
    page.wait_for_function("window.ready")
    page.evaluate("given => start(given)", given)
    before = processor_ms()
    found: dict[str, Any] = page.evaluate("seconds => measure(seconds)", given["seconds"])
    after = processor_ms()
    found["cpu"] = None
    if before is not None and after is not None:
        found["cpu"] = (after - before) / max(found["frames"], 1)
    page.close()
    return found


def main() -> None:
    """Measure every procedure and deliver the table."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each turn")
    parser.add_argument("--portrait", default="astronaut", choices=["astronaut", "grace_hopper"])
    options = parser.parse_args()
    seconds = 0.5 if options.quick else options.seconds
    names = PROCEDURES[:1] if options.quick else PROCEDURES

    request = SimulationRequest()
    photo = read_photo(weights.obtain(options.portrait))
    reads = read_for_head(LandmarkDiffPipeline().load(), [photo], request)
    dressed = dressed_head(reads, request.configuration)
    texts = Texts.load("en").table(("head", "live"))
    files = site()
    table = Table(
        "viewer",
        (
            "procedure",
            "act",
            "vertices",
            "frames/s",
            "limit",
            "rate",
            "95 % within ms",
            "step ms",
            "worst step ms",
            "limit step",
            "step",
            "draw ms",
            "drawn px",
            "cpu ms/frame",
        ),
    )
    with chromium() as browser, serve(files) as url:
        for name in names:
            head = dressed.with_plan(SimulationRequest(procedures=(procedure(name),))).simulation
            files["/head.bin"] = encode_payload(head)
            for act in ACTS:
                given = {"texts": texts, "act": act, "seconds": seconds}
                found = measure(browser, url, given)
                table.add(
                    name,
                    act,
                    len(head.surface.vertices),
                    found["fps"],
                    LIMIT_FPS,
                    "ok" if found["fps"] >= LIMIT_FPS else "under",
                    found["gap"],
                    found["step"],
                    found["stepWorst"],
                    LIMIT_STEP_MS,
                    "ok" if found["step"] <= LIMIT_STEP_MS else "over",
                    found["draw"],
                    found["width"],
                    found["cpu"],
                )
        table.notes += [
            f"SwiftShader; Chromium {browser.version}; a stage of {SIZE} x {SIZE} points.",
            f"Each takes {seconds:g} s, after a second to warm up. 'turn': from one profile to the "
            "other and back; 'slide': from nothing to the whole plan and back, new positions and "
            "normals for every frame ('step ms'). 'drawn px': width of what is drawn while it "
            "moves, enlarged to the stage; at rest it is drawn with two pixels to a point.",
            f"The head of the {options.portrait} portrait.",
        ]
    deliver(options, table)


if __name__ == "__main__":
    main()
