"""One photo, no simulation: what it shows, how well, and the face's measurements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landmarkdiff.analysis import analyze
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.measurements import draw_measurements, measure_all
from landmarkdiff.photo import read_photo, write_json, write_png
from landmarkdiff.prediction import face_record
from landmarkdiff.version import __version__
from landmarkdiff.workflows.output import check_output, staged_folder
from landmarkdiff.workflows.request import SimulationRequest
from landmarkdiff.workflows.single import photo_record

__all__ = ["ANALYSIS_FILES", "AnalysisFiles", "analyze_photo"]

#: What the folder of an analysis consists of.
ANALYSIS_FILES = ("analysis.json", "measurements.png")


@dataclass(frozen=True)
class AnalysisFiles:
    """An analysis.

    Attributes
    ----------
    folder : Path or None
        None when nothing was to be written.
    record : mapping
        What ``analysis.json`` says.
    """

    folder: Path | None
    record: Mapping[str, Any]


def analyze_photo(
    photo: str | Path,
    request: SimulationRequest,
    out: str | Path | None = None,
    *,
    fitzpatrick: str | None = None,
    pipeline: LandmarkDiffPipeline | None = None,
) -> AnalysisFiles:
    """Analyse a photo: view, quality, apparent skin tone, measurements.

    Parameters
    ----------
    photo : str or Path
    request : SimulationRequest
        For ``face``, ``passes`` and ``ipd_mm``.
    out : str or Path, optional
        ``out/<photo stem>-analysis`` is written; nothing is by default.
    fitzpatrick : {"I", "II", "III", "IV", "V", "VI"}, optional
        The clinician's skin type, which stands above the photo's.
    pipeline : LandmarkDiffPipeline, optional

    Raises
    ------
    LandmarkDiffError
        Then nothing was written.
    """
    photo = Path(photo)
    if out is not None:
        check_output(Path(out))
    source = read_photo(photo)
    pipeline = pipeline or request.pipeline()
    face = request.prepare(pipeline, source.pixels).landmarks
    found = analyze(
        source.pixels,
        face,
        focal_length_35mm=source.focal_length_35mm,
        fitzpatrick=fitzpatrick,
    )
    measurements = measure_all(face)
    facts = found.to_dict()
    notices = (*source.notices, *face.notices, *found.notices)
    del facts["notices"]
    record = {
        "simulation": False,
        "photo": photo_record(source),
        "face": face_record(face),
        "scale": {
            "mm_per_px": face.scale.mm_per_px,
            "relative_uncertainty": face.scale.relative_uncertainty,
            "source": face.scale.source,
        },
        **facts,
        "measurements": [item.to_dict() for item in measurements],
        "warnings": [notice.to_dict() for notice in notices],
        "weights": request.weights(),
        "version": __version__,
    }
    if out is None:
        return AnalysisFiles(None, record)
    folder = Path(out) / f"{source.stem}-analysis"
    with staged_folder(folder, ANALYSIS_FILES, sources=[photo]) as staging:
        write_png(
            staging / "measurements.png", draw_measurements(source.pixels, face, measurements)
        )
        write_json(staging / "analysis.json", record)
    return AnalysisFiles(folder, record)
