"""One photo, one plan: the folder of a preview."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.landmarks.draw import draw_displacements
from landmarkdiff.photo import Photo, draw_label, read_photo, write_json, write_png
from landmarkdiff.photo.label import LabelCorner
from landmarkdiff.prediction import Prediction
from landmarkdiff.version import __version__
from landmarkdiff.workflows.output import check_output, staged_folder
from landmarkdiff.workflows.pictures import (
    Panel,
    compose,
    face_tile,
    simulation_tile,
)
from landmarkdiff.workflows.request import SimulationRequest

__all__ = ["PREVIEW_FILES", "PreviewFiles", "manifest", "photo_record", "preview", "write_preview"]

#: What the folder of a preview consists of.
PREVIEW_FILES = (
    "before.png",
    "after.png",
    "compare.png",
    "mask.png",
    "wireframe.png",
    "mesh.png",
    "plan.json",
    "result.json",
)
#: Longest side of a panel of ``compare.png``, pixels; the single pictures keep their size.
_PANEL_SIDE = 1600
#: A face below this share of the photo's height is shown by itself, too.
_SMALL_FACE = 0.4


@dataclass(frozen=True)
class PreviewFiles:
    """A preview on disk.

    Attributes
    ----------
    folder : Path
        Holds :data:`PREVIEW_FILES`.
    record : mapping
        What ``result.json`` says.
    """

    folder: Path
    record: Mapping[str, Any]


def preview(
    photo: str | Path,
    request: SimulationRequest,
    out: str | Path,
    *,
    pipeline: LandmarkDiffPipeline | None = None,
) -> PreviewFiles:
    """Simulate a request on a photo and write the folder ``out/<photo stem>``.

    Parameters
    ----------
    photo : str or Path
    request : SimulationRequest
    out : str or Path
        Made as needed. An earlier result of the same name is replaced as a whole.
    pipeline : LandmarkDiffPipeline, optional
        A loaded one, when several photos are simulated.

    Returns
    -------
    PreviewFiles

    Raises
    ------
    LandmarkDiffError
        Then nothing was written.
    """
    photo, out = Path(photo), Path(out)
    request.require_plan()
    check_output(out)
    source = read_photo(photo)
    pipeline = pipeline or request.pipeline()
    prediction = request.simulate(pipeline, request.prepare(pipeline, source.pixels))
    folder = out / source.stem
    with staged_folder(folder, PREVIEW_FILES, sources=[photo]) as staging:
        record = write_preview(staging, prediction, source, request)
    return PreviewFiles(folder, record)


def write_preview(
    folder: Path, prediction: Prediction, photo: Photo, request: SimulationRequest
) -> dict[str, Any]:
    """Write the files of a preview into an existing folder; return what ``result.json`` says."""
    facts = manifest(prediction, photo)
    text = prediction.label
    mask = prediction.surgical_mask.full()
    write_png(folder / "mask.png", mask)
    after, label_box = draw_label(
        prediction.image, corner=request.label_corner, mask=mask, text=text
    )
    del mask
    write_png(folder / "after.png", after, manifest=facts)
    pair = _side_by_side(prediction, after, request.label_corner)
    del after
    write_png(folder / "compare.png", pair, manifest=facts)
    write_png(folder / "before.png", prediction.before)
    write_png(folder / "wireframe.png", prediction.conditioning, manifest=facts)
    mesh = draw_displacements(prediction.before, prediction.source, prediction.target)
    mesh, _ = draw_label(mesh, corner=request.label_corner, text=text)
    write_png(folder / "mesh.png", mesh, manifest=facts)
    write_json(folder / "plan.json", prediction.plan.to_dict())
    record = prediction.to_dict() | {
        "in_band": all(check.in_band for check in prediction.effects),
        "label": text,
        "label_box": list(label_box),
        "photo": photo_record(photo),
        "files": list(PREVIEW_FILES),
        "warnings": facts["warnings"],
    }
    write_json(folder / "result.json", record)
    return record


def photo_record(photo: Photo) -> dict[str, Any]:
    """Return what results say about a photo file: no name, no tags."""
    height, width = photo.pixels.shape[:2]
    return {
        "width": width,
        "height": height,
        "format": photo.format,
        "exif_orientation": photo.exif_orientation,
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
        "weights",
    )
    notices = (*photo.notices, *prediction.notices)
    return {
        "product": "landmarkdiff",
        **{key: result[key] for key in kept},
        "in_band": all(check.in_band for check in prediction.effects),
        "warnings": [notice.to_dict() for notice in notices],
        "versions": _versions(),
    }


def _versions() -> dict[str, str]:
    found = {"landmarkdiff": __version__, "python": platform.python_version()}
    for package in ("numpy", "opencv-python-headless", "ai-edge-litert", "Pillow"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # installed under another distribution's name
            found[package] = "unknown"
    return found


def _side_by_side(
    prediction: Prediction, after: NDArray[np.uint8], corner: LabelCorner | None
) -> NDArray[np.uint8]:
    """Photo and simulation, and below them the face alone where it is small in the photo."""
    height, width = after.shape[:2]
    share = min(1.0, _PANEL_SIDE / max(height, width))
    size = (max(1, round(width * share)), max(1, round(height * share)))
    pictures = [prediction.before, after]
    if share < 1.0:
        pictures = [
            np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
            for picture in pictures
        ]
    titles = ", ".join(item.title for item in prediction.plan.procedures)
    word = prediction.label.capitalize()
    panels = [Panel(pictures[0], "Photo"), Panel(pictures[1], word, titles)]
    if prediction.source.box[3] < _SMALL_FACE * height:
        close = face_tile(prediction.before, prediction.source, size)
        panels.append(Panel(close, "Photo, the face"))
        close = simulation_tile(prediction, corner, size)
        panels.append(Panel(close, f"{word}, the face", titles))
    return compose(panels, 2, "Simulation of a discussed goal")
