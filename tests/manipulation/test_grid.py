"""The coarse grid over a region of the photo, and the shapes drawn on it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from grids import IMAGE, grids, node_values, region_pixels
from hypothesis import given
from hypothesis import strategies as st

from landmarkdiff.arrays import FloatArray
from landmarkdiff.manipulation.grid import (
    BLOCK,
    MANY_EDGES,
    RegionGrid,
    polygon_distance,
    smoothstep,
)


@given(grids(), st.integers(0, 1000), st.integers(1, 5))
def test_strips_meet_without_a_seam(grid: RegionGrid, seed: int, count: int) -> None:
    values = node_values(grid, seed)
    whole = grid.enlarge(values)
    assert whole.shape == (grid.height, grid.width, 2)
    strips = [grid.enlarge(values, row, count) for row in range(0, grid.shape[0], count)]
    assert np.allclose(np.concatenate(strips), whole, atol=1e-5)


@given(grids(), st.integers(0, 1000))
def test_sampling_at_pixels_is_the_enlarged_grid(grid: RegionGrid, seed: int) -> None:
    values = node_values(grid, seed)
    sampled = grid.sample(values, region_pixels(grid)).reshape(grid.height, grid.width, 2)
    assert np.allclose(sampled, grid.enlarge(values), atol=1e-5)


@given(grids(), st.integers(0, 1000))
def test_sampling_at_nodes_gives_their_values(grid: RegionGrid, seed: int) -> None:
    values = node_values(grid, seed)
    nodes = grid.nodes.astype(np.float64)
    assert np.allclose(grid.sample(values, nodes), values.reshape(-1, 2), atol=1e-5)
    assert len(nodes) == grid.shape[0] * grid.shape[1]


BOXES = (
    st.tuples(st.floats(-200, 300), st.floats(-200, 300)),
    st.tuples(st.floats(0, 200), st.floats(0, 200)),
    st.integers(2, 50),
)


@given(*BOXES)
def test_a_region_is_whole_cells_centred_on_its_box(
    low: tuple[float, float], size: tuple[float, float], nodes: int
) -> None:
    corner = np.array(low)
    opposite = corner + size
    grid = RegionGrid.over(corner, opposite, nodes)
    first, last = np.floor(corner), np.ceil(opposite)
    assert grid.step % 2 == 1
    assert (grid.width % grid.step, grid.height % grid.step) == (0, 0)
    assert 1 <= min(grid.shape) <= max(grid.shape) <= nodes + 1
    place, extent = np.array([grid.x, grid.y]), np.array([grid.width, grid.height])
    assert (place <= first).all()
    assert (place + extent - 1 >= last).all()
    assert (2 * place + extent - 1 == first + last).all()
    assert (extent < last - first + 1 + 2 * grid.step).all()


@given(*BOXES, st.integers(50, 4000))
def test_a_mirrored_box_has_the_mirrored_nodes(
    low: tuple[float, float], size: tuple[float, float], nodes: int, width: int
) -> None:
    # Places in 1/256 of a pixel: their mirror image is exact.
    corner = np.round(np.array(low) * 256) / 256
    opposite = corner + np.round(np.array(size) * 256) / 256
    grid = RegionGrid.over(corner, opposite, nodes)
    left, right = width - 1 - opposite[0], width - 1 - corner[0]
    twin = RegionGrid.over(np.array([left, corner[1]]), np.array([right, opposite[1]]), nodes)
    assert (twin.shape, twin.step, twin.y) == (grid.shape, grid.step, grid.y)
    own, other = (g.nodes.reshape(*g.shape, 2) for g in (grid, twin))
    assert (width - 1 - other[:, ::-1, 0] == own[..., 0]).all()
    assert (other[:, ::-1, 1] == own[..., 1]).all()


@given(grids())
def test_the_pixels_within_the_photo(grid: RegionGrid) -> None:
    width, height = IMAGE
    rows, columns = grid.within(width, height)
    y, x = np.arange(grid.y, grid.y + grid.height), np.arange(grid.x, grid.x + grid.width)
    assert y[rows].tolist() == y[(y >= 0) & (y < height)].tolist()
    assert x[columns].tolist() == x[(x >= 0) & (x < width)].tolist()
    # They can be placed in the photo: a region beside it has none, at no negative place.
    photo = np.zeros((height, width))
    place = photo[grid.y + rows.start : grid.y + rows.stop]
    place = place[:, grid.x + columns.start : grid.x + columns.stop]
    assert place.shape == (len(y[rows]), len(x[columns]))


def test_outside_the_region_there_is_nothing() -> None:
    grid = RegionGrid(10, 20, 30, 15, 5)
    ones = np.ones((*grid.shape, 1), np.float32)
    points = np.array([[9, 20], [10, 19], [40, 20], [10, 35], [10, 20], [39, 34]], np.float64)
    assert grid.sample(ones, points).ravel().tolist() == [0, 0, 0, 0, 1, 1]


def reference_distance(point: FloatArray, polygon: FloatArray) -> float:
    """Signed distance by brute force: to every edge, and by the winding of a ray."""
    nearest, inside = np.inf, False
    for a, b in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        edge = b - a
        along = np.clip((point - a) @ edge / max(edge @ edge, 1e-12), 0, 1)
        nearest = min(nearest, float(np.linalg.norm(point - a - along * edge)))
        if (a[1] > point[1]) != (b[1] > point[1]):
            crossing = a[0] + (point[1] - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
            inside ^= bool(point[0] < crossing)
    return nearest if inside else -nearest


@given(st.integers(0, 100_000), st.integers(3, 14))
def test_distance_to_a_polygon(seed: int, corners: int) -> None:
    random = np.random.default_rng(seed)
    angles = np.sort(random.uniform(0, 2 * np.pi, corners))
    radii = random.uniform(8, 60, (corners, 1))  # star-shaped, often concave
    polygon = 100 + radii * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points = random.uniform(30, 170, (60, 2)).astype(np.float32)
    got = polygon_distance(points, polygon)
    expected = np.array([reference_distance(p, polygon) for p in points.astype(np.float64)])
    assert np.allclose(np.abs(got), np.abs(expected), atol=2e-3)
    clear = np.abs(expected) > 0.01
    assert (np.sign(got) == np.sign(expected))[clear].all()
    contour = polygon.astype(np.float32)
    theirs = [cv2.pointPolygonTest(contour, p.tolist(), True) for p in points]
    assert np.allclose(got[clear], np.array(theirs)[clear], atol=2e-3)


def test_edges_that_are_left_out_would_not_have_counted() -> None:
    angles = np.linspace(0, 2 * np.pi, MANY_EDGES + 40, endpoint=False)
    radii = np.where(np.arange(len(angles)) % 7, 60.0, 35.0)[:, None]
    polygon = 100 + radii * np.stack([np.cos(angles), 0.4 * np.sin(angles)], axis=1)
    places = np.stack(np.meshgrid(np.arange(20, 180, 2), np.arange(50, 150, 2)), axis=-1)
    points = places.reshape(-1, 2).astype(np.float32)
    assert len(points) >= 4 * BLOCK
    one_by_one = [polygon_distance(points[k : k + 50], polygon) for k in range(0, len(points), 50)]
    assert (polygon_distance(points, polygon) == np.concatenate(one_by_one)).all()


def test_distance_to_a_square() -> None:
    square = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])
    points = np.array([[5, 5], [5, 1], [5, -2], [13, 14], [0, 5]], np.float32)
    assert polygon_distance(points, square).tolist() == pytest.approx([5, 1, -2, -5, 0], abs=1e-5)
    turned = square[::-1]
    assert np.abs(polygon_distance(points, turned)).tolist() == pytest.approx([5, 1, 2, 5, 0])


def test_smoothstep() -> None:
    values = np.array([-1, 0, 1, 2, 3, 4, 9], np.float32)
    expected = [0, 0, 5 / 32, 0.5, 27 / 32, 1, 1]
    assert smoothstep(values, 0.0, 4.0).tolist() == pytest.approx(expected)
