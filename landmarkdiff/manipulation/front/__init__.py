"""What lies in front of the face: a layer that stays, while the face moves behind it."""

from __future__ import annotations

from landmarkdiff.manipulation.front.layer import FILL_MM, FrontLayer, FrontThing
from landmarkdiff.manipulation.front.layers import face_behind, front_layer, unknown_behind

__all__ = ["FILL_MM", "FrontLayer", "FrontThing", "face_behind", "front_layer", "unknown_behind"]
