"""One Chromium for all browser tests, and a small server for pages, pictures and models."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chromium import CHROMIUM, CHROMIUM_ARGUMENTS
from loopback import Site
from playwright.sync_api import Browser, Page, sync_playwright
from running_app import Served, serving


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once for the session."""
    if not CHROMIUM.exists():
        pytest.skip(f"the browser tests drive {CHROMIUM}, which is not installed")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=CHROMIUM_ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """The server, for the session."""
    started = Site()
    yield started
    started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page; an error in its console, or a page error, fails the test at its end."""
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(f"page error: {error}"))
    opened.on(
        "console",
        lambda message: wrong.append(message.text) if message.type == "error" else None,
    )
    yield opened
    context.close()
    assert wrong == []


@pytest.fixture(scope="session")
def app() -> Iterator[Served]:
    """The app as a user starts it, once for the session."""
    with serving() as served:
        yield served
