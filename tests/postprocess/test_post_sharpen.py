from __future__ import annotations

import cv2
import numpy as np
import painted
import pytest

from landmarkdiff.postprocess.lab import lab_of, shifted
from landmarkdiff.postprocess.sharpen import sharpen, sharpened_lightness


@pytest.mark.parametrize("who", ["nose", "jaw"])
def test_lightness_gains_and_colour_stays(who: str, request: pytest.FixtureRequest) -> None:
    canvas = request.getfixturevalue(who)[0]
    picture = painted.repainted(canvas.warped, blur=1.5)
    found = sharpen(painted.with_painting(canvas, picture), painted.context_of())
    where = canvas.mask.full() > 0
    before, after = lab_of(picture), lab_of(found.picture)
    assert found.report.applied
    # Eight bits hold a and b to about half a unit, in the darkest tones to two.
    moved = np.abs(after - before)[..., 1:][where]
    assert moved.mean() < 0.2
    bright = where & (before[..., 0] > 15)
    assert np.abs(after - before)[..., 1:][bright].max() < 1.6
    soft = cv2.GaussianBlur(before[..., 0], (0, 0), 1.0)
    expected = 0.25 * (before[..., 0] - soft)
    gained = (after - before)[..., 0]
    assert np.corrcoef(gained[where], expected[where])[0, 1] > 0.8
    assert np.array_equal(found.picture[~where], picture[~where])


def test_saturated_colours_get_no_fringe() -> None:
    """At an edge between two strong colours RGB would overshoot in one channel alone."""
    picture = np.zeros((60, 60, 3), np.uint8)
    picture[:, :30], picture[:, 30:] = (250, 40, 30), (30, 60, 240)
    picture = cv2.GaussianBlur(picture, (0, 0), 1.2)
    canvas = painted.canvas_of(np.zeros_like(picture), picture, np.full((60, 60), 255, np.uint8))
    found = sharpen(canvas, painted.context_of(sharpen={"amount": 1.0})).picture
    assert np.abs(lab_of(found) - lab_of(picture))[..., 1:].max() < 1.2
    assert np.abs(lab_of(found) - lab_of(picture))[..., 0].max() > 3.0


def test_the_radius_follows_the_networks_pixel(nose: tuple) -> None:
    """At four pixels of the photo per pixel of the network, waves of 16 pixels gain too."""
    x = np.arange(512)
    wave = 120 + 20 * np.sin(2 * np.pi * x / 16)
    picture = np.repeat(np.repeat(wave[None, :, None], 512, 0), 3, 2).astype(np.uint8)
    gains = []
    for pixel in (1.0, 4.0):
        canvas = painted.canvas_of(
            np.zeros_like(picture), picture, np.full((512, 512), 255, np.uint8), pixel=pixel
        )
        found = sharpen(canvas, painted.context_of()).picture
        gains.append(np.ptp(found[256, 64:-64, 0].astype(float)) / np.ptp(picture[256, 64:-64, 0]))
    assert gains[0] == pytest.approx(1.02, abs=0.03)
    assert gains[1] > 1.12


def test_unsharp_masking_adds_the_amount_of_what_a_blur_takes() -> None:
    step = np.zeros((20, 40), np.float32)
    step[:, 20:] = 50
    found = sharpened_lightness(step, 0.25, 2.0)
    assert found[:, :2] == pytest.approx(0, abs=0.01)
    blurred = cv2.GaussianBlur(step, (0, 0), 2.0)
    assert found == pytest.approx(step + 0.25 * (step - blurred), abs=1e-4)
    assert sharpened_lightness(step, 0.0, 2.0) == pytest.approx(step)


def test_no_change_in_lab_is_no_change_at_all() -> None:
    every = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    assert np.array_equal(shifted(every, np.zeros((200, 200, 3), np.float32)), every)
    lighter = shifted(every, np.full((200, 200, 3), (6, 0, 0), np.float32), colour_kept=True)
    moved = (lighter != every).any(axis=2)
    change = (lab_of(lighter) - lab_of(every))[moved]
    assert np.median(change[:, 0]) == pytest.approx(6.0, abs=0.2)
    assert np.quantile(np.abs(change[:, 1:]), 0.999) < 1.5


@pytest.mark.parametrize(
    ("settings", "reason"), [({"enabled": False}, "switched_off"), ({"amount": 0}, "amount_zero")]
)
def test_off_changes_nothing(nose: tuple, settings: dict, reason: str) -> None:
    canvas = painted.with_painting(nose[0], painted.repainted(nose[0].warped))
    outcome = sharpen(canvas, painted.context_of(sharpen=settings))
    assert outcome.picture is canvas.picture
    assert (outcome.report.applied, outcome.report.reason) == (False, reason)
