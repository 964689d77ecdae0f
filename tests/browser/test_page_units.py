"""The page writes units as the sentences of its language do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from running_app import Served, add_photo
from visits import VIEW, Visit


@pytest.mark.parametrize(
    ("language", "strange"), [("zh", r"\bmm\b|\d\s%"), ("pt", r"\d\s%"), ("de", r"毫米|\d%")]
)
def test_units_are_those_of_the_language(
    browser: Browser, app: Served, portrait: Path, language: str, strange: str
) -> None:
    visit = Visit(browser.new_context(viewport=VIEW), app.url, language)
    add_photo(visit.page, portrait)
    visit.settle()
    sections = visit.page.locator("#ld-single details")
    sections.evaluate_all("(all) => all.forEach((one) => { one.open = true; })")
    words = visit.page.locator("#ld-single").inner_text()
    assert re.search(r"\d ?%", words)
    assert re.findall(rf".*(?:{strange}).*", words) == []
    visit.end()
