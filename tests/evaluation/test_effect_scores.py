"""What is said of an effect, by what was read of its field."""

from __future__ import annotations

import pytest

from landmarkdiff.evaluation.geometry import MIXED, UNSEEN, UNSURE, _effect_score
from landmarkdiff.verification import Amplitude, EffectCheck

#: 2 mm planned, of which this view shows 1.5; the flow reads 1.2.
CHECK = EffectCheck(
    "jowl_lift", "rhytidectomy", "mm", 2.0, 2.0, 0.75, 1.2, None, 0.1, True, (), 1.0
)


def test_the_field_says_how_much_and_the_flow_where_there_is_none() -> None:
    read = _effect_score(CHECK, Amplitude(1.1, 0.8, spread=0.2))
    assert (read.shown, read.achieved.value, read.noise) == pytest.approx((1.5, 1.65, 0.3))
    flow = _effect_score(CHECK, None)
    assert (flow.achieved.value, flow.noise) == (1.2, 0.1)


@pytest.mark.parametrize(
    ("amplitude", "why"),
    [
        (Amplitude(None, 0.8, mixed=True), MIXED),
        (Amplitude(None, 0.02), UNSEEN),
        (Amplitude(1.0, 0.8, spread=0.4), UNSURE),
    ],
)
def test_an_effect_without_a_value_has_its_reason(amplitude: Amplitude, why: str) -> None:
    read = _effect_score(CHECK, amplitude)
    assert (read.achieved.value, read.noise) == (None, None)
    assert read.achieved.unavailable == f"not measured: {why}"


def test_of_twice_the_plan_the_landmarks_may_disagree_by_twice_as_much() -> None:
    assert _effect_score(CHECK, Amplitude(2.0, 0.8, spread=0.4)).achieved.value == 3.0
