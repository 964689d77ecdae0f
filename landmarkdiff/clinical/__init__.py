"""Clinical conditions that change how a plan may act on a face.

Importing this package does not load OpenCV; the vitiligo detector loads at first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from landmarkdiff.clinical.flags import (
    EHLERS_DANLOS_RADIUS_FACTOR,
    KELOID_BLUR_SIGMA_MM,
    KELOID_FACTOR,
    KELOID_MARGIN_MM,
    KELOID_ZONES,
    VITILIGO_FACTOR,
    VITILIGO_MIN_AREA_MM2,
    ClinicalFlags,
    keloid_polygons,
    palsied_points,
    parse_flags,
)

if TYPE_CHECKING:
    from landmarkdiff.clinical.vitiligo import VitiligoFinding, VitiligoPatch, detect_vitiligo

__all__ = [
    "EHLERS_DANLOS_RADIUS_FACTOR",
    "KELOID_BLUR_SIGMA_MM",
    "KELOID_FACTOR",
    "KELOID_MARGIN_MM",
    "KELOID_ZONES",
    "VITILIGO_FACTOR",
    "VITILIGO_MIN_AREA_MM2",
    "ClinicalFlags",
    "VitiligoFinding",
    "VitiligoPatch",
    "detect_vitiligo",
    "keloid_polygons",
    "palsied_points",
    "parse_flags",
]

_LATE = ("VitiligoFinding", "VitiligoPatch", "detect_vitiligo")


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module("landmarkdiff.clinical.vitiligo"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
