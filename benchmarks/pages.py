"""What the benchmarks in a browser share: Chromium on the processor, a server, and its cost."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium without a screen and without a graphics card."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def serve(files: Mapping[str, bytes]) -> Iterator[str]:
    """Serve files by their paths, as they are when they are asked for; give the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, files))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, files: Mapping[str, bytes], *given: Any) -> None:
        self.files = files
        super().__init__(*given)

    def do_GET(self) -> None:
        data = self.files.get(self.path)
        if data is None:
            self.send_error(404)
            return
        types = {".js": "text/javascript", ".css": "text/css", ".png": "image/png"}
        self.send_response(200)
        self.send_header("Content-Type", types.get(Path(self.path).suffix, "text/html"))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Print nothing between the figures."""


def processor_ms() -> float | None:
    """Processor time of this process's descendants so far, ms; None where it cannot be read."""
    children: dict[int, list[tuple[int, int]]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        entry = int(folder.name), int(fields[11]) + int(fields[12])
        children.setdefault(int(fields[1]), []).append(entry)
    if not children:
        return None
    ticks, waiting = 0, [os.getpid()]
    while waiting:
        for process, spent in children.get(waiting.pop(), []):
            ticks += spent
            waiting.append(process)
    return 1e3 * ticks / os.sysconf("SC_CLK_TCK")
