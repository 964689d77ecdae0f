"""Tab 1 and the command line say what a photo's view cannot show, and nothing of other views."""

from __future__ import annotations

import html
from pathlib import Path

import pytest
from asking import Page, photo_of
from profile_photos import photo

from landmarkdiff.arrays import ImageArray
from landmarkdiff.cli.preview import print_preview
from landmarkdiff.photo import write_png
from landmarkdiff.procedures import procedure
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.workflows import preview, read_request

HUMP, SWELLING = (limit.text for limit in procedure("rhinoplasty").limits)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_lists_the_limits_of_the_view(
    services: AppServices, astronaut: ImageArray, language: str, tmp_path: Path
) -> None:
    page = Page(services, language)
    hump, swelling = page.texts.data(HUMP), page.texts.data(SWELLING)
    assert (hump == HUMP) == (language == "en")
    for pixels, told in ((astronaut, True), (photo(), False)):
        page.open_photo(photo_of(pixels, tmp_path))
        page.answer("single/warp", procedures=["rhinoplasty"])
        results = html.unescape(page.answer("single/check")["results"])
        assert page.texts("report.limits") in results
        assert swelling in results
        assert (hump in results) == told


def test_the_command_prints_and_records_the_limits_of_the_view(
    services: AppServices,
    astronaut: ImageArray,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    request = read_request(procedures=["rhinoplasty"])
    for name, pixels, limits in (
        ("frontal", astronaut, [HUMP, SWELLING]),
        ("profile", photo(), [SWELLING]),
    ):
        write_png(tmp_path / f"{name}.png", pixels)
        made = preview(tmp_path / f"{name}.png", request, tmp_path, pipeline=services.pipeline)
        assert made.record["limits"] == limits
        assert made.summary.to_dict()["limits"] == limits
        print_preview(made)
        printed = capsys.readouterr().out
        assert [line in printed for line in (f"  - {HUMP}\n", f"  - {SWELLING}\n")] == [
            name == "frontal",
            True,
        ]
