"""Pushes by hand: what a surgeon draws on the photo with a brush, beside the effects of a plan."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field, model_validator

from landmarkdiff.procedures.strict import Strict, Vector

__all__ = ["MOST_PUSHES", "Push"]

#: More pushes than this make another face, and are no sketch of a goal any more.
MOST_PUSHES = 40
#: Radii of the brush, mm: below, a cell of the grid is no longer small beside it; above, it holds
#: half of a face.
LEAST_RADIUS_MM, MOST_RADIUS_MM = 5.0, 40.0
#: A push goes no farther than this share of its radius. The kernel falls by at most 135/64 in a
#: radius, so the determinant stays above 1 - 0.33 * 2.11 = 0.30 and, on a coarse grid, above a
#: quarter, as the warp's.
MOST_PER_RADIUS = 0.33
#: And no farther than this, mm.
MOST_PUSH_MM = 10.0
#: A start so far from the eyes (mm) lies on no face.
MOST_DISTANCE_MM = 300.0
#: Lengths written and read again may differ by their last digit, mm.
_SLACK = 1e-3

_Coordinate = Annotated[float, Field(ge=-MOST_DISTANCE_MM, le=MOST_DISTANCE_MM)]


class Push(Strict):
    """One push of the brush: the skin under it goes along, less toward its edge.

    It is the surgeon's drawing: no publication stands behind it, and it belongs to no procedure.

    Attributes
    ----------
    start : 3 floats
        Where the brush was put down, mm in the face frame: the place it has once the effects of
        the plan are carried out.
    vector : 3 floats
        How far it was pulled, mm in the face frame.
    radius : float
        Where it ends, mm from the place it was pulled to.
    symmetric : bool
        Whether the other side of the face is pushed alike, about the midline (x = 0).

    Examples
    --------
    >>> push = Push(start=(30.0, -40.0, 20.0), vector=(0.0, 3.0, 0.0), radius=12.0)
    >>> push.length
    3.0
    """

    start: tuple[_Coordinate, _Coordinate, _Coordinate]
    vector: Vector
    radius: float = Field(ge=LEAST_RADIUS_MM, le=MOST_RADIUS_MM)
    symmetric: bool = False

    @property
    def length(self) -> float:
        """How far it was pulled, mm."""
        return math.hypot(*self.vector)

    @model_validator(mode="after")
    def _within_bounds(self) -> Push:
        most = min(MOST_PER_RADIUS * self.radius, MOST_PUSH_MM)
        if self.length > most + _SLACK:
            raise ValueError(
                f"a push of radius {self.radius:g} mm goes {most:.2f} mm at most, "
                f"got {self.length:.2f} mm"
            )
        return self

    def mirrored(self) -> Push:
        """Return the same push on the other side of the face."""
        x, y, z = self.start
        across, up, forward = self.vector
        return self.model_copy(update={"start": (-x, y, z), "vector": (-across, up, forward)})
