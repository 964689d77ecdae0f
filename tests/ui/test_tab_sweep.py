"""Tab 3 on a real photo, asked as the page asks it."""

from __future__ import annotations

import html
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tab_room import TabRoom, make_services, photo_of

from landmarkdiff.arrays import ImageArray
from landmarkdiff.procedures import procedure_names
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.tabs.sweep.tab import SweepTab
from landmarkdiff.workflows.settings import ConsultationSettings


def form(procedure: str, steps: int | str) -> dict[str, list[str]]:
    return {"procedure": [procedure], "steps": [str(steps)]}


@pytest.fixture(scope="module")
def services() -> AppServices:
    return make_services()


@pytest.fixture
def room(services: AppServices, astronaut: ImageArray, tmp_path: Path) -> TabRoom:
    found = TabRoom(services)
    found.open_photo(photo_of(astronaut, tmp_path))
    return found


def test_the_form_has_every_procedure_and_three_to_ten_steps(room: TabRoom) -> None:
    controls = SweepTab(room.texts).desk.controls
    assert all(f'<option value="{name}">' in controls for name in procedure_names())
    assert 'name="steps" min="3" max="10" step="1"' in controls


@pytest.mark.parametrize(
    ("planned", "offered"),
    [(("lip_lift",), "lip_lift"), (("lip_lift", "rhinoplasty"), "plan")],
)
def test_it_offers_what_the_first_tab_plans(
    room: TabRoom, planned: tuple[str, ...], offered: str
) -> None:
    room.session.consultation.settings = ConsultationSettings(procedures=planned)
    (opened,) = room.ask(SweepTab(room.texts).desk, "open")
    assert opened["offer"] == {"procedure": offered}


def test_the_steps_rise_from_the_photo_to_the_end_of_the_band(room: TabRoom) -> None:
    replies = room.ask(SweepTab(room.texts).desk, "sweep", form("mentoplasty", 4))
    shares = [reply["share"] for reply in replies if reply["kind"] == "progress"]
    assert shares == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert replies[-2]["sentence"] == "Making the animation"
    gallery = html.unescape(replies[-1]["parts"]["gallery"])
    assert gallery.count("<figure") == 4
    for level in (0, 33, 67, 100):
        assert f"<strong>Intensity {level}</strong>" in gallery
    shown = room.files_in(gallery)
    steps = [room.picture(shown[f"mentoplasty-{level}.jpg"]) for level in (0, 33, 67, 100)]
    photo = room.picture(shown["photo.jpg"]).astype(int)
    away = [np.abs(step.astype(int) - photo)[400:640].mean() for step in steps]
    assert away == sorted(away)
    assert away[0] < 0.1
    assert away[3] > 0.4


def test_the_loops_are_animations_of_all_steps(room: TabRoom) -> None:
    done = room.ask(SweepTab(room.texts).desk, "sweep", form("rhinoplasty", 3))[-1]
    gallery = done["parts"]["gallery"]
    assert 'data-player="0.500"' in gallery
    shown = room.files_in(gallery)
    for kind in ("gif", "webp"):
        blob = room.session.blobs.get(shown[f"portrait-sweep-rhinoplasty.{kind}"])
        assert blob.media_type == f"image/{kind}"
        with Image.open(io.BytesIO(blob.data)) as animation:
            assert animation.size == (576, 720)
            assert animation.info["loop"] == 0
            assert animation.n_frames == 4  # up in three and back over the middle
    assert "portrait-sweep-rhinoplasty.png" in shown


def test_values_set_by_hand_do_not_hold_the_sweep_up(room: TabRoom) -> None:
    room.session.consultation.settings = ConsultationSettings(
        procedures=("rhinoplasty",),
        effects={
            "rhinoplasty.tip_rotation": 9.0,
            "rhinoplasty.dorsal_hump": "off",
            "lip_lift.upper_lip_length": "off",
        },
    )
    done = room.ask(SweepTab(room.texts).desk, "sweep", form("plan", 3))[-1]
    gallery = html.unescape(done["parts"]["gallery"])
    assert "Intensity 0, largest movement 0.0\N{NO-BREAK SPACE}mm" in gallery
    assert "Tip rotation" in gallery
    assert "Dorsal hump" not in gallery


def test_a_second_sweep_replaces_the_first(room: TabRoom) -> None:
    desk = SweepTab(room.texts).desk
    room.ask(desk, "sweep", form("lip_lift", 3))
    count = len(room.session.blobs)
    room.ask(desk, "sweep", form("brow_lift", 3))
    assert len(room.session.blobs) == count


def test_stopping_ends_the_computing(room: TabRoom) -> None:
    replies = room.answering(SweepTab(room.texts).desk, "sweep", form("rhinoplasty", 10))
    assert next(replies)["kind"] == "progress"
    room.session.stop()
    rest = [reply["kind"] for reply in replies]
    assert rest[-1] == "cancelled"
    assert len(rest) <= 2
    assert room.services.work.load == (0, 0)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (form("rhinoplasty", 2), "The number of steps is out of range (here: 2)"),
        (form("rhinoplasty", 11), "allowed: 3 to 10"),
        (form("rhinoplasty", "nan"), "not understood"),
        (form("unheard_of", 5), "not understood"),
        ({}, "not understood"),
    ],
)
def test_a_wrong_form_is_one_sentence(
    room: TabRoom, fields: dict[str, list[str]], sentence: str
) -> None:
    (error,) = room.ask(SweepTab(room.texts).desk, "sweep", fields)
    assert error["kind"] == "error"
    assert sentence in error["sentence"]
