"""How fast the app answers: its start, one person's waits, and eight people at once.

Times to what a person sees come from Chromium drawing in software; those of the load from eight
clients that speak the page's own protocol, each with another photo.

    python benchmarks/app.py [--people 8] [--previews 200] [--json FILE] [--markdown FILE] [--quick]
"""

from __future__ import annotations

import io
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from people import Person, photo_of, together
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from preview import clinical, verdict
from tables import Table, arguments, deliver, median, portraits

from landmarkdiff.inference import LandmarkDiffPipeline

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
#: Milliseconds.
LIMITS_MS = {
    "start to first paint": 5000.0,
    "upload to first preview, 12 MP": 1000.0,
    "server refresh, 1 MP": 300.0,
    "95 % of previews, eight people": 2000.0,
}
#: Megabytes from the 50th preview to the last.
GROWTH_LIMIT_MB = 50.0


@dataclass(frozen=True)
class App:
    """A running app: its root and its process."""

    url: str
    process: subprocess.Popen[bytes]
    started: float

    @property
    def memory_mb(self) -> float:
        """Resident memory of the process."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        found = re.search(r"VmRSS:\s+(\d+)", status)
        assert found is not None
        return int(found[1]) / 1024


@contextmanager
def running() -> Iterator[App]:
    """Start the app as a user does and stop it at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "landmarkdiff", "app", "--no-browser", "--port", str(port)]
    with TemporaryDirectory() as folder, Path(folder, "log").open("wb") as log:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=log, stderr=log, env=dict(os.environ))
        try:
            while b"is ready" not in Path(folder, "log").read_bytes():
                assert process.poll() is None, Path(folder, "log").read_text()
                time.sleep(0.02)
            yield App(f"http://127.0.0.1:{port}", process, started)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)


def jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """Return a photo as a camera writes it."""
    held = io.BytesIO()
    Image.fromarray(pixels).save(held, "JPEG", quality=92)
    return held.getvalue()


def upload_ms(page: Page, url: str, photo: bytes) -> tuple[float, float]:
    """Return the times from choosing a photo to its first preview and to the server's picture."""
    page.goto(f"{url}/en/")
    page.wait_for_selector(".ld-intake-start")
    page.wait_for_timeout(500)
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
    page.wait_for_selector("[data-drawn]")
    return float(first), float(page.evaluate(waited))


def first_paint_ms() -> float:
    """Return the time from starting the app to the page on the screen of a waiting browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page()
        page.goto("about:blank")
        with running() as app:
            page.goto(f"{app.url}/en/")
            page.wait_for_selector(".ld-intake-start")
            taken = time.perf_counter() - app.started
        browser.close()
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
        table.add(what, taken, limit, verdict(taken, limit))

    add("start to first paint", median([first_paint_ms() for _ in range(repeat)]))
    with running() as app:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            upload_ms(page, app.url, jpeg(middle))  # warms up
            times = [upload_ms(page, app.url, large) for _ in range(repeat)]
            browser.close()
        add("upload to first preview, 12 MP", median([first for first, _ in times]))
        add("upload to the server's picture, 12 MP", median([drawn for _, drawn in times]))
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
        at_first = app.memory_mb
        together(people, previews - warm)
        growth = app.memory_mb - at_first
        for person in people:
            person.leave()
        waits = np.array([wait for person in people for wait in person.waits_ms])
        failures = [failure for person in people for failure in person.failures]
        add("median of previews, eight people", float(np.median(waits)))
        add("95 % of previews, eight people", float(np.percentile(waits, 95)))
    table.notes += [
        f"{options.people} people, {len(waits)} previews at 1 MP, {len(failures)} failures"
        f"{': ' + ', '.join(sorted(set(failures))) if failures else ''}; every picture was "
        "compared with the colour in the corner of its own photo.",
        f"Memory of the server grew by {growth:.0f} MB from preview {warm} to the last "
        f"(limit {GROWTH_LIMIT_MB:.0f} MB), from {at_first:.0f} MB with all photos open.",
        "Browser and server share the processor's cores.",
    ]
    deliver(options, table, growth_mb=growth, failures=failures)


if __name__ == "__main__":
    main()
