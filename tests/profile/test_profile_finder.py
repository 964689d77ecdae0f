"""Profiles that are drawn from the model itself, and photos that are none."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from drawn_profiles import BACKDROP, draw_profile
from hard_profiles import bare

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import NoFaceError, ProfileError
from landmarkdiff.landmarks import extract_landmarks
from landmarkdiff.profile import ProfileFinder, Silhouette, find_profile, view_of

SHAPE = (0.6, -0.8, 0.4, 0.7, -0.5, 0.3)


@pytest.mark.parametrize(
    ("left", "roll", "px_per_mm", "size", "shape"),
    [
        (True, 0.0, 2.5, (700, 900), ()),
        (False, 8.0, 2.5, (700, 900), SHAPE),
        (True, -8.0, 1.2, (340, 430), tuple(-x for x in SHAPE)),
        (False, 14.0, 5.0, (1400, 1800), SHAPE),
    ],
)
def test_the_contour_of_a_profile(
    finder: ProfileFinder,
    left: bool,
    roll: float,
    px_per_mm: float,
    size: tuple[int, int],
    shape: tuple[float, ...],
) -> None:
    drawn = draw_profile(shape, left=left, roll=roll, px_per_mm=px_per_mm, size=size)
    contour = finder.find(drawn.image)
    assert contour.side == ("left_profile" if left else "right_profile")
    error = drawn.distance_mm(contour.points)[~contour.covered]
    assert np.median(error) < 0.15
    assert np.percentile(error, 95) < 0.5
    assert contour.points[0, 1] < contour.points[-1, 1]
    assert contour.px_per_mm == pytest.approx(px_per_mm, rel=0.05)
    assert contour.roll == pytest.approx(roll, abs=2.0)
    steps = np.hypot(*np.diff(contour.points, axis=0).T)
    assert steps.mean() == pytest.approx(max(1.0, 0.3 * px_per_mm), rel=0.05)
    assert len(contour.uncertainty) == len(contour.points)
    assert np.median(contour.uncertainty) < 0.3 * px_per_mm


def test_a_mirrored_photo_has_the_mirrored_contour(finder: ProfileFinder) -> None:
    image = draw_profile(SHAPE, roll=5.0).image
    plain = finder.find(image)
    mirrored = finder.find(np.ascontiguousarray(image[:, ::-1]))
    assert (plain.side, mirrored.side) == ("left_profile", "right_profile")
    back = mirrored.mirrored(image.shape[1])
    assert back.points == pytest.approx(plain.points, abs=1e-6)
    assert back.uncertainty == pytest.approx(plain.uncertainty, abs=1e-6)
    assert (back.side, back.covers, back.roll) == (plain.side, plain.covers, plain.roll)
    assert back.face_box == pytest.approx(plain.face_box)
    height, width = image.shape[:2]
    laid = plain.silhouette.laid_over(width, height)[:, ::-1]
    assert np.abs(mirrored.silhouette.laid_over(width, height) - laid).max() < 0.01


def test_hair_on_the_forehead_is_told(finder: ProfileFinder) -> None:
    drawn = draw_profile(hair_above_mm=68.0)
    contour = finder.find(drawn.image)
    (hair,) = contour.covers
    assert (hair.kind, hair.first) == ("hair", 0)
    line = contour.points[hair.last, 1]
    tip = 0.5 * drawn.image.shape[0]
    assert (tip - line) / drawn.px_per_mm == pytest.approx(68.0, abs=4.0)
    assert contour.covered.sum() == hair.last + 1
    assert not finder.find(draw_profile(hair_above_mm=None).image).covered.any()


def test_a_silhouette_lies_where_it_was_seen() -> None:
    mask = np.zeros((20, 20), np.float32)
    mask[5:10, 3:8] = 1.0
    laid = Silhouette(mask, np.array([11.5, 31.5]), 4.0).laid_over(200, 150)
    assert laid.shape == (150, 200)
    assert laid[31 + 4 * 7, 11 + 4 * 5] == 1.0
    rows, columns = np.nonzero(laid > 0.5)
    assert (columns.min(), columns.max()) == (22, 41)
    assert (rows.min(), rows.max()) == (50, 69)


def cut(image: ImageArray, **parts: slice) -> ImageArray:
    return np.ascontiguousarray(
        image[parts.get("rows", slice(None)), parts.get("columns", slice(None))]
    )


def painted(image: ImageArray, rows: slice, columns: slice, colour: tuple[int, ...]) -> ImageArray:
    changed = image.copy()
    changed[rows, columns] = colour
    return changed


@pytest.mark.parametrize(
    ("backdrop", "spoil", "code"),
    [
        (BACKDROP, lambda image: cut(image, columns=slice(185, None)), "profile_cut"),
        (BACKDROP, lambda image: cut(image, rows=slice(0, 560)), "profile_cut"),
        (
            BACKDROP,
            lambda image: painted(image, slice(480, 640), slice(170, 420), (60, 40, 120)),
            "profile_covered",
        ),
        (
            BACKDROP,
            lambda image: painted(image, slice(520, 760), slice(60, 330), (200, 156, 130)),
            "profile_covered",
        ),
        ((204, 158, 133), lambda image: image, "profile_ambiguous"),
    ],
    ids=["nose at the border", "chin at the border", "thing on the lips", "hand", "skin behind"],
)
def test_what_hides_the_contour_is_refused(
    finder: ProfileFinder,
    backdrop: tuple[int, int, int],
    spoil: Callable[[ImageArray], ImageArray],
    code: str,
) -> None:
    image = spoil(draw_profile(backdrop=backdrop).image)
    with pytest.raises(ProfileError) as raised:
        finder.find(image)
    assert raised.value.code == code


@pytest.mark.parametrize("seed", [None, 0])
def test_no_head_is_no_face(finder: ProfileFinder, seed: int | None) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    with pytest.raises((NoFaceError, ProfileError)):
        finder.find(noise if seed is not None else np.full((300, 400, 3), 120, np.uint8))


def test_a_frontal_portrait_is_frontal(frontal: ImageArray, finder: ProfileFinder) -> None:
    seen = finder.view_of(frontal, extract_landmarks(frontal, passes=2))
    assert (seen.kind, seen.side, seen.contour, seen.refusal) == ("frontal", None, None, None)
    assert seen.mesh_yaw is not None
    assert seen.turn == pytest.approx(0.72 * math.sin(math.radians(seen.mesh_yaw)), abs=0.17)


def test_a_frontal_portrait_has_no_profile(frontal: ImageArray) -> None:
    with pytest.raises(ProfileError) as raised:
        find_profile(frontal)
    assert raised.value.code == "profile_not_shown"
    assert "not in profile" in str(raised.value)


def test_a_profile_is_one_whatever_the_mesh_says(frontal: ImageArray) -> None:
    wrong = extract_landmarks(frontal, passes=1)
    seen = view_of(draw_profile(SHAPE).image, wrong)
    assert (seen.kind, seen.side) == ("profile", "left_profile")
    assert seen.distance is not None
    assert seen.distance < 2.0


@pytest.mark.parametrize("left", [True, False])
def test_a_clear_profile_is_the_same_whatever_a_mesh_says(
    finder: ProfileFinder, frontal: ImageArray, left: bool
) -> None:
    """So such a photo is read before a mesh is looked for in its parts and turns."""
    photo = bare(2)
    image = (
        photo.image if left == (photo.facing > 0) else np.ascontiguousarray(photo.image[:, ::-1])
    )
    clear = finder.clear_profile(image)
    assert clear is not None
    assert clear.contour is not None
    mesh = extract_landmarks(frontal, passes=2)
    for yaw in (-50.0, 0.0, 50.0):
        pose = replace(mesh.pose, yaw=yaw)
        seen = finder.view_of(image, replace(mesh, pose=pose))
        assert seen.kind == "profile"
        assert seen.contour is not None
        np.testing.assert_array_equal(seen.contour.points, clear.contour.points)


def test_what_a_mesh_might_make_a_face_of_is_no_clear_profile(
    finder: ProfileFinder, frontal: ImageArray
) -> None:
    for quarters in range(4):
        assert finder.clear_profile(np.ascontiguousarray(np.rot90(frontal, quarters))) is None
    assert finder.clear_profile(np.full((256, 256, 3), 128, np.uint8)) is None
