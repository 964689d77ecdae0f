"""The ear of a fitted head beside its root in a photo, and how far it is turned there."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.head.fitted import FittedHead
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.manipulation.on_head.ears import EarMotion

__all__ = ["WIDEST", "EarSide", "EarTurns", "ear_guide", "ear_root", "registered_ear"]

EarSide = Literal["right", "left"]

#: Turns of the head's ear that are compared with the photo, degrees (positive lies nearer to the
#: head); the ear of a head is by itself within so many of the photo's (standard deviation), as
#: surely as the photo shows its width, mm.
_TURNS_DEG = np.arange(-45.0, 46.0, 1.5)
_TURN_SPREAD_DEG, _WIDTH_SPREAD_MM = 40.0, 1.0
#: The width of an ear is that of its widest part: this quantile along it.
WIDEST = 0.9
#: An ear bends near its root over this distance along the skin, mm (that of the presets).
_BEND_MM = 14.0


def ear_root(head: FittedHead, places: FloatArray, side: EarSide) -> FloatArray:
    """Upper and lower root of an ear in the photo: (2, 2) pixels."""
    named = head.model.landmarks.anatomical(places)
    return np.array([named[f"{side}_otobasion_superius"], named[f"{side}_otobasion_inferius"]])


def registered_ear(
    head: FittedHead, vertices: FloatArray, root: FloatArray, side: EarSide
) -> FloatArray:
    """Where the photo shows vertices (n, 3) of an ear, its root being where the landmarks say.

    Landmarks register the face; an ear lies beyond them, and goes along with its root as a whole.
    """
    camera = head.views[0].camera
    own = ear_root(head, camera.project(head.surface.vertices)[:, :2], side)
    return np.asarray(camera.project(vertices)[:, :2] + (root - own).mean(axis=0))


def ear_guide(ear: FloatArray, root: FloatArray, lateral: FloatArray) -> FloatArray:
    """The outer outline of the head's ear, from its upper root to the lower one: (n, 2) pixels."""
    hull = cv2.convexHull(np.concatenate([ear, root]).astype(np.float32))[:, 0].astype(np.float64)
    first, last = (int(np.hypot(*(hull - end).T).argmin()) for end in root)
    count = len(hull)
    ways = [
        hull[(first + step * np.arange((step * (last - first)) % count + 1)) % count]
        for step in (1, -1)
    ]
    return max(ways, key=lambda way: float(((way - root[0]) @ lateral).mean()))


class EarTurns:
    """The ear of a head by how far it is turned, and how wide it is then seen beside the root.

    Parameters
    ----------
    head : FittedHead
    side : {"right", "left"}
    root : (2, 2) float64 array
    lateral : (2,) float64 array
        See :class:`EarInPhoto`; in the photo that the head was fitted to.
    """

    def __init__(
        self, head: FittedHead, side: EarSide, root: FloatArray, lateral: FloatArray
    ) -> None:
        self._head = head
        self._scale = head.views[0].camera.px_per_mm
        motion = EarMotion(head.surface, head.model.landmarks, f"{side}_ear", _BEND_MM)
        members = head.surface.topology.parts[f"{side}_ear"]
        self._moves = [motion.turned(float(turn)) for turn in _TURNS_DEG]
        ears = (head.surface.vertices[members] + move[members] for move in self._moves)
        placed = (registered_ear(head, ear, root, side) for ear in ears)
        self._widths = np.array(
            [_width(ear_guide(ear, root, lateral), root, lateral) for ear in placed]
        )

    def as_far_out(self, width: float) -> HeadSurface:
        """Return the head with the ear turned until it stands out by a width, pixels."""
        off = (self._widths - width) / self._scale
        cost = (off / _WIDTH_SPREAD_MM) ** 2 + (_TURNS_DEG / _TURN_SPREAD_DEG) ** 2
        return self._head.surface.moved(self._moves[int(np.argmin(cost))])


def _width(outline: FloatArray, root: FloatArray, lateral: FloatArray) -> float:
    """Width of the widest part of an ear with corners of an outline (n, 2), pixels."""
    way = np.concatenate([[0.0], np.hypot(*np.diff(outline, axis=0).T).cumsum()])
    even = np.linspace(0.0, way[-1], 64)
    beside = np.interp(even, way, (outline - root[0]) @ lateral)
    return float(np.quantile(np.maximum(beside, 0.0), WIDEST))
