"""A profile as the pages draw it: its named points and its contour."""

from __future__ import annotations

from typing import Any

from landmarkdiff.inference.profile_facts import points_of
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.texts import Texts

__all__ = ["contour_for_page", "points_for_page"]


def points_for_page(prepared: PreparedFace, texts: Texts) -> list[dict[str, Any]] | None:
    """The named points of a profile as the page draws them; None of another photo."""
    if not isinstance(prepared, PreparedProfile):
        return None
    return [
        {
            "name": name,
            "title": texts.name_of("profile_point", name),
            "x": round(point.place[0], 2),
            "y": round(point.place[1], 2),
        }
        for name, point in points_of(prepared).items()
    ]


def contour_for_page(prepared: PreparedFace) -> list[list[float]] | None:
    """The contour of a profile as the page draws it, at most 400 points."""
    if not isinstance(prepared, PreparedProfile):
        return None
    points = prepared.contour.points
    contour: list[list[float]] = points[:: len(points) // 400 + 1].round(1).tolist()
    return contour
