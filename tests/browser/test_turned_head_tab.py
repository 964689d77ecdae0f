"""The head of tab 1 in a real browser: fitted when it is looked at, turned, moved, downloaded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from running_app import Served, add_photo
from turned_head_page import FARTHEST
from visits import Visit, faults, new_context

from landmarkdiff import weights

VIEWER = (
    "(await import('/ld/static/tabs/single/single.js'))"
    ".mount(document.querySelector('#ld-single')).turned.viewer"
)


@pytest.fixture(scope="module")
def visit(browser: Browser, app: Served) -> Iterator[Visit]:
    """A page with a photo whose head is shown."""
    visit = Visit(new_context(browser), app.url)
    add_photo(visit.page, Path(weights.obtain("astronaut")))
    visit.settle()
    assert not any("/ask/single/head" in address for address in visit.requests)
    visit.page.locator("#ld-single [data-head] > summary").click()
    visit.page.wait_for_selector("#ld-single [data-head=shown] canvas", timeout=60_000)
    yield visit
    visit.end()


def of_viewer(page: Page, what: str) -> Any:
    return page.evaluate(f"async () => {{ const viewer = {VIEWER}; return {what}; }}")


def plan(page: Page, procedure: str) -> None:
    page.evaluate(
        """async (procedure) => {
          const tab = (await import('/ld/static/tabs/single/single.js'))
            .mount(document.querySelector('#ld-single'));
          tab.change({ ...tab.settings, procedures: [procedure], effects: {} },
            { structural: true });
        }""",
        procedure,
    )
    page.wait_for_function(
        f"async (name) => ({VIEWER})?.head.effects.some(({{ key }}) => key.startsWith(name))",
        arg=procedure,
    )


def test_a_slider_moves_the_head_without_asking_the_server(visit: Visit) -> None:
    page = visit.page
    asked = sum("/ask/single/head" in address for address in visit.requests)
    of_viewer(page, "void (window.before = viewer.shape.positions.slice())")
    slider = page.locator("input[type=range][data-effect='rhinoplasty.tip_rotation']")
    slider.evaluate("(one) => one.scrollIntoView()")
    slider.fill(str(float(slider.get_attribute("max") or 0) * 0.9))
    visit.settle()
    moved = of_viewer(page, "viewer.values['rhinoplasty.tip_rotation']")
    assert moved == pytest.approx(visit.values["rhinoplasty.tip_rotation"])
    assert 0.3 < of_viewer(page, FARTHEST) < 10  # mm
    assert sum("/ask/single/head" in address for address in visit.requests) == asked


def test_a_key_turns_it(visit: Visit) -> None:
    page = visit.page
    page.locator("#ld-single [data-head] canvas").first.evaluate(
        "(one) => one.closest('[tabindex]')?.focus()"
    )
    first = of_viewer(page, "viewer.camera.state.yaw")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"async (first) => ({VIEWER}).camera.state.yaw !== first", arg=first)


def test_other_procedures_make_it_anew(visit: Visit) -> None:
    page = visit.page
    plan(page, "mentoplasty")
    visit.settle()
    assert set(of_viewer(page, "viewer.values")) == set(visit.values)
    plan(page, "rhinoplasty")
    visit.settle()


def test_its_files_are_saved(visit: Visit) -> None:
    for file, begins in (("glb", b"glTF"), ("obj", b"PK"), ("stl", b"")):
        with visit.page.expect_download() as saved:
            visit.page.locator(f"#ld-single [data-head] [data-file={file}]").click()
        path = Path(saved.value.path())
        assert "head-simulation" in saved.value.suggested_filename
        assert path.read_bytes().startswith(begins) and path.stat().st_size > 100_000
    assert json.dumps(faults(visit.page)) == "[]"
