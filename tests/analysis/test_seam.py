"""Faces that are put together of two pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from landmarkdiff.analysis import judged
from landmarkdiff.analysis.seam import has_seam
from landmarkdiff.arrays import ImageArray
from landmarkdiff.manipulation.prepared import PreparedFace

Prepared = dict[str, PreparedFace]


def halves(first: PreparedFace, second: PreparedFace, *, level: bool) -> ImageArray:
    """The first photo, from the bridge of the nose on the second, eyes and nose in one place."""
    points = [33, 263, 1]
    there, here = (p.landmarks.points[points, :2].astype(np.float32) for p in (second, first))
    size = first.image.shape[1::-1]
    moved = cv2.warpAffine(second.image, cv2.getAffineTransform(there, here), size, borderMode=4)
    column, row = first.landmarks.points[168, :2].astype(int)
    made = first.image.copy()
    where = (slice(row, None), slice(None)) if level else (slice(None), slice(column, None))
    made[where] = moved[where]
    return made


@pytest.mark.parametrize("name", ["astronaut", "grace_hopper"])
def test_a_photo_has_no_seam(name: str, prepared_portraits: Prepared) -> None:
    prepared = prepared_portraits[name]
    assert not has_seam(prepared.image, prepared.landmarks)


@pytest.mark.parametrize("level", [False, True])
@pytest.mark.parametrize("name", ["astronaut", "grace_hopper"])
def test_two_people_in_one_face_are_noticed(
    name: str, level: bool, prepared_portraits: Prepared
) -> None:
    first = prepared_portraits[name]
    second = next(face for other, face in prepared_portraits.items() if other != name)
    made = halves(first, second, level=level)
    assert has_seam(made, first.landmarks)
    assert "photo_seam" in [notice.code for notice in judged(made, first.landmarks).notices]


@pytest.mark.parametrize("name", ["astronaut", "grace_hopper"])
@pytest.mark.parametrize("cover", ["ruler", "pad", "mosaic"])
def test_what_lies_on_a_face_is_no_seam(
    name: str, cover: str, prepared_portraits: Prepared
) -> None:
    prepared = prepared_portraits[name]
    picture, points = prepared.image.copy(), prepared.landmarks.points[:, :2].astype(int)
    left, right = points[[234, 454], 0]
    if cover == "ruler":
        row = points[164, 1]
        picture[row - 4 : row + 5, left - 20 : right + 20] = (240, 225, 120)
    elif cover == "pad":
        (x, y), half = points[159], (right - left) // 5
        picture[y - half : y + half, x - half : x + half] = 250
    else:
        low, high = points[159, 1] - 14, points[145, 1] + 14
        band = picture[low:high, left:right]
        coarse = cv2.resize(band, (12, 4), interpolation=cv2.INTER_AREA)
        picture[low:high, left:right] = cv2.resize(coarse, band.shape[1::-1], interpolation=0)
    assert not has_seam(picture, prepared.landmarks)
