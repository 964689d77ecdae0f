"""The table of parts and ways speaks of nothing that it does not know itself."""

from __future__ import annotations

import pytest

from landmarkdiff.landmarks import FaceLandmarks
from landmarkdiff.lato.language import understand
from landmarkdiff.lato.language.concepts import concepts


def test_every_way_is_one_of_the_table_and_can_be_put_right():
    table = concepts()
    of_cells = {way.removeprefix("rotate ") for cells in table.parts.values() for way in cells}
    of_signs = {way for ways in table.signed.values() for way in ways}
    assert of_cells | of_signs <= set(table.ways)
    assert all(table.remedy(way) for way in table.ways)


def test_every_part_that_is_referred_to_has_its_ways():
    table = concepts()
    ends = {part for zone in table.zones.values() for pair in zone.items() for part in pair}
    named = {*table.inside, *table.inside.values(), *table.levels, *table.levels.values()}
    named |= {*ends, *table.faults, *table.signed, *table.hinged, *table.postures}
    assert named <= table.parts.keys()


@pytest.mark.parametrize("words", ["the tip too add", "the upper lip too follow"])
def test_too_much_of_any_way_is_answered(words: str, face: FaceLandmarks) -> None:
    read = understand(words, face)
    assert read.plan is None
    assert read.not_understood


def test_what_an_area_must_not_become_is_of_its_parts_by_any_operation():
    moves = {move.key for move in concepts().moves_within("rhinoplasty", ["wide"])}
    assert {"lip_lift.alar_width", "orthognathic.alar_widening"} <= moves
    assert {"rhinoplasty.tip_width", "rhinoplasty.dorsal_width"} <= moves
    assert not {"rhinoplasty.tip_rotation", "lip_lift.nasolabial_angle"} & moves
