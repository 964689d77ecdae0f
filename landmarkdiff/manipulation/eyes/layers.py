"""The eyes of a prepared photo that can be taken out of it."""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.landmarks.face_crop import FaceMap
from landmarkdiff.manipulation.eyes.layer import EyeLayer, eye_layer
from landmarkdiff.manipulation.eyes.opening import opening_outline
from landmarkdiff.manipulation.prepared import PreparedFace

__all__ = ["eye_layers", "is_covered"]

#: An opening of which a frame or something else covers more than this share stays as it is.
_MOST_COVERED = 0.02


def eye_layers(prepared: PreparedFace) -> tuple[EyeLayer, ...]:
    """Return the eyes of a photo that lie behind their lids, made once.

    An eye that is closed, hidden, crossed by a frame, or too narrow or too far turned away to be
    completed is not among them: its lids end where it begins, and the warp with them.

    Parameters
    ----------
    prepared : PreparedFace

    Returns
    -------
    tuple of EyeLayer
        Of the patient's right eye, then of the left.
    """
    layers: tuple[EyeLayer, ...] = prepared.once("eyes", lambda: _made(prepared))
    return layers


def is_covered(outline: FloatArray, covering: FaceMap) -> bool:
    """Whether something lies over an opening with this outline, (n, 2) pixels."""
    centre = outline.mean(axis=0)
    shares = (0.25, 0.5, 0.75, 1.0)
    inside = np.concatenate([centre + share * (outline - centre) for share in shares])
    return float((covering.at(inside) > 0.5).mean()) > _MOST_COVERED


def _made(prepared: PreparedFace) -> tuple[EyeLayer, ...]:
    face = prepared.landmarks
    covers = prepared.covers()
    over = [each for each in (prepared.frames(), covers.things) if each is not None]
    found = (
        eye_layer(prepared.image, face, side)
        for side, state in zip(("right", "left"), covers.eyes, strict=True)
        if state == "open"
        and not any(is_covered(opening_outline(face, side), covering) for covering in over)
    )
    return tuple(layer for layer in found if layer is not None)
