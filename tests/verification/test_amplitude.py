"""How much of a known displacement a picture shows: all, twice, the other way, something else."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from rendering import canonical_face

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.manipulation.grid import RegionGrid
from landmarkdiff.verification import (
    Amplitude,
    Region,
    read_amplitude,
    region_of,
    register,
)
from landmarkdiff.verification.amplitude import read_amplitudes
from landmarkdiff.verification.texture import forward_parts, read_texture

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


def bump(
    direction: tuple[float, float], amount: float, middle: FloatArray = MIDDLE, width: float = 30.0
) -> DisplacementField:
    """Skin that goes ``amount`` pixels in a direction around a place in the box."""
    grid = RegionGrid.over(np.array(BOX[:2], float), np.array(BOX[:2], float) + BOX[2], 150)
    away = np.linalg.norm(grid.nodes - middle, axis=1).reshape(grid.shape)
    inside = np.abs(grid.nodes - MIDDLE).max(axis=1).reshape(grid.shape)
    share = np.exp(-0.5 * (away / width) ** 2) * np.clip((72.0 - inside) / 10.0, 0.0, 1.0)
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


def amplitudes(
    before: ImageArray, after: ImageArray, effects: list[DisplacementField]
) -> list[Amplitude]:
    """Read several effects whose fields add up to that of a plan."""
    parts = np.stack([effect.displacement for effect in effects])
    plan = DisplacementField(effects[0].grid, parts.sum(axis=0))
    region, flow = region_of(before, BOX), register(before, after, BOX)
    texture = read_texture((before, after), region, flow, FACE)
    moved = forward_parts(plan, region, parts)
    assert moved.sum(axis=0) == pytest.approx(forward_parts(plan, region)[0], abs=1e-4)
    wanted = np.stack([texture.at_landmarks(each) for each in moved])
    return read_amplitudes(texture, moved, wanted, INSIDE.astype(float))


def together(*effects: tuple[DisplacementField, float]) -> DisplacementField:
    moved = sum(share * effect.displacement for effect, share in effects)
    return DisplacementField(effects[0][0].grid, np.asarray(moved, np.float32))


@pytest.mark.parametrize("shares", [(0.0, 1.0), (1.0, -1.0), (2.0, 0.5), (0.0, 0.0)])
def test_two_effects_on_the_same_skin_are_told_apart(shares: tuple[float, float]) -> None:
    """One goes sideways, the other up, and they overlap."""
    photo = skin(20.0)
    effects = [
        bump((1.0, 0.0), 1.5, MIDDLE - (8.0, 0.0), 22.0),
        bump((0.3, -1.0), 1.2, MIDDLE - (-8.0, 0.0), 22.0),
    ]
    made = together(*zip(effects, shares, strict=True))
    found = amplitudes(photo, warped(photo, made), effects)
    for one, share in zip(found, shares, strict=True):
        assert one.value == pytest.approx(share, abs=0.1)
        assert one.spread is not None
        assert one.spread < 0.1


def test_effects_that_do_the_same_have_no_values_and_a_third_one_has() -> None:
    photo = skin(20.0)
    place = MIDDLE - (25.0, 0.0)
    effects = [
        bump((1.0, 0.0), 1.5, place, 20.0),
        bump((1.0, 0.05), 0.8, place, 20.5),
        bump((0.0, 1.0), 1.2, MIDDLE - (-25.0, 0.0), 15.0),
    ]
    found = amplitudes(photo, warped(photo, together(*((each, 1.0) for each in effects))), effects)
    assert [(each.value is None, each.mixed) for each in found[:2]] == [(True, True)] * 2
    assert found[2].value == pytest.approx(1.0, abs=0.1)
    assert not found[2].mixed


def test_an_effect_on_plain_skin_is_not_read_off_another_one() -> None:
    """Freckles on the left half alone: what lies on the right half has no value."""
    photo = skin(20.0)
    photo[:, 250:] = 150
    effects = [
        bump((1.0, 0.0), 1.5, MIDDLE - (30.0, 0.0), 10.0),
        bump((0.0, 1.0), 1.5, MIDDLE - (-35.0, 0.0), 8.0),
    ]
    found = amplitudes(
        photo, warped(photo, together((effects[0], 1.0), (effects[1], 1.0))), effects
    )
    assert found[0].value == pytest.approx(1.0, abs=0.1)
    assert found[1].value is None
    assert not found[1].mixed


def test_noise_is_in_the_spread() -> None:
    photo = skin(20.0)
    effects = [
        bump((1.0, 0.0), 1.5, MIDDLE - (8.0, 0.0), 22.0),
        bump((0.3, -1.0), 1.2, MIDDLE - (-8.0, 0.0), 22.0),
    ]
    clean = warped(photo, together((effects[0], 1.0), (effects[1], 0.5)))
    random = np.random.default_rng(4)
    noisy = np.clip(np.rint(clean + random.normal(0.0, 12.0, clean.shape)), 0, 255)
    for sharp, one, share in zip(
        amplitudes(photo, clean, effects),
        amplitudes(photo, noisy.astype(np.uint8), effects),
        (1.0, 0.5),
        strict=True,
    ):
        assert one.value == pytest.approx(share, abs=0.2)
        assert sharp.spread is not None
        assert one.spread is not None
        assert one.spread > sharp.spread
