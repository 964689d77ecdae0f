"""Frames a second of the live preview while a slider is dragged, drawn by the processor alone.

A portrait is cut to a clinical framing at 1024 x 1024 pixels. Chromium without a graphics card
(SwiftShader) opens the viewer on a square stage and the intensity goes to and fro between 0 and
100 % for three seconds, a new value for each frame that the browser is ready to draw; one value
fits the spline, draws the warp and shows it. A graphics card draws at the rate of the screen.

    python benchmarks/live.py [--seconds 3] [--json FILE] [--markdown FILE] [--quick]
"""

from __future__ import annotations

import io
from typing import Any

from pages import chromium, processor_ms, serve
from PIL import Image
from playwright.sync_api import Browser
from preview import clinical
from tables import REPOSITORY, Table, arguments, deliver, portraits

from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.manipulation.live_model import LiveModel
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.texts import Texts

LIVE = REPOSITORY / "landmarkdiff" / "ui" / "static" / "live"
SIZE = 1024
PROCEDURES: tuple[str | tuple[str, ...], ...] = (
    "rhinoplasty",
    "rhytidectomy",
    ("rhytidectomy", "brow_lift"),
)
#: Divider in the middle, as the page opens; and the whole picture simulated.
MODES = ("divider", "after")
LIMIT_FPS = 25.0
#: Values over one drag from 0 to 100 %.
STEPS = 101

PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/live/live.css">
<link rel="stylesheet" href="/live/looking.css">
<link rel="stylesheet" href="/live/brush.css">
<style>body { margin: 0 } #place { width: SIZEpx } #place .ld-live { border: 0 }
#place .ld-live-stage { flex: none; height: SIZEpx; max-height: none }</style>
<div id="place"></div>
<script type="module">
import { LivePreview } from "/live/preview.js";
const model = await (await fetch("/model.bin")).arrayBuffer();
const photo = await createImageBitmap(await (await fetch("/photo.png")).blob());
const frame = () => new Promise((done) => requestAnimationFrame(done));
let preview, steps;
const LEAST = 20; // values, however busy the machine
const gaps = [], fits = [], draws = [], each = [];
const drag = async (ms) => {
  const started = performance.now();
  const { frames, fits: before } = preview.stats();
  let last = started, done = before;
  for (const kept of [gaps, fits, draws, each]) kept.length = 0;
  for (let i = 0; last - started < ms || i < LEAST; i++) {
    const way = i % (2 * steps.length - 2);
    preview.setValues(steps[way < steps.length ? way : 2 * steps.length - 2 - way]);
    await frame(); // the preview asked for this frame first, so it has drawn by now
    const now = performance.now();
    const stats = preview.stats();
    gaps.push(now - last);
    fits.push(stats.fitMs);
    draws.push(stats.drawMs);
    each.push(stats.fits - done);
    done = stats.fits;
    last = now;
  }
  return { frames: preview.stats().frames - frames, ms: last - started };
};
window.start = async (given) => {
  steps = given.steps;
  const t = (key) => given.texts[key];
  const number = (value, digits) => value.toFixed(digits);
  preview = new LivePreview(document.querySelector("#place"), { t, number });
  preview.setMode(given.mode);
  preview.setPhoto(photo, given.facts);
  preview.setModel(model);
  await drag(1000 * Math.min(1, given.seconds));
};
window.measure = async (seconds) => {
  const { frames, ms } = await drag(1000 * seconds);
  const { renderer, width, height } = preview.stats();
  preview.destroy();
  const quantile = (list, q) => list.sort((a, b) => a - b)[Math.floor(q * (list.length - 1))];
  return { frames, fps: (1000 * frames) / ms, gap: quantile(gaps, 0.95),
    fit: quantile(fits, 0.5), fitWorst: quantile(fits, 1), draw: quantile(draws, 0.5),
    fits: each.reduce((a, b) => a + b, 0) / each.length, renderer, width, height };
};
window.ready = true;
</script>""".replace("SIZE", str(SIZE))


def measure(browser: Browser, url: str, given: dict[str, Any]) -> dict[str, Any]:
    """Drag once in a fresh page; return the page's figures."""
    page = browser.new_page(viewport={"width": SIZE, "height": SIZE + 80})
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
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each drag")
    parser.add_argument("--portrait", default="astronaut", choices=["astronaut", "grace_hopper"])
    options = parser.parse_args()
    seconds = 0.5 if options.quick else options.seconds
    procedures = PROCEDURES[:1] if options.quick else PROCEDURES

    pipeline = LandmarkDiffPipeline().load()
    photo = clinical(portraits()[options.portrait], (SIZE, SIZE), pipeline)
    prepared = pipeline.prepare(photo)
    held = io.BytesIO()
    Image.fromarray(photo).save(held, "PNG")
    files = {f"/live/{path.name}": path.read_bytes() for path in LIVE.iterdir()}
    files |= {"/": PAGE.encode(), "/photo.png": held.getvalue()}

    table = Table(
        "live",
        (
            "procedure",
            "shown",
            "nodes",
            "controls",
            "frames/s",
            "limit",
            "rate",
            "95 % within ms",
            "fit ms",
            "worst fit ms",
            "fits/frame",
            "draw ms",
            "cpu ms/frame",
        ),
    )
    texts = Texts.load("en").table(("live",))
    renderer = ""
    with chromium() as browser, serve(files) as url:
        for procedure in procedures:
            plans = [
                make_plan(procedure, prepared.landmarks, intensity=100 * k / (STEPS - 1))
                for k in range(STEPS)
            ]
            model = LiveModel.of(prepared, plans[-1])
            files["/model.bin"] = model.encode()
            steps = [{item.key: item.value for item in plan.effects} for plan in plans]
            for mode in MODES:
                given = {
                    "texts": texts,
                    "facts": {"width": SIZE, "height": SIZE, "mmPerPx": model.mm_per_px},
                    "mode": mode,
                    "steps": steps,
                    "seconds": seconds,
                }
                found = measure(browser, url, given)
                renderer = f"{found['renderer']}, {found['width']} x {found['height']} pixels"
                table.add(
                    procedure if isinstance(procedure, str) else " + ".join(procedure),
                    mode,
                    int((model.coverage > 0).sum()),
                    sum(len(piece.controls) + len(piece.anchors) for piece in model.pieces),
                    found["fps"],
                    LIMIT_FPS,
                    "ok" if found["fps"] >= LIMIT_FPS else "under",
                    found["gap"],
                    found["fit"],
                    found["fitWorst"],
                    found["fits"],
                    found["draw"],
                    found["cpu"],
                )
        table.notes += [
            f"{renderer}; Chromium {browser.version}.",
            f"Each drag takes {seconds:g} s, after a second to warm up; every value is fitted and "
            "drawn. '95 % within': time from one frame to the next; 'draw ms': the page's part of "
            "drawing; 'cpu ms/frame': all of Chromium's processes together.",
            f"The {options.portrait} portrait, cut so that the face takes half of the width. "
            "'divider': as the page opens, 'after': the whole picture simulated.",
        ]
    deliver(options, table)


if __name__ == "__main__":
    main()
