"""Tab 1: before and after are handed out by one button, in other forms by a dialog beside it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, expect
from running_app import Served
from visits import SCHEMES, Visit, faults, show_in, visiting

POINTS_PER_MM = 72 / 25.4


@pytest.fixture(scope="module")
def opened(browser: Browser, app: Served, portrait: Path) -> Iterator[Visit]:
    """A page with a photo, opened once for this file; its browser may copy and prints nothing."""
    allowed = ["clipboard-read", "clipboard-write"]
    with visiting(browser, app.url, portrait, permissions=allowed) as visit:
        visit.page.evaluate("() => { window.print = () => { window.printed = true; }; }")
        yield visit


@pytest.fixture
def page_with_photo(opened: Visit) -> Iterator[Visit]:
    opened.page.evaluate("() => document.querySelector('dialog[open]')?.close()")
    opened.page.set_viewport_size({"width": 1280, "height": 900})
    opened.reset()
    yield opened
    opened.check()


def dialog(visit: Visit) -> Locator:
    visit.page.get_by_role("button", name="Hand out in another form").click()
    found = visit.page.get_by_role("dialog", name="Before and after to hand out")
    expect(found).to_be_visible()
    found.get_by_label("What is changed").check()  # the dialog keeps what was chosen before
    return found


def test_a_picture_is_saved_at_once(page_with_photo: Visit, tmp_path: Path) -> None:
    page = page_with_photo.page
    dialog(page_with_photo)  # in which what is changed is chosen: the button keeps that
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Hand out", exact=True).click()
    saved = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(saved)
    assert saved.name.endswith("-before-after.png")
    with Image.open(saved) as picture:
        assert picture.width > 1.5 * picture.height
    expect(page.locator(".ld-stage .ld-status")).to_have_text(f"{saved.name} is ready.")
    assert page.get_by_role("dialog").count() == 0


def test_nothing_is_handed_out_of_an_untouched_plan(page_with_photo: Visit) -> None:
    page = page_with_photo.page
    asked = len(page_with_photo.requests)
    page_with_photo.tab("tab.change({ ...tab.settings, intensity: { rhinoplasty: 0 } })")
    page_with_photo.settle()
    page.get_by_role("button", name="Hand out", exact=True).click()
    said = page_with_photo.texts("goals.none")
    expect(page.locator(".ld-stage .ld-status")).to_have_text(said)
    dialog(page_with_photo).get_by_role("button", name="JPEG").click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text(said)
    assert not any("single/handout" in url for url in page_with_photo.requests[asked:])


def test_a_picture_is_copied_as_it_is_chosen(page_with_photo: Visit) -> None:
    page = page_with_photo.page
    opened = dialog(page_with_photo)
    opened.get_by_label("The whole face").check()
    opened.get_by_role("button", name="Copy picture").click()
    expect(opened.get_by_role("status")).to_have_text("The picture is on the clipboard.")
    width, height = page.evaluate(
        """async () => {
          const [item] = await navigator.clipboard.read();
          const image = await createImageBitmap(await item.getType('image/png'));
          return [image.width, image.height];
        }"""
    )
    # Two standing faces beside each other.
    assert 1.2 < width / height < 1.7


def test_the_paper_has_both_pictures_at_true_size_and_no_controls(page_with_photo: Visit) -> None:
    page = page_with_photo.page
    page.evaluate("() => { window.printed = false; }")
    opened = dialog(page_with_photo)
    opened.get_by_label("Paper").select_option("a4")
    opened.get_by_role("button", name="Print at true size").click()
    page.wait_for_function("window.printed")
    wanted = page.evaluate("parseFloat(document.querySelector('.ld-print img').style.width)")
    words, sizes, paper = read(page.pdf(prefer_css_page_size=True))
    assert paper == pytest.approx((841.9, 595.3), abs=1)
    assert len(sizes) == 2
    for width, _ in sizes:
        assert width / POINTS_PER_MM == pytest.approx(wanted, rel=0.005)
    assert "True size: print at 100 %" in words
    assert "Simulation of a discussed goal" in words
    for control in ("Hand out", "Intensity", "Another photo", "Face analysis"):
        assert control not in words
    # What was printed is gone from the page afterwards.
    expect(page.locator(".ld-print")).to_have_count(0)


@pytest.mark.parametrize("mode", ["divider", "side"])
def test_the_browsers_own_command_prints_what_is_seen(page_with_photo: Visit, mode: str) -> None:
    page = page_with_photo.page
    page_with_photo.tab(f"tab.preview.setMode('{mode}')")
    words, sizes, _ = read(page.pdf(prefer_css_page_size=True))
    assert page_with_photo.tab("tab.preview.mode") == mode
    page_with_photo.tab("tab.preview.setMode('divider')")
    assert len(sizes) == 2
    assert sizes[0] == pytest.approx(sizes[1], rel=0.02)
    assert "Before" in words
    assert "After (simulation)" in words
    assert "The picture shows" in words  # how much of the plan
    assert "Intensity" not in words


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [1440, 390])
def test_the_dialog_can_be_used_by_everybody(
    page_with_photo: Visit, width: int, scheme: str
) -> None:
    page = page_with_photo.page
    page.set_viewport_size({"width": width, "height": 844})
    show_in(page, scheme)  # type: ignore[arg-type]
    opened = dialog(page_with_photo)
    box = opened.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert faults(page, ".ld-handout") == []
    page.keyboard.press("Escape")
    expect(opened).to_be_hidden()
    expect(page.get_by_role("button", name="Hand out in another form")).to_be_focused()
    show_in(page, "light")


def read(data: bytes) -> tuple[str, list[tuple[float, float]], tuple[float, float]]:
    """Words of a PDF, sizes of its pictures and of its one page, points."""
    with pypdfium2.PdfDocument(io.BytesIO(data)) as document:
        assert len(document) == 1
        page = document[0]
        words = " ".join(page.get_textpage().get_text_range().split())
        found = [one.get_bounds() for one in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE])]
        size = page.get_size()
        page.close()
    return words, [(right - left, top - bottom) for left, bottom, right, top in found], size
