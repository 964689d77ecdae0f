"""The head of tab 5 in a real browser, and photos that may show two people."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from drawn_views import DRAWN, drawn_file
from playwright.sync_api import Browser, expect
from running_app import Served, go_to_tab
from turned_head_page import FARTHEST
from visits import Visit, faults, new_context

from landmarkdiff import weights

TAB = "(await import('/ld/static/tabs/views/views.js')).mount(document.querySelector('#ld-views'))"
HEAD = "#ld-views [data-head]"


def open_tab(browser: Browser, app: Served) -> Visit:
    visit = Visit(new_context(browser), app.url)
    go_to_tab(visit.page, "Multiple angles")
    visit.page.wait_for_selector(".ld-place")
    return visit


def upload(visit: Visit, count: int, *files: Path) -> None:
    visit.page.set_input_files(".ld-views-bar input[type=file]", [str(file) for file in files])
    visit.page.wait_for_selector(f'.ld-views[data-count="{count}"]:not(.ld-working)')


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The five views of a drawn head."""
    folder = tmp_path_factory.mktemp("views")
    made = {name: folder / f"{number}.png" for number, name in enumerate(DRAWN)}
    for name, path in made.items():
        path.write_bytes(drawn_file(name))
    return made


@pytest.fixture(scope="module")
def visit(browser: Browser, app: Served, files: dict[str, Path]) -> Iterator[Visit]:
    """A page with the five views, and the head that was fitted to them."""
    visit = open_tab(browser, app)
    upload(visit, 5, *files.values())
    assert not any("/ask/views/head" in address for address in visit.requests)
    visit.page.locator(f"{HEAD} > summary").click()
    visit.page.wait_for_selector("#ld-views [data-head=shown] canvas", timeout=120_000)
    yield visit
    visit.end()


def of_viewer(visit: Visit, what: str) -> Any:
    script = f"async () => {{ const viewer = ({TAB}).head.turned.viewer; return {what}; }}"
    return visit.page.evaluate(script)


def test_the_head_is_that_of_all_photos_and_says_so(visit: Visit) -> None:
    expect(visit.page.locator(HEAD)).to_contain_text("Fitted to: Left profile, Left three-quarter")
    expect(visit.page.locator(".ld-one-person")).to_have_attribute("data-state", "good")
    share = "viewer.head.seen.filter((one) => one > 128).length / viewer.head.seen.length"
    assert of_viewer(visit, share) > 0.5  # one photo shows less


def test_the_five_cards_stand_side_by_side(visit: Visit) -> None:
    boxes = [
        card.bounding_box() for card in visit.page.locator(".ld-places:not(.ld-loose) > li").all()
    ]
    edges = [(box["x"], box["x"] + box["width"]) for box in boxes if box]
    assert len(edges) == 5
    assert all(end <= start for (_, end), (start, _) in pairwise(edges))


def test_the_slider_moves_it_without_the_server(visit: Visit) -> None:
    asked = sum("/ask/views/head" in address for address in visit.requests)
    slider = visit.page.locator(".ld-views-choice input[type=range]")
    visit.page.wait_for_selector("#ld-views [data-head=shown]")
    slider.fill("60")
    typical = of_viewer(visit, "({ ...viewer.values })")
    of_viewer(visit, "void (window.before = viewer.shape.positions.slice())")
    slider.fill("30")
    half = of_viewer(visit, "({ ...viewer.values })")
    assert half == pytest.approx({key: value / 2 for key, value in typical.items()})
    assert 0.2 < of_viewer(visit, FARTHEST) < 10  # mm
    assert sum("/ask/views/head" in address for address in visit.requests) == asked


def test_another_procedure_makes_other_effects(visit: Visit) -> None:
    visit.page.locator(".ld-views-choice select").select_option("mentoplasty")
    visit.page.wait_for_function(
        f"async () => Object.keys(({TAB}).head.turned.viewer?.values ?? {{}})"
        ".some((key) => key.startsWith('mentoplasty'))"
    )
    visit.page.locator(".ld-views-choice select").select_option("rhinoplasty")
    visit.page.wait_for_function(
        f"async () => Object.keys(({TAB}).head.turned.viewer?.values ?? {{}})"
        ".some((key) => key.startsWith('rhinoplasty'))"
    )


def test_its_files_are_saved(visit: Visit) -> None:
    with visit.page.expect_download() as saved:
        visit.page.locator(f"{HEAD} [data-file=glb]").click()
    assert saved.value.suggested_filename == "views-head-simulation.glb"
    assert Path(saved.value.path()).read_bytes().startswith(b"glTF")
    assert faults(visit.page, "#ld-views") == []


def test_two_people_need_a_word(browser: Browser, app: Served, files: dict[str, Path]) -> None:
    visit = open_tab(browser, app)
    page = visit.page
    upload(visit, 1, files["frontal"])
    expect(page.locator(".ld-one-person")).to_be_hidden()
    other = Path(weights.obtain("grace_hopper"))
    page.locator('[data-place="left_three_quarter"] input[type=file]').set_input_files(str(other))
    page.wait_for_selector('.ld-views[data-count="2"]:not(.ld-working)')
    panel, run = page.locator(".ld-one-person"), page.get_by_role("button", name="Apply the plan")
    expect(panel).to_have_attribute("data-state", "doubt")
    expect(panel).to_contain_text("These photos may show two people")
    expect(run).to_be_disabled()
    panel.get_by_role("checkbox").check()
    expect(panel).to_have_attribute("data-state", "confirmed")
    expect(run).to_be_enabled()
    run.click()
    page.wait_for_selector(".ld-views:not(.ld-working) .ld-view-pair")
    panel.get_by_role("checkbox").uncheck()
    expect(page.locator(".ld-view-pair")).to_have_count(0)
    expect(run).to_be_disabled()
    assert faults(page, "#ld-views") == []
    visit.end()
