"""The sentence on how much of a plan is shown: what was planned against what is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landmarkdiff.inference.plan_shown import LEAST_SAID, PlanShown, as_applied, plan_shown
from landmarkdiff.procedures import SurgicalPlan
from landmarkdiff.procedures.manual import Push
from landmarkdiff.verification.effect_check import EffectCheck, EffectLimit
from landmarkdiff.verification.effects import AppliedEffects
from landmarkdiff.verification.plan_check import PlanCheck

FULL = EffectCheck(
    name="malar_projection",
    procedure="malar_augmentation",
    unit="mm",
    planned=3.0,
    applied=3.0,
    visible=1.0,
    achieved=3.0,
    reason=None,
    noise=0.05,
    in_band=True,
    limits=(),
    factor=1.0,
)
FOLDED = EffectLimit("fold", 0.5, "cheeks")


@pytest.fixture(scope="module")
def plan(results) -> SurgicalPlan:
    """A plan of one effect, for the checks that the tests make up."""
    whole = results["astronaut", "malar_augmentation", 60].plan
    (first, *_) = whole.effects
    return whole.model_copy(update={"effects": (first,)})


NOTHING = AppliedEffects(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros((0, 478)))


def told(plan: SurgicalPlan, check: EffectCheck, view="frontal", **facts) -> PlanShown:
    made = PlanCheck((check,), NOTHING, **{"verified": True, **facts})
    return plan_shown(plan, made, view)


def causes(shown: PlanShown) -> list[str]:
    return [reason.code for reason in shown.notice.params.get("reasons", [])]


def test_a_cheek_that_shows_a_fifth_is_not_shown_as_planned(plan):
    """Planned 3.0, applied 1.5, achieved 0.56 mm: measured as applied, and not as planned."""
    cheek = replace(FULL, applied=1.5, visible=0.37, achieved=0.56, limits=(FOLDED,))
    shown = told(plan, cheek)
    assert as_applied(cheek)
    assert shown.share == pytest.approx(0.185)
    assert shown.notice.text == (
        "The picture shows 19 % of the plan. malar_projection: the skin would fold (cheeks); "
        "malar_projection: seen only in part from the front, look at the profile."
    )


def test_an_unlocked_plan_carried_out_at_61_percent_is_said_to_be(plan):
    check = replace(FULL, planned=9.0, applied=5.5, achieved=5.5, in_band=False, limits=(FOLDED,))
    assert told(plan, check).notice.text == (
        "The picture shows 61 % of the plan. malar_projection: the skin would fold (cheeks)."
    )


HALF = {"applied": 1.5, "achieved": 1.5}
UNSEEN = {"visible": 0.1, "achieved": None, "reason": "not_visible_in_this_view"}
PARTLY = {"visible": 0.6, "achieved": 1.8}
HIDDEN = {"achieved": None}
#: Reason, what makes it true, the view, and what makes it false: the next case to it.
CASES = [
    ("shown_fold_at", {**HALF, "limits": (FOLDED,)}, "frontal", {"limits": ()}),
    ("shown_fold", {**HALF, "limits": (EffectLimit("fold", 0.5),)}, "frontal", {"limits": ()}),
    ("shown_held", HALF, "frontal", {"limits": (FOLDED,)}),
    *(
        (code, {**HALF, "limits": (EffectLimit(cause, 0.5),)}, "frontal", {"limits": (FOLDED,)})
        for cause, code in [
            ("bells_palsy", "shown_bells_palsy"),
            ("cover", "shown_cover"),
            ("ear_contact", "shown_ear_contact"),
            ("eyeball", "shown_eyeball"),
            ("glasses", "shown_glasses"),
            ("keloid", "shown_keloid"),
            ("mask_edge", "shown_mask_edge"),
            ("overlaid", "shown_overlaid"),
            ("teeth", "shown_teeth"),
            ("thin_lip", "shown_thin_lip"),
            ("vitiligo", "shown_vitiligo"),
        ]
    ),
    *(
        (code, {**HIDDEN, "reason": reason}, "frontal", {"achieved": 3.0, "reason": None})
        for reason, code in [
            ("covered", "shown_cover"),
            ("eye_hidden", "shown_eye_hidden"),
            ("lids_closed", "shown_lids_closed"),
            ("fold_hidden", "shown_fold_hidden"),
            ("fold_not_visible", "shown_fold_absent"),
            ("not_on_mesh", "shown_on_head"),
            ("ear_covered", "shown_because"),
        ]
    ),
    ("shown_by_light", {**UNSEEN, "shading": 0.2}, "frontal", {"shading": 0.01}),
    ("shown_not_frontal", UNSEEN, "frontal", {"visible": 1.0, "achieved": 3.0, "reason": None}),
    ("shown_not_oblique", UNSEEN, "left_three_quarter", {"shading": 0.2}),
    ("shown_not_profile", UNSEEN, "right_profile", {"shading": 0.2}),
    ("shown_partly_frontal", PARTLY, "frontal", {"visible": 1.0, "achieved": 3.0}),
    ("shown_partly_oblique", PARTLY, "right_three_quarter", {"visible": 1.0, "achieved": 3.0}),
    ("shown_partly_profile", PARTLY, "left_profile", {"visible": 1.0, "achieved": 3.0}),
    # Not measured, but it shifts by 1.9 mm.
    (
        "shown_partly_frontal",
        {**UNSEEN, "planned": 10.0, "applied": 10.0, "visible": 0.19, "shading": 0.2},
        "frontal",
        {"applied": 2.5},
    ),
    ("shown_otherwise", {"achieved": 1.2}, "frontal", {"achieved": 2.9}),
]


@pytest.mark.parametrize(("code", "facts", "view", "otherwise"), CASES)
def test_every_reason_is_said_where_it_holds_and_nowhere_else(plan, code, facts, view, otherwise):
    check = replace(FULL, **facts)
    assert causes(told(plan, check, view)) == [code]
    assert code not in causes(told(plan, replace(check, **otherwise), view))


@pytest.mark.parametrize(
    ("code", "facts", "otherwise"),
    [
        ("plan_shown_whole", {}, {"applied": 2.7, "achieved": 2.7, "limits": (FOLDED,)}),
        ("plan_shown_part", {**HALF, "limits": (FOLDED,)}, {"applied": 2.97, "achieved": 2.97}),
        ("plan_shown_none", {"applied": 0.0, "achieved": 0.0}, HALF),
        ("plan_shown_by_light", {**UNSEEN, "shading": 0.2}, {"shading": 0.01}),
        ("plan_shown_nearly", {"achieved": 5.0}, {"achieved": 3.1}),
        ("plan_shown_empty", {"planned": 0.0, "applied": 0.0, "achieved": 0.0}, {}),
    ],
)
def test_every_sentence_is_false_of_the_next_case(plan, code, facts, otherwise):
    def sentence(check: EffectCheck) -> str:
        (item,) = plan.effects
        value = item.model_copy(update={"value": check.planned})
        own = plan.model_copy(update={"effects": (value,)})
        return told(own, check).notice.code

    check = replace(FULL, **facts)
    assert sentence(check) == code
    assert sentence(replace(FULL if code == "plan_shown_empty" else check, **otherwise)) != code


def test_a_picture_that_was_not_measured_or_changed_elsewhere_is_never_called_whole(plan):
    assert told(plan, FULL).notice.code == "plan_shown_whole"
    unmeasured = told(plan, FULL, verified=False)
    assert (unmeasured.share, unmeasured.notice.code) == (None, "plan_shown_unmeasured")
    assert causes(told(plan, FULL, outside_mask_changed_pixels=3)) == ["shown_outside"]


def test_pushes_by_hand_are_not_claimed_to_be_shown(plan):
    push = Push(start=(0.0, 0.0, 0.0), vector=(0.0, 1.0, 0.0), radius=8.0)
    by_hand = plan.with_manual([push])
    assert told(by_hand, FULL).notice.code == "plan_shown_beside_hand"
    (item,) = plan.effects
    none = by_hand.model_copy(update={"effects": (item.model_copy(update={"value": 0.0}),)})
    still = replace(FULL, planned=0.0, applied=0.0, achieved=0.0)
    assert told(none, still).notice.code == "plan_shown_by_hand"


@given(
    carried=st.floats(0.0, 1.4),
    visible=st.floats(0.0, 1.0),
    measured=st.floats(-1.0, 2.0),
    planned=st.floats(0.3, 12.0),
    sign=st.sampled_from([-1.0, 1.0]),
)
def test_the_share_is_what_is_seen_of_the_plan(plan, carried, visible, measured, planned, sign):
    applied = sign * planned * carried
    unmeasured = visible < 0.3
    hidden = unmeasured and abs(applied) * visible < 0.5  # mm
    check = replace(
        FULL,
        planned=sign * planned,
        applied=applied,
        visible=visible,
        achieved=None if unmeasured else applied * visible * measured,
        reason="not_visible_in_this_view" if unmeasured else None,
    )
    shown = told(plan, check)
    seen = 0.0 if hidden else min(carried, 1.0) * visible
    if as_applied(check):
        assert shown.share == pytest.approx(seen)
    else:
        assert shown.share == pytest.approx(min(max(carried * visible * measured, 0.0), seen))
        assert "shown_otherwise" in causes(shown)
    if shown.notice.code == "plan_shown_whole":
        assert not hidden
        assert seen > 1.0 - LEAST_SAID
        assert as_applied(check)
    else:
        assert causes(shown)
    assert shown.notice.params.get("percent", 1) <= 97


def test_a_real_picture_names_what_it_lacks(results):
    """From the front a cheek that goes forward is seen in part."""
    result = results["astronaut", "malar_augmentation", 60]
    shown = result.shown
    assert result.to_dict()["shown"] == shown.to_dict()
    assert shown.notice.code == "plan_shown_part"
    assert 0.2 < shown.share < 0.95
    named = {name for reason in shown.notice.params["reasons"] for name in reason.params["effects"]}
    short = {c.name for c in result.effects if (c.achieved or 0.0) / c.planned < 1.0 - LEAST_SAID}
    assert named == short
