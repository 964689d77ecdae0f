"""How much of a known displacement a picture shows: all, twice, the other way, something else."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from rendering import canonical_face

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.manipulation.grid import RegionGrid
from landmarkdiff.verification import Amplitude, Region, read_amplitude, region_of, register

FACE = canonical_face()
BOX = (180, 180, 150, 150)
MIDDLE = np.array([255.0, 255.0])
#: Landmarks of the cheeks and the nose that lie in the middle of the box.
INSIDE = np.linalg.norm(FACE.points[:, :2] - MIDDLE, axis=1) < 45.0


def skin(contrast: float) -> ImageArray:
    """Freckled skin: structures of two pixels."""
    random = np.random.default_rng(3)
    spots = cv2.GaussianBlur(random.normal(0.0, 1.0, (512, 512)), (0, 0), 2.0)
    grey = 150.0 + contrast * spots / spots.std()
    return np.repeat(np.clip(np.rint(grey), 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def bump(direction: tuple[float, float], amount: float) -> DisplacementField:
    """Skin that goes ``amount`` pixels in a direction in the middle of the box, less around it."""
    grid = RegionGrid.over(np.array(BOX[:2], float), np.array(BOX[:2], float) + BOX[2], 150)
    away = np.linalg.norm(grid.nodes - MIDDLE, axis=1).reshape(grid.shape)
    share = np.exp(-0.5 * (away / 30.0) ** 2) * np.clip((72.0 - away) / 10.0, 0.0, 1.0)
    return DisplacementField(grid, np.float32(-amount * share[..., None] * np.array(direction)))


def amplitude(
    before: ImageArray, after: ImageArray, field: DisplacementField
) -> tuple[Amplitude, Region]:
    points: FloatArray = FACE.points[:, :2]
    region = region_of(before, BOX)
    flow = register(before, after, BOX)
    wanted = field.forward(points) - points
    found = read_amplitude((before, after), region, flow, field, FACE, wanted, INSIDE.astype(float))
    return found, region


def warped(picture: ImageArray, field: DisplacementField) -> ImageArray:
    return field.warp(picture, np.full(field.grid.shape, 255, np.uint8))


@pytest.mark.parametrize("amount", [1.0, 2.0, 0.5, 0.0, -1.0])
def test_the_share_of_a_known_displacement_is_found(amount: float) -> None:
    photo, wanted = skin(20.0), bump((1.0, 0.0), 1.5)
    found, region = amplitude(photo, warped(photo, bump((1.0, 0.0), 1.5 * amount)), wanted)
    assert found.value == pytest.approx(amount, abs=0.1)
    assert found.seen > 0.9
    assert region.left < BOX[0]


def test_skin_that_goes_elsewhere_is_not_the_plan() -> None:
    photo = skin(20.0)
    found, _ = amplitude(photo, warped(photo, bump((0.0, 1.0), 3.0)), bump((1.0, 0.0), 1.5))
    assert found.value == pytest.approx(0.0, abs=0.1)


def test_a_change_of_light_is_no_displacement() -> None:
    photo, plan = skin(20.0), bump((1.0, 0.0), 1.5)
    moved = warped(photo, plan).astype(np.float32)
    darker = np.linspace(0.7, 1.0, 512, dtype=np.float32)[None, :, None]
    lit = np.rint(moved * darker).astype(np.uint8)
    assert amplitude(photo, lit, plan)[0].value == pytest.approx(1.0, abs=0.15)


def test_skin_on_which_nothing_is_to_be_seen_says_nothing() -> None:
    photo, plan = skin(0.0), bump((1.0, 0.0), 1.5)
    found, _ = amplitude(photo, warped(photo, plan), plan)
    assert found.value is None
    assert found.seen < 0.05


@pytest.mark.parametrize("kind", ["black", "grey", "noise"])
def test_a_picture_that_shows_no_face_says_nothing(kind: str) -> None:
    photo, plan = skin(20.0), bump((1.0, 0.0), 1.5)
    noise = np.random.default_rng(5).integers(0, 256, photo.shape, np.uint8)
    other = {"black": np.zeros_like(photo), "grey": np.full_like(photo, 128), "noise": noise}
    assert amplitude(photo, other[kind], plan)[0].value is None


def test_a_move_that_registration_cannot_follow_says_nothing() -> None:
    photo, px = skin(20.0), 1.0 / FACE.scale.mm_per_px
    for move_mm, told in ((0.04, False), (0.1, True)):
        plan = bump((1.0, 0.0), move_mm * px)
        assert (amplitude(photo, warped(photo, plan), plan)[0].value is not None) == told
