"""From a warp and its painting to a prediction, and from a prediction to one that is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from landmarkdiff.configuration import Configuration
from landmarkdiff.identity import IdentityCheck
from landmarkdiff.inference.dorsum import dorsum_notices
from landmarkdiff.inference.kinds import kind_of
from landmarkdiff.inference.notices import (
    fold_notices,
    identity_notices,
    painting_notices,
    simulation_notices,
)
from landmarkdiff.inference.prediction import PaintedPicture, Prediction
from landmarkdiff.inference.pushed import measured, push_notices, pushed
from landmarkdiff.inference.repainting import compare_person, with_identity
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import WarpedPlan
from landmarkdiff.notices import Reason
from landmarkdiff.runtime.threads import one_blas_thread
from landmarkdiff.verification import check_plan

__all__ = ["check_prediction", "predict"]


def predict(
    prepared: PreparedFace,
    warp: WarpedPlan,
    painting: PaintedPicture,
    seed: int,
    weights: Mapping[str, str],
) -> Prediction:
    """Return a prediction with its notices, whose effects are computed and not yet measured."""
    with one_blas_thread():
        check = check_plan(prepared.landmarks, warp, prepared.covers())
        check = kind_of(prepared).check_folds(check, warp)
        by_hand = pushed(prepared, warp, painting.image)
    notices = (
        *simulation_notices(prepared, warp, check.effects),
        *dorsum_notices(prepared, warp),
        *fold_notices(check.effects, warp.plan, check.folds),
        *painting_notices(painting.record.guard),
        *identity_notices(painting.record.identity),
        *push_notices(prepared, warp, by_hand),
    )
    return Prediction(
        prepared, warp, painting, check, seed, notices, weights=weights, pushed=by_hand
    )


def check_prediction(prediction: Prediction, configuration: Configuration) -> Prediction:
    """Register the finished picture with the photo, count pixels, compare the person."""
    prepared, warp, painting = prediction.prepared, prediction.warp, prediction.painting
    kind = kind_of(prepared)
    check = kind.check_picture(prediction.check, warp, painting.image)
    notices, by_hand = prediction.notices, prediction.pushed
    if by_hand is not None:
        by_hand = measured(by_hand, painting.image)
    if painting.record.identity.reason == Reason("not_verified"):
        identity = (
            compare_person(prepared, warp.target, configuration, composite=prediction.plan_image)
            if kind.comparable
            else _not_compared(prepared, configuration)
        )
        painting = with_identity(painting, identity)
        notices = (*notices, *identity_notices(identity))
    return replace(prediction, check=check, painting=painting, notices=notices, pushed=by_hand)


def _not_compared(prepared: PreparedFace, configuration: Configuration) -> IdentityCheck:
    """The comparison of a person that no network recognises from this side."""
    reason = Reason.of("head_turned", yaw=prepared.landmarks.pose.yaw)
    return IdentityCheck.not_run(reason, configuration.identity)
