from __future__ import annotations

import cv2
import numpy as np
import painted
import pytest
from rendering import canonical_face

from landmarkdiff.landmarks.five_points import five_points
from landmarkdiff.postprocess.alignment import SIDE, TEMPLATE, AlignedSquare


@pytest.mark.parametrize("roll", [0.0, 30.0, -160.0])
@pytest.mark.parametrize("px_per_mm", [0.7, 2.0, 9.0])
def test_the_five_points_come_to_their_places(roll: float, px_per_mm: float) -> None:
    face = canonical_face(roll=roll, px_per_mm=px_per_mm)
    square = AlignedSquare.of(face)
    back = cv2.invertAffineTransform(square.to_photo)
    placed = five_points(face) @ back[:, :2].T + back[:, 2]
    assert np.sqrt(((placed - TEMPLATE) ** 2).sum(axis=1).mean()) < 9.0
    # A similarity: eyes and mouth upright, one scale both ways.
    assert placed[1, 1] == pytest.approx(placed[0, 1], abs=2.0)
    turn = square.to_photo[:, :2]
    assert turn @ turn.T == pytest.approx(np.eye(2) * square.pixel**2)
    # The eyes lie 64 mm apart in the mean face, 126 pixels in the square.
    assert square.pixel == pytest.approx(px_per_mm * 0.5, rel=0.12)


@pytest.mark.parametrize("factor", [0.25, 1.0, 4.0])
def test_a_square_is_cut_where_the_face_is(
    factor: float, astronaut: np.ndarray, nose: tuple
) -> None:
    points = nose[1].points * factor
    points[:, :2] += (factor - 1) / 2
    size = (round(512 * factor), round(512 * factor))
    photo = cv2.resize(
        astronaut, size, interpolation=cv2.INTER_CUBIC if factor > 1 else cv2.INTER_AREA
    )
    cut = AlignedSquare.of(painted.somebody(*size, points=points)).cut(photo)
    reference = AlignedSquare.of(nose[1]).cut(astronaut)
    assert cut.shape == (SIDE, SIDE, 3)
    face = np.s_[180:420, 160:350]
    soft = [cv2.GaussianBlur(image[face], (0, 0), 16.0) for image in (cut, reference)]
    assert np.abs(soft[0] - soft[1]).mean() < 2.0


@pytest.mark.parametrize("px_per_mm", [1.2, 3.0, 8.0])
def test_a_change_lands_where_it_was_made(px_per_mm: float) -> None:
    face = canonical_face(roll=20.0, px_per_mm=px_per_mm, size=1400)
    square = AlignedSquare.of(face)
    change = np.zeros((SIDE, SIDE, 3), np.float32)
    cv2.circle(change, (256, 314), 12, (80.0, 40.0, 20.0), -1)
    whole = slice(0, 1400)
    placed = square.carry_back(change, whole, whole)
    y, x = np.mgrid[:1400, :1400]
    weight = np.maximum(placed[..., 0], 0)
    centre = np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()
    assert centre == pytest.approx(square.to_photo @ (256, 314, 1), abs=0.1 * square.pixel + 0.02)
    # As much change as in the square, in the pixels of the photo.
    assert placed.sum() == pytest.approx(change.sum() * square.pixel**2, rel=0.02)
    part = square.carry_back(change, slice(500, 900), slice(400, 800))
    assert np.abs(part - placed[500:900, 400:800]).max() < 0.5


def test_a_change_fades_at_the_edge_of_the_square() -> None:
    face = canonical_face(px_per_mm=2.0, size=1000)
    square = AlignedSquare.of(face)
    placed = square.carry_back(
        np.full((SIDE, SIDE, 3), 50.0, np.float32), slice(0, 1000), slice(0, 1000)
    )
    assert np.abs(np.diff(placed[500, :, 0])).max() < 3.0
    x, y = (square.to_photo @ (256, 256, 1)).astype(int)
    assert placed[y, x] == pytest.approx(50.0, abs=0.1)
