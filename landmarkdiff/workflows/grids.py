"""What the grids of several simulations have in common: their files and their records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.inference import PreparedFace
from landmarkdiff.inference.records import face_record, scale_record
from landmarkdiff.photo import Photo, write_json, write_png
from landmarkdiff.version import __version__
from landmarkdiff.workflows.outcome import Outcome
from landmarkdiff.workflows.output.folder import staged_folder
from landmarkdiff.workflows.output.records import photo_record
from landmarkdiff.workflows.request import SimulationRequest

__all__ = [
    "FACES_FILE",
    "GridFiles",
    "grid_record",
    "write_grid",
]


#: The grid of whole faces beside that of close-ups.
FACES_FILE = "faces.png"
Shown = TypeVar("Shown")


@dataclass(frozen=True)
class GridFiles(Generic[Shown]):
    """A grid on disk.

    Attributes
    ----------
    folder : Path
    picture : Path
        The labelled grid, with its manifest inside.
    record : mapping
        What ``result.json`` says.
    shown : tuple
        The same as data, in the order of the grid.
    """

    folder: Path
    picture: Path
    record: Mapping[str, Any]
    shown: tuple[Shown, ...]


def grid_record(
    source: Photo, prepared: PreparedFace, request: SimulationRequest
) -> dict[str, Any]:
    """Return what the record of a grid on one photo says before its panels."""
    notices = (*source.notices, *prepared.landmarks.notices)
    return {
        "simulation": True,
        "mode": request.mode,
        "seed": request.seed,
        "clinical_flags": request.flags.to_dict(),
        "photo": photo_record(source),
        "face": face_record(prepared.landmarks),
        "scale": scale_record(prepared.landmarks),
        "warnings": [notice.to_dict() for notice in notices],
        "weights": request.weights(),
        "version": __version__,
    }


def write_grid(
    folder: Path,
    sheets: Mapping[str, NDArray[np.uint8]],
    record: dict[str, Any],
    photo: Path,
    outcomes: tuple[Outcome, ...],
) -> GridFiles[Outcome]:
    """Write the pictures of a grid and its ``result.json`` into ``folder``, all or none.

    Parameters
    ----------
    folder : Path
    sheets : mapping of str to (H, W, 3) uint8 array
        Pictures by the names of their files; the first is the grid itself.
    record : dict
    photo : Path
    outcomes : tuple of Outcome
    """
    files = (*sheets, "result.json")
    with staged_folder(folder, files, sources=[photo]) as staging:
        for name, sheet in sheets.items():
            write_png(staging / name, sheet, manifest={"product": "landmarkdiff", **record})
        record = {**record, "files": list(files)}
        write_json(staging / "result.json", record)
    return GridFiles(folder, folder / next(iter(sheets)), record, outcomes)
