"""What is measured and drawn over a photo: its bounds, readings, and drawing in a picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks.face import Scale
from landmarkdiff.texts import Texts, languages
from landmarkdiff.workflows.annotations import Angle, Distance, Note, PenStroke, reading
from landmarkdiff.workflows.output.annotated import draw_annotations
from landmarkdiff.workflows.output.close_up import Region
from landmarkdiff.workflows.settings import ConsultationSettings

ENGLISH = Texts.load("en")
REGION = Region(100.0, 50.0, 200.0, 150.0)
SCALE = Scale(0.25, 0.04, "iris")
GREY = np.full((300, 400, 3), 128, np.uint8)
STROKE = [[i, i] for i in range(120)]


def placed(x: float, y: float, width: int = 400) -> tuple[int, int]:
    """Row and column of a photo place in the picture of the region, twice as large."""
    return round((y + 0.5 - 50) * 2 - 0.5), round((x + 0.5 - 100) * 2 - 0.5)


@pytest.mark.parametrize(
    ("annotations", "where"),
    [
        ([{"kind": "circle", "points": [[0, 0]]}], "annotations.0"),
        ([{"kind": "distance", "points": [[0, 0]]}], "annotations.0.distance.points"),
        (
            [{"kind": "angle", "points": [[0, 0], [1, -1], [2, 2]]}],
            "annotations.0.angle.points.1.1",
        ),
        ([{"kind": "distance", "points": [[0, 0], [1, float("nan")]]}], "points.1.1"),
        ([{"kind": "pen", "points": [[0, 0]]}], "annotations.0.pen.points"),
        ([{"kind": "pen", "points": [*STROKE, [0, 0]]}], "annotations.0.pen.points"),
        ([{"kind": "text", "points": [[0, 0]], "text": "a" * 81}], "annotations.0.text.text"),
        ([{"kind": "text", "points": [[0, 0]], "text": ""}], "annotations.0.text.text"),
        ([{"kind": "pen", "points": STROKE, "colour": "red"}], "annotations.0.pen.colour"),
        ([{"kind": "text", "points": [[0, 0]], "text": "a"}] * 31, "annotations"),
        ([{"kind": "pen", "points": STROKE}] * 11, "1320 points"),
        ("none", "annotations"),
    ],
)
def test_what_is_malformed_is_named(annotations: Any, where: str) -> None:
    with pytest.raises(ParameterError) as caught:
        ConsultationSettings.from_dict({"annotations": annotations})
    sentence = ENGLISH.error(caught.value)
    assert where in sentence
    assert "\n" not in sentence


def test_settings_with_drawings_come_back_as_they_were() -> None:
    settings = ConsultationSettings(
        annotations=(
            Distance(points=((1, 2), (3.5, 4))),
            Angle(points=((0, 0), (5, 5), (9, 0))),
            PenStroke(points=((0, 0), (1, 1))),
            Note(points=((7, 8),), text="softer"),
        )
    )
    assert ConsultationSettings.from_dict(settings.to_dict()) == settings
    assert settings.changes_nothing == ConsultationSettings().changes_nothing


@pytest.mark.parametrize("language", languages())
def test_readings_have_the_language_s_decimal_sign(language: str) -> None:
    texts = Texts.load(language)
    words = reading(Distance(points=((0, 0), (90, 0))), 0.25, 0.04, texts)
    assert texts.number(22.5) in words
    assert texts.number(0.9) in words
    assert reading(Angle(points=((9, 0), (0, 0), (0, 9))), 0.25, 0.04, texts) == "90°"
    assert reading(PenStroke(points=((0, 0), (1, 1))), 0.25, 0.04, texts) == ""


@pytest.mark.parametrize("mirrored", [False, True])
def test_lines_lie_where_they_were_drawn(mirrored: bool) -> None:
    stroke = PenStroke(points=((120, 60), (120, 180)))
    drawn = draw_annotations(
        GREY, [stroke], region=REGION, scale=SCALE, texts=ENGLISH, mirrored=mirrored
    )
    yellow = (drawn[..., 0] > 230) & (drawn[..., 2] < 140)
    rows, columns = np.nonzero(yellow)
    top, column = placed(120, 60)
    bottom, _ = placed(120, 180)
    assert columns.mean() == pytest.approx(399 - column if mirrored else column, abs=0.6)
    assert rows.min() == pytest.approx(top, abs=3)
    assert rows.max() == pytest.approx(bottom, abs=3)
    assert np.array_equal(GREY, np.full_like(GREY, 128))


def test_words_are_turned_for_nobody_and_stay_inside() -> None:
    note = Note(points=((199.5, 124.5),), text="softer, and not smaller than before")
    shown, turned = (
        draw_annotations(GREY, [note], region=REGION, scale=SCALE, texts=ENGLISH, mirrored=turn)
        for turn in (False, True)
    )
    # In the middle of the picture a mirror moves nothing.
    assert np.abs(shown.astype(int) - turned.astype(int)).mean() < 0.5
    assert (shown != 128).any()
    edge = Note(points=((100.0, 50.0),), text="softer, and not smaller than before")
    corner = draw_annotations(GREY, [edge], region=REGION, scale=SCALE, texts=ENGLISH)
    inked = (corner.astype(int).min(axis=2) > 140).sum()
    assert inked == pytest.approx((shown.astype(int).min(axis=2) > 140).sum(), rel=0.1)


def test_what_lies_outside_of_the_crop_has_no_words_in_it() -> None:
    away = Distance(points=((500, 60), (560, 60)))
    drawn = draw_annotations(GREY, [away], region=REGION, scale=SCALE, texts=ENGLISH)
    assert np.array_equal(drawn, GREY)
