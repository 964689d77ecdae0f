"""Several views of one patient: one plan, made on the most frontal photo, shown in all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from landmarkdiff.errors import FaceUnusableError, LandmarkDiffError
from landmarkdiff.generators import OnStep
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.inference.prediction import Prediction, face_record
from landmarkdiff.landmarks.quality import MAXIMUM_RESIDUAL
from landmarkdiff.procedures import SurgicalPlan
from landmarkdiff.types import ImageArray
from landmarkdiff.version import __version__
from landmarkdiff.workflows.output.grids import effects_record, painting_note
from landmarkdiff.workflows.output.pictures import (
    FRAME_SIZE,
    NO_SIMULATION,
    Panel,
    box_tile,
    compose,
    face_tile,
    fitted,
    raw_tile,
    simulation_tile,
    warp_tile,
)
from landmarkdiff.workflows.progress import Progress, pause_of, tell
from landmarkdiff.workflows.request import SimulationRequest
from landmarkdiff.workflows.single import photo_record
from landmarkdiff.workflows.views import ExpectedView, ViewPhoto, ViewSet

__all__ = [
    "SimulatedView",
    "SimulatedViews",
    "english_captions",
    "gallery",
    "simulate_views",
]

#: Height of a profile, and how far it reaches below the detector's box, both in heights of
#: the box (rendered heads: 1.47 and 0.22 at 75 degrees, more at 90).
_PROFILE_HEIGHT, _PROFILE_BELOW = 1.4, 0.25
#: A caption and the line below it.
Caption = tuple[str, str]
#: Of the warp that a network repainted.
WARP_CAPTION: Caption = ("Warp", "simulation, not repainted")
EachPrediction = Callable[[int, ViewPhoto, Prediction], Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class SimulatedView:
    """One view before and after.

    Attributes
    ----------
    view : ExpectedView or None
        None for a photo without a place.
    photo : ViewPhoto
    before, after : (H, W, 3) uint8 array
        RGB tiles, framed alike; ``after`` is labelled, or the photo again where there is no
        simulation.
    record : mapping
        What the record of the gallery says about this view, ready for JSON.
    refusal : LandmarkDiffError or None
        Why there is no simulation.
    prediction : Prediction or None
        The whole simulation, where it was to be kept; 36 MB at 12 megapixels.
    warp : (H, W, 3) uint8 array or None
        The labelled warp that a network repainted, framed alike; None where none painted.
    raw : (H, W, 3) uint8 array or None
        What the network painted, as it came; labelled and framed alike.
    """

    view: ExpectedView | None
    photo: ViewPhoto
    before: ImageArray
    after: ImageArray
    record: Mapping[str, Any]
    refusal: LandmarkDiffError | None = None
    prediction: Prediction | None = None
    warp: ImageArray | None = None
    raw: ImageArray | None = None


@dataclass(frozen=True, eq=False)
class SimulatedViews:
    """All views with one plan.

    Attributes
    ----------
    plan : SurgicalPlan
    views : tuple of SimulatedView
        In the order of the views, from the patient's left side to the right.
    record : mapping
        Ready for JSON: plan, views, weights, version.
    """

    plan: SurgicalPlan
    views: tuple[SimulatedView, ...]
    record: Mapping[str, Any]


def simulate_views(
    pipeline: LandmarkDiffPipeline,
    photos: ViewSet,
    request: SimulationRequest,
    *,
    progress: Progress | None = None,
    size: tuple[int, int] = FRAME_SIZE,
    keep: bool = False,
    each: EachPrediction | None = None,
    on_step: OnStep | None = None,
) -> SimulatedViews:
    """Show one plan in all views.

    The plan is the request's own, or made on the most frontal photo that the mesh fits.

    Parameters
    ----------
    pipeline : LandmarkDiffPipeline
    photos : ViewSet
    request : SimulationRequest
    progress : callable, optional
        Is told the name of each view, ``unknown`` for a photo without a place.
    size : tuple of int
        Width and height of the tiles, pixels.
    keep : bool
        Keep the predictions, not only tiles and records.
    each : callable, optional
        ``each(number, photo, prediction)`` gets every simulation, numbered as its view from 1,
        before the next one is made; what it returns is added to the view's record.
    on_step : callable, optional
        Told of every loaded model and every step of a network.

    Raises
    ------
    ProcedureError
        The request names no procedure.
    FaceUnusableError
        No photo can carry the plan. A view that cannot is no error: it says so.
    """
    request.require_plan()
    plan = _shared_plan(photos, request)
    shown: list[SimulatedView] = []
    for done, (view, photo) in enumerate(photos):
        name = view.name if view else "unknown"
        tell(progress, done, len(photos), name)
        pause = pause_of(progress, done, len(photos), name)
        outcome = _simulated(pipeline, view, photo, plan, request, pause, on_step)
        facts: Mapping[str, Any] = {}
        if each is not None and isinstance(outcome, Prediction):
            facts = each(done + 1, photo, outcome)
        shown.append(_shown(view, photo, outcome, request, size, facts, keep=keep))
        del outcome  # before the next one is made
    if all(view.refusal for view in shown):
        middle = shown[len(shown) // 2].refusal if shown else None
        raise FaceUnusableError(
            "none of the photos can carry the simulation", fix=middle.what if middle else None
        )
    return SimulatedViews(plan, tuple(shown), _record(plan, request, [v.record for v in shown]))


def english_captions(shown: SimulatedView) -> tuple[Caption, Caption]:
    """Return the captions below the photo and below the simulation of a view."""
    title = shown.view.title if shown.view else "view unknown"
    before = (f"Photo, {title}", _range_text(shown.view, shown.photo.measured_yaw))
    if shown.refusal is not None:
        return before, (NO_SIMULATION, shown.refusal.what)
    return before, (f"Simulation, {title}", painting_note(shown.record))


def gallery(
    simulated: SimulatedViews,
    *,
    title: str | None = None,
    captions: Callable[[SimulatedView], tuple[Caption, Caption]] = english_captions,
    warp_caption: Caption = WARP_CAPTION,
) -> ImageArray:
    """Lay all views out, photos above and simulations below: (H, W, 3) uint8 RGB.

    Where a network painted, the warps stand between them.

    Parameters
    ----------
    simulated : SimulatedViews
    title : str, optional
        In another language; its letters have to be in Pillow's own font (Latin).
    captions : callable, optional
        The same for the captions below the photo and below the simulation of a view.
    warp_caption : tuple of str
        The same for the caption below a warp.
    """
    titles = ", ".join(item.title for item in simulated.plan.procedures)
    before, warps, after = [], [], []
    for shown in simulated.views:
        above, below = captions(shown)
        before.append(Panel(shown.before, *above))
        warps.append(None if shown.warp is None else Panel(shown.warp, *warp_caption))
        after.append(Panel(shown.after, *below))
    return compose(
        [*before, *(warps if any(warps) else ()), *after],
        len(before),
        f"Simulation of {titles}, one plan in all views" if title is None else title,
    )


def _simulated(
    pipeline: LandmarkDiffPipeline,
    view: ExpectedView | None,
    photo: ViewPhoto,
    plan: SurgicalPlan,
    request: SimulationRequest,
    pause: Callable[[], object] | None,
    on_step: OnStep | None,
) -> Prediction | LandmarkDiffError:
    """The simulation of one view, or why there is none."""
    refusal = photo.refusal(view)
    if refusal is not None or photo.prepared is None:
        return refusal or FaceUnusableError("no face was found")
    try:
        return request.simulate(pipeline, photo.prepared, plan, pause=pause, on_step=on_step)
    except FaceUnusableError as failure:
        # The traceback would keep every picture that was under way.
        return failure.with_traceback(None)


def _shared_plan(photos: ViewSet, request: SimulationRequest) -> SurgicalPlan:
    if request.plan is not None:
        return request.plan
    usable = [
        photo.prepared.landmarks
        for view, photo in photos
        if photo.prepared is not None
        and photo.refusal(view) is None
        and photo.prepared.landmarks.pose.residual <= MAXIMUM_RESIDUAL
    ]
    if not usable:
        raise FaceUnusableError(
            "the face mesh fits none of the photos", fix="add a sharp frontal photo"
        )
    return request.plan_for(min(usable, key=lambda face: abs(face.pose.yaw)))


def _shown(
    view: ExpectedView | None,
    photo: ViewPhoto,
    outcome: Prediction | LandmarkDiffError,
    request: SimulationRequest,
    size: tuple[int, int],
    facts: Mapping[str, Any],
    *,
    keep: bool,
) -> SimulatedView:
    tile = _tile(photo, size)
    entry = {**_entry(view, photo, outcome), **facts}
    if isinstance(outcome, LandmarkDiffError):
        return SimulatedView(view, photo, tile, tile, entry, refusal=outcome)
    after = simulation_tile(outcome, request.label_corner, size)
    kept = outcome if keep else None
    warp, raw = (cut(outcome, request.label_corner, size) for cut in (warp_tile, raw_tile))
    return SimulatedView(view, photo, tile, after, entry, prediction=kept, warp=warp, raw=raw)


def _tile(photo: ViewPhoto, size: tuple[int, int]) -> ImageArray:
    """The photo, framed like a face tile as far as the face is known."""
    if photo.prepared is not None and not photo.misread:
        return face_tile(photo.photo.pixels, photo.prepared.landmarks, size)
    if photo.seen is None:
        return fitted(photo.photo.pixels, size)
    x, y, width, height = photo.seen.box
    tall, bottom = _PROFILE_HEIGHT * height, y + (1.0 + _PROFILE_BELOW) * height
    return box_tile(photo.photo.pixels, (x, bottom - tall, width, tall), size)


def _entry(
    view: ExpectedView | None, photo: ViewPhoto, outcome: Prediction | LandmarkDiffError
) -> dict[str, Any]:
    """What the record says about one view."""
    notices = photo.photo.notices
    if isinstance(outcome, Prediction):
        notices += outcome.notices
    elif photo.prepared is not None:
        notices += photo.prepared.landmarks.notices
    yaw = photo.measured_yaw
    entry: dict[str, Any] = {
        "view": view and view.name,
        "photo": photo_record(photo.photo),
        "face": photo.prepared and face_record(photo.prepared.landmarks),
        "expected_yaw": view and dict(zip(("low", "high"), _yaw_range(view), strict=True)),
        "in_expected_range": None if view is None or yaw is None else view.accepts(yaw),
        "warnings": [notice.to_dict() for notice in notices],
    }
    if isinstance(outcome, LandmarkDiffError):
        return entry | {"status": "no_simulation", "reason": outcome.what}
    entry = {**effects_record(outcome), **entry}
    del entry["plan"]
    return entry


def _record(
    plan: SurgicalPlan, request: SimulationRequest, entries: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    return {
        "kind": "multiview",
        "simulation": True,
        "procedure": plan.name,
        "intensity": plan.intensity,
        "mode": request.mode,
        "seed": request.seed,
        "clinical_flags": request.flags.to_dict(),
        "plan": plan.to_dict(),
        "plan_hash": plan.hash,
        "views": list(entries),
        "weights": request.weights(),
        "version": __version__,
    }


def _yaw_range(view: ExpectedView) -> tuple[float, float]:
    return view.yaw - view.tolerance, view.yaw + view.tolerance


def _range_text(view: ExpectedView | None, yaw: float | None) -> str:
    if view is None or yaw is None:
        return "yaw not measured"
    low, high = _yaw_range(view)
    verdict = "" if view.accepts(yaw) else " - out of range"
    return f"yaw {round(yaw)} deg, expected {low:.0f} to {high:.0f}{verdict}"
