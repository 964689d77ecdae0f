"""Tab 2 on a real photo, asked as the page asks it."""

from __future__ import annotations

import html
import json
from pathlib import Path

import numpy as np
import pytest
from tab_room import TabRoom, make_services, photo_of

from landmarkdiff.arrays import ImageArray
from landmarkdiff.photo.manifest import read_manifest
from landmarkdiff.procedures import procedure_names
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.tabs.comparison.tab import ComparisonTab
from landmarkdiff.workflows.settings import ConsultationSettings


def chosen(*names: str, **levels: float) -> dict[str, list[str]]:
    """The form with procedures ticked; 60 where no level is given."""
    fields = {f"intensity.{name}": [f"{levels.get(name, 60):g}"] for name in procedure_names()}
    return {"procedures": list(names), **fields}


@pytest.fixture(scope="module")
def services() -> AppServices:
    return make_services()


@pytest.fixture
def room(services: AppServices, astronaut: ImageArray, tmp_path: Path) -> TabRoom:
    found = TabRoom(services)
    found.open_photo(photo_of(astronaut, tmp_path))
    return found


def test_the_form_has_every_procedure_with_a_slider_and_a_number(room: TabRoom) -> None:
    controls = ComparisonTab(room.texts).desk.controls
    for name in procedure_names():
        assert controls.count(f'name="intensity.{name}"') == 1
        assert controls.count(f'data-twin="intensity.{name}"') == 1
        assert f'<input type="checkbox" id="ld-compare-{name}"' in controls


def test_without_a_photo_the_desk_says_so(services: AppServices) -> None:
    room = TabRoom(services)
    desk = ComparisonTab(room.texts).desk
    (opened,) = room.ask(desk, "open")
    assert opened["kind"] == "open"
    assert opened["photo"] is None
    (error,) = room.ask(desk, "compare", chosen("rhinoplasty", "lip_lift"))
    assert error["kind"] == "error"
    assert error["sentence"].startswith("There is no photo yet")


def test_it_offers_what_the_first_tab_plans(room: TabRoom) -> None:
    room.session.consultation.settings = ConsultationSettings(
        procedures=("brow_lift", "lip_lift"), intensity={"lip_lift": 140.0}, unlock=True
    )
    (opened,) = room.ask(ComparisonTab(room.texts).desk, "open")
    assert opened["offer"] == {
        "procedures": ["brow_lift", "lip_lift"],
        "intensity.brow_lift": 60.0,
        "intensity.lip_lift": 140.0,
    }
    assert opened["limits"] == {"intensity": 200.0}


def test_each_procedure_is_shown_beside_the_photo(room: TabRoom, tmp_path: Path) -> None:
    desk = ComparisonTab(room.texts).desk
    replies = room.ask(desk, "compare", chosen("lip_lift", "rhinoplasty", rhinoplasty=90))
    said = [reply["sentence"] for reply in replies if reply["kind"] == "progress"]
    assert said == ["Subnasal lip lift", "Rhinoplasty", "Drawing"]
    assert replies[-1]["kind"] == "done"
    gallery = replies[-1]["parts"]["gallery"]
    assert gallery.count("<figure") == 3
    assert gallery.index("Intensity 60") < gallery.index("Intensity 90")
    shown = room.files_in(gallery)
    assert list(shown) == ["portrait-compare.png", "photo.jpg", "lip_lift.jpg", "rhinoplasty.jpg"]
    pictures = [room.picture(shown[name]) for name in shown if name.endswith(".jpg")]
    assert {picture.shape for picture in pictures} == {(720, 576, 3)}
    photo, lip_lift, rhinoplasty = (picture.astype(int) for picture in pictures)
    # The same framing: what neither procedure moves stays where it is.
    for changed in (lip_lift, rhinoplasty):
        assert np.abs(changed - photo)[:200].mean() < 0.2
        assert np.abs(changed - photo)[300:600].mean() > 0.3
    path = tmp_path / "grid.png"
    path.write_bytes(room.session.blobs.get(shown["portrait-compare.png"]).data)
    manifest = read_manifest(path)
    assert manifest is not None
    assert manifest["simulation"] is True
    levels = [(panel["procedure"], panel["status"]) for panel in manifest["panels"]]
    assert levels == [("lip_lift", "simulated"), ("rhinoplasty", "simulated")]


def test_a_second_comparison_replaces_the_first(room: TabRoom) -> None:
    desk = ComparisonTab(room.texts).desk
    first = room.ask(desk, "compare", chosen("lip_lift", "rhinoplasty"))[-1]
    names = room.files_in(first["parts"]["gallery"]).values()
    count = len(room.session.blobs)
    second = room.ask(desk, "compare", chosen("lip_lift", "brow_lift"))[-1]
    assert len(room.session.blobs) == count
    assert not set(names) & set(room.files_in(second["parts"]["gallery"]).values())


def test_a_refusal_is_a_sentence_in_its_place(
    services: AppServices, astronaut: ImageArray, tmp_path: Path
) -> None:
    room = TabRoom(services, "de")
    room.open_photo(photo_of(np.ascontiguousarray(astronaut[:166]), tmp_path))  # below the lips
    desk = ComparisonTab(room.texts).desk
    done = room.ask(desk, "compare", chosen("mentoplasty", "brow_lift"))[-1]
    gallery = html.unescape(done["parts"]["gallery"])
    assert gallery.count("ld-figure ld-refused") == 1
    assert "abgeschnitten" in gallery
    assert gallery.index("Brauenlift") < gallery.index("abgeschnitten")
    assert set(room.files_in(gallery)) == {"photo.jpg", "brow_lift.jpg", "portrait-compare.png"}


def test_procedures_are_combined_into_one_plan(room: TabRoom) -> None:
    desk = ComparisonTab(room.texts).desk
    fields = chosen("rhinoplasty", "lip_lift", lip_lift=40)
    done = room.ask(desk, "combine", fields)[-1]
    combined = done["parts"]["combined"]
    assert set(room.files_in(combined)) == {"photo.jpg", "combined.jpg"}
    said = html.unescape(combined)
    assert "Length of the upper lip" in said
    assert "Tip rotation" in said
    # Both narrow or widen the base of the nose: the first one in the plan keeps it.
    assert "Alar width (Subnasal lip lift) keeps" in said
    adopted = json.loads(said.split('data-adopt="')[1].split('}"')[0] + "}")
    assert adopted == {
        "procedures": ["lip_lift", "rhinoplasty"],
        "intensity": {"lip_lift": 40.0, "rhinoplasty": 60.0},
        "effects": {},
    }


def test_flags_and_side_come_from_the_first_tab(room: TabRoom) -> None:
    desk = ComparisonTab(room.texts).desk
    room.session.consultation.settings = ConsultationSettings(
        side="left", flags={"keloid_prone": True, "keloid_regions": ["nose"]}
    )
    done = room.ask(desk, "combine", chosen("rhinoplasty", "brow_lift"))[-1]
    assert "keloid-prone skin" in html.unescape(done["parts"]["combined"])


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (chosen("rhinoplasty"), "at least two procedures"),
        (chosen("rhinoplasty", "lip_lift", lip_lift=180), "180"),
        ({**chosen("rhinoplasty", "lip_lift"), "intensity.lip_lift": [""]}, "not understood"),
        ({"procedures": ["rhinoplasty", "unheard_of"]}, "at least two procedures"),
    ],
)
def test_a_wrong_form_is_one_sentence(
    room: TabRoom, fields: dict[str, list[str]], sentence: str
) -> None:
    desk = ComparisonTab(room.texts).desk
    before = len(room.session.blobs)
    (error,) = room.ask(desk, "compare", fields)
    assert error["kind"] == "error"
    assert sentence in error["sentence"]
    assert len(room.session.blobs) == before


def test_stopping_ends_the_computing_and_keeps_what_was_there(room: TabRoom) -> None:
    desk = ComparisonTab(room.texts).desk
    first = room.ask(desk, "compare", chosen("lip_lift", "rhinoplasty"))[-1]
    kept = room.files_in(first["parts"]["gallery"])
    replies = room.answering(desk, "compare", chosen(*procedure_names()))
    assert next(replies)["kind"] == "progress"
    room.session.stop()
    rest = list(replies)
    # What was under way ends; of the eight procedures no further one begins.
    assert [reply["kind"] for reply in rest][-1] == "cancelled"
    assert len(rest) <= 2
    assert room.services.work.load == (0, 0)
    assert room.files_in(first["parts"]["gallery"]) == kept


def test_a_result_of_an_older_photo_is_not_shown(
    room: TabRoom, grace_hopper: ImageArray, tmp_path: Path
) -> None:
    desk = ComparisonTab(room.texts).desk
    (before,) = room.ask(desk, "open")
    replies = room.answering(desk, "compare", chosen(*procedure_names()))
    next(replies)
    room.open_photo(photo_of(grace_hopper, tmp_path))
    assert list(replies)[-1]["kind"] == "cancelled"
    assert "compare.blobs" not in room.session.state
    (after,) = room.ask(desk, "open")
    assert after["photo"] != before["photo"]


def test_another_users_request_finds_no_session(room: TabRoom) -> None:
    desk = ComparisonTab(room.texts).desk
    stranger = TabRoom(room.services)
    stranger.request.scope["landmarkdiff.owner"] = type(room.session.owner)("", "other")
    stranger.session = room.session
    (error,) = stranger.ask(desk, "compare", chosen("lip_lift", "rhinoplasty"))
    assert error["kind"] == "error"
    assert "closed" in error["sentence"]
