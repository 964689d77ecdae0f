"""Recipes: within the bands, both ways, everything in turn, a function of seed and number."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from rendering import canonical_face

from landmarkdiff.procedures import photo_procedure_names
from landmarkdiff.synthetic.recipes import (
    draft,
    draw_pattern,
    drawn_names,
    generator_of,
    moves_ears,
    plan_of,
    recipe_of,
)
from landmarkdiff.synthetic.sample import Recipe

FACE = canonical_face()
RUNS, OF_A_RUN = 120, 3


def _recipes(seed: int) -> list[Recipe]:
    found = []
    for run in range(RUNS):
        pattern = draw_pattern(seed, run)
        plan = plan_of(pattern, FACE)
        for number in range(run * OF_A_RUN, (run + 1) * OF_A_RUN):
            drafted = draft(pattern, seed, number)
            found.append(recipe_of(drafted, plan, seed=seed, number=number, person="anna"))
    return found


RECIPES = _recipes(5)


def test_every_value_lies_within_its_band() -> None:
    values = [item for recipe in RECIPES for item in recipe.plan.effects]
    assert len(values) > 1000
    assert all(item.in_band for item in values)
    assert not any(recipe.plan.unlocked for recipe in RECIPES)


def test_effects_go_both_ways_where_their_bands_do() -> None:
    ways: dict[str, set[float]] = {}
    both = set()
    for recipe in RECIPES:
        for item in recipe.plan.effects:
            ways.setdefault(item.key, set()).add(float(np.sign(item.value)))
            if item.effect.band.reverse and item.effect.coupled_to is None:
                both.add(item.key)
    assert len(both) >= 8
    assert all({-1.0, 1.0} <= ways[key] for key in both)


def test_procedures_sides_and_flags_are_all_drawn() -> None:
    procedures = Counter(item.name for r in RECIPES for item in r.plan.procedures)
    assert set(procedures) == set(drawn_names()) == set(photo_procedure_names()) | {"otoplasty"}
    assert max(procedures.values()) < 2.5 * min(procedures.values())
    assert {recipe.plan.side for recipe in RECIPES} == {"both", "left", "right"}
    assert {len(recipe.plan.procedures) for recipe in RECIPES} == {1, 2, 3}


def test_every_procedure_is_drawn_alike_often() -> None:
    drawn = Counter(name for run in range(2000) for name in draw_pattern(5, run).procedures)
    expected = drawn.total() / len(drawn_names())
    assert drawn.keys() == set(drawn_names())
    assert all(count == pytest.approx(expected, rel=0.2) for count in drawn.values())


def test_ears_move_only_where_a_photo_shows_them() -> None:
    for run in range(300):
        both, none = draw_pattern(5, run), draw_pattern(5, run, ())
        assert not moves_ears(none)
        assert len(none.procedures) == len(both.procedures)
        if not moves_ears(both):
            assert none == both
        left = draw_pattern(5, run, ("left",))
        assert "otoplasty.right_ear_setback" not in left.effects
        if left.side == "right":
            assert left == none


def test_a_tenth_has_a_flag_and_each_kind_is_drawn_alike_often() -> None:
    flags = [draw_pattern(5, run).flags for run in range(2000)]
    kinds = ("bells_palsy", "keloid_prone", "ehlers_danlos", "vitiligo")
    for kind in kinds:
        assert sum(getattr(each, kind) for each in flags) / 2000 == pytest.approx(0.025, abs=0.012)
    assert sum(map(bool, flags)) / 2000 == pytest.approx(0.1, abs=0.025)


def test_difficulty_grows_with_the_plan() -> None:
    by_count = [
        np.mean([r.difficulty for r in RECIPES if len(r.plan.procedures) == count])
        for count in (1, 2, 3)
    ]
    assert 0.0 <= min(r.difficulty for r in RECIPES) <= max(r.difficulty for r in RECIPES) <= 1.0
    assert by_count[0] < by_count[1] < by_count[2]


def test_recipe_is_a_function_of_seed_and_number() -> None:
    again, other = _recipes(5), _recipes(6)
    assert [r.plan.hash for r in again[::7]] == [r.plan.hash for r in RECIPES[::7]]
    assert [r.plan.hash for r in other[::7]] != [r.plan.hash for r in RECIPES[::7]]


def test_purposes_do_not_share_random_numbers() -> None:
    first = [generator_of(1, purpose, 2).random() for purpose in ("pattern", "values", "noise")]
    assert len(set(first)) == 3
