"""Regions of a photo for tests, and values at their nodes."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray
from landmarkdiff.manipulation.grid import RegionGrid

IMAGE = (90, 70)


@st.composite
def grids(draw: st.DrawFn) -> RegionGrid:
    """Regions of one to 150 cells a side, within a photo of 90 x 70 and beyond its border."""
    step = draw(st.integers(1, 12))
    columns, rows = draw(st.integers(1, 150 // step)), draw(st.integers(1, 150 // step))
    x, y = draw(st.integers(-60, 100)), draw(st.integers(-60, 100))
    return RegionGrid(x, y, columns * step, rows * step, step)


def node_values(grid: RegionGrid, seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(-1, 1, (*grid.shape, 2)).astype(np.float32)


def region_pixels(grid: RegionGrid) -> FloatArray:
    x, y = np.meshgrid(
        np.arange(grid.x, grid.x + grid.width), np.arange(grid.y, grid.y + grid.height)
    )
    return np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float64)
