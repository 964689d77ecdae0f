"""Tab 1 in a real browser: photos and consultations come, pictures and papers go."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from running_app import Served
from visits import Visit, new_context

from landmarkdiff.photo import read_photo
from landmarkdiff.photo.manifest import read_manifest


def test_a_file_that_is_no_photo_keeps_the_last_result(with_photo: Visit, tmp_path: Path) -> None:
    page = with_photo.page
    wrong = tmp_path / "notes.jpg"
    wrong.write_text("no photo at all")
    page.set_input_files(".ld-bar input[type=file]", wrong)
    status = page.locator(".ld-stage .ld-status")
    expect(status).to_have_class("ld-status ld-wrong")
    sentence = status.inner_text()
    assert sentence.endswith(".")
    assert "notes" not in sentence
    expect(page.locator("[data-results] tbody tr")).to_have_count(4)
    assert page.locator(".ld-viewer").is_visible()


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_photos_come_by_clipboard_and_drop(empty: Visit, portrait: Path, way: str) -> None:
    data = portrait.read_bytes()
    empty.page.evaluate(
        """([way, bytes]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], 'x.png', {type: 'image/png'}));
            const event = way === 'paste'
                ? new ClipboardEvent('paste', {clipboardData: transfer, bubbles: true})
                : new DragEvent('drop', {dataTransfer: transfer, bubbles: true});
            const target = way === 'paste' ? document : document.querySelector('.ld-intake');
            target.dispatchEvent(event);
        }""",
        [way, list(data)],
    )
    empty.settle()
    expect(empty.page.locator("[data-results] tbody tr")).to_have_count(4)


def test_downloads_are_what_they_say(with_photo: Visit, tmp_path: Path, portrait: Path) -> None:
    page = with_photo.page
    page.locator("[data-downloads] > summary").click()
    page.locator("[data-downloads]").get_by_label("Patient name").fill("Ada Example")

    def fetch(button: str) -> Path:
        with page.expect_download() as waiting:
            page.get_by_role("button", name=button).click()
        path = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(path)
        return path

    picture = fetch("Picture (PNG)")
    assert read_photo(picture).pixels.shape == read_photo(portrait).pixels.shape
    manifest = read_manifest(picture)
    assert manifest is not None
    plan = json.loads(fetch("Plan (JSON)").read_text())
    assert manifest["plan"] == plan
    report = fetch("Report (PDF)")
    assert report.read_bytes().startswith(b"%PDF")
    assert all("Ada" not in name for name in (picture.name, report.name))


def test_a_consultation_is_saved_and_opened_again(
    with_photo: Visit, browser: Browser, app: Served, tmp_path: Path
) -> None:
    page = with_photo.page
    page.get_by_label("Procedure", exact=True).select_option("mentoplasty")
    with_photo.settle()
    page.locator("summary", has_text="Consultation").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save consultation").click()
    saved = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(saved)
    assert saved.suffix == ".landmarkdiff"
    other = Visit(new_context(browser), app.url)
    other.page.set_input_files(".ld-intake input[type=file]", saved)
    other.settle()
    assert other.settings == with_photo.settings
    assert other.values == pytest.approx(with_photo.values)
    other.end()
