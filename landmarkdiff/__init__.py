"""LandmarkDiff: simulation of discussed facial procedures from one photo.

Importing the package loads nothing heavy; the public names load at first use.

>>> import landmarkdiff
>>> photo = landmarkdiff.read_photo("portrait.jpg")  # doctest: +SKIP
>>> pipeline = landmarkdiff.LandmarkDiffPipeline().load()  # doctest: +SKIP
>>> result = pipeline.generate(photo.pixels, "rhinoplasty", 60)  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from landmarkdiff.version import __version__

if TYPE_CHECKING:
    from landmarkdiff.clinical import ClinicalFlags
    from landmarkdiff.errors import LandmarkDiffError
    from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
    from landmarkdiff.inference.prediction import Prediction
    from landmarkdiff.landmarks import FaceLandmarks, extract_landmarks
    from landmarkdiff.measurements import measure, measure_all
    from landmarkdiff.photo import draw_label, read_photo, write_jpeg, write_png
    from landmarkdiff.procedures import (
        Procedure,
        SurgicalPlan,
        load_procedure_file,
        procedure,
        procedure_names,
    )
    from landmarkdiff.procedures.planning import make_plan

#: Where each public name lives.
_HOMES = {
    "ClinicalFlags": "clinical",
    "FaceLandmarks": "landmarks",
    "LandmarkDiffError": "errors",
    "LandmarkDiffPipeline": "inference",
    "Prediction": "inference",
    "PreparedFace": "inference",
    "Procedure": "procedures",
    "SurgicalPlan": "procedures",
    "draw_label": "photo",
    "extract_landmarks": "landmarks",
    "load_procedure_file": "procedures",
    "make_plan": "procedures.planning",
    "measure": "measurements",
    "measure_all": "measurements",
    "procedure": "procedures",
    "procedure_names": "procedures",
    "read_photo": "photo",
    "write_jpeg": "photo",
    "write_png": "photo",
}

__all__ = [
    "ClinicalFlags",
    "FaceLandmarks",
    "LandmarkDiffError",
    "LandmarkDiffPipeline",
    "Prediction",
    "PreparedFace",
    "Procedure",
    "SurgicalPlan",
    "__version__",
    "draw_label",
    "extract_landmarks",
    "load_procedure_file",
    "make_plan",
    "measure",
    "measure_all",
    "procedure",
    "procedure_names",
    "read_photo",
    "write_jpeg",
    "write_png",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
