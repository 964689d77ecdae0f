"""How far a push by hand is let go in each place of a photo."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray, MaskArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.face_crop import FaceMap
from landmarkdiff.landmarks.topology import LANDMARK_LINES
from landmarkdiff.manipulation.grid import RegionGrid, polygon_distance, smoothstep
from landmarkdiff.manipulation.limits import (
    FRAME_SHARE,
    MidlineDistance,
    limits_of_flags,
    teeth_visible,
)
from landmarkdiff.manipulation.prepared import PreparedFace

__all__ = ["PushRoom", "push_room"]

#: Nodes along the longer side of the grid, which covers the face and its surroundings.
GRID_NODES = 300
#: Beyond the outline of the face a push grows less until nothing moves, so far away (mm): hair and
#: background go along a little, as beyond the warp's outline.
BEYOND_MM = 20.0
#: Width (mm) over which a push dies out before an eye, the teeth or a thing on the face. Where it
#: would still fold the skin, it gives way.
BESIDE_MM = 4.0
#: From this share on a place belongs to what lies on the face.
THING_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class PushRoom:
    """What of a push each place of a photo takes.

    Attributes
    ----------
    grid : RegionGrid
        Over the face and its surroundings; the pushes are worked out at its nodes.
    steps : (rows, columns) uint8 array
        In steps of 1/255: 0 over eyes, teeth, frames and things on the face and far from it.
    """

    grid: RegionGrid
    steps: MaskArray

    @property
    def share(self) -> Float32Array:
        """The room in [0, 1]: (rows, columns) float32."""
        return self.steps.astype(np.float32) / np.float32(255.0)


def push_room(prepared: PreparedFace, flags: ClinicalFlags) -> PushRoom:
    """Return how far pushes by hand are let go on this photo; made once for each set of flags.

    Parameters
    ----------
    prepared : PreparedFace
    flags : ClinicalFlags
        Palsied, keloid-prone and depigmented skin takes as little of a push as of an effect.

    Examples
    --------
    >>> from landmarkdiff.manipulation.prepared import PreparedFace
    >>> room = push_room(PreparedFace(portrait, face), ClinicalFlags())
    >>> eye, cheek = face.points[[468, 205], :2]
    >>> room.grid.sample(room.share, np.array([eye, cheek])).round(2).tolist()
    [0.0, 1.0]
    """
    room: PushRoom = prepared.once(("push_room", flags), lambda: _room(prepared, flags))
    return room


def _room(prepared: PreparedFace, flags: ClinicalFlags) -> PushRoom:
    face = prepared.landmarks
    px = 1.0 / face.scale.mm_per_px
    places = face.points[:, :2]
    reach = (BEYOND_MM + BESIDE_MM) * px
    grid = RegionGrid.over(places.min(axis=0) - reach, places.max(axis=0) + reach, GRID_NODES)
    nodes = grid.nodes
    outline = cv2.convexHull(places.astype(np.float32))[:, 0].astype(np.float64)
    left = smoothstep(polygon_distance(nodes, outline), -BEYOND_MM * px, 0.0)
    for line in _openings(face):
        left *= _outside(nodes, places[list(line)], BESIDE_MM * px)
    for still, share in ((prepared.frames(), FRAME_SHARE), (prepared.covers().still, THING_SHARE)):
        if still is not None:
            left *= _away(still, share, grid, BESIDE_MM * px)
    vitiligo = prepared.vitiligo().map if flags.vitiligo else None
    midline = MidlineDistance(face, nodes)
    for limit in limits_of_flags(face, flags, grid, midline, vitiligo).values():
        left *= limit
    steps = np.round(255.0 * np.clip(left, 0.0, 1.0)).astype(np.uint8)
    return PushRoom(grid, steps.reshape(grid.shape))


def _openings(face: FaceLandmarks) -> list[tuple[int, ...]]:
    """Lines of landmarks around what no push takes along: the eyes, and teeth that show."""
    names = ["right_eye", "left_eye", *(["inner_lips"] if teeth_visible(face) else [])]
    return [tuple(LANDMARK_LINES[name]) for name in names]


def _outside(nodes: Float32Array, polygon: FloatArray, band: float) -> Float32Array:
    """0 inside of a polygon, rising to 1 over a band (pixels) around it: (nodes,)."""
    return 1.0 - smoothstep(polygon_distance(nodes, polygon), -band, 0.0)


def _away(still: FaceMap, share: float, grid: RegionGrid, band: float) -> Float32Array:
    """0 on what must not move, rising to 1 over a band (pixels) around it: (nodes,)."""
    held = (still.at(grid.nodes) > share).astype(np.uint8).reshape(grid.shape)
    # The nodes around it, so that interpolation leaves it still.
    free = np.asarray(1 - cv2.dilate(held, np.ones((3, 3), np.uint8)), np.uint8)
    if free.all():
        return np.ones(len(grid.nodes), np.float32)
    away = cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return smoothstep(np.asarray(away, np.float32).ravel() * grid.step, 0.0, band)
