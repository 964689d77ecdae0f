"""What every result says of its photo, and the manifest that travels inside a picture."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from landmarkdiff.generators import find_mode
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.photo import Photo
from landmarkdiff.version import __version__

__all__ = ["manifest", "notice_records", "photo_record"]

#: Packages whose versions decide a warp.
_PACKAGES = ("numpy", "opencv-python-headless", "ai-edge-litert", "Pillow")


def photo_record(photo: Photo) -> dict[str, Any]:
    """Return what results say about a photo file: no name, no tags; a sum tells it from others."""
    height, width = photo.pixels.shape[:2]
    return {
        "width": width,
        "height": height,
        "format": photo.format,
        "exif_orientation": photo.exif_orientation,
        "sha256": photo.sha256,
    }


def manifest(prediction: Prediction, photo: Photo) -> dict[str, Any]:
    """Return the manifest that travels inside a picture: how it was made, and what to mind."""
    result = prediction.to_dict()
    kept = (
        "simulation",
        "procedure",
        "intensity",
        "mode",
        "seed",
        "plan",
        "plan_hash",
        "clinical_flags",
        "scale",
        "generator",
        "postprocess",
        "identity",
        "guard",
        "weights",
    )
    return {
        "product": "landmarkdiff",
        **{key: result[key] for key in kept},
        "in_band": prediction.in_band,
        # What files have always called the notices; their readers know the key.
        "warnings": notice_records(prediction, photo),
        "versions": _versions(prediction.mode),
    }


def notice_records(prediction: Prediction, photo: Photo) -> list[dict[str, Any]]:
    """Return the notices of the photo and of the simulation, ready for JSON."""
    return [notice.to_dict() for notice in (*photo.notices, *prediction.notices)]


def _versions(mode: str) -> dict[str, str]:
    found = {"landmarkdiff": __version__, "python": platform.python_version()}
    for package in (*_PACKAGES, *find_mode(mode).packages):
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # installed under another distribution's name
            found[package] = "unknown"
    return found
