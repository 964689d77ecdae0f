"""What a browser needs to carry out pushes by hand by itself, as the server does."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.manipulation.folds import MIN_JACOBIAN
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.push_room import push_room
from landmarkdiff.manipulation.pushes import GIVE_WAY_ROUNDS, LEAST_MET
from landmarkdiff.numerics import pack_arrays
from landmarkdiff.procedures.manual import (
    LEAST_RADIUS_MM,
    MOST_PER_RADIUS,
    MOST_PUSH_MM,
    MOST_PUSHES,
    MOST_RADIUS_MM,
)

__all__ = ["encode_pushes"]

MAGIC = b"LDPB"
VERSION = 1


def encode_pushes(prepared: PreparedFace, flags: ClinicalFlags) -> bytes:
    """Return room, pose, scale and bounds for the brush on a photo, packed.

    It travels as :func:`landmarkdiff.numerics.pack_arrays` writes it, with the letters ``LDPB``.

    Parameters
    ----------
    prepared : PreparedFace
    flags : ClinicalFlags
        As for :func:`~landmarkdiff.manipulation.push_room.push_room`.
    """
    face, room = prepared.landmarks, push_room(prepared, flags)
    grid = room.grid
    facts: dict[str, Any] = {
        "grid": {
            "x": grid.x,
            "y": grid.y,
            "step": grid.step,
            "rows": grid.shape[0],
            "columns": grid.shape[1],
        },
        "origin": face.origin_px.tolist(),
        "rotation": face.pose.rotation.tolist(),
        "mm_per_px": face.scale.mm_per_px,
        "radii": [LEAST_RADIUS_MM, MOST_RADIUS_MM],
        "per_radius": MOST_PER_RADIUS,
        "farthest": MOST_PUSH_MM,
        "count": MOST_PUSHES,
        "least": MIN_JACOBIAN,
        "rounds": GIVE_WAY_ROUNDS,
        "met": LEAST_MET,
    }
    arrays: dict[str, NDArray[Any]] = {
        "room": room.steps,
        "points": face.points_mm.astype(np.float32),
        "visible": prepared.visible.astype(np.uint8),
    }
    return pack_arrays(MAGIC, VERSION, facts, arrays)
