"""One photo, no simulation: what it shows, how well, and the face's measurements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.analysis import FaceAnalysis, analyze
from landmarkdiff.arguments import checked, instance_of, optional, path_like
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.inference.notices import cover_notices
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.inference.profile_facts import ProfileStage, profile_record, profile_stages
from landmarkdiff.inference.records import face_record, scale_record
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import LANDMARK_REGIONS
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.measurements import (
    Measurement,
    measure_all,
    measurement_chart,
    measurements_csv,
)
from landmarkdiff.measurements.types import Region
from landmarkdiff.notices import Notice
from landmarkdiff.photo import Photo, write_json, write_png, write_text
from landmarkdiff.version import __version__
from landmarkdiff.workflows.opening import open_photo
from landmarkdiff.workflows.output.folder import place_for, staged_folder
from landmarkdiff.workflows.output.profile_chart import (
    english_chart,
    prediction_stages,
    profile_chart,
)
from landmarkdiff.workflows.output.records import photo_record
from landmarkdiff.workflows.progress import Progress, tell
from landmarkdiff.workflows.request import SimulationRequest

__all__ = [
    "ANALYSIS_FILES",
    "AnalysisFiles",
    "Examination",
    "RegionCount",
    "analysis_record",
    "analyze_photo",
    "examine_on",
]

#: What the folder of an analysis consists of.
ANALYSIS_FILES = ("analysis.json", "measurements.png", "measurements.csv")
#: Headings of the chart's labels, as the file has them.
_HEADINGS: Mapping[Region, str] = MappingProxyType(
    {
        "eyes": "Eyes and brows",
        "nose": "Nose",
        "lips": "Lips and chin",
        "face": "Thirds and widths of the face",
        "profile": "Profile, estimate of the mesh",
    }
)


@dataclass(frozen=True)
class RegionCount:
    """How many landmarks a region of the face has, and how many of them face the camera."""

    name: str
    landmarks: int
    visible: int


@dataclass(frozen=True, eq=False)
class Examination:
    """What a photo shows of a face.

    Attributes
    ----------
    face : FaceLandmarks
    analysis : FaceAnalysis
        View, apparent skin tone, blur, exposure, glasses.
    measurements : tuple of Measurement
    regions : tuple of RegionCount
        One for each of ``LANDMARK_REGIONS``.
    notices : tuple of Notice
        Of the photo, of the landmarks and of the analysis, in this order.
    picture : (H, W, 3) uint8 array
        RGB, 1200 pixels high: the measurements on the face, by their number in
        ``measurements`` from 1 (see :func:`measurement_chart`, and :func:`profile_chart` of a
        profile).
    profile : PreparedProfile or None
        Where the photo shows one; ``measurements`` are then those of its contour.
    stages : mapping of str to ProfileStage
        The profile before, as planned and after, as far as they are known.
    """

    face: FaceLandmarks
    analysis: FaceAnalysis
    measurements: tuple[Measurement, ...]
    regions: tuple[RegionCount, ...]
    notices: tuple[Notice, ...]
    picture: NDArray[np.uint8]
    profile: PreparedProfile | None = None
    stages: Mapping[str, ProfileStage] = field(default_factory=dict)


def examine_on(
    photo: Photo,
    prepared: PreparedFace,
    *,
    fitzpatrick: str | None = None,
    simulated: Prediction | None = None,
    progress: Progress | None = None,
) -> Examination:
    """Examine a prepared face.

    Parameters
    ----------
    photo : Photo
        Where the face was found.
    prepared : PreparedFace
    fitzpatrick : {"I", "II", "III", "IV", "V", "VI"}, optional
        The clinician's skin type, which stands above the photo's.
    simulated : Prediction, optional
        Of this prepared face: a profile is then measured as planned and after, too.
    progress : callable, optional
        Is told ``progress.analysing`` and ``progress.drawing``.

    Raises
    ------
    ParameterError
        The skin type does not exist.
    """
    tell(progress, 0, 2, "progress.analysing")
    face = prepared.landmarks
    found = analyze(
        photo.pixels,
        face,
        focal_length_35mm=photo.focal_length_35mm,
        fitzpatrick=fitzpatrick,
    )
    stages = {}
    if isinstance(prepared, PreparedProfile):
        if simulated is not None and simulated.prepared is prepared:
            stages = prediction_stages(simulated)
        else:
            stages = profile_stages(prepared)
        measured = stages["before"].measurements.values()
        measurements = tuple(item.as_measurement() for item in measured)
    else:
        measurements = tuple(measure_all(face))
    regions = tuple(
        RegionCount(name, len(points), int(prepared.visible[list(points)].sum()))
        for name, points in LANDMARK_REGIONS.items()
    )
    tell(progress, 1, 2, "progress.drawing")
    return Examination(
        face=face,
        analysis=found,
        measurements=measurements,
        regions=regions,
        notices=(*photo.notices, *face.notices, *cover_notices(prepared), *found.notices),
        picture=profile_chart(prepared, stages).picture
        if isinstance(prepared, PreparedProfile)
        else measurement_chart(photo.pixels, face, measurements).picture,
        profile=prepared if isinstance(prepared, PreparedProfile) else None,
        stages=stages,
    )


@dataclass(frozen=True)
class AnalysisFiles:
    """An analysis.

    Attributes
    ----------
    folder : Path or None
        None when nothing was to be written.
    record : mapping
        What ``analysis.json`` says.
    examination : Examination
        The same as data.
    """

    folder: Path | None
    record: Mapping[str, Any]
    examination: Examination


@checked(
    photo=path_like,
    request=instance_of(SimulationRequest),
    out=optional(path_like),
)
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
        For ``face``, ``passes``, ``ipd_mm``, ``mm_per_px`` and ``profile_points``.
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
    opened = open_photo(photo, request, out, pipeline=pipeline, simulated=False)
    source = opened.photo
    examined = examine_on(source, opened.prepared, fitzpatrick=fitzpatrick)
    if out is None:
        return AnalysisFiles(None, analysis_record(source, examined, request.weights()), examined)
    folder, source = place_for(Path(out), f"{source.stem}-analysis", source)
    examined = replace(
        examined, notices=(*source.notices[len(opened.photo.notices) :], *examined.notices)
    )
    record = analysis_record(source, examined, request.weights())
    with staged_folder(folder, ANALYSIS_FILES, sources=[photo]) as staging:
        if examined.profile is not None:
            drawn = english_chart(examined.profile, examined.stages)
        else:
            titles = {item.name: item.title for item in examined.measurements}
            drawn = measurement_chart(
                source.pixels,
                examined.face,
                examined.measurements,
                titles=titles,
                headings=_HEADINGS,
            ).picture
        write_png(staging / "measurements.png", drawn)
        write_text(staging / "measurements.csv", measurements_csv(examined.measurements))
        write_json(staging / "analysis.json", record)
    return AnalysisFiles(folder, record, examined)


def analysis_record(
    source: Photo, examined: Examination, weights: Mapping[str, str]
) -> dict[str, Any]:
    """Return what ``analysis.json`` says.

    Parameters
    ----------
    source : Photo
    examined : Examination
    weights : mapping of str to str
        Name and SHA-256 of the models that took part.
    """
    face = examined.face
    facts = examined.analysis.to_dict()
    del facts["notices"]
    return {
        "simulation": False,
        "photo": photo_record(source),
        "face": face_record(face),
        "scale": scale_record(face),
        **facts,
        **({} if examined.profile is None else {"profile": profile_record(examined.profile)}),
        "measurements": [item.to_dict() for item in examined.measurements],
        "warnings": [notice.to_dict() for notice in examined.notices],
        "weights": dict(weights),
        "version": __version__,
    }
