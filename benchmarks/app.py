"""How fast the app answers: its start, one person's waits, and eight people at once.

Times to what a person sees come from Chromium drawing in software; those of the load from
clients that speak the page's own protocol, each with another photo.

    python benchmarks/app.py [--people 8] [--previews 200] [--json FILE] [--markdown FILE] [--quick]
"""

from __future__ import annotations

import io
import re
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from people import Person, photo_of, together
from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from preview import clinical, over
from tables import REPOSITORY, Table, arguments, deliver, median, portraits

from landmarkdiff.inference import LandmarkDiffPipeline

sys.path.insert(0, str(REPOSITORY / "tests" / "browser"))

from chromium import CHROMIUM, CHROMIUM_ARGUMENTS
from running_app import Served, serving
from visits import Visit

#: Milliseconds.
LIMITS_MS = {
    "start to first paint": 3000.0,
    "upload to first preview, 12 MP": 1000.0,
    "server refresh, 1 MP": 300.0,
    "95 % of previews, 8 people": 2000.0,
}
#: Megabytes from the 50th preview to the last.
GROWTH_LIMIT_MB = 50.0


def memory_mb(app: Served) -> float:
    """Resident memory of the app's process."""
    status = Path(f"/proc/{app.process.pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+)", status)
    assert found is not None
    return int(found[1]) / 1024


def jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """Return a photo as a camera writes it."""
    held = io.BytesIO()
    Image.fromarray(pixels).save(held, "JPEG", quality=92)
    return held.getvalue()


def upload_ms(browser: Browser, url: str, photo: bytes) -> tuple[float, float]:
    """Return the times from choosing a photo to its first preview and to the checked picture."""
    page = Visit(browser.new_context(viewport={"width": 1280, "height": 900}), url).page
    page.wait_for_selector(".ld-viewer canvas", state="attached")
    # From the moment the page has the file: handing it over is the test driver's own time.
    page.evaluate(
        "() => document.addEventListener('change', () => { window.chosen = performance.now(); },"
        " { capture: true, once: true })"
    )
    chosen = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photo}
    page.set_input_files(".ld-intake input[type=file]", chosen)  # type: ignore[arg-type]
    page.wait_for_selector(".ld-has-photo")
    waited = "performance.now() - window.chosen"
    first = page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => setTimeout(() =>"
        f" done({waited}))))"
    )
    page.wait_for_selector(".ld-single[data-checks]")
    checked = page.evaluate(waited)
    page.context.close()
    return float(first), float(checked)


def first_paint_ms(browser: Browser) -> float:
    """Return the time from starting the app to the page on the screen of a waiting browser."""
    context = browser.new_context()
    started = time.perf_counter()
    with serving() as app:
        Visit(context, app.url)
        taken = time.perf_counter() - started
        context.close()
    return 1e3 * taken


def main() -> None:
    """Measure everything and deliver the table."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--people", type=int, default=8, help="people at once")
    parser.add_argument("--previews", type=int, default=200, help="previews of all of them")
    parser.add_argument("--repeat", type=int, default=5, help="repetitions of each figure")
    options = parser.parse_args()
    repeat = 1 if options.quick else options.repeat
    previews = 4 * options.people if options.quick else options.previews
    warm = previews // 4

    portrait = portraits()["astronaut"]
    pipeline = LandmarkDiffPipeline().load()
    large = jpeg(clinical(portrait, (1000, 1000) if options.quick else (3000, 4000), pipeline))
    middle = clinical(portrait, (1000, 1000), pipeline)
    table = Table("app", ("what", "ms", "limit ms", "time"))

    def add(what: str, taken: float) -> None:
        limit = LIMITS_MS.get(what)
        table.add(what, taken, limit, over(taken, limit))

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=CHROMIUM_ARGUMENTS)
        add("start to first paint", median(first_paint_ms(browser) for _ in range(repeat)))
        with serving() as app:
            if not options.quick:
                upload_ms(browser, app.url, jpeg(middle))  # warms up
            times = [upload_ms(browser, app.url, large) for _ in range(repeat)]
        browser.close()
    add("upload to first preview, 12 MP", median(first for first, _ in times))
    add("upload to the checked picture, 12 MP", median(checked for _, checked in times))
    with serving() as app:
        one = Person(app.url, *photo_of(middle, 0))
        one.arrive()
        for number in range(1, 4 + 4 * repeat):
            one.preview(number)
        one.leave()
        assert one.failures == [], one.failures
        add("server refresh, 1 MP", median(one.waits_ms[3:]))
        people = [Person(app.url, *photo_of(middle, k)) for k in range(options.people)]
        for person in people:
            person.arrive()
        together(people, warm)
        at_first = memory_mb(app)
        together(people, previews - warm)
        growth = memory_mb(app) - at_first
        for person in people:
            person.leave()
        waits = np.array([wait for person in people for wait in person.waits_ms])
        failures = [failure for person in people for failure in person.failures]
        add(f"median of previews, {options.people} people", float(np.median(waits)))
        add(f"95 % of previews, {options.people} people", float(np.percentile(waits, 95)))
    table.notes += [
        f"{options.people} people, {len(waits)} previews at 1 MP, {len(failures)} failures"
        f"{': ' + ', '.join(sorted(set(failures))) if failures else ''}; every picture was "
        "compared with the colour in the corner of its own photo.",
        f"Memory of the server changed by {growth:+.0f} MB from preview {warm} to the last "
        f"(limit {GROWTH_LIMIT_MB:.0f} MB), from {at_first:.0f} MB with all photos open.",
        "Browser and server share the processor's cores.",
    ]
    deliver(options, table, growth_mb=growth, failures=failures)


if __name__ == "__main__":
    main()
