"""What the grids of several simulations have in common: their files and their records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.inference import PreparedFace
from landmarkdiff.inference.prediction import Prediction, face_record
from landmarkdiff.photo import Photo, write_json, write_png
from landmarkdiff.version import __version__
from landmarkdiff.workflows.output.folder import staged_folder
from landmarkdiff.workflows.progress import Progress
from landmarkdiff.workflows.request import SimulationRequest
from landmarkdiff.workflows.single import photo_record

__all__ = [
    "GridFiles",
    "Progress",
    "effects_record",
    "grid_record",
    "largest_displacement_mm",
    "painting_note",
    "painting_record",
    "write_grid",
]

#: Below the warp that stands in for a painting, by the guard's verdict.
NOTES = {
    "refused": "painting refused: this is the warp",
    None: "nothing was painted: this is the warp",
}


@dataclass(frozen=True)
class GridFiles:
    """A grid on disk.

    Attributes
    ----------
    folder : Path
    picture : Path
        The labelled grid, with its manifest inside.
    record : mapping
        What ``result.json`` says.
    """

    folder: Path
    picture: Path
    record: Mapping[str, Any]


def effects_record(prediction: Prediction) -> dict[str, Any]:
    """Return what a panel's record says about its simulation, ready for JSON."""
    return {
        "status": "simulated",
        "in_band": all(check.in_band for check in prediction.effects),
        "largest_displacement_mm": round(largest_displacement_mm(prediction), 4),
        "effects": [check.to_dict() for check in prediction.effects],
        "plan": prediction.plan.to_dict(),
        "plan_hash": prediction.plan.hash,
        "outside_mask_changed_pixels": prediction.outside_mask_changed_pixels,
        "min_jacobian": round(prediction.min_jacobian, 4),
        **painting_record(prediction),
        "warnings": [notice.to_dict() for notice in prediction.notices],
    }


def painting_record(prediction: Prediction) -> dict[str, Any]:
    """Return how a picture was painted, judged, compared and finished, ready for JSON."""
    return {
        "generator": dict(prediction.generator),
        "postprocess": [dict(step) for step in prediction.postprocess],
        "identity": dict(prediction.identity),
        "guard": dict(prediction.guard),
    }


def painting_note(record: Mapping[str, Any]) -> str:
    """Return what a caption has to say of a painting; nothing where it was kept or none made."""
    if record["status"] == "no_simulation" or record["generator"]["mode"] == "tps":
        return ""
    return NOTES.get(record["guard"]["verdict"], "")


def largest_displacement_mm(prediction: Prediction) -> float:
    """Longest way of a landmark in the simulation, in three dimensions, millimetres."""
    moved = np.linalg.norm(prediction.target.points - prediction.source.points, axis=1)
    return float(moved.max() * prediction.source.scale.mm_per_px)


def grid_record(
    source: Photo, prepared: PreparedFace, request: SimulationRequest
) -> dict[str, Any]:
    """Return what the record of a grid on one photo says before its panels."""
    scale = prepared.landmarks.scale
    notices = (*source.notices, *prepared.landmarks.notices)
    return {
        "simulation": True,
        "mode": request.mode,
        "seed": request.seed,
        "clinical_flags": request.flags.to_dict(),
        "photo": photo_record(source),
        "face": face_record(prepared.landmarks),
        "scale": {
            "mm_per_px": scale.mm_per_px,
            "relative_uncertainty": scale.relative_uncertainty,
            "source": scale.source,
        },
        "warnings": [notice.to_dict() for notice in notices],
        "weights": request.weights(),
        "version": __version__,
    }


def write_grid(
    folder: Path, name: str, sheet: NDArray[np.uint8], record: dict[str, Any], photo: Path
) -> GridFiles:
    """Write a grid's picture ``name`` and its ``result.json`` into ``folder``, both or neither."""
    files = (name, "result.json")
    with staged_folder(folder, files, sources=[photo]) as staging:
        write_png(staging / name, sheet, manifest={"product": "landmarkdiff", **record})
        record = {**record, "files": list(files)}
        write_json(staging / "result.json", record)
    return GridFiles(folder, folder / name, record)
