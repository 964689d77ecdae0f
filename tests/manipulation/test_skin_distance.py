"""Distances along a surface, on meshes whose distances are known."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.arrays import FloatArray, IndexArray
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.head.topology import HeadTopology
from landmarkdiff.manipulation.on_head.skin_distance import RELIEF, SkinDistance

SIDE = 21
MIDDLE = SIDE // 2


def _sheet(places: FloatArray) -> HeadSurface:
    """A sheet of SIDE × SIDE vertices; its mirror image is itself, column by column."""
    number = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    a, b = number[:-1, :-1].ravel(), number[:-1, 1:].ravel()
    c, d = number[1:, :-1].ravel(), number[1:, 1:].ravel()
    own = number.ravel()
    topology = HeadTopology(
        triangles=np.concatenate([np.stack([a, b, d], 1), np.stack([a, d, c], 1)]),
        uv=np.zeros((SIDE * SIDE, 2)),
        twin=own,
        mirror=number[:, ::-1].ravel(),
    )
    return HeadSurface(topology, places)


def _corners(row: int, column: int) -> IndexArray:
    first = row * SIDE + column
    return np.array([[first, first + 1, first + SIDE + 1]])


def _flat() -> FloatArray:
    y, x = np.mgrid[:SIDE, :SIDE]
    return np.stack([x, -y, np.zeros_like(x)], axis=2).reshape(-1, 3).astype(np.float64)


def test_on_a_flat_sheet_the_straight_distance_counts() -> None:
    surface = _sheet(_flat())
    found = SkinDistance.of(surface, _corners(5, 5), np.array([[1.0, 0.0, 0.0]]), 9.0)
    straight = np.linalg.norm(surface.vertices - surface.vertices[5 * SIDE + 5], axis=1)
    np.testing.assert_allclose(found.to_vertices[:, 0], np.minimum(straight, 9.0), atol=1e-6)


def test_two_sheets_that_touch_are_far_apart() -> None:
    places = _flat()
    x = places[:, 0].copy()
    # Folded over at the middle column: the two halves lie 0.1 apart.
    places[:, 0] = np.minimum(x, 2 * MIDDLE - x)
    places[:, 2] = np.where(x > MIDDLE, -0.1, 0.0)
    surface = _sheet(places)
    corners = np.concatenate([_corners(9, 2), _corners(9, SIDE - 3)])
    found = SkinDistance.of(surface, corners, np.array([[1.0, 0, 0], [1.0, 0, 0]]), 30.0)
    along = 2.0 * (MIDDLE - 2.0)
    assert found.between[0, 1] == pytest.approx(along / RELIEF, rel=0.02)
    assert found.between[1, 0] == found.between[0, 1]
    assert found.to_vertices[9 * SIDE + SIDE - 3, 0] == found.between[0, 1]


def test_a_source_inside_a_triangle() -> None:
    surface = _sheet(_flat())
    weights = np.array([[0.5, 0.25, 0.25]])
    found = SkinDistance.of(surface, _corners(3, 3), weights, 5.0)
    source = np.array([3.5, -3.25, 0.0])
    straight = np.minimum(np.linalg.norm(surface.vertices - source, axis=1), 5.0)
    # To a vertex beside the triangle the way leads over one of its corners.
    assert ((found.to_vertices[:, 0] - straight)[straight < 1.0] < 0.15).all()
    np.testing.assert_allclose(
        found.to_vertices[straight > 1.0, 0], straight[straight > 1.0], atol=1e-6
    )
    assert found.between[0, 0] == 0.0
