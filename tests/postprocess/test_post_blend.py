from __future__ import annotations

import tracemalloc
from dataclasses import replace

import cv2
import numpy as np
import painted
import pytest

from landmarkdiff.postprocess.blend import blend, network_shares
from landmarkdiff.postprocess.pyramid import RegionPyramid

SIZES = [(1, 1), (1, 9), (3, 5), (17, 16), (63, 65), (100, 37), (512, 512), (1333, 1000)]


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("enabled", [True, False])
def test_an_all_zero_mask_returns_the_input_bit_for_bit(
    size: tuple[int, int], enabled: bool
) -> None:
    photo = noise(*size)
    canvas = painted.canvas_of(photo, noise(*size, seed=1), np.zeros(size, np.uint8))
    outcome = blend(canvas, painted.context_of(blend={"enabled": enabled}))
    assert np.array_equal(outcome.picture, photo)
    assert outcome.picture is not photo


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("pixel", [0.0, 1.0, 2.6])
def test_every_pixel_outside_the_mask_is_the_photos(
    size: tuple[int, int], enabled: bool, pixel: float
) -> None:
    photo, mask = noise(*size), painted.disc(*size, 0.3 * min(size) + 0.6)
    canvas = painted.canvas_of(photo, noise(*size, seed=1), mask, pixel=pixel)
    found = blend(canvas, painted.context_of(blend={"enabled": enabled})).picture
    assert np.array_equal(found[mask == 0], photo[mask == 0])
    if min(size) > 60:
        assert not np.array_equal(found, photo)


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (47, 61)])
def test_a_full_mask_takes_the_whole_picture(size: tuple[int, int]) -> None:
    picture = noise(*size, seed=1)
    canvas = painted.canvas_of(noise(*size), picture, np.full(size, 255, np.uint8))
    assert np.array_equal(blend(canvas, painted.context_of()).picture, picture)


def test_equal_pictures_stay_equal() -> None:
    photo = noise(80, 91)
    canvas = painted.canvas_of(photo, photo.copy(), painted.disc(80, 91, 30))
    assert np.array_equal(blend(canvas, painted.context_of()).picture, photo)


def test_a_partial_mask_takes_its_share_of_coarse_and_fine() -> None:
    """0.3 of the mask (vitiligo) is 0.3 of the picture's light and 0.3 of its texture."""
    photo = np.full((301, 301, 3), 100, np.uint8)
    texture = np.random.default_rng(0).integers(-20, 21, (301, 301, 1))
    picture = (photo + 50 + texture).astype(np.uint8)
    mask = painted.disc(301, 301, 140, top=round(0.3 * 255))
    found = blend(painted.canvas_of(photo, picture, mask), painted.context_of()).picture
    middle = np.s_[140:161, 140:161]
    expected = 100 + 0.3 * (picture[middle].astype(float) - 100)
    assert np.abs(found[middle] - expected).max() <= 1.0


@pytest.mark.parametrize("size", [(257, 300), (96, 96)])
@pytest.mark.parametrize("tone", [40, -40])
def test_another_tone_makes_no_halo(size: tuple[int, int], tone: int) -> None:
    """Across the border an even change rises from nothing to itself, and never beyond."""
    photo = np.full((*size, 3), 120, np.uint8)
    mask = painted.disc(*size, 0.36 * min(size))
    canvas = painted.canvas_of(photo, np.full_like(photo, 120 + tone), mask)
    found = blend(canvas, painted.context_of()).picture[..., 0].astype(float) - 120
    row = np.sign(tone) * found[size[0] // 2, : size[1] // 2]
    assert row.min() >= 0.0
    assert row.max() <= abs(tone)
    assert (np.diff(row) >= -1.0).all()
    assert row[-1] == pytest.approx(abs(tone), abs=1)


def test_what_the_picture_shows_outside_the_mask_does_not_bleed_in() -> None:
    photo = np.full((200, 200, 3), 120, np.uint8)
    mask = painted.disc(200, 200, 60)
    inside = np.repeat(mask[..., None] > 0, 3, axis=2)
    quiet = np.where(inside, 130, 120).astype(np.uint8)
    loud = np.where(inside, 130, 0).astype(np.uint8)
    one = blend(painted.canvas_of(photo, quiet, mask), painted.context_of()).picture
    two = blend(painted.canvas_of(photo, loud, mask), painted.context_of()).picture
    assert np.array_equal(one, two)


def test_coarse_light_rises_more_slowly_than_fine_texture() -> None:
    photo = np.full((400, 400, 3), 120, np.uint8)
    mask = painted.disc(400, 400, 150, feather=1)
    y, x = np.mgrid[:400, :400]
    fine = (20 * ((x + y) % 2 * 2 - 1))[..., None] + photo
    even = photo + 20
    shares = []
    for picture in (fine, even):
        canvas = painted.canvas_of(photo, picture.astype(np.uint8), mask)
        found = blend(canvas, painted.context_of()).picture.astype(float) - 120
        shares.append(np.abs(found[200, 50:350, 0]) / 20)
    fine_share, even_share = shares
    assert fine_share[10:20].mean() > 0.95
    assert even_share[10:20].mean() < 0.25
    assert even_share[140:160].mean() == pytest.approx(1.0, abs=0.02)


def test_texture_finer_than_the_networks_pixel_is_the_photos() -> None:
    size = (320, 320)
    photo = np.clip(noise(*size) * 0.25 + 90, 0, 255).astype(np.uint8)
    soft = cv2.resize(photo, (80, 80), interpolation=cv2.INTER_AREA)
    picture = cv2.resize(soft, (320, 320), interpolation=cv2.INTER_CUBIC) + np.uint8(30)
    mask = painted.disc(*size, 140)
    kept = blend(painted.canvas_of(photo, picture, mask, pixel=4.0), painted.context_of()).picture
    lost = blend(painted.canvas_of(photo, picture, mask, pixel=1.0), painted.context_of()).picture
    middle = np.s_[110:210, 110:210]
    texture = [
        float(cv2.Laplacian(image[middle].astype(np.float32), cv2.CV_32F).std())
        for image in (photo, kept, lost)
    ]
    assert texture[1] == pytest.approx(texture[0], rel=0.03)
    assert texture[2] < 0.2 * texture[0]
    assert kept[middle].mean() - photo[middle].mean() == pytest.approx(30, abs=1.5)


def test_the_networks_share_of_an_octave() -> None:
    assert network_shares(3, 0.0) == network_shares(3, 1.0) == [1.0] * 4
    assert network_shares(3, 1.2) == pytest.approx([1 - 2 * np.log2(1.2), 1.0, 1.0, 1.0])
    assert network_shares(3, 2.0) == pytest.approx([0.0, 2 - np.log2(3), 1.0, 1.0])
    assert network_shares(2, 100.0) == [0.0, 0.0, 1.0]


def test_switched_off_the_picture_is_pasted_by_the_mask() -> None:
    photo, picture = noise(120, 90), noise(120, 90, seed=1)
    mask = np.full((120, 90), 51, np.uint8)
    outcome = blend(
        painted.canvas_of(photo, picture, mask), painted.context_of(blend={"enabled": False})
    )
    expected = np.rint(photo + 0.2 * (picture.astype(float) - photo))
    assert np.abs(outcome.picture - expected).max() <= 1
    assert (outcome.report.applied, outcome.report.reason) == (False, "switched_off")


def test_the_border_wanders_with_the_seed_only(nose: tuple) -> None:
    canvas = painted.with_painting(nose[0], painted.repainted(nose[0].warped, gain=1.2))
    context = painted.context_of()
    first, again = blend(canvas, context).picture, blend(canvas, context).picture
    other = blend(replace(canvas, seed=5), context).picture
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_only_painted_pixels_are_blended() -> None:
    """Where the network's square ends inside the mask, the picture is the warp already."""
    photo = np.full((240, 240, 3), 100, np.uint8)
    picture = photo.copy()
    picture[:, 120:] = 160
    canvas = painted.canvas_of(photo, picture, np.full((240, 240), 255, np.uint8))
    found = blend(canvas, painted.context_of()).picture[120, :, 0].astype(int)
    assert (found[:120] == 100).all()
    assert (np.abs(np.diff(found)) <= 4).all()
    assert found[-1] == 160


def test_memory_follows_the_mask_at_twelve_megapixels() -> None:
    photo = np.zeros((4000, 3000, 3), np.uint8)
    picture = photo.copy()
    picture[1000:2800, 700:2300] = 90
    mask = np.zeros((4000, 3000), np.uint8)
    mask[1100:2700, 800:2200] = 255
    canvas = painted.canvas_of(photo, picture, mask, pixel=4.0)
    tracemalloc.start()
    found = blend(canvas, painted.context_of()).picture
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    assert found[1900, 1500, 0] == 90
    assert peak < 350, f"{peak:.0f} MB"


def test_pyramid_is_no_deeper_than_its_region() -> None:
    assert RegionPyramid(np.ones((1, 1), bool), 6).depth == 0
    assert RegionPyramid(np.ones((2, 3), bool), 6).depth == 2
