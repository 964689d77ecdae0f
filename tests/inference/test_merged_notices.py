"""Notices as they are read: one line for each cause, and what matters first."""

from __future__ import annotations

import pytest

from landmarkdiff.inference.merged_notices import merged_notices
from landmarkdiff.notices import Notice, Reason
from landmarkdiff.texts import Texts, languages


def limited(effect, percent=40, causes=("eyeball",)):
    return Notice.of("effect_limited", effect=effect, percent=percent, causes=list(causes))


def test_seven_times_the_same_limit_is_one_line_that_names_all():
    names = ["mrd1", "lateral_hood", "lower_lid_height", "brow_descent"]
    notices = [limited(name, 30 + place) for place, name in enumerate(names)]
    [one] = merged_notices(notices)
    assert one.text == f"Carried out in part because of eyeball: {', '.join(names)}."


def test_another_cause_is_another_line_and_one_alone_keeps_its_numbers():
    notices = [limited("mrd1"), limited("lateral_hood"), limited("jowl_lift", causes=["keloid"])]
    said = [notice.text for notice in merged_notices(notices)]
    assert said == [
        "Carried out in part because of eyeball: mrd1, lateral_hood.",
        "jowl_lift is carried out at 40 % because of: keloid.",
    ]


def test_both_sides_and_several_folds_are_one_line():
    notices = [
        Notice.of("effect_fold_not_visible", effect=name, side=side)
        for name in ("nasolabial_fold", "marionette_fold")
        for side in ("right", "left")
    ]
    [one] = merged_notices(notices)
    assert one.params == {
        "effects": ["nasolabial_fold", "marionette_fold"],
        "sides": ["right", "left"],
    }


def test_what_decides_on_the_picture_comes_first_and_what_explains_it_last():
    notices = [
        Notice.of("coupled_effect", effect="upper_lip", driver="mandible", reason="It follows."),
        Notice.of("photo_dark"),
        limited("mandible"),
        Notice.of("eyes_closed"),
        Notice.of("mesh_misfit", residual=14.0),
        Notice.of("photo_dark"),
    ]
    codes = [notice.code for notice in merged_notices(notices)]
    assert codes == ["mesh_misfit", "eyes_closed", "effect_limited", "photo_dark", "coupled_effect"]


@pytest.mark.parametrize("language", languages())
def test_one_line_is_said_in_every_language_with_the_titles_of_all_effects(language):
    texts = Texts.load(language)
    reason = Reason("ear_covered")
    ears = [
        Notice.of("effect_ear_unseen", effect=f"otoplasty.{side}_ear_setback", reason=reason)
        for side in ("right", "left")
    ]
    [one] = merged_notices(ears)
    said = texts.notice(one)
    for side in ("right", "left"):
        assert texts.effect_label(f"otoplasty.{side}_ear_setback") in said
    assert texts.reason(reason) in said


def test_real_plans_say_each_cause_once_and_nothing_above_97_percent(results):
    for procedure in ("rhinoplasty", "malar_augmentation"):
        result = results["astronaut", procedure, 60]
        said = merged_notices(result.notices)
        assert len({notice.text for notice in said}) == len(said) <= len(result.notices)
        for notice in result.notices:
            if notice.code in ("effect_limited", "effect_gives_way"):
                assert 0 <= notice.params["percent"] <= 97


def test_reasons_in_a_list_are_words_in_a_result() -> None:
    parts = (Reason.of("contour_nose"), Reason.of("contour_lips"))
    written = Notice.of("profile_partly_covered", hidden_parts=parts).to_dict()
    assert written["hidden_parts"] == "nose, lips"
    assert "(nose, lips)" in written["text"]
