from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import painted
import pytest

from landmarkdiff.clinical import detect_vitiligo
from landmarkdiff.landmarks.topology import LANDMARK_REGIONS
from landmarkdiff.postprocess import Canvas
from landmarkdiff.postprocess.colour import match_colour
from landmarkdiff.postprocess.lab import lab_of, shifted

CASTS = [
    {"gain": 1.05, "cast": (9.0, -4.0, -10.0)},
    {"gain": 0.8, "cast": (-6.0, 4.0, 12.0)},
]


def difference(one: np.ndarray, two: np.ndarray, where: np.ndarray) -> float:
    """Mean CIELAB distance of the tones of two pictures, grain aside."""
    smooth = [lab_of(cv2.GaussianBlur(image, (0, 0), 2.0))[where] for image in (one, two)]
    return float(np.linalg.norm(smooth[0] - smooth[1], axis=1).mean())


def of_tone(canvas: Canvas, factor: float) -> Canvas:
    """The canvas of a person whose skin reflects another share of the light."""
    linear = (canvas.warped / 255.0) ** 2.2 * factor
    tone = np.rint(255 * np.clip(linear, 0, 1) ** (1 / 2.2)).astype(np.uint8)
    return replace(canvas, photo=tone, warped=tone, picture=tone)


@pytest.mark.parametrize("cast", CASTS)
@pytest.mark.parametrize("who", ["nose", "jaw"])
@pytest.mark.parametrize("factor", [0.08, 1.0, 1.25])
def test_cast_and_gain_are_removed_on_dark_and_light_skin(
    who: str, cast: dict, factor: float, request: pytest.FixtureRequest
) -> None:
    canvas = of_tone(request.getfixturevalue(who)[0], factor)
    picture = painted.repainted(canvas.warped, **cast)
    found = match_colour(painted.with_painting(canvas, picture), painted.context_of())
    covered = canvas.mask.full()
    before = difference(picture, canvas.warped, covered > 128)
    after = difference(found.picture, canvas.warped, covered > 128)
    assert found.report.applied
    assert before > 6.0
    assert after < 1.6
    assert np.array_equal(found.picture[covered == 0], picture[covered == 0])


def test_a_picture_of_the_same_tones_stays_as_it_is(nose: tuple) -> None:
    canvas = nose[0]
    picture = canvas.warped.copy()
    picture[::2, ::2] = np.clip(picture[::2, ::2].astype(int) + 1, 0, 255)
    picture[1::2, 1::2] = np.clip(picture[1::2, 1::2].astype(int) - 1, 0, 255)
    outcome = match_colour(painted.with_painting(canvas, picture), painted.context_of())
    assert outcome.report.reason == "tones_agree"
    assert np.array_equal(outcome.picture, picture)


def with_patch(canvas: Canvas, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """The warp with a depigmented patch on the right lower cheek, and where it is."""
    x, y = canvas.face.points[[192, 207, 214, 210], :2].mean(axis=0)
    rows, columns = np.mgrid[: canvas.warped.shape[0], : canvas.warped.shape[1]]
    away = np.hypot(columns - x, rows - y) * canvas.face.scale.mm_per_px
    patch = np.clip(12.0 - away, 0, 1).astype(np.float32)
    change = patch[..., None] * np.float32([18, -8, -8]) * np.float32(strength)
    return shifted(canvas.warped, change), away < 9.0


@pytest.mark.parametrize("kept", [1.0, 0.5])
def test_vitiligo_keeps_its_contrast_or_gets_it_back(jaw: tuple, kept: float) -> None:
    canvas = of_tone(jaw[0], 0.25)
    photo, patch = with_patch(canvas, 1.0)
    wide = [cv2.dilate(patch.astype(np.uint8), np.ones((n, n), np.uint8)) > 0 for n in (21, 41)]
    ring = wide[1] & ~wide[0]
    picture = painted.repainted(with_patch(canvas, kept)[0], **CASTS[0])
    canvas = replace(canvas, photo=photo, warped=photo)
    found = match_colour(painted.with_painting(canvas, picture), painted.context_of()).picture
    wanted, shown, got = (
        float(lab_of(image)[patch, 0].mean() - lab_of(image)[ring, 0].mean())
        for image in (photo, picture, found)
    )
    assert canvas.mask.full()[patch].min() > 200
    assert wanted > 12.0
    if kept == 1.0:
        assert got == pytest.approx(wanted, rel=0.06)
        assert difference(found, photo, patch) < 1.8
        assert detect_vitiligo(found, jaw[1]).patches
    else:
        assert shown < 0.65 * wanted
        assert got > 0.75 * wanted


def test_lips_do_not_count_and_follow_the_skin_around(jaw: tuple) -> None:
    canvas = replace(jaw[0], mask=painted.mask_of(np.full(jaw[0].warped.shape[:2], 255, np.uint8)))
    plain = painted.repainted(canvas.warped, cast=(10.0, 0.0, -10.0))
    lips = np.zeros(plain.shape[:2], np.uint8)
    outline = cv2.convexHull(
        canvas.face.points[list(LANDMARK_REGIONS["lips"]), :2].astype(np.float32)
    )
    cv2.fillConvexPoly(lips, np.rint(outline).astype(np.int32), 1)
    painted_lips = plain.copy()
    painted_lips[lips > 0] = (200, 0, 60)
    context = painted.context_of()
    one, two = (
        match_colour(painted.with_painting(canvas, picture), context).picture
        for picture in (plain, painted_lips)
    )
    skin = cv2.dilate(lips, np.ones((31, 31), np.uint8)) == 0
    assert np.abs(one[skin].astype(int) - two[skin]).max() <= 1
    assert difference(one, canvas.warped, lips > 0) < 2.0


@pytest.mark.parametrize("level", [20, 150])
def test_smooth_shading_gets_no_bands(nose: tuple, level: int) -> None:
    """A cast over an even gradient is removed without a step of more than two levels."""
    height, width = nose[0].warped.shape[:2]
    shade = level + np.linspace(0, 60, width)[None, :, None] * np.float32([1.0, 0.8, 0.7])
    photo = np.broadcast_to(np.rint(shade), (height, width, 3)).astype(np.uint8)
    canvas = replace(nose[0], photo=photo, warped=photo)
    picture = np.clip(np.rint(shade * 0.85 + (12, 0, -8)), 0, 255)
    picture = np.broadcast_to(picture, photo.shape).astype(np.uint8)
    found = match_colour(painted.with_painting(canvas, picture), painted.context_of()).picture
    inside = cv2.erode(canvas.mask.full(), np.ones((9, 9), np.uint8)) == 255
    steps = np.abs(np.diff(found.astype(int), axis=1))[inside[:, 1:]]
    assert steps.max() <= 2
    assert np.abs(found.astype(int) - photo)[inside].mean() < 1.5


def test_texture_is_carried_along_unchanged(nose: tuple) -> None:
    canvas = nose[0]
    picture = painted.repainted(canvas.warped, blur=0.3, noise=6.0, **CASTS[1])
    found = match_colour(painted.with_painting(canvas, picture), painted.context_of()).picture
    where = canvas.mask.full() > 200
    grain = [
        float(cv2.Laplacian(lab_of(image)[..., 0], cv2.CV_32F)[where].std())
        for image in (picture, found)
    ]
    assert grain[1] == pytest.approx(grain[0], rel=0.1)


def test_too_little_skin_says_nothing(nose: tuple) -> None:
    canvas = nose[0]
    mask = np.zeros(canvas.warped.shape[:2], np.uint8)
    x, y = canvas.face.points[4, :2].astype(int)
    mask[y, x] = 255
    canvas = replace(canvas, mask=painted.mask_of(mask))
    picture = painted.repainted(canvas.warped, **CASTS[0])
    outcome = match_colour(painted.with_painting(canvas, picture), painted.context_of())
    assert outcome.report.reason == "too_little_skin"
    assert outcome.picture is picture


def test_switched_off_or_nothing_painted_changes_nothing(nose: tuple) -> None:
    off = match_colour(nose[0], painted.context_of(colour={"enabled": False}))
    assert (off.report.applied, off.report.reason) == (False, "switched_off")
    same = match_colour(nose[0], painted.context_of())
    assert (same.report.applied, same.report.reason) == (False, "nothing_painted")
    assert same.picture is nose[0].picture
