from __future__ import annotations

import numpy as np
import painted
import pytest

from landmarkdiff.manipulation.blend_mask import blend_mask
from landmarkdiff.postprocess.region import STRIP_PIXELS, MaskRegion


def black_and_white(height: int, width: int, mask: np.ndarray):
    black = np.zeros((height, width, 3), np.uint8)
    return painted.canvas_of(black, black + 255, mask)


@pytest.mark.parametrize("margin", [0, 1, 7, 500])
def test_a_region_is_the_masks_rectangle_with_its_margin_inside_the_photo(margin: int) -> None:
    mask = np.zeros((60, 90), np.uint8)
    mask[10:20, 5:50] = 51
    mask[12, 20] = 255
    region = MaskRegion.of(black_and_white(60, 90, mask), margin=margin)
    assert (region.rows.start, region.rows.stop) == (max(10 - margin, 0), min(20 + margin, 60))
    assert (region.columns.start, region.columns.stop) == (max(5 - margin, 0), min(50 + margin, 90))
    expected = mask[region.rows, region.columns] / 255
    assert region.share == pytest.approx(expected, abs=1e-6)
    assert np.array_equal(region.inside, expected > 0)


def test_the_irregular_mask_is_the_blend_masks() -> None:
    mask = painted.disc(200, 220, 60)
    canvas = black_and_white(200, 220, mask)
    region = MaskRegion.of(canvas, irregular=True)
    whole = np.zeros((200, 220), np.float32)
    region.of_picture(whole[..., None])[..., 0] = region.share
    assert np.array_equal(whole, blend_mask(canvas.mask, canvas.seed))


def test_nothing_painted_is_no_region() -> None:
    mask = painted.disc(40, 40, 10)
    black = np.zeros((40, 40, 3), np.uint8)
    assert MaskRegion.of(painted.canvas_of(black, black, mask)) is None
    assert MaskRegion.of(black_and_white(40, 40, np.zeros((40, 40), np.uint8))) is None


def test_a_square_that_ends_inside_the_mask_ends_the_region() -> None:
    """Single pixels that happen to agree with the warp belong to the painting."""
    random = np.random.default_rng(0)
    warped = random.integers(0, 4, (200, 200, 3), dtype=np.uint8)
    picture = warped.copy()
    picture[:, 80:] = random.integers(0, 4, (200, 120, 3), dtype=np.uint8)
    assert (picture == warped).all(axis=2)[:, 80:].sum() > 100
    canvas = painted.canvas_of(warped, picture, np.full((200, 200), 255, np.uint8))
    region = MaskRegion.of(canvas)
    assert region.columns.start in (80, 81)
    assert region.inside[:, 1:].all()


def test_strips_cover_every_row_once() -> None:
    mask = np.full((1500, 900), 255, np.uint8)
    region = MaskRegion.of(black_and_white(1500, 900, mask))
    rows = [row for strip in region.strips() for row in range(strip.start, strip.stop)]
    assert rows == list(range(1500))
    assert max(strip.stop - strip.start for strip in region.strips()) * 900 <= STRIP_PIXELS
