"""Several views of one patient: one plan, made on the most frontal photo, shown in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from landmarkdiff.errors import FaceUnusableError, NoFaceError, ParameterError
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.landmarks.quality import MAXIMUM_RESIDUAL
from landmarkdiff.photo import Photo, draw_label, read_photo, write_json, write_png
from landmarkdiff.prediction import Prediction, face_record
from landmarkdiff.procedures import SurgicalPlan
from landmarkdiff.version import __version__
from landmarkdiff.workflows.grids import GridFiles, Progress, effects_record
from landmarkdiff.workflows.output import check_output, folder_name, staged_folder
from landmarkdiff.workflows.pictures import (
    NO_SIMULATION,
    Panel,
    compose,
    face_tile,
    fitted,
    label_text,
    simulation_tile,
)
from landmarkdiff.workflows.request import SimulationRequest
from landmarkdiff.workflows.single import manifest, photo_record

__all__ = ["EXPECTED_VIEWS", "ExpectedView", "assign_views", "multi_view"]


@dataclass(frozen=True)
class ExpectedView:
    """One of the five standard views, and the yaw that a photo of it should measure.

    ``yaw`` and ``tolerance`` are degrees; yaw is positive when the head is turned toward the
    patient's left, so that the camera sees the right side.
    """

    name: str
    yaw: float
    tolerance: float

    @property
    def title(self) -> str:
        """Name for people."""
        return self.name.replace("_", " ")

    def accepts(self, yaw: float) -> bool:
        """Tell whether a measured yaw lies in the range."""
        return abs(yaw - self.yaw) <= self.tolerance


#: The five views, sorted by yaw. The side is the patient's side that the camera sees.
EXPECTED_VIEWS = (
    ExpectedView("left_profile", -90.0, 25.0),
    ExpectedView("left_three_quarter", -45.0, 20.0),
    ExpectedView("frontal", 0.0, 15.0),
    ExpectedView("right_three_quarter", 45.0, 20.0),
    ExpectedView("right_profile", 90.0, 25.0),
)
#: A profile reads as 34 to 48 degrees when the mesh fails on it, so a photo in a profile's place
#: that reads this much (degrees) is not simulated.
_MISREAD_PROFILE_DEG = 30.0
_FILES = ("multiview.png", "plan.json", "result.json", "view-[1-5].png")


@dataclass
class _View:
    photo: Photo
    prepared: PreparedFace | None
    expected: ExpectedView | None = None
    reason: str | None = None
    prediction: Prediction | None = None

    @property
    def yaw(self) -> float | None:
        return None if self.prepared is None else self.prepared.landmarks.pose.yaw


def assign_views(yaws: Sequence[float]) -> list[ExpectedView]:
    """Return which view each of up to five photos is, from their yaws sorted upward, degrees.

    The order is kept and the sum of differences is least, so a profile that measures as 40
    degrees still falls to the profile when a three-quarter photo measures less.

    >>> [view.name for view in assign_views([-2.0, 33.0, 40.0])]
    ['frontal', 'right_three_quarter', 'right_profile']
    """
    return list(
        min(
            combinations(EXPECTED_VIEWS, len(yaws)),
            key=lambda views: sum(
                abs(view.yaw - yaw) for view, yaw in zip(views, yaws, strict=True)
            ),
        )
    )


def multi_view(
    photos: Sequence[str | Path],
    request: SimulationRequest,
    out: str | Path,
    *,
    pipeline: LandmarkDiffPipeline | None = None,
    progress: Progress | None = None,
) -> GridFiles:
    """Apply one plan to all views of a patient and write a combined before/after gallery.

    Parameters
    ----------
    photos : sequence of str or Path
        Two to five photos, in any order; they are sorted by measured yaw.
    request : SimulationRequest
    out : str or Path
        The gallery goes to ``out/<folder of the photos>-multiview``.
    pipeline : LandmarkDiffPipeline, optional
    progress : callable, optional

    Returns
    -------
    GridFiles

    Raises
    ------
    LandmarkDiffError
        Then nothing was written. A view that the face mesh does not fit is no error: the
        gallery shows the photo and says "no simulation in this view".
    """
    request.require_plan()
    paths, out = [Path(photo) for photo in photos], Path(out)
    if not 2 <= len(paths) <= len(EXPECTED_VIEWS):
        raise ParameterError(
            "a gallery is made of the standard views of one patient",
            value=f"{len(paths)} photos",
            allowed=f"2 to {len(EXPECTED_VIEWS)} photos",
        )
    check_output(out)
    sources = [read_photo(path) for path in paths]
    pipeline = pipeline or request.pipeline()
    views = _sorted_views([_prepared(pipeline, source, request) for source in sources])
    plan = _shared_plan(views, request)
    for index, view in enumerate(views):
        if progress is not None:
            progress(index, len(views), view.expected.title if view.expected else "unknown view")
        _simulate(view, plan, request, pipeline)
    if all(view.prediction is None for view in views):
        raise FaceUnusableError(
            "none of the photos can carry the simulation", fix=views[len(views) // 2].reason
        )
    folder = out / f"{folder_name(paths[0].resolve().parent.name)}-multiview"
    with staged_folder(folder, _FILES, sources=paths) as staging:
        record = _write(staging, views, plan, request)
    return GridFiles(folder, folder / "multiview.png", record)


def _prepared(pipeline: LandmarkDiffPipeline, source: Photo, request: SimulationRequest) -> _View:
    try:
        return _View(source, request.prepare(pipeline, source.pixels))
    except NoFaceError:
        return _View(source, None, reason="no face was found")


def _sorted_views(views: list[_View]) -> list[_View]:
    """Sort by yaw and give each photo its place; those without a face come last."""
    measured = sorted((view for view in views if view.yaw is not None), key=lambda v: v.yaw or 0.0)
    for view, expected in zip(
        measured, assign_views([view.yaw or 0.0 for view in measured]), strict=True
    ):
        view.expected = expected
        misread = abs(view.yaw or 0.0) >= _MISREAD_PROFILE_DEG
        if abs(expected.yaw) == 90.0 and misread:
            view.reason = "the face mesh cannot be trusted in a profile"
    return measured + [view for view in views if view.yaw is None]


def _shared_plan(views: Sequence[_View], request: SimulationRequest) -> SurgicalPlan:
    if request.plan is not None:
        return request.plan
    usable = [
        view.prepared.landmarks
        for view in views
        if view.prepared is not None
        and view.reason is None
        and view.prepared.landmarks.pose.residual <= MAXIMUM_RESIDUAL
    ]
    if not usable:
        raise FaceUnusableError(
            "the face mesh fits none of the photos", fix="add a sharp frontal photo"
        )
    return request.plan_for(min(usable, key=lambda face: abs(face.pose.yaw)))


def _simulate(
    view: _View, plan: SurgicalPlan, request: SimulationRequest, pipeline: LandmarkDiffPipeline
) -> None:
    if view.prepared is None or view.reason is not None:
        return
    try:
        view.prediction = request.simulate(pipeline, view.prepared, plan)
    except FaceUnusableError as refusal:
        view.reason = refusal.what


def _write(
    folder: Path, views: Sequence[_View], plan: SurgicalPlan, request: SimulationRequest
) -> dict[str, Any]:
    before, after, entries, files = [], [], [], ["multiview.png", "plan.json", "result.json"]
    for number, view in enumerate(views, start=1):
        title = view.expected.title if view.expected else "view unknown"
        tile = (
            fitted(view.photo.pixels)
            if view.prepared is None
            else face_tile(view.photo.pixels, view.prepared.landmarks)
        )
        before.append(Panel(tile, f"Photo, {title}", _range_text(view)))
        entry: dict[str, Any] = {"view": view.expected.name if view.expected else None}
        entry["photo"] = photo_record(view.photo)
        entry["face"] = view.prepared and face_record(view.prepared.landmarks)
        entry["expected_yaw"] = view.expected and {
            "low": view.expected.yaw - view.expected.tolerance,
            "high": view.expected.yaw + view.expected.tolerance,
        }
        entry["in_expected_range"] = _in_range(view)
        entry["warnings"] = _warnings(view)
        if view.prediction is None:
            after.append(Panel(tile, NO_SIMULATION, view.reason or ""))
            entry |= {"status": "no_simulation", "reason": view.reason}
        else:
            name = f"view-{number}.png"
            picture, _ = draw_label(
                view.prediction.image,
                corner=request.label_corner,
                mask=view.prediction.surgical_mask.full(),
                text=label_text(view.prediction),
            )
            write_png(folder / name, picture, manifest=manifest(view.prediction, view.photo))
            files.append(name)
            after.append(
                Panel(
                    simulation_tile(view.prediction, request.label_corner), f"Simulation, {title}"
                )
            )
            entry = {**effects_record(view.prediction), **entry, "file": name}
            del entry["plan"]
        entries.append(entry)
    record = {
        "kind": "multiview",
        "simulation": True,
        "procedure": plan.name,
        "intensity": plan.intensity,
        "mode": request.mode,
        "seed": request.seed,
        "clinical_flags": request.flags.to_dict(),
        "plan": plan.to_dict(),
        "plan_hash": plan.hash,
        "views": entries,
        "weights": request.weights(),
        "version": __version__,
        "files": sorted(files),
    }
    titles = ", ".join(item.title for item in plan.procedures)
    sheet = compose([*before, *after], len(views), f"Simulation of {titles}, one plan in all views")
    write_png(folder / "multiview.png", sheet, manifest={"product": "landmarkdiff", **record})
    write_json(folder / "plan.json", plan.to_dict())
    write_json(folder / "result.json", record)
    return record


def _warnings(view: _View) -> list[dict[str, Any]]:
    notices = view.photo.notices
    if view.prediction is not None:
        notices += view.prediction.notices
    elif view.prepared is not None:
        notices += view.prepared.landmarks.notices
    return [notice.to_dict() for notice in notices]


def _in_range(view: _View) -> bool | None:
    if view.expected is None or view.yaw is None:
        return None
    return view.expected.accepts(view.yaw)


def _range_text(view: _View) -> str:
    if view.expected is None or view.yaw is None:
        return "yaw not measured"
    low = view.expected.yaw - view.expected.tolerance
    high = view.expected.yaw + view.expected.tolerance
    verdict = "" if view.expected.accepts(view.yaw) else " - out of range"
    return f"yaw {round(view.yaw)} deg, expected {low:.0f} to {high:.0f}{verdict}"
