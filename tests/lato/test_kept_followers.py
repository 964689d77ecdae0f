"""What would follow an operation stays where it is said to."""

from __future__ import annotations

import pytest

from landmarkdiff.landmarks import FaceLandmarks
from landmarkdiff.lato.language import understand


@pytest.mark.parametrize(
    ("language", "words", "driver", "follower"),
    [
        ("pt", "Avançar a mandíbula 5 mm, o lábio superior não acompanha.",
         "orthognathic.mandible", "orthognathic.upper_lip"),
        ("fr", "Avancer la mandibule de 5 mm, la lèvre supérieure ne suit pas.",
         "orthognathic.mandible", "orthognathic.upper_lip"),
        ("en", "Shorten the lip by 3 mm, the nasolabial angle stays as it is.",
         "lip_lift.lip_length", "lip_lift.nasolabial_angle"),
        ("en", "Lip lift 3 mm, the nose does not get wider.",
         "lip_lift.lip_length", "lip_lift.alar_width"),
        ("de", "Lippenlift 3 mm, die Nase soll dabei nicht breiter werden.",
         "lip_lift.lip_length", "lip_lift.alar_width"),
        ("es", "Lifting labial 3 mm, la nariz no se ensancha.",
         "lip_lift.lip_length", "lip_lift.alar_width"),
        ("fr", "Lip lift de 3 mm, le nez ne doit pas s'élargir.",
         "lip_lift.lip_length", "lip_lift.alar_width"),
        ("pt", "Lip lift 3 mm, o nariz não deve alargar.",
         "lip_lift.lip_length", "lip_lift.alar_width"),
        ("zh", "提唇手术3毫米，鼻子不要变宽。",
         "lip_lift.lip_length", "lip_lift.alar_width"),
        ("zh", "缩短人中3毫米，鼻翼不变宽。",
         "lip_lift.lip_length", "lip_lift.alar_width"),
    ],
)  # fmt: skip
def test_a_follower_that_is_to_stay_is_not_planned(
    language: str, words: str, driver: str, follower: str, face: FaceLandmarks
) -> None:
    def planned(text: str) -> dict[str, float]:
        read = understand(text, face, language=language)
        assert read.plan is not None
        assert not read.not_understood
        return {item.key: item.value for item in read.plan.effects if item.value}

    assert planned(words.replace("，", ",").partition(",")[0]).keys() >= {driver, follower}
    stays = planned(words)
    assert driver in stays
    assert follower not in stays


@pytest.mark.parametrize("present", ["", "Lip lift of 3 mm."])
def test_a_follower_that_is_only_told_goes_on_following(present: str, face: FaceLandmarks) -> None:
    before = understand(present, face).plan if present else None
    lift = "" if present else "Lip lift of 3 mm, "
    for told, key in (
        ("the nasolabial angle closes.", "lip_lift.nasolabial_angle"),
        ("the alae widen.", "lip_lift.alar_width"),
    ):
        read = understand(f"{lift}{told}", face, present=before)
        assert read.plan is not None
        assert not read.not_understood
        (item,) = (item for item in read.plan.effects if item.key == key)
        lead = next(one for one in read.plan.effects if one.name == "lip_length")
        share = lead.value / lead.effect.band.typical
        assert item.origin == "coupled"
        assert item.value == pytest.approx(item.effect.band.typical * share)


def test_a_follower_is_changed_by_an_amount_and_by_more_than_planned(face: FaceLandmarks) -> None:
    plan = understand("Lip lift of 3 mm.", face).plan
    assert plan is not None
    follows = next(item.value for item in plan.effects if item.name == "alar_width")
    for words, value in (("the alae widen by 1 mm", 1.0), ("more alar widening", 1.3 * follows)):
        read = understand(words, face, present=plan)
        assert read.plan is not None
        (item,) = (item for item in read.plan.effects if item.name == "alar_width")
        assert (item.origin, item.value) == ("explicit", pytest.approx(value))
