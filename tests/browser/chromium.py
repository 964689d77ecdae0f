"""The browser that the tests drive, and how long they wait for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

#: A state may be so long in coming on a busy machine, milliseconds.
PATIENCE = 120_000
expect.set_options(timeout=PATIENCE)

#: Without a window of its own, where that is installed: the same engine draws the page, and a page
#: costs a second less of the processor.
SHELL = Path("/usr/bin/chromium-headless-shell")
CHROMIUM = SHELL if SHELL.exists() else Path("/usr/bin/chromium")
#: WebGL on the processor: the same picture on every machine. Only WebGL: the page itself, drawn by
#: the emulated graphics card, costs its process eight times as much.
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-gpu-compositing",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


def new_page(of: Browser | BrowserContext, **options: Any) -> Page:
    """Open a page that is waited for as long as a busy machine takes."""
    page = of.new_page(**options)
    page.set_default_timeout(PATIENCE)
    return page
