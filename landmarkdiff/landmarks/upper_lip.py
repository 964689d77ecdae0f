"""Lines over the red of the upper lip, from its border to its free edge."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from landmarkdiff.landmarks.topology import mirror_points

__all__ = ["LipLine", "upper_lip_lines"]


class LipLine(NamedTuple):
    """Landmarks that lie over each other on an upper lip.

    Attributes
    ----------
    border : int
        Of the red.
    red : tuple of int
        Within it, from the border down.
    edge : int
        The free edge.
    """

    border: int
    red: tuple[int, ...]
    edge: int


_MIDLINE = LipLine(0, (11, 12), 13)
_RIGHT = (LipLine(37, (72, 38), 82), LipLine(39, (73, 41), 81), LipLine(40, (74, 42), 80))


@cache
def upper_lip_lines() -> tuple[LipLine, ...]:
    """Return the lines of the midline, the patient's right and the left.

    Those of the corners are left out, where border and edge meet.

    Examples
    --------
    >>> upper_lip_lines()[-1]
    LipLine(border=270, red=(304, 272), edge=310)
    """
    return (_MIDLINE, *_RIGHT, *map(_mirrored, _RIGHT))


def _mirrored(line: LipLine) -> LipLine:
    border, *red, edge = mirror_points([line.border, *line.red, line.edge])
    return LipLine(border, tuple(red), edge)
