"""The guard: a repainted picture is compared with the warp it was painted over.

Geometry comes from the plan alone; a network may repair texture and nothing else. Its picture
is registered with the warped photo inside the surgical mask, and refused when an anatomical
point has moved by more than the limit, or when the two cannot be registered.
"""

from __future__ import annotations

from landmarkdiff.guard.reading import GuardReading, read_guard
from landmarkdiff.guard.record import GuardRecord
from landmarkdiff.guard.registration import StructureRegistration, register_structure

__all__ = [
    "GuardReading",
    "GuardRecord",
    "StructureRegistration",
    "read_guard",
    "register_structure",
]
