import math

import numpy as np
import pytest

from landmarkdiff.landmarks.face import FaceLandmarks, Pose, Scale
from landmarkdiff.landmarks.face_crop import FaceMap, crop_face
from landmarkdiff.landmarks.topology import topology


def turned_face(px_per_mm: float, roll: float, centre: tuple[float, float]) -> FaceLandmarks:
    """The canonical mesh in the picture plane, turned clockwise by ``roll`` degrees."""
    vertices = topology().vertices_mm
    eyes = [vertices[[33, 133]].mean(axis=0)] * 5 + [vertices[[263, 362]].mean(axis=0)] * 5
    points = np.concatenate([vertices, eyes]) * (1.0, -1.0, -1.0)
    points -= points[[33, 133, 362, 263]].mean(axis=0)
    angle = math.radians(roll)
    turn = np.eye(3)
    turn[:2, :2] = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    points = points @ turn.T * px_per_mm + (*centre, 0)
    pose = Pose(np.eye(3), 0.0, 0.0, roll, 0.0, px_per_mm)
    return FaceLandmarks(points, 600, 700, pose, Scale(1 / px_per_mm, 0.04, "iris"))


@pytest.mark.parametrize(("px_per_mm", "roll"), [(2.0, 0.0), (3.3, 17.0), (1.2, -30.0)])
def test_crop_shows_the_same_place_at_any_size_and_roll(px_per_mm, roll):
    face = turned_face(px_per_mm, roll, (300.0, 320.0))
    y, x = np.mgrid[:700, :600]
    photo = np.stack([x * 255 / 599, y * 255 / 699, np.zeros_like(x)], axis=-1)
    crop = crop_face(np.rint(photo).astype(np.uint8), face, 0.5, (60, 60, 40, 80))
    assert crop.pixels.shape == (240, 240, 3)
    rows, columns = np.nonzero(crop.inside)
    expected = crop.photo_points(np.stack([columns, rows], axis=1)) * (255 / 599, 255 / 699)
    got = crop.pixels[rows, columns, :2].astype(float)
    deep = (expected > 2).all(axis=1) & (expected < 253).all(axis=1)
    assert np.abs(got - expected)[deep].max() <= 1.0
    # The midpoint of the eyes lies 60 mm and 40 mm from the crop's corner; 0.5 mm per cell.
    assert crop.cells(face.origin_px[None])[0] == pytest.approx([119.5, 79.5])
    # The eyes are level.
    right, left = crop.cells(face.points[[33, 263]])
    assert right[1] == pytest.approx(left[1], abs=0.01)


def test_outside_the_photo_is_black_and_marked():
    face = turned_face(2.0, 0.0, (10.0, 320.0))
    crop = crop_face(np.full((700, 600, 3), 200, np.uint8), face, 0.5, (60, 60, 40, 80))
    assert (crop.pixels[~crop.inside] == 0).all()
    assert (crop.pixels[crop.inside] == 200).all()
    assert crop.inside.mean() == pytest.approx((60 + 5.25) / 120, abs=0.005)


def test_shrinking_averages_fine_patterns():
    # A one-pixel checkerboard, shrunk five times, is gray: no moiré.
    face = turned_face(10.0, 0.0, (300.0, 320.0))
    y, x = np.mgrid[:700, :600]
    board = np.repeat(((x + y) % 2 * 255).astype(np.uint8)[..., None], 3, axis=2)
    crop = crop_face(board, face, 0.55, (20, 20, 20, 20))
    assert np.abs(crop.pixels.astype(int) - 127).max() <= 24


def test_map_reads_back_in_photo_pixels():
    values = np.zeros((4, 5), np.float32)
    values[1, 2] = 1.0
    found = FaceMap(values, np.array([[2.0, 0.0, 10.0], [0.0, 2.0, 20.0]]))
    assert found.at(
        [[14, 22], [15, 22], [16, 22], [14, 23], [15, 23], [0, 0], [999, 22]]
    ).tolist() == [
        1.0,
        0.5,
        0.0,
        0.5,
        0.25,
        0.0,
        0.0,
    ]
    y, x = np.mgrid[:40, :30]
    grid = found.at(np.stack([x, y], axis=-1))
    np.testing.assert_allclose(found.over(30, 40), grid, atol=1e-6)
    np.testing.assert_allclose(found.over(9, 7, left=12, top=19), grid[19:26, 12:21], atol=1e-6)
