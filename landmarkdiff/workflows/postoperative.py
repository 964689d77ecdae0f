"""A photo from after an operation beside the plan: planned, simulated and real, effect by effect.

Landmarks that are found again see a part of a change only, so the real change is read as that of a
simulation is: by dense registration with the photo before, at the plan's landmarks. What makes it
uncertain is added up: the registration, how well the photos lie upon one another where nothing was
operated on, and the scale.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from landmarkdiff.arguments import checked, instance_of, path_like
from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.head.fit.fit_head import MOST_DIFFERENCE, TOLD_EXPRESSIONS
from landmarkdiff.head.fit.outline_map import similarity
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction, PreparedFace
from landmarkdiff.inference.kinds import kind_of
from landmarkdiff.landmarks.face import IRIS_CENTRES, FaceLandmarks
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.photo import Photo, read_photo, write_json, write_png
from landmarkdiff.verification import register
from landmarkdiff.verification.effects import EffectCheck
from landmarkdiff.workflows.opening import open_photo
from landmarkdiff.workflows.output.close_up import CloseUp, Region, pair_size
from landmarkdiff.workflows.output.folder import place_for, staged_folder
from landmarkdiff.workflows.output.pictures import Panel, compose
from landmarkdiff.workflows.output.records import manifest, notice_records, photo_record
from landmarkdiff.workflows.request import SimulationRequest

__all__ = ["OUTCOME_FILES", "Alignment", "OutcomeFiles", "RealEffect", "align", "read_outcome"]

OUTCOME_FILES = ("result.json", "plan.json", "real.png", "compare.png")
#: Irises, inner corners of the eyes, and the forehead above the brows: what few operations move.
STABLE = (*IRIS_CENTRES, 133, 362, 10, 151, 67, 297)
#: A landmark that the plan moves by more than this is not stable, mm.
_MOVED_MM = 0.1
#: So many places hold a similarity (four unknowns) and still say how well it fits.
_LEAST_STABLE = 4
#: Heads turned apart by more than this show another side of the nose, degrees.
MOST_TURNED = 10.0
#: Photos that lie no better upon one another than this measure nothing, mm.
MOST_RESIDUAL_MM = 2.0
_PANEL_SIDE = 1000


@dataclass(frozen=True, eq=False)
class Alignment:
    """How the later photo was laid over the earlier one.

    Attributes
    ----------
    matrix : (2, 3) float64 array
        From pixels of the later photo to those of the earlier.
    pixels : (H, W, 3) uint8 array
        RGB: the later photo in the frame of the earlier.
    landmarks : tuple of int
        By which it was laid.
    residual_mm : float
        How far apart those lie afterwards, root mean square in the plane of the face.
    turned : float
        By which angle the head is turned differently, degrees.
    """

    matrix: FloatArray
    pixels: ImageArray
    landmarks: tuple[int, ...]
    residual_mm: float
    turned: float


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
    for prepared in (opened.prepared, second):
        if isinstance(prepared, PreparedProfile):
            raise ParameterError("outcome_of_profile")
    simulated = request.simulate(opened.pipeline, opened.prepared, verify=False)
    alignment = align(simulated, second)
    effects = _effects(opened.pipeline.verify(simulated).effects, simulated, alignment)
    folder, source = place_for(out, f"{opened.photo.stem}-outcome", opened.photo)
    with staged_folder(folder, OUTCOME_FILES, sources=[before, after]) as staging:
        record = _write(staging, simulated, (source, later), alignment, effects)
    return OutcomeFiles(folder, record, effects, alignment)


# -- laying one photo over the other -------------------------------------------------------------


def align(simulated: Prediction, later: PreparedFace) -> Alignment:
    """Lay a later photo over the photo of a simulation, by what its plan leaves where it is.

    Parameters
    ----------
    simulated : Prediction
    later : PreparedFace

    Raises
    ------
    ParameterError
        The heads are turned too differently, the plan moves too much, or the photos do not lie
        upon one another.
    """
    face = simulated.source
    turned = _turned(face, later.landmarks)
    if turned > MOST_TURNED:
        raise ParameterError("outcome_turned", degrees=round(turned, 1), most=MOST_TURNED)
    # A smile moves the nose and the mouth and none of the places that the photos are laid by.
    scores = ((face.blendshapes, later.landmarks.blendshapes, name) for name in TOLD_EXPRESSIONS)
    if any(abs(a.get(name, 0.0) - b.get(name, 0.0)) > MOST_DIFFERENCE for a, b, name in scores):
        raise ParameterError("outcome_expressions_differ")
    moved = np.linalg.norm(simulated.warp.deformation.displacement, axis=1)
    stable = tuple(index for index in STABLE if moved[index] <= _MOVED_MM)
    if len(stable) < _LEAST_STABLE:
        raise ParameterError("outcome_without_stable")
    places = face.points[list(stable), :2]
    matrix = _matrix(later.landmarks.points[list(stable), :2], places)
    pixels = _laid(later.image, matrix, face)
    # The network places landmarks to a few tenths of a millimetre; registration to hundredths.
    x, y, width, height = (round(value) for value in face.box)
    flow = register(simulated.before, _toned(pixels, simulated), (x, y, width, height)).at(places)
    matrix = _after(_matrix(places + flow, places), matrix)
    rest = _applied(_matrix(places + flow, places), places + flow) - places
    freedom = max(1, 2 * len(stable) - 4)
    residual = math.sqrt(float((rest**2).sum()) / freedom * 2.0) * face.scale.mm_per_px
    if residual > MOST_RESIDUAL_MM:
        raise ParameterError("outcome_not_aligned", mm=residual, most=MOST_RESIDUAL_MM)
    return Alignment(matrix, _laid(later.image, matrix, face), stable, residual, turned)


def _turned(face: FaceLandmarks, other: FaceLandmarks) -> float:
    """Angle between two heads, apart from the tilt in the picture, which the similarity undoes."""
    yaw, pitch = (getattr(face.pose, name) - getattr(other.pose, name) for name in ("yaw", "pitch"))
    return math.hypot(yaw, pitch)


def _matrix(points: FloatArray, goal: FloatArray) -> FloatArray:
    """The similarity (2, 3) that brings points (n, 2) to others best."""
    scale, rotation, shift = similarity(points, goal)
    return np.column_stack([scale * rotation, shift])


def _applied(matrix: FloatArray, points: FloatArray) -> FloatArray:
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2])


def _after(second: FloatArray, first: FloatArray) -> FloatArray:
    """The matrix that does one thing after another."""
    return np.column_stack([second[:, :2] @ first[:, :2], _applied(second, first[:, 2][None])[0]])


def _laid(later: ImageArray, matrix: FloatArray, face: FaceLandmarks) -> ImageArray:
    """The later photo in the frame of the earlier; grey where it has nothing."""
    shrink = math.sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
    if shrink < 1.0:  # so that a large photo does not alias
        size = tuple(max(1, round(side * shrink)) for side in (later.shape[1], later.shape[0]))
        factors = (size[0] / later.shape[1], size[1] / later.shape[0])
        later = np.asarray(cv2.resize(later, size, interpolation=cv2.INTER_AREA), np.uint8)
        shifts = [0.5 * factor - 0.5 for factor in factors]
        linear = matrix[:, :2] / factors
        matrix = np.column_stack([linear, matrix[:, 2] - linear @ shifts])
    size = (face.image_width, face.image_height)
    laid = cv2.warpAffine(later, matrix, size, flags=cv2.INTER_CUBIC, borderValue=(128,) * 3)
    return np.asarray(laid, np.uint8)


def _toned(pixels: ImageArray, simulated: Prediction) -> ImageArray:
    """The later photo in the exposure and white balance of the earlier, as their faces have it."""
    x, y, width, height = (round(value) for value in simulated.source.box)
    part = np.s_[max(y, 0) : y + height, max(x, 0) : x + width]
    own, goal = (one[part].reshape(-1, 3).astype(np.float32) for one in (pixels, simulated.before))
    gain = goal.std(axis=0) / np.maximum(own.std(axis=0), 1.0)
    toned = (pixels.astype(np.float32) - own.mean(axis=0)) * gain + goal.mean(axis=0)
    return np.asarray(np.clip(np.rint(toned), 0, 255), np.uint8)


# -- what came of every effect -------------------------------------------------------------------


def _effects(
    checks: tuple[EffectCheck, ...], simulated: Prediction, alignment: Alignment
) -> tuple[RealEffect, ...]:
    toned = _toned(alignment.pixels, simulated)
    read = _read(simulated, toned)
    # By how much each reading would differ, did the photos lie upon one another that much worse.
    aside = alignment.residual_mm / simulated.source.scale.mm_per_px
    shifted = [_read(simulated, _shifted(toned, step)) for step in ((aside, 0.0), (0.0, aside))]
    relative = simulated.source.scale.relative_uncertainty
    made = []
    for place, (check, real) in enumerate(zip(checks, read, strict=True)):
        uncertainty = None
        if real.achieved is not None:
            others = [reading[place].achieved for reading in shifted]
            moves = [each - real.achieved for each in others if each is not None]
            parts = [real.noise or 0.0, *moves, relative * real.achieved]
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


def _write(
    folder: Path,
    simulated: Prediction,
    photos: tuple[Photo, Photo],
    alignment: Alignment,
    effects: tuple[RealEffect, ...],
) -> dict[str, Any]:
    source, later = photos
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
            for item in (asdict(effect).items() for effect in effects)
        ],
        "files": list(OUTCOME_FILES),
        "warnings": [
            *notice_records(simulated, source),
            *(notice.to_dict() for notice in later.notices),
        ],
    }
    write_json(folder / "result.json", record)
    return record
