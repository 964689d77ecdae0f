import cv2
import numpy as np
import pytest
from rendering import canonical_face, enlarged_face, mirrored_face, pixel_of

from landmarkdiff.conditioning import draw_depth
from landmarkdiff.conditioning.depth import brightness
from landmarkdiff.conditioning.surface import height_map, smooth_surface
from landmarkdiff.landmarks import FaceLandmarks
from landmarkdiff.landmarks.topology import topology


def grey_at(drawing: np.ndarray, face: FaceLandmarks, point: int) -> int:
    x, y = pixel_of(face, point, drawing.shape[1], drawing.shape[0])
    return int(drawing[y, x, 0])


def test_depth_is_inverse_depth_of_the_mesh():
    face = canonical_face()
    drawn = draw_depth(face, 512, 512)
    assert drawn.shape == (512, 512, 3)
    assert (drawn == drawn[..., :1]).all()
    height = (face.origin_px[2] - face.points[:468, 2]) * face.scale.mm_per_px
    inner = [p for p in range(468) if abs(face.points[p, 0] - 320) < 100]  # off the steep sides
    seen = np.array([grey_at(drawn, face, p) for p in inner])
    expected = brightness(height[inner])
    assert np.abs(seen - expected).max() < 6
    assert np.median(np.abs(seen - expected)) <= 1.0
    # Grey values rise with z, and as the inverse of the distance to the camera.
    z = np.linspace(-900, 60, 500)
    assert (np.diff(brightness(z)) > 0).all()
    grey = brightness(np.array([-900.0, 60.0, 700.0 - 2 / (1 / 640 + 1 / 1600)]))
    assert grey.tolist() == pytest.approx([0.0, 255.0, 127.5], abs=0.01)


def test_the_nose_is_the_brightest_and_the_background_black():
    face = canonical_face(px_per_mm=1.6)
    drawn = draw_depth(face, 512, 512)[..., 0]
    y, x = np.argwhere(drawn == drawn.max()).mean(axis=0)
    tip = (face.points[4, :2] + 0.5) * 512 / 640
    assert np.hypot(x - tip[0], y - tip[1]) < 6  # 5 mm
    assert 235 < drawn.max() < 250
    assert drawn[:60, [0, -1]].max() <= 2
    # Beside the face the head goes on; below it neck and shoulders, darker than the face.
    assert 100 < drawn[-1, 256] < drawn[int(tip[1]), 256] - 40


@pytest.mark.parametrize("pose", [{}, {"yaw": 30.0}, {"roll": 20.0, "pitch": -12.0}])
def test_a_nose_tip_moved_forward_is_brighter_and_nothing_else(pose):
    face = canonical_face(**pose)
    points = face.points.copy()
    tip = [1, 4, 44, 274]
    points[tip] += face.project((0.0, 0.0, 4.0))
    before, after = draw_depth(face, 512, 512), draw_depth(face.with_points(points), 512, 512)
    x, y = pixel_of(face.with_points(points), 4, 512, 512)
    gain = after.astype(int)[..., 0] - before[..., 0]
    assert gain[y, x] >= 2
    rows, columns = np.nonzero(np.abs(gain) > 1)
    far = np.hypot(columns - x, rows - y).max() * 640 / 512 / 2.6
    assert far < 25  # mm: its neighbours in the mesh


@pytest.mark.parametrize("pose", [{}, {"yaw": 30.0}, {"yaw": -60.0}, {"roll": 35.0}])
def test_depth_goes_on_without_a_step_at_the_border_of_the_face(pose):
    face = canonical_face(px_per_mm=1.6, **pose)
    drawn = draw_depth(face, 512, 512).astype(int)[..., 0]
    oval = topology().contours["FACE_OVAL"][:, 0]
    spots = np.rint((face.points[oval, :2] + 0.5) * 512 / 640 - 0.5).astype(int)
    near = np.zeros((512, 512), np.uint8)
    cv2.polylines(near, [spots], True, 1, 9)
    across = np.abs(np.diff(drawn, axis=1))[:, :-1] * near[:, 1:-1]
    down = np.abs(np.diff(drawn, axis=0))[:-1] * near[1:-1]
    assert max(across.max(), down.max()) <= 12  # of 0.8 mm; the drawing spans 240
    # No facets either: the slope along the cheek changes by small amounts only.
    if not pose:
        row = drawn[256, 165:225]
        assert np.abs(np.diff(row, 2)).max() <= 2


def test_depth_of_a_mirrored_or_enlarged_photo_is_mirrored_or_enlarged(portrait):
    face = portrait[1]
    drawn = draw_depth(face, 512, 512).astype(int)
    mirrored = draw_depth(mirrored_face(face), 512, 512).astype(int)[:, ::-1]
    assert np.abs(drawn - mirrored).max() <= 2
    enlarged = draw_depth(enlarged_face(face, 3.0), 512, 512).astype(int)
    assert np.abs(drawn - enlarged).max() <= 1
    half = draw_depth(face, 256, 256).astype(int)
    small = cv2.resize(drawn.astype(np.uint8), (256, 256), interpolation=cv2.INTER_AREA)
    assert np.abs(half - small).max() <= 10  # the nose of a face of 60 pixels is less sharp
    assert np.abs(half - small).mean() < 0.5


def test_depth_of_a_face_beyond_the_picture_is_its_surroundings():
    face = canonical_face()
    outside = face.with_points(face.points + np.array([5000.0, 0.0, 0.0]))
    assert draw_depth(outside, 64, 48).max() == 0
    assert draw_depth(face, 1, 1).shape == (1, 1, 3)


def test_the_surface_passes_through_the_mesh():
    points = canonical_face(yaw=20.0).points[:468]
    surface, triangles = smooth_surface(points)
    assert len(triangles) == 16 * 898
    assert np.abs(surface[:468] - points).max() < 1e-9
    # A flat mesh stays flat: weights of every point sum to one.
    flat = points * (1.0, 1.0, 0.0) + (0.0, 0.0, 7.0)
    assert np.abs(smooth_surface(flat)[0][:, 2] - 7.0).max() < 1e-9


def test_the_height_map_keeps_the_nearest_of_two_surfaces():
    vertices = np.array([[0, 0, 1], [8, 0, 1], [0, 8, 9], [0, 0, 4], [3, 0, 4], [0, 3, 4.0]])
    heights = height_map(vertices, np.array([[0, 1, 2], [3, 5, 4]]), 10, 9)
    assert heights.shape == (9, 10)
    assert heights[0].tolist() == [4, 4, 4, 4, 1, 1, 1, 1, 1, -np.inf]
    assert heights[:, 0].tolist() == [4, 4, 4, 4, 5, 6, 7, 8, 9]
    assert np.isinf(heights).sum() == 90 - 45
