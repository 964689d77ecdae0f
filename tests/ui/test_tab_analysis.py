"""Tab 4 on real photos, asked as the page asks it."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from asking import Page, photo_of

from landmarkdiff.arrays import ImageArray
from landmarkdiff.landmarks.topology import LANDMARK_REGIONS
from landmarkdiff.measurements import MEASUREMENT_NAMES, measure, measure_all
from landmarkdiff.measurements.chart import chart_window
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.tabs.analysis.findings import swatch_colour
from landmarkdiff.workflows.settings import ConsultationSettings


@pytest.fixture
def page(services: AppServices, grace_hopper: ImageArray, tmp_path: Path) -> Page:
    found = Page(services)
    found.open_photo(photo_of(grace_hopper, tmp_path))
    return found


def rows(table: str) -> list[list[str]]:
    """Cells of a table's rows, as text."""
    found = re.findall(r"<tr[^>]*>(<th scope=\"row\">.*?)</tr>", table, re.DOTALL)
    cells = [re.split(r"<t[dh][^>]*>", row)[1:] for row in found]
    return [[" ".join(re.sub(r"<[^>]+>", " ", c).split()) for c in row] for row in cells]


def test_it_runs_when_it_is_opened_and_not_again(page: Page) -> None:
    assert page.answer("analysis/open")["ask"] == "analyse"
    page.answer("analysis/analyse")
    assert page.answer("analysis/open", filled=True)["ask"] == ""
    # A page that shows nothing, another calibration, another skin type: each is a reason.
    assert page.answer("analysis/open")["ask"] == "analyse"
    opened = page.answer("analysis/open", filled=True, fitzpatrick="V")
    assert opened["ask"] == "analyse"
    page.consultation.settings = ConsultationSettings(ipd_mm=60.0)
    assert page.answer("analysis/open", filled=True)["ask"] == "analyse"


def test_it_says_what_the_photo_shows(page: Page) -> None:
    done = page.answer("analysis/analyse")
    found = html.unescape(done["parts"]["findings"])
    assert "Type III, from the photo" in found
    assert "ITA 28°, 37° across the face" in found
    assert "Frontal" in found
    assert "<dt>Glasses</dt><dd>Yes</dd>" in found
    assert "8 % of the cheeks are burnt out" in html.unescape(done["parts"]["measurements"])
    assert re.search(r"<dt>Yaw</dt><dd>[+-]0\.\d°</dd>", found)
    assert re.search(r"ld-swatch-large\" style=\"background:#[0-9a-f]{6}\"", found)
    counts = {row[0]: row[1:] for row in rows(found)}
    assert len(counts) == len(LANDMARK_REGIONS)
    assert counts["Left eye"] == ["16", "16"]


def test_measurements_bear_the_numbers_of_the_chart(page: Page) -> None:
    done = page.answer("analysis/analyse")
    parts = html.unescape(done["parts"]["measurements"])
    consultation = page.consultation
    measured = measure_all(consultation.prepared(consultation.settings).landmarks)
    listed = rows(parts)
    available = [(n, item) for n, item in enumerate(measured, 1) if item.value is not None]
    assert sorted(int(row[0].split()[0]) for row in listed) == [number for number, _ in available]
    first = listed[0]
    value, sd = measured[0].value, measured[0].uncertainty
    assert first[:2] == [f"1 {measured[0].title}", f"{value:.1f} mm ± {sd:.1f}"]
    assert "African: 32.1–44.9 mm ● within the range" in first[2]
    assert "White: 26.4–36.4 mm ◇ cannot be told from this photo" in first[2]
    assert f"Cannot be measured in this view ({len(measured) - len(available)})" in parts
    assert "Ranges describe populations. They are not a goal." in parts
    assert "● not reliable" not in parts
    assert "◇ not reliable in a photo" in next(row[2] for row in listed if "MRD1" in row[0])
    shown = page.files_in(parts)
    assert page.picture(shown["portrait-measurements.png"]).shape[0] == 1200


def test_measurements_stand_under_their_regions(page: Page) -> None:
    parts = html.unescape(page.answer("analysis/analyse")["parts"]["measurements"])
    groups = parts.split("data-region=")[1:]
    assert [group.split('"')[1] for group in groups] == [
        "eyes", "nose", "lips", "face", "symmetry",
    ]  # fmt: skip
    assert "Alar width (al-al)" in groups[1]
    assert "Mouth width (ch-ch)" in groups[2]
    # The fit of the mesh and the counts come last, and folded.
    found = page.answer("analysis/analyse")["parts"]["findings"]
    assert found.index("ld-technical") < found.index("Fit of the mesh")


def test_lines_lie_over_the_face_in_layers(page: Page) -> None:
    parts = html.unescape(page.answer("analysis/analyse")["parts"]["measurements"])
    layers = dict(re.findall(r'<g data-lines="(\w+)"( hidden)?>', parts))
    assert {name for name, hidden in layers.items() if hidden} == {"thirds", "fifths", "midline"}
    assert {name for name, hidden in layers.items() if not hidden} == {
        "eyes", "nose", "lips", "face",
    }  # fmt: skip
    boxes = re.findall(r'data-shows="(\w+)"', parts)
    assert boxes == list(layers)
    consultation = page.consultation
    face = consultation.prepared(consultation.settings).landmarks
    number = MEASUREMENT_NAMES.index("mouth_width") + 1
    (points,) = re.findall(
        rf'<g data-number="{number}"><polyline class="ld-line-under" points="([^"]+)"', parts
    )
    placed = np.array([[float(x) for x in point.split(",")] for point in points.split()])
    wide, high = map(int, re.findall(r'viewBox="0 0 (\d+) (\d+)"', parts)[0])
    x0, y0, x1, y1 = chart_window(consultation.photo.pixels, face)
    assert (wide, high) == (x1 - x0, y1 - y0)
    expected = face.points[[61, 291], :2] - (x0, y0) + 0.5
    assert np.abs(placed - expected).max() <= 0.051
    assert f"Show on the photo: {measure(face, 'mouth_width').title}" in parts


def test_the_table_and_the_data_can_be_taken_away(page: Page) -> None:
    parts = html.unescape(page.answer("analysis/analyse")["parts"]["measurements"])
    shown = page.files_in(parts)
    data = json.loads(page.session.blobs.get(shown["portrait-analysis.json"]).data)
    assert data["view"]["name"] == "frontal"
    assert [item["name"] for item in data["measurements"]] == list(MEASUREMENT_NAMES)
    rows_of_table = list(
        csv.DictReader(
            io.StringIO(page.session.blobs.get(shown["portrait-measurements.csv"]).data.decode())
        )
    )
    assert {row["name"] for row in rows_of_table} == set(MEASUREMENT_NAMES)


def test_the_clinicians_type_stands_above_the_photos(page: Page) -> None:
    done = page.answer("analysis/analyse", fitzpatrick="V")
    assert "Type V, set by the clinician" in done["parts"]["findings"]
    done = page.answer("analysis/analyse", fitzpatrick="")
    assert "Type III, from the photo" in done["parts"]["findings"]
    last = page.ask("analysis/analyse", fitzpatrick="VII")[-1]
    assert "Fitzpatrick" in last["error"]


def test_it_measures_with_the_calibration_of_the_first_tab(page: Page) -> None:
    before = rows(page.answer("analysis/analyse")["parts"]["measurements"])[1][1]
    page.consultation.settings = ConsultationSettings(ipd_mm=58.0)
    after = rows(page.answer("analysis/analyse")["parts"]["measurements"])[1][1]
    assert before.startswith("64.")
    assert after.startswith("58.0 mm")


def test_a_second_analysis_replaces_the_first(page: Page) -> None:
    page.answer("analysis/analyse")
    count = len(page.session.blobs)
    page.answer("analysis/analyse", fitzpatrick="II")
    assert len(page.session.blobs) == count


def test_it_speaks_the_pages_language(
    services: AppServices, astronaut: ImageArray, tmp_path: Path
) -> None:
    page = Page(services, "de")
    page.open_photo(photo_of(astronaut, tmp_path))
    done = page.answer("analysis/analyse")
    assert "Auf diesem Foto wird gelächelt" in done["parts"]["measurements"]
    assert page.texts("analysis.quality_good") in done["parts"]["findings"]
    measured = rows(html.unescape(done["parts"]["measurements"]))
    assert measured[0][0] == "1 Innerer Lidwinkelabstand (en-en)"
    assert "afrikanisch: 32,1–44,9 mm" in measured[0][2]
    assert page.texts("analysis.glance") in done["parts"]["measurements"]


@pytest.mark.parametrize(
    ("lab", "colour"),
    [
        ((0.0, 0.0, 0.0), "#000000"),
        ((53.24, 80.09, 67.2), "#ff0000"),
        ((50.0, 0.0, 0.0), "#777777"),
    ],
)
def test_swatches(lab: tuple[float, float, float], colour: str) -> None:
    assert swatch_colour(lab) == colour
