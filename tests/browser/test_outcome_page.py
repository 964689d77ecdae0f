"""A result beside its plan in a real browser: compared, looked at, handed out, kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from later_photos import taken_later
from playwright.sync_api import Browser, Locator, expect
from running_app import Served, add_photo
from visits import SCHEMES, Visit, faults, new_context, show_in

from landmarkdiff import weights
from landmarkdiff.arrays import ImageArray
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.photo import read_manifest, write_png
from landmarkdiff.workflows.output.archive import read_consultation

SIZES = {"laptop": (1440, 900), "tablet": (820, 1180), "phone": (390, 844)}


@pytest.fixture(scope="module")
def later(
    pipeline: LandmarkDiffPipeline,
    prepared_portraits: dict[str, PreparedFace],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """What came of less than the typical change, another day."""
    made = pipeline.generate(prepared_portraits["grace_hopper"], "rhinoplasty", 35, light=False)
    path = tmp_path_factory.mktemp("later") / "six months.png"
    write_png(path, taken_later(made.image))
    return path


@pytest.fixture(scope="module")
def visit(browser: Browser, app: Served, grace_hopper: ImageArray, later: Path) -> Iterator[Visit]:
    """A page with the typical change and the later photo beside it, shared by this file."""
    visit = Visit(new_context(browser, viewport={"width": 1440, "height": 900}), app.url)
    before = later.with_name("grace_hopper.png")
    write_png(before, grace_hopper)
    add_photo(visit.page, before)
    section = visit.page.locator("[data-outcome]")
    section.locator("summary").press("Enter")
    section.locator("input[type=file]").first.set_input_files(later)
    expect(section.locator(".ld-outcome-viewer")).to_have_attribute("data-shown", "region")
    yield visit
    visit.end()


@pytest.fixture
def section(visit: Visit) -> Iterator[Locator]:
    """The section with its comparison, as it is at first."""
    found = visit.page.locator("[data-outcome]")
    visit.page.set_viewport_size({"width": 1440, "height": 900})
    button(found, visit, "outcome.side").click()
    yield found
    visit.check()


def button(section: Locator, visit: Visit, key: str) -> Locator:
    return section.get_by_role("button", name=visit.texts(key), exact=True)


def test_every_effect_stands_beside_its_plan(visit: Visit, section: Locator) -> None:
    rows = section.locator("tr[data-verdict]")
    assert rows.count() == sum(value != 0 for value in visit.values.values())
    expect(section.locator("tr[data-verdict=less]").first).to_contain_text("±")
    expect(section.locator("tr[data-verdict=less]").first).to_contain_text("less than planned")
    expect(section).to_contain_text("None of them can be told from the operation.")
    # The word stands once, on the simulation.
    assert section.get_by_text("SIMULATION", exact=True).count() == 1


def test_pictures_are_wiped_and_zoomed_by_keys_alone(visit: Visit, section: Locator) -> None:
    page = visit.page
    stage = section.locator(".ld-outcome-stage")
    wipe = button(section, visit, "outcome.wipe")
    wipe.press("Enter")
    expect(wipe).to_have_attribute("aria-pressed", "true")
    line = section.locator(".ld-outcome-line")
    before = line.evaluate("(line) => line.offsetLeft")
    slider = section.get_by_label(visit.texts("outcome.meet"))
    slider.press("End")
    assert line.evaluate("(line) => line.offsetLeft") > before
    slider.press("Home")
    assert line.evaluate("(line) => line.offsetLeft") <= 0
    stage.focus()
    page.keyboard.press("+")
    expect(stage).to_have_class("ld-outcome-stage ld-zoomed")
    placed = "(stage) => [...stage.querySelectorAll('img')].map((image) => image.style.transform)"
    zoomed = stage.evaluate(placed)
    assert len(set(zoomed)) == 1  # all of them alike
    page.keyboard.press("ArrowRight")
    assert stage.evaluate(placed) != zoomed
    page.keyboard.press("0")
    expect(stage).to_have_class("ld-outcome-stage")
    whole = button(section, visit, "common.whole_face")
    whole.press("Enter")
    expect(section.locator(".ld-outcome-viewer")).to_have_attribute("data-shown", "face")
    whole.press("Enter")
    expect(section.locator(".ld-outcome-viewer")).to_have_attribute("data-shown", "region")


def test_two_pictures_take_turns(visit: Visit, section: Locator) -> None:
    stage = section.locator(".ld-outcome-stage")
    button(section, visit, "outcome.blink").click()
    for seen in (True, False):
        visit.page.wait_for_function(
            "([stage, seen]) => stage.classList.contains('ld-first') === seen",
            arg=[stage.element_handle(), seen],
        )
    button(section, visit, "outcome.side").click()
    expect(stage).to_have_class("ld-outcome-stage")


@pytest.mark.parametrize("size", SIZES)
def test_all_of_it_is_seen_at_every_width(visit: Visit, section: Locator, size: str) -> None:
    page = visit.page
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    for scheme in SCHEMES:
        show_in(page, scheme)
        assert faults(page, "[data-outcome]") == []
    outside = section.evaluate(
        """(section) => [...section.querySelectorAll('td, th, img, button')].filter((each) => {
            const { left, right, width } = each.getBoundingClientRect();
            const clipped = each.tagName === 'IMG' ? each.parentElement : each;
            const box = clipped.getBoundingClientRect();
            return width && (box.left < 0 || box.right > innerWidth);
        }).map((each) => each.outerHTML.slice(0, 80))"""
    )
    assert outside == []
    for mode in ("side", "wipe"):
        button(section, visit, f"outcome.{mode}").click()
        pane = section.locator(".ld-outcome-pane").first.bounding_box()
        assert pane is not None
        assert pane["width"] > 250
        assert pane["height"] < height


def test_it_is_handed_out(visit: Visit, section: Locator, tmp_path: Path) -> None:
    for suffix in ("png", "pdf"):
        with visit.page.expect_download() as saving:
            section.locator(f"[data-file={suffix}]").click()
        path = tmp_path / saving.value.suggested_filename
        saving.value.save_as(path)
        assert path.name == f"grace_hopper-plan-and-result.{suffix}"
        expect(section.get_by_role("status").last).to_have_text(f"{path.name} is ready.")
    manifest = read_manifest(tmp_path / "grace_hopper-plan-and-result.png")
    assert manifest is not None
    assert manifest["picture"] == "outcome-region"


def test_another_plan_is_compared_again(visit: Visit, section: Locator) -> None:
    again = button(section, visit, "outcome.again")
    expect(again).to_be_hidden()
    visit.tab("tab.change({ ...tab.settings, effects: values[0] })", {"rhinoplasty.tip_width": -1})
    expect(section).to_contain_text(visit.texts("outcome.stale"))
    expect(section.locator("[data-file=png]")).to_be_hidden()
    assert faults(visit.page, "[data-outcome]") == []
    again.press("Enter")
    expect(section).not_to_contain_text(visit.texts("outcome.stale"))
    expect(section.locator("tbody")).to_contain_text("-1.00 mm")
    visit.tab("tab.travel(tab.history.undo())")
    visit.settle()
    again.click()
    expect(again).to_be_hidden()


def test_what_cannot_be_compared_is_said(visit: Visit, section: Locator) -> None:
    section.locator("input[type=file]").last.set_input_files(Path(weights.obtain("astronaut")))
    expect(section.locator(".ld-status.ld-wrong")).to_contain_text("expressions")
    # What was compared before still is.
    expect(section.locator("tr[data-verdict=less]").first).to_be_visible()


def test_it_is_kept_with_the_consultation(
    visit: Visit, section: Locator, browser: Browser, tmp_path: Path
) -> None:
    with visit.page.expect_download() as saving:
        visit.tab("await tab.consultations.saveOpenly()")
    path = tmp_path / "case.landmarkdiff"
    saving.value.save_as(path)
    assert read_consultation(path.read_bytes()).later is not None
    other = Visit(new_context(browser, viewport={"width": 390, "height": 844}), visit.url)
    add_photo(other.page, path, typical=False)
    opened = other.page.locator("[data-outcome]")
    expect(opened).to_contain_text(other.texts("outcome.held"))
    button(opened, other, "outcome.again").press("Enter")
    expect(opened.locator(".ld-outcome-viewer")).to_have_attribute("data-shown", "region")
    # A phone shows two pictures over one another, large.
    expect(opened.locator(".ld-outcome-stage")).to_have_attribute("data-mode", "wipe")
    button(opened, other, "outcome.remove").press("Enter")
    expect(opened.get_by_role("status").last).to_have_text(other.texts("outcome.removed"))
    expect(button(opened, other, "outcome.choose")).to_be_focused()
    other.end()
