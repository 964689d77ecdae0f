"""The label: legible, inside its box, away from what was changed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photo_samples import noise

from landmarkdiff.errors import ParameterError
from landmarkdiff.photo import choose_label_corner, draw_label
from landmarkdiff.photo.label import label_box

CORNERS = ("top-left", "top-right", "bottom-left", "bottom-right")


def _changed_outside(before: np.ndarray, after: np.ndarray, box: tuple[int, ...]) -> int:
    x, y, w, h = box
    changed = (before != after).any(axis=2)
    changed[y : y + h, x : x + w] = False
    return int(changed.sum())


@settings(max_examples=60)
@given(st.integers(16, 900), st.integers(16, 900), st.sampled_from(CORNERS))
def test_only_the_box_changes_and_it_lies_in_the_image(height, width, corner):
    picture = noise(height, width)
    before = picture.copy()
    labelled, (x, y, w, h) = draw_label(picture, corner=corner)
    assert x >= 0 and x + w <= width and w > 0
    assert y >= 0 and y + h <= height and h > 0
    assert _changed_outside(before, labelled, (x, y, w, h)) == 0
    np.testing.assert_array_equal(picture, before)
    assert labelled.dtype == np.uint8
    assert (labelled != before).any()


@pytest.mark.parametrize("corner", CORNERS)
def test_the_box_is_in_its_corner(corner):
    x, y, w, h = draw_label(noise(600, 800), corner=corner)[1]
    assert (x + w / 2 < 400) == corner.endswith("left")
    assert (y + h / 2 < 300) == corner.startswith("top")


@pytest.mark.parametrize(
    ("height", "width", "capitals"),
    [(256, 256, 9), (512, 512, 11), (3000, 4000, 66), (4000, 3000, 66)],
)
def test_the_letters_grow_with_the_short_side(height, width, capitals):
    black = np.zeros((height, width, 3), np.uint8)
    labelled, (x, y, w, h) = draw_label(black, corner="top-left")
    ink = (labelled[y : y + h, x : x + w, 0] > 130).any(axis=1)
    assert abs(int(ink.sum()) - capitals) <= max(2, 0.15 * capitals)
    assert w < 0.6 * width


@pytest.mark.parametrize("background", [0, 128, 255])
def test_letters_stand_out_on_any_background(background):
    picture = np.full((512, 512, 3), background, np.uint8)
    labelled, (x, y, w, h) = draw_label(picture)
    inside = labelled[y : y + h, x : x + w].astype(float) / 255
    linear = np.where(inside <= 0.04045, inside / 12.92, ((inside + 0.055) / 1.055) ** 2.4)[..., 0]
    # WCAG contrast of the brightest letter pixels and the box.
    contrast = (linear.max() + 0.05) / (linear[0, 0] + 0.05)
    assert contrast > 7
    assert (linear > 0.7).mean() > 0.05


def test_noise_behind_the_box_does_not_drown_the_letters():
    picture = noise(512, 512)
    labelled, (x, y, w, h) = draw_label(picture, corner="top-left")
    inside = labelled[y : y + h, x : x + w].max(axis=2)
    assert inside[0].max() < 80
    assert inside.max() > 235


def _mask(*corners: str, size: tuple[int, int] = (800, 600)) -> np.ndarray:
    mask = np.zeros(size[::-1], np.float32)
    for corner in corners:
        x, y, w, h = label_box(size, corner)
        mask[y : y + h, x : x + w] = 0.01
    return mask


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ((), "bottom-right"),
        (("bottom-right",), "bottom-left"),
        (("bottom-right", "bottom-left"), "top-right"),
        (("bottom-right", "bottom-left", "top-right"), "top-left"),
    ],
)
def test_the_first_free_corner_is_chosen(taken, expected):
    mask = _mask(*taken)
    assert choose_label_corner(mask, (800, 600)) == expected
    assert choose_label_corner(mask > 0, (800, 600)) == expected
    box = draw_label(np.zeros((600, 800, 3), np.uint8), mask=mask)[1]
    assert box == label_box((800, 600), expected)


def test_when_all_are_taken_the_least_touched():
    mask = _mask(*CORNERS)
    x, y, w, h = label_box((800, 600), "top-right")
    mask[y : y + h // 2, x : x + w] = 0
    assert choose_label_corner(mask, (800, 600)) == "top-right"


def test_a_box_serves_as_mask():
    assert choose_label_corner(None, (800, 600)) == "bottom-right"
    assert choose_label_corner((400, 300, 400, 300), (800, 600)) == "bottom-left"
    assert choose_label_corner((0, 300, 800, 300), (800, 600)) == "top-right"


def test_another_text():
    picture = np.zeros((300, 300, 3), np.uint8)
    short, long = (draw_label(picture, text=text)[1] for text in ("SIM", "SIMULATION 60 %"))
    assert short[2] < long[2]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"corner": "middle"}, "no such corner"),
        ({"text": " "}, "without text"),
        ({"mask": np.zeros((3, 3))}, "does not fit"),
    ],
)
def test_wrong_arguments(arguments, match):
    with pytest.raises(ParameterError, match=match):
        draw_label(noise(), **arguments)


@pytest.mark.parametrize("picture", [noise()[..., 0], noise().astype(np.float32)])
def test_what_is_no_picture(picture):
    with pytest.raises(ParameterError, match="not an RGB array"):
        draw_label(picture)
