"""Complaints ask for the contrary; shares of a plan, numbers put together, French "ne … que"."""

from __future__ import annotations

import pytest
from readings import planned

from landmarkdiff.landmarks import FaceLandmarks
from landmarkdiff.lato.language import Instruction, understand
from landmarkdiff.procedures import SurgicalPlan
from landmarkdiff.procedures.planning import make_plan


def test_a_complaint_asks_for_the_contrary(face: FaceLandmarks) -> None:
    def after(words: str, present: SurgicalPlan | None = None) -> dict[str, float]:
        read = understand(words, face, present=present)
        assert (read.not_understood, read.conflicts) == ((), ()), words
        return planned(read)

    assert after("the tip is too wide") == {"tip_width": -1.5}
    assert after("the tip is wide") == {"tip_width": -1.5}  # as it is usually operated on
    assert after("the tip is too narrow") == {"tip_width": 1.5}
    assert after("the tip is 1 mm too wide") == {"tip_width": -1.0}
    assert after("the tip is too wide, narrow it by 2 mm") == {"tip_width": -2.0}
    assert after("the tip is too wide, make it narrower") == {"tip_width": -1.5}
    assert after("a very droopy tip") == after("a droopy tip") == after("raise the tip")
    assert after("the hump bothers me, 2 mm off") == {"dorsal_hump": -2.0}
    assert after("a receding chin, please correct it") == after("chin forward")
    wide = make_plan("rhinoplasty", face, intensity=0.0, effects={"tip_width": -1.5})
    assert after("the tip is still too wide", wide)["tip_width"] < -1.5
    read = understand("the tip is too narrow", face, present=wide)
    assert [item.reason.code for item in read.not_understood] == ["words_relative_open"]


def test_parts_of_what_is_planned(face: FaceLandmarks, present: SurgicalPlan) -> None:
    def tip(words: str) -> float:
        return planned(understand(words, face, present=present))["tip_rotation"]

    assert tip("a quarter of the tip rotation") == pytest.approx(1.0)
    assert tip("a quarter less rotation") == pytest.approx(3.0)
    assert tip("two thirds of the tip rotation") == pytest.approx(8.0 / 3.0)
    assert tip("half a degree more rotation") == 4.5


def test_numbers_are_put_together(face: FaceLandmarks) -> None:
    assert planned(understand("tip rotation one point two degrees", face)) == {"tip_rotation": 1.2}
    assert planned(understand("soften the tear troughs by thirty-five percent", face)) == {
        "tear_trough": -35.0
    }


def test_french_only_is_no_negation(face: FaceLandmarks) -> None:
    def read(words: str) -> Instruction:
        return understand(words, face, language="fr")

    assert planned(read("N'enlever que 1,5 mm de la bosse")) == {"dorsal_hump": -1.5}
    kept = read("Il ne faut pas abaisser la bosse")
    assert (planned(kept), kept.not_understood) == ({}, ())
    assert planned(read("Ne pas enlever que 1,5 mm de la bosse")) == {}
    assert planned(read("Ne pas trop affiner la pointe")) == {"tip_width": -0.5}
    assert planned(read("Plus de bosse")) == {}  # more of it, or none any more


def test_a_word_for_two_parts_is_said_of_both_once(
    face: FaceLandmarks, present: SurgicalPlan
) -> None:
    read = understand("La punta, la mitad", face, language="es", present=present)
    assert planned(read) == {"tip_rotation": 2.0, "dorsal_hump": -2.0, "tip_width": -0.5}


def test_what_is_found_is_put_right_by_what_is_asked_for(face: FaceLandmarks) -> None:
    def read(words: str) -> tuple[dict[str, float], list[str]]:
        heard = understand(words, face)
        return planned(heard), [item.reason.code for item in heard.not_understood]

    assert read("A long chin; shorten it by 2 mm") == ({"chin_height": -2.0}, [])
    # Asked for the other way, it stays open whether the first was found or wished for.
    assert read("A long chin; make it 2 mm longer") == ({"chin_height": 2.0}, ["words_doubtful"])
    assert read("I want a straight nose without the hump") == ({"dorsal_hump": -2.0}, [])
    assert read("Rotate the tip without the hump")[1] == ["words_absence_open"]
    assert read("Too much skin over my eyes") == ({"lateral_hood": 1.0}, [])


def test_what_must_not_be_may_go_the_other_way(face: FaceLandmarks) -> None:
    read = understand("Don't lower the tip, raise it by 3 degrees", face)
    assert (planned(read), read.conflicts) == ({"tip_rotation": 3.0}, ())
    read = understand("Don't raise the tip, raise it by 3 degrees", face)
    assert [notice.code for notice in read.conflicts] == ["words_kept_and_changed"]


def test_what_is_planned_is_neither_kept_nor_dropped_by_a_mere_not(
    face: FaceLandmarks, present: SurgicalPlan
) -> None:
    read = understand("not the hump", face, present=present)
    assert [item.reason.code for item in read.not_understood] == ["words_absence_open"]
    read = understand("undo the tip narrowing", face, present=present)
    assert planned(read) == {"tip_rotation": 4.0, "dorsal_hump": -2.0}
    read = understand("the tip less down", face, present=present)  # it is turned up
    assert [item.reason.code for item in read.not_understood] == ["words_relative_open"]


def test_a_sentence_without_commas_is_cut_where_it_is_clear(face: FaceLandmarks) -> None:
    def read(words: str) -> dict[str, float]:
        return planned(understand(words, face))

    both = {"tip_rotation": 5.0, "dorsal_hump": -2.0}
    assert read("rotate the tip five degrees lower the hump two millimetres") == both
    assert read("tip up five degrees hump down two millimetres") == both
    assert read("2 mm hump reduction with 5 degrees of tip rotation") == both
    assert read("tip 5 degrees hump 2 mm") == {}
    read_sides = understand("raise the left brow tail 2 mm right upper lid 1 mm", face)
    assert (planned(read_sides), bool(read_sides.not_understood)) == ({}, True)


def test_signs_and_shares_in_words(face: FaceLandmarks) -> None:
    assert planned(understand("hump minus 2 mm", face)) == {"dorsal_hump": -2.0}
    assert planned(understand("soften the nasolabial folds by a quarter", face)) == {
        "nasolabial_fold": -25.0
    }
    assert planned(understand("lower the hump by 1\u00bd mm", face)) == {"dorsal_hump": -1.5}
    assert planned(understand("reduce the hump by a quarter", face)) == {}  # of what?


def test_what_is_taken_back_in_the_same_breath(face: FaceLandmarks) -> None:
    def read(words: str) -> tuple[dict[str, float], list[str]]:
        heard = understand(words, face)
        return planned(heard), [item.reason.code for item in heard.not_understood]

    assert read("Take the hump down 3 mm, no, make that 2 mm") == ({"dorsal_hump": -2.0}, [])
    assert read("Chin 3 mm forward, sorry, back") == ({"pogonion": -3.0}, [])
    assert read("Chin 4 mm forward instead of 5") == ({"pogonion": 4.0}, [])
    # Another part leaves open whether the first one is meant as well.
    doubtful = ["words_doubtful", "words_doubtful"]
    assert read("Chin 3 mm forward, sorry, the mandible 3 mm forward") == ({}, doubtful)
    assert read("Chin 3 mm forward, sorry") == ({}, ["words_doubtful"])


def test_values_are_reached_only_where_they_are_planned(
    face: FaceLandmarks, present: SurgicalPlan
) -> None:
    read = understand("tip rotation to 6 degrees", face, present=present)
    assert planned(read)["tip_rotation"] == 6.0
    for words in ("Increase the tip rotation to 3 degrees", "Chin to 3 mm"):
        read = understand(words, face, present=present)
        assert [item.reason.code for item in read.not_understood] == ["words_doubtful"], words
        assert planned(read) == planned(understand("leave the chin", face, present=present))
    assert planned(understand("narrow the tip to 2 mm", face)) == {}


def test_one_side_against_the_other_says_nothing_by_itself(face: FaceLandmarks) -> None:
    finding = "The left upper lid is lower than the right"
    assert planned(understand(finding, face)) == {}
    read = understand(f"{finding}, raise it 1 mm", face)
    assert (planned(read), read.not_understood) == ({"mrd1": 1.0}, ())
    assert read.plan is not None
    assert read.plan.side == "left"


def test_a_condition_and_a_reason_change_nothing(face: FaceLandmarks) -> None:
    def read(words: str) -> tuple[dict[str, float], bool]:
        heard = understand(words, face)
        return planned(heard), bool(heard.not_understood)

    assert read("If you raise the tip, it is too high") == ({}, True)
    assert read("Don't raise the tip, it is too high already") == ({}, False)
    assert read("The tip is too high") == ({"tip_rotation": -4.94}, False)
    assert read("on the left of the photo, lift the brow") == ({}, True)
    assert read("on the left: lift the brow 2 mm")[0].keys() == {
        "medial_brow", "central_brow", "lateral_brow",
    }  # fmt: skip


def test_a_topic_is_not_done_before_less_of_it(face: FaceLandmarks) -> None:
    chin = make_plan("mentoplasty", face, intensity=0.0, effects={"pogonion": 4.0})
    read = understand("the chin advancement, a little less", face, present=chin)
    assert planned(read) == {"pogonion": pytest.approx(3.2)}
    read = understand("the chin advancement, a little less", face)
    assert (planned(read), bool(read.not_understood)) == ({}, True)
    read = understand("Retirez le menton du plan", face, language="fr", present=chin)
    assert planned(read) == {}
    read = understand("Retirez le menton", face, language="fr", present=chin)
    assert [item.reason.code for item in read.not_understood] == ["words_ambiguous"]
