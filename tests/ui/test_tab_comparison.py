"""Tab 2 on a real photo, asked as the page asks it."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asking import Page, photo_of

from landmarkdiff.arrays import ImageArray
from landmarkdiff.photo.manifest import read_manifest
from landmarkdiff.procedures import procedure_names
from landmarkdiff.ui.server.responses import MalformedRequestError
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.tabs.comparison import TAB
from landmarkdiff.workflows.settings import ConsultationSettings


def chosen(*names: str, **levels: float) -> dict[str, Any]:
    """The form with procedures ticked; 60 where no level is given."""
    intensity = {name: levels.get(name, 60) for name in procedure_names()}
    return {"procedures": list(names), "intensity": intensity}


def test_the_form_has_every_procedure_with_a_slider_and_a_number(page: Page) -> None:
    controls = TAB.page(page.texts, page.services)
    for name in procedure_names():
        assert controls.count(f'name="intensity.{name}"') == 1
        assert controls.count(f'data-twin="intensity.{name}"') == 1
        assert f'<input type="checkbox" id="ld-compare-{name}"' in controls


def test_without_a_photo_the_tab_says_so(services: AppServices) -> None:
    page = Page(services)
    assert page.answer("comparison/open")["photo"] is None
    error = page.error("comparison/compare", **chosen("rhinoplasty", "lip_lift"))
    assert error["code"] == "NoPhotoError"
    assert error["error"].startswith("There is no photo yet")


def test_it_offers_what_the_first_tab_plans(page: Page) -> None:
    page.consultation.settings = ConsultationSettings(
        procedures=("brow_lift", "lip_lift"), intensity={"lip_lift": 140.0}, unlock=True
    )
    opened = page.answer("comparison/open")
    assert opened["offer"] == {
        "procedures": ["brow_lift", "lip_lift"],
        "intensity.brow_lift": 60.0,
        "intensity.lip_lift": 140.0,
    }
    assert opened["limits"] == {"intensity": 200.0}


def test_each_procedure_is_shown_beside_the_photo(page: Page, tmp_path: Path) -> None:
    lines = page.ask("comparison/compare", **chosen("lip_lift", "rhinoplasty", rhinoplasty=90))
    said = [line["text"] for line in lines[:-1]]
    assert said == ["Subnasal lip lift", "Rhinoplasty", "Drawing"]
    gallery = lines[-1]["answer"]["parts"]["gallery"]
    assert gallery.count("<figure") == 2
    assert gallery.index("Intensity 60") < gallery.index("Intensity 90")
    shown = page.files_in(gallery)
    names = ("lip_lift", "rhinoplasty")
    closes = {f"{name}{end}.jpg" for name in names for end in ("", "-before", "-face")}
    assert set(shown) == {"portrait-compare.png", "photo.jpg", *closes}
    for name in names:
        before, after = (page.picture(shown[f"{name}{end}.jpg"]) for end in ("-before", ""))
        assert before.shape == after.shape == (504, 560, 3)
        assert np.abs(after.astype(int) - before)[100:400].mean() > 0.8
    assert gallery.count('<svg class="ld-outline" viewBox="0 0 560 504"') == 4
    faces = [
        page.picture(shown[f"{name}.jpg"]) for name in ("photo", *(f"{n}-face" for n in names))
    ]
    assert {picture.shape for picture in faces} == {(720, 576, 3)}
    photo, lip_lift, rhinoplasty = (picture.astype(int) for picture in faces)
    # The same framing: what neither procedure moves stays where it is.
    for changed in (lip_lift, rhinoplasty):
        assert np.abs(changed - photo)[:200].mean() < 0.2
        assert np.abs(changed - photo)[300:600].mean() > 0.25
    path = tmp_path / "grid.png"
    path.write_bytes(page.session.blobs.get(shown["portrait-compare.png"]).data)
    manifest = read_manifest(path)
    assert manifest is not None
    assert manifest["simulation"] is True
    levels = [(panel["procedure"], panel["status"]) for panel in manifest["panels"]]
    assert levels == [("lip_lift", "simulated"), ("rhinoplasty", "simulated")]


def test_a_second_comparison_replaces_the_first(page: Page) -> None:
    first = page.answer("comparison/compare", **chosen("lip_lift", "rhinoplasty"))
    names = page.files_in(first["parts"]["gallery"]).values()
    count = len(page.session.blobs)
    second = page.answer("comparison/compare", **chosen("lip_lift", "brow_lift"))
    assert len(page.session.blobs) == count
    assert not set(names) & set(page.files_in(second["parts"]["gallery"]).values())


def test_a_refusal_is_a_sentence_in_its_place(
    services: AppServices, astronaut: ImageArray, tmp_path: Path
) -> None:
    page = Page(services, "de")
    page.open_photo(photo_of(np.ascontiguousarray(astronaut[:166]), tmp_path))  # below the lips
    done = page.answer("comparison/compare", **chosen("mentoplasty", "brow_lift"))
    gallery = html.unescape(done["parts"]["gallery"])
    assert gallery.count("ld-figure ld-refused") == 1
    assert "abgeschnitten" in gallery
    assert gallery.index("Brauenlift") < gallery.index("abgeschnitten")
    shown = {"photo.jpg", "portrait-compare.png"}
    shown |= {f"brow_lift{end}.jpg" for end in ("", "-before", "-face")}
    assert set(page.files_in(gallery)) == shown


def test_procedures_are_combined_into_one_plan(page: Page) -> None:
    fields = chosen("rhinoplasty", "lip_lift", lip_lift=40)
    done = page.answer("comparison/combine", **fields)
    combined = done["parts"]["combined"]
    names = {f"combined{end}.jpg" for end in ("", "-before", "-face")}
    assert set(page.files_in(combined)) == {"photo.jpg", *names}
    said = html.unescape(combined)
    assert "Length of the upper lip" in said
    assert "Tip rotation" in said
    # Both narrow or widen the base of the nose: the first one in the plan keeps it.
    assert "Alar width (Subnasal lip lift) keeps" in said
    adopted = json.loads(said.split("data-adopt='")[1].split("'")[0])
    assert adopted == {
        "procedures": ["lip_lift", "rhinoplasty"],
        "intensity": {"lip_lift": 40.0, "rhinoplasty": 60.0},
        "effects": {},
    }


def test_flags_and_side_come_from_the_first_tab(page: Page) -> None:
    page.consultation.settings = ConsultationSettings(
        side="left", flags={"keloid_prone": True, "keloid_regions": ["nose"]}
    )
    done = page.answer("comparison/combine", **chosen("rhinoplasty", "brow_lift"))
    assert "keloid-prone skin" in html.unescape(done["parts"]["combined"])


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (chosen("rhinoplasty"), "at least two procedures"),
        (chosen("rhinoplasty", "lip_lift", lip_lift=180), "180"),
        ({"procedures": ["rhinoplasty", "unheard_of"]}, "at least two procedures"),
    ],
)
def test_a_wrong_form_is_one_sentence(page: Page, fields: dict[str, Any], sentence: str) -> None:
    before = len(page.session.blobs)
    assert sentence in page.error("comparison/compare", **fields)["error"]
    assert len(page.session.blobs) == before


@pytest.mark.parametrize("level", [None, "", "much", float("nan")])
def test_an_intensity_that_is_no_number_is_not_understood(page: Page, level: Any) -> None:
    fields = chosen("rhinoplasty", "lip_lift")
    fields["intensity"]["lip_lift"] = level
    with pytest.raises(MalformedRequestError):
        page.ask("comparison/compare", **fields)


def test_stopping_ends_the_computing_and_keeps_what_was_there(page: Page) -> None:
    first = page.answer("comparison/compare", **chosen("lip_lift", "rhinoplasty"))
    kept = page.files_in(first["parts"]["gallery"])
    lines = page.answering("comparison/compare", **chosen(*procedure_names()))
    assert "share" in next(lines)
    page.session.stop()
    rest = list(lines)
    # What was under way ends; of the eight procedures no further one begins.
    assert rest[-1]["code"] == "WorkCancelled"
    assert len(rest) <= 2
    assert page.services.work.load == (0, 0)
    assert page.files_in(first["parts"]["gallery"]) == kept


def test_who_stops_reading_stops_the_computing(page: Page) -> None:
    lines = page.answering("comparison/compare", **chosen(*procedure_names()))
    assert "share" in next(lines)
    lines.close()
    assert page.services.work.load == (0, 0)
    assert page.session.blobs.in_slot("comparison.gallery") == ()


def test_a_result_of_an_older_photo_is_not_shown(
    page: Page, grace_hopper: ImageArray, tmp_path: Path
) -> None:
    before = page.answer("comparison/open")
    lines = page.answering("comparison/compare", **chosen(*procedure_names()))
    next(lines)
    page.open_photo(photo_of(grace_hopper, tmp_path))
    assert list(lines)[-1]["code"] == "WorkCancelled"
    assert page.session.blobs.in_slot("comparison.gallery") == ()
    assert page.answer("comparison/open")["photo"] != before["photo"]
