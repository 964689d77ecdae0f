"""The browser that the tests drive."""

from __future__ import annotations

from pathlib import Path

CHROMIUM = Path("/usr/bin/chromium")
#: WebGL on the processor: the same picture on every machine. Only WebGL: the page itself, drawn by
#: the emulated graphics card, costs its process eight times as much.
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-gpu-compositing",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
