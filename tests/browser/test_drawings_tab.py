"""Mirror, measures and notes in the first tab: kept, undone, saved, handed out, forgotten."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, expect
from running_app import add_photo
from visits import SCHEMES, Visit, faults, show_in

from landmarkdiff.workflows.output.archive import read_consultation

STAGE = ".ld-live-stage"
FILES = ".ld-stage input[type=file]:not([hidden] *)"


@pytest.fixture
def visit(with_photo: Visit) -> Visit:
    """The shared page with its section of drawings open, and nothing drawn."""
    section(with_photo).evaluate("(details) => { details.open = true; }")
    return with_photo


def section(visit: Visit) -> Locator:
    return visit.page.locator("[data-section=drawings]")


def kinds(visit: Visit) -> list[str]:
    return [one["kind"] for one in visit.settings["annotations"]]


def draw(visit: Visit, *keys: str) -> None:
    for key in keys:
        visit.page.locator(STAGE).press(key)


def test_a_drawing_stays_when_a_slider_moves(visit: Visit) -> None:
    draw(visit, "r")
    visit.page.locator(".ld-panel input[type=range]").first.press("ArrowRight")
    visit.settle()
    assert kinds(visit) == ["distance"]


def test_they_are_listed_undone_and_removed(visit: Visit) -> None:
    checks = visit.page.locator(".ld-single").get_attribute("data-checks")
    draw(visit, "r", "a")
    rows = section(visit).locator("li")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("mm ±")
    expect(rows.last).to_contain_text("°")
    visit.page.keyboard.press("Control+z")
    expect(rows).to_have_count(1)
    visit.page.keyboard.press("Control+Shift+z")
    expect(rows).to_have_count(2)
    section(visit).get_by_role("button", name="Remove number 1").click()
    assert kinds(visit) == ["angle"]
    expect(visit.page.locator(".ld-live-mark-end")).to_have_count(3)
    section(visit).get_by_role("button", name="Remove all of them").click()
    assert kinds(visit) == []
    # No simulation has been asked for meanwhile.
    assert visit.page.locator(".ld-single").get_attribute("data-checks") == checks
    assert visit.page.locator(".ld-single").get_attribute("data-state") == "settled"


def test_they_lie_in_the_file_of_the_consultation(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    draw(visit, "r", "t")
    page.get_by_label("Words of the note").fill("soft as before")
    page.keyboard.press("Enter")
    page.locator("[data-section=steps]").evaluate("(details) => { details.open = true; }")
    page.get_by_role("button", name="Keep as plan A").click()
    with page.expect_download() as saving:
        visit.tab("tab.consultations.saveOpenly()")
    saving.value.save_as(tmp_path / "mine.landmarkdiff")
    saved = read_consultation((tmp_path / "mine.landmarkdiff").read_bytes())
    assert [one.kind for one in saved.settings.annotations] == ["distance", "text"]
    assert saved.history.kept is not None
    assert saved.history.kept.annotations == ()
    section(visit).get_by_role("button", name="Remove all of them").click()
    before = page.locator(".ld-single").get_attribute("data-checks")
    page.set_input_files(FILES, tmp_path / "mine.landmarkdiff")
    page.wait_for_function(
        "(before) => document.querySelector('.ld-single').dataset.checks !== before", arg=before
    )
    visit.settle()
    assert kinds(visit) == ["distance", "text"]
    expect(page.locator(".ld-live-mark-label.is-text").first).to_have_text("soft as before")


def test_what_is_malformed_in_a_file_is_refused_in_a_sentence(visit: Visit, tmp_path: Path) -> None:
    with visit.page.expect_download() as saving:
        visit.tab("tab.consultations.saveOpenly()")
    saving.value.save_as(tmp_path / "mine.landmarkdiff")
    with zipfile.ZipFile(tmp_path / "mine.landmarkdiff") as archive:
        facts = json.loads(archive.read("consultation.json"))
        photo = archive.read("photo.png")
    facts["settings"]["annotations"] = [{"kind": "pen", "points": [[0, 0]]}]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("consultation.json", json.dumps(facts))
        archive.writestr("photo.png", photo)
    before = visit.settings
    (tmp_path / "bad.landmarkdiff").write_bytes(buffer.getvalue())
    visit.page.set_input_files(FILES, tmp_path / "bad.landmarkdiff")
    expect(visit.page.locator(".ld-stage .ld-status")).to_contain_text("annotations.0.pen")
    visit.settle()
    assert visit.settings == before


def test_they_are_handed_out_where_that_is_asked_for(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    page.get_by_role("button", name="Hand out in another form").click()
    box = page.get_by_label("With measures and notes")
    expect(box).to_be_hidden()
    page.keyboard.press("Escape")
    draw(visit, "r")
    page.get_by_role("button", name="Hand out in another form").click()
    pictures = []
    for ticked in (False, True):
        box.set_checked(ticked)
        with page.expect_download() as saving:
            page.get_by_role("button", name="PNG").click()
        saving.value.save_as(tmp_path / "pair.png")
        with Image.open(tmp_path / "pair.png") as picture:
            pictures.append(np.asarray(picture.convert("RGB")).astype(int))
    page.keyboard.press("Escape")
    changed = (np.abs(pictures[0] - pictures[1]).max(axis=2) > 60).any(axis=0)
    half = len(changed) // 2
    # On both pictures.
    assert changed[:half].any()
    assert changed[half:].any()


def test_the_patient_sees_the_mirror_and_the_surgeon_does_not_keep_it(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("button", name="Patient view").click()
    mirror = page.locator(".ld-patient").get_by_role("button", name="As in a mirror")
    mirror.click()
    expect(mirror).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".ld-live-mirrored")).to_be_visible()
    assert faults(page, ".ld-patient") == []
    page.keyboard.press("Escape")
    assert visit.tab("tab.preview.view.mirrored") is False


def test_a_mirrored_view_is_printed_as_one(visit: Visit) -> None:
    draw(visit, "x")
    visit.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(visit.page.locator(".ld-print")).to_contain_text(visit.texts("handout.mirrored"))
    visit.page.evaluate("dispatchEvent(new Event('afterprint'))")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_serious(visit: Visit, scheme: str) -> None:
    draw(visit, "r", "a", "o", "x")
    show_in(visit.page, scheme)
    assert faults(visit.page, ".ld-single") == []
    show_in(visit.page, "light")
    draw(visit, "o")


def test_another_photo_has_none_of_it_nor_the_patients_flags(visit: Visit, portrait: Path) -> None:
    draw(visit, "r")
    visit.tab(
        "tab.change({ ...tab.settings, flags: { bells_palsy: true, bells_palsy_side: 'left' } })"
    )
    visit.settle()
    add_photo(visit.page, portrait, typical=False)
    assert kinds(visit) == []
    assert visit.settings["flags"] == {}
    expect(visit.page.locator(".ld-live-mark-end")).to_have_count(0)
