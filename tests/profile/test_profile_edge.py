from __future__ import annotations

import cv2
import numpy as np
import pytest

from landmarkdiff.profile.edge import Band, find_border, outward_normals, resampled
from landmarkdiff.profile.outline import Scene
from landmarkdiff.profile.windows import PhotoPyramid

BAND = Band(reach=4.0, step=0.2, spacing=0.5, blur=0.4, near=1.0, far=6.0)
PX_PER_MM = 3.0
FINE = 16


def picture(edge: float, inner: int = 190, outer: int = 60, noise: float = 2.0) -> PhotoPyramid:
    """Skin to the right of a vertical line at ``edge``, pixels."""
    wide = np.full((1, 200 * FINE, 3), inner, np.float64)
    wide[:, : round((edge + 0.5) * FINE)] = outer
    line = cv2.resize(wide, (200, 1), interpolation=cv2.INTER_AREA)
    image = cv2.GaussianBlur(np.repeat(line, 240, axis=0), (0, 0), 0.8)
    image += np.random.default_rng(3).normal(0, noise, image.shape)
    return PhotoPyramid(np.clip(image, 0, 255).astype(np.uint8))


def no_silhouette() -> Scene:
    return Scene(
        np.full((50, 50), 0.5, np.float32),
        np.zeros((50, 50, 3), np.float32),
        np.zeros(2),
        5.0,
    )


def curve(x: float) -> np.ndarray:
    y = np.arange(40.0, 200.0, BAND.spacing * PX_PER_MM)
    return np.stack([np.full_like(y, x), y], axis=1)


@pytest.mark.parametrize("edge", [95.0, 98.3, 100.0, 103.75])
def test_an_edge_is_found_between_pixels(edge: float) -> None:
    border = find_border(picture(edge), no_silhouette(), curve(100.0), 1, PX_PER_MM, BAND)
    assert np.abs(border.points[3:-3, 0] - edge).mean() < 0.12
    assert np.abs(border.points[3:-3, 0] - edge).max() < 0.5
    assert border.change.min() > 0.5
    assert border.contrast.min() > 3.0
    assert border.spread.mean() < 0.2


def test_where_there_is_no_edge_none_is_claimed() -> None:
    plain = picture(100.0, inner=120, outer=120, noise=5.0)
    border = find_border(plain, no_silhouette(), curve(100.0), 1, PX_PER_MM, BAND)
    assert np.median(border.contrast) < 1.5
    assert border.spread.mean() > 0.5


def test_the_silhouette_decides_between_two_equal_edges() -> None:
    image = picture(100.0, inner=120, outer=120, noise=1.0).photo.copy()
    image[:, 94] = image[:, 106] = 40
    x = np.arange(50) * 5.0 + 2.0
    mask = np.repeat((x > 105.0)[None].astype(np.float32), 50, axis=0)
    scene = Scene(mask, no_silhouette().lab, np.zeros(2), 5.0)
    border = find_border(PhotoPyramid(image), scene, curve(100.0), 1, PX_PER_MM, BAND)
    assert np.median(border.points[:, 0]) > 103.0


def test_normals_point_out_of_the_head() -> None:
    assert outward_normals(curve(10.0), 1)[5] == pytest.approx([-1.0, 0.0])
    assert outward_normals(curve(10.0), -1)[5] == pytest.approx([1.0, 0.0])


def test_resampling_keeps_ends_length_and_a_straight_line() -> None:
    bent = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 9.0]])
    even = resampled(bent, 0.5, 0.0)
    assert (even[0].tolist(), even[-1].tolist()) == ([0.0, 0.0], [3.0, 9.0])
    assert np.hypot(*np.diff(even, axis=0).T).max() < 0.51
    straight = resampled(np.array([[0.0, 0.0], [20.0, 10.0]]), 1.0, 2.0)
    assert straight[:, 1] == pytest.approx(straight[:, 0] / 2)
