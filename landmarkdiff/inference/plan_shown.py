"""How much of a plan a picture shows, and why the rest is not seen: one sentence, always true.

What was planned is compared with what is seen, never with what was applied: a plan that its limits
cut, or that points at the camera, is not shown in full although nothing went wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from landmarkdiff.landmarks.face import ViewClass
from landmarkdiff.notices import Notice, Reason
from landmarkdiff.procedures.limit import ViewKind, view_kind
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.verification.effect_check import EffectCheck
from landmarkdiff.verification.hindrances import UNSEEN_EARS
from landmarkdiff.verification.plan_check import PlanCheck

__all__ = ["CHECK_TOLERANCE", "PlanShown", "as_applied", "plan_shown"]

#: What was achieved may differ from what was applied by three times the noise, or by this much
#: (mm or degrees: the registration's own error on real photos; percent of a fold's depth) ...
CHECK_TOLERANCE = {"mm": 0.5, "deg": 1.5, "percent": 5.0}
#: ... but by no more than this share of it: of 379 effects on 25 photos it was 5 % in 99 of 100.
LARGEST_SHARE_OFF = 0.25
#: What is missing of a plan, or of an effect, is not said below this share of it.
LEAST_SAID = 0.03
#: So many reasons are said, those that take most first.
MOST_REASONS = 3

_LIMITED = {
    "bells_palsy": "shown_bells_palsy",
    "cover": "shown_cover",
    "ear_contact": "shown_ear_contact",
    "eyeball": "shown_eyeball",
    "glasses": "shown_glasses",
    "keloid": "shown_keloid",
    "mask_edge": "shown_mask_edge",
    "overlaid": "shown_overlaid",
    "teeth": "shown_teeth",
    "thin_lip": "shown_thin_lip",
    "vitiligo": "shown_vitiligo",
}
_HIDDEN = {
    "covered": "shown_cover",
    "eye_hidden": "shown_eye_hidden",
    "fold_hidden": "shown_fold_hidden",
    "fold_not_visible": "shown_fold_absent",
    "lids_closed": "shown_lids_closed",
    "lips_closed": "shown_lips_closed",
    "not_on_mesh": "shown_on_head",
}
_UNSEEN: dict[ViewKind, str] = {
    "frontal": "shown_not_frontal",
    "three_quarter": "shown_not_oblique",
    "profile": "shown_not_profile",
}
_BY_LIGHT = "shown_by_light"
_NOT_SEEN = {_BY_LIGHT, *_UNSEEN.values()}
_PARTLY: dict[ViewKind, str] = {
    "frontal": "shown_partly_frontal",
    "three_quarter": "shown_partly_oblique",
    "profile": "shown_partly_profile",
}


@dataclass(frozen=True)
class _Cause:
    """Why something of a plan is not seen: code of the reason, zone of a fold, of an ear why."""

    code: str
    zone: str | None = None
    why: str | None = None


#: What is not as planned, wherever it comes from.
_OUTSIDE, _OTHERWISE = _Cause("shown_outside"), _Cause("shown_otherwise")


@dataclass(frozen=True)
class _Missing:
    """What a cause takes from an effect, as a share of the whole plan, 0 to 1."""

    effect: str
    cause: _Cause
    share: float


@dataclass(frozen=True)
class PlanShown:
    """How much of a plan a picture shows.

    Attributes
    ----------
    share : float or None
        0 to 1: mean of its effects, each counted by its size beside its typical change. None where
        nothing is planned, or the picture was not measured.
    notice : Notice
        The sentence.
    """

    share: float | None
    notice: Notice

    @property
    def unseen(self) -> frozenset[str]:
        """Effects of which the sentence says that this view shows nothing, or their light alone."""
        reasons = self.notice.params.get("reasons", ())
        return frozenset(
            name
            for reason in reasons
            if reason.code in _NOT_SEEN
            for name in reason.params["effects"]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON: ``share``, ``code``, ``text``."""
        share = None if self.share is None else round(self.share, 4)
        return {"share": share, "code": self.notice.code, "text": self.notice.text}


def plan_shown(plan: SurgicalPlan, check: PlanCheck, view: ViewClass) -> PlanShown:
    """Tell how much of a plan a measured picture shows, and what takes the rest.

    Pushes by hand are measured apart and count for nothing here; where there are some, the plan is
    not called whole.

    Parameters
    ----------
    plan : SurgicalPlan
    check : PlanCheck
        Of the finished picture; nothing is claimed of one that was not measured.
    view : str
        Of the photo.
    """
    if not check.verified:
        return PlanShown(None, Notice.of("plan_shown_unmeasured"))
    weights = [abs(item.value / item.effect.band.typical) for item in plan.effects]
    whole = sum(weights)
    missing: list[_Missing] = []
    if check.outside_mask_changed_pixels:
        missing.append(_Missing("", _OUTSIDE, 0.0))
    for effect, weight in zip(check.effects, weights, strict=True):
        own = _missing(effect, view_kind(view))
        missing += (
            _Missing(effect.name, cause, lost * weight / whole if whole else 0.0)
            for cause, lost in own
        )
    if not whole and not missing:
        return PlanShown(
            None, Notice.of("plan_shown_by_hand" if plan.manual else "plan_shown_empty")
        )
    share = max(0.0, 1.0 - sum(each.share for each in missing)) if whole else 0.0
    reasons = _reasons(missing)
    if not reasons:
        code = "plan_shown_beside_hand" if plan.manual else "plan_shown_whole"
        return PlanShown(share, Notice.of(code))
    if share > 1.0 - LEAST_SAID:
        return PlanShown(share, Notice.of("plan_shown_nearly", reasons=reasons))
    percent = round(100 * share)
    if percent < 1:
        by_light = any(reason.code == _BY_LIGHT for reason in reasons)
        unseen = "plan_shown_by_light" if by_light else "plan_shown_none"
        return PlanShown(share, Notice.of(unseen, reasons=reasons))
    return PlanShown(share, Notice.of("plan_shown_part", percent=percent, reasons=reasons))


def as_applied(check: EffectCheck) -> bool:
    """Tell whether an effect was measured as it was applied; one not measured is not denied it."""
    if check.achieved is None:
        return True
    expected = check.applied * check.visible
    error = min(CHECK_TOLERANCE[check.unit], LARGEST_SHARE_OFF * abs(expected))
    return abs(check.achieved - expected) <= max(error, 3.0 * (check.noise or 0.0))


def _missing(check: EffectCheck, kind: ViewKind) -> Iterator[tuple[_Cause, float]]:
    """Yield what takes from an effect, and which share of it."""
    if not check.planned:
        if not as_applied(check):
            yield _OTHERWISE, 0.0
        return
    if check.reason in _HIDDEN:
        yield _Cause(_HIDDEN[check.reason]), 1.0
        return
    if check.reason in UNSEEN_EARS:
        yield _Cause("shown_because", why=check.reason), 1.0
        return
    carried = min(max(check.applied / check.planned, 0.0), 1.0)
    if carried < 1.0:
        yield _limit(check), 1.0 - carried
    if check.achieved is None and not check.shifts:
        yield _Cause(_BY_LIGHT if check.seen_by_light else _UNSEEN[kind]), carried
        return
    expected = carried * check.visible
    if check.visible < 1.0:
        yield _Cause(_PARTLY[kind]), carried - expected
    if not as_applied(check):
        seen = min(max((check.achieved or 0.0) / check.planned, 0.0), expected)
        yield _OTHERWISE, expected - seen


def _limit(check: EffectCheck) -> _Cause:
    """The limit that leaves least of an effect; where none is named, the skin around holds it."""
    least = min(check.limits, key=lambda limit: limit.left, default=None)
    if least is None:
        return _Cause("shown_held")
    if least.cause == "fold":
        return _Cause("shown_fold" if least.zone is None else "shown_fold_at", least.zone)
    return _Cause(_LIMITED[least.cause])


def _reasons(missing: Sequence[_Missing]) -> list[Reason]:
    """What takes most of a plan, one reason for each cause with all its effects."""
    causes: dict[_Cause, list[_Missing]] = {}
    for each in missing:
        causes.setdefault(each.cause, []).append(each)
    shares = {cause: sum(each.share for each in own) for cause, own in causes.items()}
    # What differs from the plan is said first, and whatever its size.
    wrong = [cause for cause in (_OUTSIDE, _OTHERWISE) if cause in causes]
    others = sorted(shares.keys() - set(wrong), key=lambda cause: (-shares[cause], str(cause)))
    said = [cause for cause in others if shares[cause] >= LEAST_SAID]
    if not wrong and not said and sum(shares.values()) >= LEAST_SAID:
        said = others[:1]
    return [_clause(cause, causes[cause]) for cause in [*wrong, *said][:MOST_REASONS]]


def _clause(cause: _Cause, missing: Sequence[_Missing]) -> Reason:
    largest = max(each.share for each in missing)
    # An effect that the cause hardly touches is not named beside those that it takes.
    effects = [each.effect for each in missing if each.share >= LEAST_SAID * largest]
    params: dict[str, Any] = {} if cause == _OUTSIDE else {"effects": effects}
    if cause.zone is not None:
        params["zone"] = cause.zone
    if cause.why is not None:
        params["reason"] = Reason(cause.why)
    return Reason(cause.code, params)
