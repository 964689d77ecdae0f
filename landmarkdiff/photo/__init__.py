"""Photos in and pictures out: reading, labelling, and writing with a manifest.

The public names load at first use, so importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from landmarkdiff.photo.label import LabelCorner, choose_label_corner, draw_label
    from landmarkdiff.photo.manifest import read_manifest
    from landmarkdiff.photo.read import Photo, read_photo
    from landmarkdiff.photo.source import PhotoLimits
    from landmarkdiff.photo.write import (
        encode_jpeg,
        encode_png,
        write_jpeg,
        write_json,
        write_png,
    )

__all__ = [
    "LabelCorner",
    "Photo",
    "PhotoLimits",
    "choose_label_corner",
    "draw_label",
    "encode_jpeg",
    "encode_png",
    "read_manifest",
    "read_photo",
    "write_jpeg",
    "write_json",
    "write_png",
]

_HOMES = {
    "LabelCorner": "label",
    "Photo": "read",
    "PhotoLimits": "source",
    "choose_label_corner": "label",
    "draw_label": "label",
    "encode_jpeg": "write",
    "encode_png": "write",
    "read_manifest": "manifest",
    "read_photo": "read",
    "write_jpeg": "write",
    "write_json": "write",
    "write_png": "write",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
