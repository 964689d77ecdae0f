"""A photo from after an operation beside the plan: planned, simulated and real, effect by effect.

Landmarks that are found again see a part of a change only, so the real change is read as that of a
simulation is: by dense registration with the photo before, at the plan's landmarks. What makes it
uncertain is added up: the registration, how well the photos lie upon one another where nothing was
operated on, and the scale.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np

from landmarkdiff.arguments import checked, instance_of, path_like
from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.identity.people import ComparedFace, compare_faces
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction, PreparedFace
from landmarkdiff.inference.kinds import kind_of
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.notices import Notice
from landmarkdiff.photo import Photo, read_photo, write_json, write_png
from landmarkdiff.verification.effect_check import EffectCheck
from landmarkdiff.workflows.opening import open_photo
from landmarkdiff.workflows.output.close_up import CloseUp, Region, pair_size
from landmarkdiff.workflows.output.folder import place_for, staged_folder
from landmarkdiff.workflows.output.pictures import Panel, compose
from landmarkdiff.workflows.output.records import manifest, notice_records, photo_record
from landmarkdiff.workflows.photo_alignment import (
    Alignment,
    align,
    detail_alike,
    expressions_apart,
    toned,
    turned_picture,
)
from landmarkdiff.workflows.request import SimulationRequest

__all__ = [
    "OUTCOME_FILES",
    "Alignment",
    "OutcomeFiles",
    "OutcomeReading",
    "OutcomeVerdict",
    "RealEffect",
    "align",
    "doubts",
    "lay_beside",
    "read_outcome",
]

OUTCOME_FILES = ("result.json", "plan.json", "real.png", "compare.png")
_PANEL_SIDE = 1000
#: What is not refused yet, and already makes readings less sure than their uncertainty says:
#: degrees between the heads, mm between what was not operated on, difference of the expressions,
#: and the ratio of the focal lengths that the photos name.
_TURNED, _APART_MM, _EXPRESSION, _FOCAL_RATIO = 3.0, 0.8, 0.2, 1.25
#: Photos whose detail is that much alike are copies of one.
_COPY = 0.93
#: A difference is one from so many standard deviations on.
_DEVIATIONS = 2.0

OutcomeVerdict = Literal["as_planned", "less", "more", "opposite", "unsure", "not_read"]


@dataclass(frozen=True)
class RealEffect:
    """One effect: planned, simulated, and as it came out.

    Attributes
    ----------
    name, procedure : str
    unit : {"mm", "deg", "percent"}
    planned : float
        In the plan.
    seen : float
        What of the plan this view shows: compare the next two with it.
    simulated, simulated_noise : float or None
        Read in the simulation, and one standard deviation of that.
    real, real_uncertainty : float or None
        Read in the later photo, and one standard deviation of that: registration, alignment and
        scale together.
    reason : str or None
        Why it cannot be read.
    """

    name: str
    procedure: str
    unit: str
    planned: float
    seen: float
    simulated: float | None
    simulated_noise: float | None
    real: float | None
    real_uncertainty: float | None
    reason: str | None

    @property
    def verdict(self) -> OutcomeVerdict:
        """How the reality compares with what this view shows of the plan.

        ``unsure`` where it is within two standard deviations of the plan and of no change, too;
        ``opposite`` where it went the other way by more than that. Where nothing of a plan is to
        be seen, a change either way is ``more``.

        >>> effect = RealEffect("tip", "rhinoplasty", "mm", 2, 2, 1.9, 0.1, 1.0, 0.2, None)
        >>> effect.verdict, replace(effect, real=1.8).verdict, replace(effect, real=3.0).verdict
        ('less', 'as_planned', 'more')
        >>> replace(effect, real_uncertainty=1.5).verdict, replace(effect, real=-0.5).verdict
        ('unsure', 'opposite')
        >>> unplanned = replace(effect, planned=-0.0, seen=-0.0)
        >>> unplanned.verdict, replace(unplanned, real=-1.0).verdict
        ('more', 'more')
        """
        if self.real is None or self.real_uncertainty is None:
            return "not_read"
        margin = _DEVIATIONS * self.real_uncertainty
        real = self.real * math.copysign(1.0, self.seen or self.real)
        if self.seen and real < -margin:
            return "opposite"
        missing = abs(self.seen) - real
        if abs(missing) > margin:
            return "less" if missing > 0 else "more"
        return "unsure" if abs(self.real) <= margin else "as_planned"


@dataclass(frozen=True, eq=False)
class OutcomeReading:
    """A later photo beside a simulation.

    Attributes
    ----------
    simulated : Prediction
        Checked.
    alignment : Alignment
    effects : tuple of RealEffect
    notices : tuple of Notice
        What makes the readings less sure than their uncertainty says.
    """

    simulated: Prediction
    alignment: Alignment
    effects: tuple[RealEffect, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True)
class OutcomeFiles:
    """An outcome on disk: :data:`OUTCOME_FILES` in a folder, and what ``result.json`` says."""

    folder: Path
    record: dict[str, Any]
    effects: tuple[RealEffect, ...]
    alignment: Alignment


@checked(before=path_like, after=path_like, request=instance_of(SimulationRequest), out=path_like)
def read_outcome(
    before: str | Path,
    after: str | Path,
    request: SimulationRequest,
    out: str | Path,
    *,
    pipeline: LandmarkDiffPipeline | None = None,
) -> OutcomeFiles:
    """Lay the photo of an outcome beside its plan and write ``out/<photo stem>-outcome``.

    Parameters
    ----------
    before, after : str or Path
        Photos that face the camera alike.
    request : SimulationRequest
        With the plan that was discussed.
    out : str or Path
    pipeline : LandmarkDiffPipeline, optional
        A loaded one.

    Returns
    -------
    OutcomeFiles

    Raises
    ------
    LandmarkDiffError
        Then nothing was written.
    """
    before, after, out = Path(before), Path(after), Path(out)
    request.require_plan()
    opened = open_photo(before, request, out, pipeline=pipeline)
    later = read_photo(after)
    second = request.prepare(opened.pipeline, later.pixels)
    _refuse_profiles(opened.prepared, second)
    simulated = request.simulate(opened.pipeline, opened.prepared, verify=False)
    reading = lay_beside(opened.pipeline, simulated, second, photos=(opened.photo, later))
    folder, source = place_for(out, f"{opened.photo.stem}-outcome", opened.photo)
    with staged_folder(folder, OUTCOME_FILES, sources=[before, after]) as staging:
        record = _write(staging, reading, (source, later))
    return OutcomeFiles(folder, record, reading.effects, reading.alignment)


def lay_beside(
    pipeline: LandmarkDiffPipeline,
    simulated: Prediction,
    later: PreparedFace,
    *,
    photos: tuple[Photo, Photo] | None = None,
    pause: Callable[[], object] = lambda: None,
) -> OutcomeReading:
    """Lay a later photo over that of a simulation, and read every effect in it.

    Parameters
    ----------
    pipeline : LandmarkDiffPipeline
    simulated : Prediction
    later : PreparedFace
    photos : tuple of Photo, optional
        The files of both, which may name their focal lengths.
    pause : callable
        Called between the steps; what it raises ends the work.

    Raises
    ------
    ParameterError
        The photos cannot be compared.
    """
    _refuse_profiles(simulated.prepared, later)
    alignment = align(simulated, later)
    pause()
    checked = simulated if simulated.verified else pipeline.verify(simulated)
    pause()
    effects = _effects(checked.effects, checked, alignment)
    pause()
    notices = tuple(doubts(pipeline, checked, later, alignment, photos))
    return OutcomeReading(checked, alignment, effects, notices)


def _refuse_profiles(*faces: PreparedFace) -> None:
    if any(isinstance(face, PreparedProfile) for face in faces):
        raise ParameterError("outcome_of_profile")


def doubts(
    pipeline: LandmarkDiffPipeline,
    simulated: Prediction,
    later: PreparedFace,
    alignment: Alignment,
    photos: tuple[Photo, Photo] | None = None,
) -> Iterator[Notice]:
    """Yield what makes the readings less sure than their uncertainty says.

    Parameters
    ----------
    pipeline : LandmarkDiffPipeline
        Its configuration says by which network the faces are compared.
    simulated : Prediction
    later : PreparedFace
    alignment : Alignment
        Of both.
    photos : tuple of Photo, optional
        The files of both, which may name their focal lengths.
    """
    before = simulated.prepared
    faces = {
        place: ComparedFace(face.image, face.landmarks, face.once)
        for place, face in enumerate((before, later))
    }
    for compared in compare_faces(faces, 0, pipeline.configuration):
        if compared.doubted:
            yield Notice.of("outcome_person_doubtful")
    if detail_alike(simulated, alignment) > _COPY:
        yield Notice.of("outcome_same_photo")
    if alignment.turned > _TURNED:
        yield Notice.of("outcome_heads_turned", degrees=alignment.turned)
    if alignment.residual_mm > _APART_MM:
        yield Notice.of("outcome_photos_apart", mm=alignment.residual_mm)
    if expressions_apart(before.landmarks, later.landmarks) > _EXPRESSION:
        yield Notice.of("outcome_expression_changed")
    focal = [each for each in (photo.focal_length_35mm for photo in photos or ()) if each]
    if len(focal) > 1 and max(focal) > _FOCAL_RATIO * min(focal):
        yield Notice.of("outcome_lenses_differ", first=focal[0], second=focal[1])


# -- what came of every effect -------------------------------------------------------------------


def _effects(
    checks: tuple[EffectCheck, ...], simulated: Prediction, alignment: Alignment
) -> tuple[RealEffect, ...]:
    picture = toned(alignment.pixels, simulated)
    read = _read(simulated, picture)
    # By how much each reading would differ, did the photos lie upon one another that much worse.
    aside = alignment.residual_mm / simulated.source.scale.mm_per_px
    shifted = [_read(simulated, _shifted(picture, step)) for step in ((aside, 0.0), (0.0, aside))]
    # What is nearer to the camera moves when the head is turned: so much of it is no operation.
    turn = _read(simulated, turned_picture(simulated, alignment))
    relative = simulated.source.scale.relative_uncertainty
    made = []
    for place, (check, real) in enumerate(zip(checks, read, strict=True)):
        uncertainty = None
        if real.achieved is not None:
            others = [reading[place].achieved for reading in shifted]
            moves = [each - real.achieved for each in others if each is not None]
            parts = [real.noise or 0.0, *moves, relative * real.achieved]
            parts.append(turn[place].achieved or 0.0)
            uncertainty = math.hypot(*parts)
        made.append(
            RealEffect(
                name=check.name,
                procedure=check.procedure,
                unit=check.unit,
                planned=check.planned,
                seen=check.planned * check.visible,
                simulated=check.achieved,
                simulated_noise=check.noise,
                real=real.achieved,
                real_uncertainty=uncertainty,
                reason=real.reason,
            )
        )
    return tuple(made)


def _read(simulated: Prediction, picture: ImageArray) -> tuple[EffectCheck, ...]:
    """Read every effect of a plan in a picture whose light no plan has changed."""
    warp = replace(simulated.warp, shading=None, softening=None)
    return kind_of(simulated.prepared).check_picture(simulated.check, warp, picture).effects


def _shifted(pixels: ImageArray, step: tuple[float, float]) -> ImageArray:
    matrix = np.array([[1.0, 0.0, step[0]], [0.0, 1.0, step[1]]])
    size = (pixels.shape[1], pixels.shape[0])
    moved = cv2.warpAffine(
        pixels, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.uint8)


# -- files ---------------------------------------------------------------------------------------


def _write(folder: Path, reading: OutcomeReading, photos: tuple[Photo, Photo]) -> dict[str, Any]:
    source, later = photos
    simulated, alignment = reading.simulated, reading.alignment
    facts = manifest(simulated, source)
    region = Region.of(simulated, aspect=None)
    size = pair_size(region, _PANEL_SIDE)
    close = CloseUp.of(simulated, region, size)
    panels = [
        Panel(close.before, "Before"),
        Panel(close.after, simulated.label.capitalize()),
        Panel(region.tile(alignment.pixels, size), "Real"),
    ]
    sheet = compose(panels, len(panels), "Simulation of a discussed goal, and the outcome")
    write_png(folder / "real.png", alignment.pixels)
    write_png(folder / "compare.png", sheet, manifest=facts)
    write_json(folder / "plan.json", simulated.plan.to_dict())
    record = {
        "photo": photo_record(source),
        "later_photo": photo_record(later),
        "plan_hash": simulated.to_dict()["plan_hash"],
        "scale": simulated.to_dict()["scale"],
        "alignment": {
            "matrix": alignment.matrix.round(6).tolist(),
            "landmarks": list(alignment.landmarks),
            "residual_mm": round(alignment.residual_mm, 4),
            "turned": round(alignment.turned, 2),
        },
        "effects": [
            {key: round(value, 4) if isinstance(value, float) else value for key, value in item}
            for item in (
                {**asdict(effect), "verdict": effect.verdict}.items() for effect in reading.effects
            )
        ],
        "files": list(OUTCOME_FILES),
        "warnings": [
            *notice_records(simulated, source),
            *(notice.to_dict() for notice in (*later.notices, *reading.notices)),
        ],
    }
    write_json(folder / "result.json", record)
    return record
