"""The app in a window of its own: a Chromium-family browser in app mode, or pywebview."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from landmarkdiff.errors import ParameterError

__all__ = ["BROWSER_VARIABLE", "AppWindow", "find_window_command"]

#: Names the browser of the window, where it is not found or another is wanted.
BROWSER_VARIABLE = "LANDMARKDIFF_BROWSER"
_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
    "brave-browser",
    "vivaldi",
)
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    r"C:\Program Files\Microsoft\Edge\Application\msedge.exe",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
)
#: A browser with a fresh profile would ask, report, update and synchronise.
_FLAGS = (
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--no-service-autorun",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-sync",
    "--metrics-recording-only",
    "--password-store=basic",
    "--use-mock-keychain",
    "--disable-features=AutofillServerCommunication,CertificateTransparencyComponentUpdater,"
    "InterestFeedContentSuggestions,MediaRouter,OptimizationHints,Translate",
    # Whatever it still asks for goes to a port where nothing listens, without a look-up.
    "--proxy-server=http://127.0.0.1:9",
    "--window-size=1440,920",
)
_WEBVIEW = (
    "import sys, webview; webview.create_window('LandmarkDiff', sys.argv[1], width=1440, "
    "height=920); webview.start(private_mode=True)"
)
#: A window that closes within this time by itself could not be opened.
_TOO_SOON = 3.0


def find_window_command() -> Callable[[str, Path], list[str]]:
    """Return what makes a window's command line from an address and a folder for its profile.

    Raises
    ------
    ParameterError
        Neither a browser nor pywebview was found.
    """
    browser = _find_browser()
    if browser is not None:
        return lambda address, folder: [
            browser,
            f"--app={address}",
            f"--user-data-dir={folder}",
            f"--proxy-bypass-list={urlsplit(address).hostname}",
            *_FLAGS,
        ]
    if find_spec("webview") is not None:
        return lambda address, _: [sys.executable, "-c", _WEBVIEW, address]
    raise ParameterError("window_browser_missing", variable=BROWSER_VARIABLE)


def _find_browser() -> str | None:
    chosen = os.environ.get(BROWSER_VARIABLE)
    if chosen:
        program = shutil.which(chosen)
        if program is None:
            raise ParameterError("window_browser_unknown", variable=BROWSER_VARIABLE, value=chosen)
        return program
    for name in (*_NAMES, *_PLACES):
        program = shutil.which(name)
        if program is not None:
            return program
    return None


class AppWindow:
    """An open window.

    Parameters
    ----------
    command : list of str
    on_close : callable
        Called from a thread once the window is closed, with whether it had been open at all.
    """

    def __init__(self, command: list[str], on_close: Callable[[bool], None]) -> None:
        # It keeps the user's own TMPDIR: browsers make a socket there, whose path must be short.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # browsers are talkative
            start_new_session=True,
        )
        self._opened = time.monotonic()
        self._on_close = on_close
        self._watch = threading.Thread(target=self._wait, name="window", daemon=True)
        self._watch.start()

    def _wait(self) -> None:
        status = self._process.wait()
        soon = time.monotonic() - self._opened < _TOO_SOON
        self._on_close(not (soon and status != 0))

    def close(self) -> None:
        """Close the window and wait until its processes no longer write into the profile."""
        self._on_close = lambda _: None
        if self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=1.0)
