"""The expression and the turn of the head on the finished picture of a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.inference.shown_gesture import GestureRecord, ShownGesture
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.lato.kinematics.expressions import expression_units
from landmarkdiff.lato.kinematics.gesture import Drawable, Gesture, drawable
from landmarkdiff.lato.kinematics.picture import GesturePicture, draw_gesture, operated_surface
from landmarkdiff.lato.language.instruction import HeadTurn
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.notices import Notice
from landmarkdiff.procedures.plan import PlannedProcedure, SurgicalPlan

__all__ = ["WITHOUT_SURGERY", "drawable_on", "titles_of", "with_gesture", "without_surgery"]

#: Name of the procedure of a plan that plans nothing.
WITHOUT_SURGERY = "without_surgery"
_TITLE = "Expression and pose"


def without_surgery() -> SurgicalPlan:
    """Return a plan that plans nothing, for pictures of an expression or a pose alone."""
    nothing = PlannedProcedure(name=WITHOUT_SURGERY, title=_TITLE, intensity=0.0, mask=())
    return SurgicalPlan(procedures=(nothing,), effects=())


def titles_of(prediction: Prediction) -> tuple[str, ...]:
    """Return the (English) titles of what a picture shows: procedures, expression and pose."""
    titles = tuple(item.title for item in prediction.plan.procedures)
    shown = prediction.gesture is not None and _TITLE not in titles
    return (*titles, _TITLE.lower()) if shown else titles


def drawable_on(prepared: PreparedFace, gesture: Gesture) -> Drawable:
    """Tell what of a gesture a prepared photo can show."""
    profile = isinstance(prepared, PreparedProfile)
    return drawable(gesture, prepared.landmarks, profile=profile)


def with_gesture(
    prediction: Prediction,
    gesture: Gesture,
    read: Callable[..., PreparedFace],
    *,
    light: bool = True,
) -> Prediction:
    """Return a prediction whose picture shows a gesture, too.

    The surgery is simulated on the face as the photo has it; then the head that it leaves takes on
    the expression and turns.

    Parameters
    ----------
    prediction : Prediction
    gesture : Gesture
        As asked; what one photo cannot show is told in the notices.
    read : callable
        Finds the face of a picture, as :meth:`LandmarkDiffPipeline.prepare`.
    light : bool
        Let the light on the skin follow its surface.
    """
    prepared = prediction.prepared
    possible = drawable_on(prepared, gesture)
    notices = (*prediction.notices, *possible.notices)
    if possible.drawn.still:
        return replace(prediction, notices=notices)
    operated = prepared
    if not np.array_equal(prediction.plan_image, prepared.image):
        operated = PreparedFace(
            prediction.plan_image, prediction.target, prepared.timings_ms, prepared.glasses
        )
    picture = draw_gesture(
        operated,
        possible.drawn,
        surface=operated_surface(prepared, prediction.warp),
        flags=prediction.flags,
        light=light,
    )
    if picture is None:
        return replace(prediction, notices=(*prediction.notices, Notice.of("gesture_without_head")))
    after = _read(picture, read, prediction.source)
    record = _measured(gesture, picture.gesture, prediction.source, after)
    return replace(prediction, notices=notices, gesture=ShownGesture(picture, record))


def _read(
    picture: GesturePicture, read: Callable[..., PreparedFace], source: FaceLandmarks
) -> FaceLandmarks | None:
    try:
        return read(picture.image, passes=source.passes, face=source.face_index).landmarks
    except LandmarkDiffError:  # a face cut by the photo's edge may be lost when it turns
        return None


def _measured(
    asked: Gesture, drawn: Gesture, source: FaceLandmarks, after: FaceLandmarks | None
) -> GestureRecord:
    if after is None:
        return GestureRecord(asked, drawn, None, {})
    turned = HeadTurn(
        after.pose.yaw - source.pose.yaw,
        after.pose.pitch - source.pose.pitch,
        after.pose.roll - source.pose.roll,
    )
    units = () if drawn.expression is None else expression_units(drawn.expression)
    scores = {
        name: (float(source.blendshapes[name]), float(after.blendshapes[name]))
        for name in units
        if name in source.blendshapes and name in after.blendshapes
    }
    return GestureRecord(asked, drawn, turned, scores)
