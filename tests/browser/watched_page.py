"""Pages whose errors fail the test that made them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chromium import new_page
from playwright.sync_api import Browser, Page, ViewportSize

__all__ = ["VIEWPORT", "fresh_page", "watch"]

VIEWPORT: ViewportSize = {"width": 800, "height": 700}


def watch(page: Page) -> list[str]:
    """Return a list that takes what the page complains of from now on."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"page error: {error}"))
    page.on(
        "console",
        lambda message: wrong.append(message.text) if message.type == "error" else None,
    )
    return wrong


@contextmanager
def fresh_page(browser: Browser, **options: Any) -> Iterator[Page]:
    """Give a page in a context of its own; an error in it fails the test at its end."""
    context = browser.new_context(**{"viewport": VIEWPORT, **options})
    page = new_page(context)
    wrong = watch(page)
    yield page
    context.close()
    assert wrong == []
