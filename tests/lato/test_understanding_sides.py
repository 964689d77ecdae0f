"""Words of one side or of both: which side moves, and by how much."""

from __future__ import annotations

from readings import conflicts, planned, reasons

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.landmarks import FaceLandmarks
from landmarkdiff.landmarks.topology import sides
from landmarkdiff.lato.language import plan_words, understand
from landmarkdiff.lato.language.concepts import effect_of
from landmarkdiff.manipulation.deformation import PlanMotion
from landmarkdiff.procedures import SurgicalPlan


def test_a_width_on_each_side_is_twice_as_much_in_all(face: FaceLandmarks) -> None:
    assert planned(understand("reduce the jaw width by 2 mm on each side", face)) == {
        "jaw_width": -4.0
    }
    assert planned(understand("raise each upper lid by 1 mm", face))["mrd1"] == 1.0


def test_a_side_said_first_is_asked_for_again(face: FaceLandmarks) -> None:
    read = understand("on the left, raise the upper lid 1 mm and the lower lid 0.3 mm", face)
    assert planned(read) == {"mrd1": 1.0}
    assert "on the patient’s left" in read.echo[0]
    assert reasons(read) == ["words_side_open"]


def test_less_on_one_side_does_not_change_both(face: FaceLandmarks) -> None:
    both = understand("raise the brow tail by 2 mm", face).plan
    read = understand("a bit less on the left", face, present=both)
    assert reasons(read) == ["words_side_open"]
    assert planned(read) == {"lateral_brow": 2.0}
    left = understand("raise the left brow tail by 2 mm", face).plan
    read = understand("raise the right brow tail by 2 mm", face, present=left)
    assert planned(read) == {"lateral_brow": 2.0}
    assert all(read.plan.side_of(item) == "both" for item in read.plan.effects if item.value)


def test_one_side_is_kept_while_the_other_moves(face: FaceLandmarks) -> None:
    for words in (
        "raise my right upper lid by 1 mm but leave the left upper lid",
        "leave the left upper lid, raise the right upper lid by 1 mm",
    ):
        read = understand(words, face)
        assert conflicts(read) == []
        assert planned(read)["mrd1"] == 1.0
        assert "on the patient’s right" in read.echo[0]
    for words in (
        "leave the left upper lid, raise the left upper lid by 1 mm",
        "raise the upper lids by 1 mm, leave the left upper lid",
    ):
        read = understand(words, face)
        assert "mrd1" not in planned(read)
        assert "words_kept_and_changed" in conflicts(read)


def test_sides_are_the_patients_and_one_plan_has_one(face: FaceLandmarks) -> None:
    same = understand("lift the left brow tail 2 mm and the right brow tail 2 mm", face)
    assert same.plan is not None
    assert (planned(same), same.plan.side) == ({"lateral_brow": 2.0}, "both")
    apart = understand("left brow tail up 2 mm, right brow tail up 3 mm", face)
    assert planned(apart) == {}
    assert conflicts(apart) == ["words_two_sides"]
    mixed = understand("left brow tail up 2 mm, rotate the tip 3 degrees", face)
    assert mixed.plan is not None
    assert (planned(mixed), mixed.plan.side) == ({"tip_rotation": 3.0, "lateral_brow": 2.0}, "left")
    assert "on the patient’s left" in mixed.echo[0]


def test_effects_of_two_sides_are_each_of_their_own(face: FaceLandmarks) -> None:
    words = (
        "rotate the tip 4 degrees, take 1.5 mm off the hump, narrow the alar base slightly, "
        "left brow up 2 mm, right ear back 8 mm"
    )
    read = understand(words, face)
    assert (read.not_understood, read.conflicts) == ((), ())
    assert read.plan is not None
    assert read.plan.side == "both"
    acting = {item.name: read.plan.side_of(item) for item in read.plan.effects}
    for name in ("medial_brow", "central_brow", "lateral_brow"):
        assert acting[name] == "left"
    assert acting["alar_base_width"] == acting["right_ear_setback"] == "both"
    assert planned(read)["right_ear_setback"] == -8.0
    assert SurgicalPlan.from_dict(read.plan.to_dict()) == read.plan
    again = understand(plan_words(read.plan), face)
    assert again.plan is not None
    assert planned(again) == planned(read)
    assert {item.name: again.plan.side_of(item) for item in again.plan.effects} == acting
    more = understand(
        "narrow the chin by 2 mm, a little less on the brows", face, present=again.plan
    )
    assert more.plan is not None
    assert {i.side for i in more.plan.effects if i.procedure == "brow_lift"} == {"left"}


def test_only_its_own_side_moves(face: FaceLandmarks) -> None:
    read = understand("left brow tail up 3 mm, narrow the alar base by 1 mm", face)
    assert read.plan is not None
    motion = PlanMotion(read.plan, face.points_mm, ClinicalFlags())
    tail, ala = (list(effect_of(key).landmarks) for key in (
        "brow_lift.lateral_brow", "rhinoplasty.alar_base_width",
    ))  # fmt: skip
    moving = set(motion.moving.tolist())
    assert {index for index in tail if index in moving} == {i for i in tail if sides()[i] == 1}
    assert set(ala) <= moving
