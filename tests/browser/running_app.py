"""The app as a user starts it, in a process of its own on a free port."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page

__all__ = ["Served", "add_photo", "go_to_tab", "serving"]


@dataclass(frozen=True)
class Served:
    """A running app.

    Attributes
    ----------
    url : str
        Of its root, without a slash at the end.
    process : subprocess.Popen
    log : Path
        What it wrote on its standard output and error.
    """

    url: str
    process: subprocess.Popen[bytes]
    log: Path


#: Connections take their own ends from above: one might take a port before the app listens there.
_PORTS = range(20_000, 32_000)


def free_port() -> int:
    """Return a port on the loopback that nobody listens on."""
    choose = random.SystemRandom().choice  # the tests' own generators begin alike in every worker
    while True:
        port = choose(_PORTS)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


@contextmanager
def serving(
    *options: str,
    environment: dict[str, str] | None = None,
    program: Callable[[int], list[str]] | None = None,
) -> Iterator[Served]:
    """Run ``landmarkdiff app`` with further options, or another program; stop it at the end.

    ``program(port)`` gives what Python is to run.

    Raises
    ------
    RuntimeError
        It did not start; with what it wrote.
    """
    port = free_port()
    app = ["-m", "landmarkdiff", "app", "--no-browser", "--port", str(port)]
    command = [sys.executable, *(app if program is None else program(port))]
    with TemporaryDirectory(prefix="served-") as folder:
        log = Path(folder, "log.txt")
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, *options],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
            )
        try:
            _wait_until_ready(process, log)
            yield Served(f"http://127.0.0.1:{port}", process, log)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path, tries: int = 9000) -> None:
    for _ in range(tries):
        if b"is ready" in log.read_bytes():
            return
        try:
            process.wait(timeout=0.02)
        except subprocess.TimeoutExpired:
            continue
        break
    raise RuntimeError(f"the app did not start:\n{log.read_text(errors='replace')}")


def add_photo(page: Page, photo: Path, *, typical: bool = True) -> None:
    """Give the first tab a photo, choose the typical change, and wait for its simulation.

    The page opens with the untouched face; it stays so without ``typical``, and where the plan
    cannot be changed.
    """
    before = page.locator(".ld-single").get_attribute("data-checks")
    page.set_input_files(".ld-stage input[type=file]:not([hidden] *)", photo)
    _wait_for_check(page, before)
    chip = page.locator("[data-goal=typical][aria-pressed=false]")
    if typical and chip.is_visible():
        before = page.locator(".ld-single").get_attribute("data-checks")
        chip.click()
        _wait_for_check(page, before)


def _wait_for_check(page: Page, before: str | None) -> None:
    """Wait until the first tab has shown another check than that of this number."""
    page.wait_for_function(
        "(before) => { const { checks } = document.querySelector('.ld-single').dataset;"
        " return checks !== undefined && checks !== before; }",
        arg=before,
    )


def go_to_tab(page: Page, name: str) -> None:
    """Go to a tab by its title, also where the tab bar hides it in its menu."""
    button = page.get_by_role("tab", name=re.compile(f"^{re.escape(name)}$"))
    if not button.is_visible():
        page.locator("#ld-tabs .overflow-menu > button").click()
        page.locator("#ld-tabs .overflow-dropdown button", has_text=name).click()
        return
    button.click()
