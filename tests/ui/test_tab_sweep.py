"""Tab 3 on a real photo, asked as the page asks it."""

from __future__ import annotations

import html
import io
from typing import Any

import numpy as np
import pytest
from asking import Page
from PIL import Image

from landmarkdiff.procedures import procedure_names
from landmarkdiff.ui.server.responses import MalformedRequestError
from landmarkdiff.ui.tabs.sweep import TAB
from landmarkdiff.workflows.settings import ConsultationSettings


def form(procedure: str, steps: float | None) -> dict[str, Any]:
    return {"procedure": procedure, "steps": steps}


def test_the_form_has_every_procedure_and_three_to_ten_steps(page: Page) -> None:
    controls = TAB.page(page.texts, page.services)
    assert all(f'<option value="{name}">' in controls for name in procedure_names())
    assert 'name="steps" min="3" max="10" step="1"' in controls


@pytest.mark.parametrize(
    ("planned", "offered"),
    [(("lip_lift",), "lip_lift"), (("lip_lift", "rhinoplasty"), "plan")],
)
def test_it_offers_what_the_first_tab_plans(
    page: Page, planned: tuple[str, ...], offered: str
) -> None:
    page.consultation.settings = ConsultationSettings(procedures=planned)
    opened = page.answer("sweep/open")
    assert opened["offer"] == {"procedure": offered}


def test_the_steps_rise_from_the_photo_to_the_end_of_the_band(page: Page) -> None:
    *stages, last = page.ask("sweep/sweep", **form("mentoplasty", 4))
    shares = [stage["share"] for stage in stages]
    assert shares == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert stages[-1]["text"] == "Making the animation"
    gallery = html.unescape(last["answer"]["parts"]["gallery"])
    assert gallery.count("<figure") == 4
    for level in (0, 33, 67, 100):
        assert f"<strong>Intensity {level}</strong>" in gallery
    shown = page.files_in(gallery)
    steps = [page.picture(shown[f"mentoplasty-{level}.jpg"]) for level in (0, 33, 67, 100)]
    photo = page.picture(shown["mentoplasty-0-before.jpg"]).astype(int)
    away = [np.abs(step.astype(int) - photo)[100:420].mean() for step in steps]
    assert away == sorted(away)
    assert away[0] < 0.1
    assert away[3] > 0.4


def test_the_loops_are_animations_of_all_steps(page: Page) -> None:
    done = page.answer("sweep/sweep", **form("rhinoplasty", 3))
    gallery = done["parts"]["gallery"]
    assert 'data-player="0.500"' in gallery
    shown = page.files_in(gallery)
    for kind in ("gif", "webp"):
        blob = page.session.blobs.get(shown[f"portrait-sweep-rhinoplasty.{kind}"])
        assert blob.media_type == f"image/{kind}"
        with Image.open(io.BytesIO(blob.data)) as animation:
            assert animation.size == (560, 504)
            assert animation.info["loop"] == 0
            assert animation.n_frames == 4  # up in three and back over the middle
    assert "portrait-sweep-rhinoplasty.png" in shown


def test_values_set_by_hand_do_not_hold_the_sweep_up(page: Page) -> None:
    page.consultation.settings = ConsultationSettings(
        procedures=("rhinoplasty",),
        effects={
            "rhinoplasty.tip_rotation": 9.0,
            "rhinoplasty.dorsal_hump": "off",
            "lip_lift.upper_lip_length": "off",
        },
    )
    done = page.answer("sweep/sweep", **form("plan", 3))
    gallery = html.unescape(done["parts"]["gallery"])
    assert "Intensity 0, largest movement 0.0\N{NO-BREAK SPACE}mm" in gallery
    assert "Tip rotation" in gallery
    assert "Dorsal hump" not in gallery


def test_a_second_sweep_replaces_the_first(page: Page) -> None:
    page.answer("sweep/sweep", **form("lip_lift", 3))
    count = len(page.session.blobs)
    page.answer("sweep/sweep", **form("brow_lift", 3))
    assert len(page.session.blobs) == count


def test_stopping_ends_the_computing(page: Page) -> None:
    lines = page.answering("sweep/sweep", **form("rhinoplasty", 10))
    assert "share" in next(lines)
    page.session.stop()
    rest = list(lines)
    assert rest[-1]["code"] == "WorkCancelled"
    assert len(rest) <= 2
    assert page.services.work.load == (0, 0)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (form("rhinoplasty", 2), "The number of steps is out of range (here: 2)"),
        (form("rhinoplasty", 11), "allowed: 3 to 10"),
        (form("unheard_of", 5), "not understood"),
        ({}, "not understood"),
    ],
)
def test_a_wrong_form_is_one_sentence(page: Page, fields: dict[str, Any], sentence: str) -> None:
    assert sentence in page.error("sweep/sweep", **fields)["error"]


@pytest.mark.parametrize("steps", [None, float("nan"), "many"])
def test_steps_that_are_no_number_are_not_understood(page: Page, steps: Any) -> None:
    with pytest.raises(MalformedRequestError):
        page.ask("sweep/sweep", **form("rhinoplasty", steps))
