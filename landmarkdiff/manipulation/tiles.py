"""Rectangles of a picture, or of a grid's nodes, that are worked on one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from landmarkdiff.arrays import BoolArray

__all__ = ["Tile", "beside", "tight_tiles", "tiles"]

#: Rows and columns.
Tile = tuple[slice, slice]
#: A tile of which less is marked is split.
_FULL = 0.8


def tiles(size: tuple[int, ...], side: int) -> Iterator[Tile]:
    """Yield the tiles of a picture of so many rows and columns.

    Examples
    --------
    >>> [(rows.stop, columns.stop) for rows, columns in tiles((3, 5), 4)]
    [(3, 4), (3, 5)]
    """
    height, width = size
    for top, left in product(range(0, height, side), range(0, width, side)):
        yield slice(top, min(top + side, height)), slice(left, min(left + side, width))


def tight_tiles(marked: BoolArray, side: int, least: int) -> Iterator[Tile]:
    """Yield tiles that together hold all that is marked (rows, columns), and few others.

    ``side`` large at most; none smaller than ``least`` is split.

    Examples
    --------
    >>> marked = np.zeros((20, 20), bool)
    >>> marked[2, 3:9] = True
    >>> [(rows, columns)] = tight_tiles(marked, 20, 5)
    >>> (rows.start, rows.stop), (columns.start, columns.stop)
    ((2, 3), (3, 9))
    """
    for tile in tiles(marked.shape, side):
        own = marked[tile]
        rows, columns = (np.flatnonzero(own.any(axis=axis)) for axis in (1, 0))
        if not rows.size:
            continue
        tall = slice(tile[0].start + int(rows[0]), tile[0].start + int(rows[-1]) + 1)
        wide = slice(tile[1].start + int(columns[0]), tile[1].start + int(columns[-1]) + 1)
        inner = marked[tall, wide]
        if max(inner.shape) > least and np.count_nonzero(inner) < _FULL * inner.size:
            for part in tight_tiles(inner, -(-max(inner.shape) // 2), least):
                yield beside(part, tall.start, wide.start)
        else:
            yield tall, wide


def beside(tile: Tile, down: int, across: int) -> Tile:
    """A tile as it is counted from a place so far above and to the left."""
    (top, bottom), (left, right) = ((each.start, each.stop) for each in tile)
    return slice(top + down, bottom + down), slice(left + across, right + across)
