"""Several views of one patient: one plan, made on the most frontal photo, shown in all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import FaceUnusableError, LandmarkDiffError
from landmarkdiff.generators import OnStep
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.inference.records import face_record
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.quality import MAXIMUM_RESIDUAL
from landmarkdiff.notices import Notice
from landmarkdiff.procedures import SurgicalPlan
from landmarkdiff.version import __version__
from landmarkdiff.workflows.outcome import Outcome
from landmarkdiff.workflows.output.pictures import (
    FRAME_SIZE,
    NO_SIMULATION,
    Panel,
    box_tile,
    compose,
    face_tile,
    fitted,
)
from landmarkdiff.workflows.output.records import photo_record
from landmarkdiff.workflows.progress import Progress, pause_of, tell
from landmarkdiff.workflows.request import SimulationRequest
from landmarkdiff.workflows.views import ExpectedView, ViewPhoto, ViewSet

__all__ = [
    "ShownView",
    "SimulatedViews",
    "english_captions",
    "face_of_plan",
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
EachPrediction = Callable[[int, ViewPhoto, Prediction], object]


@dataclass(frozen=True, eq=False)
class ShownView:
    """One view with what became of the plan in it.

    Attributes
    ----------
    view : ExpectedView or None
        None for a photo without a place.
    photo : ViewPhoto
    outcome : Outcome
    """

    view: ExpectedView | None
    photo: ViewPhoto
    outcome: Outcome

    @property
    def name(self) -> str:
        """Name of the view, ``unknown`` for a photo without a place."""
        return "unknown" if self.view is None else self.view.name

    @property
    def in_expected_range(self) -> bool | None:
        """Whether the measured yaw is the view's; None where one of them is not known."""
        yaw = self.photo.measured_yaw
        return None if self.view is None or yaw is None else self.view.accepts(yaw)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What there is to tell of the photo, the landmarks and the simulation."""
        notices = self.photo.photo.notices
        if self.outcome.summary is not None:
            return (*notices, *self.outcome.notices)
        prepared = self.photo.prepared
        return notices if prepared is None else (*notices, *prepared.landmarks.notices)

    def to_dict(self) -> dict[str, Any]:
        """Return what the record says about the view, ready for JSON."""
        view, prepared = self.view, self.photo.prepared
        facts: dict[str, Any] = {
            "view": view and view.name,
            "photo": photo_record(self.photo.photo),
            "face": prepared and face_record(prepared.landmarks),
            "expected_yaw": view and dict(zip(("low", "high"), _yaw_range(view), strict=True)),
            "in_expected_range": self.in_expected_range,
            "warnings": [notice.to_dict() for notice in self.notices],
        }
        if self.photo.placed:
            facts["profile_points"] = self.photo.placed.to_dict()
        if self.outcome.refusal is not None:
            return facts | {"status": "no_simulation", "reason": self.outcome.refusal.what}
        simulated = self.outcome.to_dict()
        del simulated["plan"]  # it is the same in all views
        return {**simulated, **facts}


@dataclass(frozen=True, eq=False)
class SimulatedViews:
    """All views with one plan.

    Attributes
    ----------
    plan : SurgicalPlan
    request : SimulationRequest
    views : tuple of ShownView
        In the order of the views, from the patient's left side to the right.
    """

    plan: SurgicalPlan
    request: SimulationRequest
    views: tuple[ShownView, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plan, views, weights and version, ready for JSON."""
        return {
            "kind": "multiview",
            "simulation": True,
            "procedure": self.plan.name,
            "intensity": self.plan.intensity,
            "mode": self.request.mode,
            "seed": self.request.seed,
            "clinical_flags": self.request.flags.to_dict(),
            "plan": self.plan.to_dict(),
            "plan_hash": self.plan.hash,
            "views": [view.to_dict() for view in self.views],
            "weights": self.request.weights(),
            "version": __version__,
        }


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
        before the next one is made.
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
    shown: list[ShownView] = []
    for done, (view, photo) in enumerate(photos):
        name = view.name if view else "unknown"
        tell(progress, done, len(photos), name)
        pause = pause_of(progress, done, len(photos), name)
        made = _simulated(pipeline, view, photo, plan, request, pause, on_step)
        before = _tile(photo, size)
        if isinstance(made, Prediction):
            if each is not None:
                each(done + 1, photo, made)
            outcome = Outcome.of(made, before, request.label_corner, keep=keep)
        else:
            outcome = Outcome(request.title, request.intensities, before, before, refusal=made)
        shown.append(ShownView(view, photo, outcome))
        del made  # before the next one is made
    refusals = [view.outcome.refusal for view in shown]
    if all(refusals):
        middle = refusals[len(refusals) // 2] if refusals else None
        raise FaceUnusableError("no_view_simulated", cause=middle)
    return SimulatedViews(plan, request, tuple(shown))


def english_captions(shown: ShownView) -> tuple[Caption, Caption]:
    """Return the captions below the photo and below the simulation of a view."""
    title = shown.view.title if shown.view else "view unknown"
    before = (f"Photo, {title}", _range_text(shown.view, shown.photo.measured_yaw))
    if shown.outcome.refusal is not None:
        return before, (NO_SIMULATION, shown.outcome.refusal.what)
    return before, (f"Simulation, {title}", shown.outcome.painting_note)


def gallery(
    simulated: SimulatedViews,
    *,
    title: str | None = None,
    captions: Callable[[ShownView], tuple[Caption, Caption]] = english_captions,
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
        outcome = shown.outcome
        before.append(Panel(outcome.before, *above))
        warps.append(None if outcome.warp is None else Panel(outcome.warp, *warp_caption))
        after.append(Panel(outcome.after, *below))
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
        return refusal or FaceUnusableError("no_face_in_view")
    try:
        return request.simulate(pipeline, photo.prepared, plan, pause=pause, on_step=on_step)
    except FaceUnusableError as failure:
        # The traceback would keep every picture that was under way.
        return failure.with_traceback(None)


def _shared_plan(photos: ViewSet, request: SimulationRequest) -> SurgicalPlan:
    if request.plan is not None:
        return request.plan
    return request.plan_for(face_of_plan(photos))


def face_of_plan(photos: ViewSet) -> FaceLandmarks:
    """Return the face that a plan of all views is made on: the most frontal that the mesh fits.

    Raises
    ------
    FaceUnusableError
        It fits none.
    """
    usable = [
        photo.prepared.landmarks
        for view, photo in photos
        if photo.prepared is not None
        and photo.refusal(view) is None
        and photo.prepared.landmarks.pose.residual <= MAXIMUM_RESIDUAL
    ]
    if not usable:
        raise FaceUnusableError("mesh_fits_no_photo")
    return min(usable, key=lambda face: abs(face.pose.yaw))


def _tile(photo: ViewPhoto, size: tuple[int, int]) -> ImageArray:
    """The photo, framed like a face tile as far as the face is known."""
    if photo.prepared is not None and not photo.misread:
        return face_tile(photo.photo.pixels, photo.prepared.landmarks, size)
    if photo.seen is None:
        return fitted(photo.photo.pixels, size)
    x, y, width, height = photo.seen.box
    tall, bottom = _PROFILE_HEIGHT * height, y + (1.0 + _PROFILE_BELOW) * height
    return box_tile(photo.photo.pixels, (x, bottom - tall, width, tall), size)


def _yaw_range(view: ExpectedView) -> tuple[float, float]:
    return view.yaw - view.tolerance, view.yaw + view.tolerance


def _range_text(view: ExpectedView | None, yaw: float | None) -> str:
    if view is None or yaw is None:
        return "yaw not measured"
    low, high = _yaw_range(view)
    verdict = "" if view.accepts(yaw) else " - out of range"
    return f"yaw {round(yaw)} deg, expected {low:.0f} to {high:.0f}{verdict}"
