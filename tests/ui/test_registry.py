"""Tabs are found by their folders: a sixth one is one folder more."""

from __future__ import annotations

from pathlib import Path

import pytest
from asking import answer_of, ask
from small_app import MORE_TABS, open_session, six_tabs, small_client

from landmarkdiff.texts import Texts
from landmarkdiff.ui.tabs.registry import find_tabs

FIVE = ["single", "comparison", "sweep", "analysis", "views"]


@pytest.fixture(scope="module")
def client():
    with small_client() as client:
        yield client


def test_the_five_tabs_are_found_in_their_order():
    assert [tab.name for tab in find_tabs()] == FIVE
    assert [tab.name for tab in six_tabs()] == [*FIVE, "probe"]
    assert [tab.name for tab in find_tabs()] == FIVE


@pytest.mark.parametrize("tab", six_tabs(), ids=lambda tab: tab.name)
def test_a_tab_is_whole(client, tab):
    """Its script and its styles are served, and its page names its kinds and titles."""
    answer = client.get(f"{tab.address}{tab.name}.js")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    styles = client.get("/ld/static/all.css")
    assert styles.headers["cache-control"] == "no-cache"
    assert list(tab.folder.glob("*.css"))
    for path in tab.folder.glob("*.css"):
        assert path.read_text(encoding="utf-8") in styles.text
    assert Texts.load("en")(f"tab.{tab.area}")
    assert len({kind.name for kind in tab.kinds}) == len(tab.kinds)


def test_a_sixth_tab_is_on_the_page_and_answers(client):
    page = client.get("/en/").text
    assert "ld-tab-probe" in page
    assert "/ld/static/tabs/probe/probe.js" in page
    answer = answer_of(ask(client, open_session(client), "probe/echo", {"text": "six"}))
    assert answer["text"] == "six"


def test_only_scripts_and_styles_of_a_tab_are_served(client):
    for path in sorted(Path(MORE_TABS, "probe").iterdir()):
        status = 200 if path.suffix in {".js", ".css"} else 404
        assert client.get(f"/ld/static/tabs/probe/{path.name}").status_code == status
    for path in ("single/tab.py", "single/page.html", "single/__init__.py", "single/", "tab.py"):
        assert client.get(f"/ld/static/tabs/{path}").status_code == 404
