"""Measurements of a report: pairs of sides, changes first, the view that allows them."""

from __future__ import annotations

import pytest
from profile_photos import photo

from landmarkdiff.inference import LandmarkDiffPipeline, Prediction
from landmarkdiff.inference.profile_facts import profile_stages
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.measurements import measure
from landmarkdiff.report.measured import measured_pairs, measurement_section, row_heights
from landmarkdiff.report.typeface import register
from landmarkdiff.report.writer import Writer
from landmarkdiff.texts import Texts


def test_what_the_plan_changes_comes_first(rhinoplasty: Prediction) -> None:
    pairs = measured_pairs([rhinoplasty])
    changed = [pair.changed for pair in pairs]
    assert changed == sorted(changed, reverse=True)
    names = [pair.name for pair in pairs]
    assert len(names) == len(set(names))
    assert "alar_width" in names[: sum(changed)]
    alar = pairs[names.index("alar_width")]
    before = measure(rhinoplasty.source, "alar_width").value
    after = measure(rhinoplasty.target, "alar_width").value
    assert before is not None
    assert after is not None
    assert alar.changes == (round(after - before, 1),)
    assert alar.changes[0] < -0.3


def test_both_sides_stand_in_one_row(rhinoplasty: Prediction) -> None:
    pairs = {pair.name: pair for pair in measured_pairs([rhinoplasty])}
    assert "mrd1_right" not in pairs
    assert "mrd1_left" not in pairs
    sides = [measurement.name for measurement in pairs["mrd1"].before]
    assert sides == ["mrd1_right", "mrd1_left"]
    assert pairs["mrd1"].changes == (0.0, 0.0)
    assert not pairs["mrd1"].changed


def test_profile_measurements_come_from_the_turned_view(turned: list[Prediction]) -> None:
    frontal = {pair.name for pair in measured_pairs(turned[:1])}
    every = {pair.name: pair for pair in measured_pairs(turned[:2])}
    assert "nasolabial_angle" not in frontal
    angle = every["nasolabial_angle"].before[0].value
    assert angle == pytest.approx(measure(turned[1].source, "nasolabial_angle").value)
    width = every["alar_width"].before[0].value
    assert width == pytest.approx(measure(turned[0].source, "alar_width").value)


def test_a_profile_is_measured_on_its_contour(turned: list[Prediction]) -> None:
    pipeline = LandmarkDiffPipeline().load()
    side = pipeline.generate(photo(), "rhinoplasty", 80, verify=False)
    pairs = {pair.name: pair for pair in measured_pairs([*turned[:2], side])}
    assert isinstance(side.prepared, PreparedProfile)
    stages = profile_stages(side.prepared, side.warp)
    pair = pairs["profile_nasolabial_angle"]
    assert pair.before[0].value == stages["before"].measurements["nasolabial_angle"].value
    assert pair.after[0].value == stages["planned"].measurements["nasolabial_angle"].value
    assert pair.changes[0] > 3.0
    assert "nasolabial_angle" not in pairs  # the mesh's own estimate
    assert "alar_width" in pairs  # of the other views


def test_what_pushes_change_is_not_called_measured(rhinoplasty: Prediction) -> None:
    register()
    pairs = measured_pairs([rhinoplasty])
    said = [
        measurement_section(Writer(Texts.load("en")), pairs, 0, pushed=pushed)[-1].text
        for pushed in (False, True)
    ]
    assert "which the effects of the plan do not change" in said[0]
    assert "pushes by hand" not in said[0]
    assert "The pushes by hand are in none of these values." in said[1]


def test_each_unchanged_row_has_a_height(rhinoplasty: Prediction) -> None:
    register()
    pairs = measured_pairs([rhinoplasty])
    heights = row_heights(Writer(Texts.load("en")), pairs)
    assert len(heights) == sum(1 for pair in pairs if not pair.changed)
    assert min(heights) > 12.0
    assert max(heights) < 60.0
