"""A plan in words is the same plan when it is read back: every effect, side and language."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from landmarkdiff.landmarks import FaceLandmarks
from landmarkdiff.lato.language import plan_words, understand
from landmarkdiff.procedures import SurgicalPlan
from landmarkdiff.procedures.plan import Side
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.procedures.procedure import procedures
from landmarkdiff.texts import languages

#: Of the typical change; none of them is a round number in millimetres.
SHARES = (0.61803, -1.0 / 3.0)
EFFECTS = [
    (name, effect.name) for name, preset in procedures().items() for effect in preset.effects
]


def values(plan: SurgicalPlan) -> Mapping[str, float]:
    """Return what a plan changes."""
    return {item.key: item.value for item in plan.effects if item.value}


@pytest.mark.parametrize("language", languages())
def test_every_effect_is_read_back_exactly(language: str, face: FaceLandmarks) -> None:
    for name, effect in EFFECTS:
        typical = procedures()[name].effect(effect).band.typical
        for share in SHARES:
            for side in ("both", "left", "right"):
                _check(name, {effect: share * typical}, side, language, face)  # type: ignore[arg-type]


def _check(
    name: str, effects: Mapping[str, float], side: Side, language: str, face: FaceLandmarks
) -> None:
    plan = make_plan(name, face, intensity=0.0, effects=effects, side=side, unlock=True)
    words = plan_words(plan, language)
    read = understand(words, face, language=language, unlock=True)
    assert read.plan is not None, words
    assert values(read.plan) == values(plan), words
    assert not read.not_understood
    assert not read.conflicts
    sided = [i for i in plan.effects if i.value and not i.effect.midline]
    if sided and name != "otoplasty":
        assert read.plan.side == side, words


@pytest.mark.parametrize("language", languages())
def test_a_whole_plan_is_read_back(language: str, face: FaceLandmarks) -> None:
    plan = make_plan(
        ["rhinoplasty", "mentoplasty", "brow_lift"],
        face,
        intensity={"rhinoplasty": 47.0, "mentoplasty": 0.0},
        effects={"dorsal_hump": "off", "chin_width": -1.25},
        side="left",
    )
    read = understand(plan_words(plan, language), face, language=language)
    assert read.plan is not None
    assert values(read.plan) == values(plan)
    assert read.plan.side == "left"


@pytest.mark.parametrize("language", languages())
def test_what_was_switched_off_does_not_follow(language: str, face: FaceLandmarks) -> None:
    plan = make_plan("lip_lift", face, effects={"alar_width": "off"})
    read = understand(plan_words(plan, language), face, language=language)
    assert read.plan is not None
    assert values(read.plan) == values(plan)


def test_words_are_those_of_the_language(face: FaceLandmarks) -> None:
    plan = make_plan("rhinoplasty", face, intensity=0.0, effects={"tip_rotation": 4.25})
    assert plan_words(plan) == "Tip rotation +4.25°"
    assert plan_words(plan, "de") == "Nasenspitzenrotation +4,25°"
    uneven = make_plan("rhinoplasty", face, intensity=0.0, effects={"tip_rotation": 4.2561})
    assert plan_words(uneven) == "Tip rotation +4.2561°"
    assert plan_words(uneven, "fr", digits=1) == "Rotation de la pointe +4,3°"
