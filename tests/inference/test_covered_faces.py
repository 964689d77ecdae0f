"""A plan on a face that something lies on, or whose eyes are closed: nothing there is achieved."""

from __future__ import annotations

import cv2
import drawn_covers as drawn
import numpy as np
import pytest

from landmarkdiff.verification.hindrances import HINDRANCES


def reasons(result):
    return {check.name: check.reason for check in result.effects}


def codes(result):
    return {notice.code for notice in result.notices}


@pytest.fixture(scope="module")
def face(prepared_portraits):
    return prepared_portraits["astronaut"].landmarks


def test_a_ruler_on_the_lip_stays_straight_and_is_said(pipeline, astronaut, face):
    photo = drawn.ruler(astronaut, face)
    result = pipeline.generate(photo, "lip_lift", 100)
    assert reasons(result)["lip_length"] == "covered"
    length = result.effect("lip_length")
    assert length.achieved is None
    assert length.noise is None
    assert abs(length.applied) < 0.05
    assert "cover" in length.limited_by
    covered = {n.params["effect"]: n.params["zone"] for n in result.notices if "zone" in n.params}
    assert covered["lip_length"] == "upper_lip"
    # The ruler itself: not a pixel of its white changes.
    white = (photo.min(axis=2) > 225) & (np.abs(photo.astype(int) - astronaut).max(axis=2) > 40)
    assert white.sum() > 200
    assert (result.image[white] == photo[white]).mean() > 0.99
    # What the ruler keeps is not counted as shown, and is the reason that is given.
    assert result.shown.share < 0.5
    assert "covers the skin" in result.shown.notice.text
    assert result.to_dict()["shown"]["text"] == result.shown.notice.text


def test_a_splint_on_the_nose_does_not_bend(pipeline, astronaut, face):
    photo = drawn.metal_splint(astronaut, face)
    result = pipeline.generate(photo, "rhinoplasty", 100)
    for name in ("tip_rotation", "dorsal_hump", "tip_width"):
        assert reasons(result)[name] == "covered"
        # A fortieth at most: the skin beside the splint moves a little.
        assert abs(result.effect(name).applied) < 0.025 * abs(result.effect(name).planned)
    assert result.check.front.still
    assert set(result.check.front.areas_mm2) == {"thing"}
    assert "glasses_worn" not in codes(result)
    for check in result.effects:
        assert check.reason == "covered" or check.factor >= 0.3
    assert {n.params.get("zone") for n in result.notices if n.code == "effect_covered"} == {"nose"}


@pytest.mark.parametrize("hide", [drawn.mosaic, drawn.blurred_eyes, drawn.black_bar])
def test_lid_effects_on_hidden_eyes_are_not_measured(pipeline, astronaut, face, hide):
    result = pipeline.generate(hide(astronaut, face), "blepharoplasty", 60)
    assert set(reasons(result).values()) == {"eye_hidden"}
    assert all(check.achieved is None for check in result.effects)
    assert "effect_eye_hidden" in codes(result)


def test_lid_effects_on_closed_eyes_are_not_measured(pipeline, astronaut):
    large = cv2.resize(astronaut[:330, 100:430], None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    opened = pipeline.prepare(large).landmarks
    photo = drawn.closed_lids(large, opened)
    lids = pipeline.generate(photo, "blepharoplasty", 60)
    assert set(reasons(lids).values()) == {"lids_closed"}
    assert {"eyes_closed", "effect_eye_closed"} <= codes(lids)
    assert abs(lids.effect("mrd1").applied) < 0.1
    # The nose of the same photo is measured; that the eyes are closed is said all the same.
    nose = pipeline.generate(photo, "rhinoplasty", 60)
    assert "eyes_closed" in codes(nose)
    assert not set(reasons(nose).values()) & set(HINDRANCES)


def test_an_effect_beside_a_cover_is_measured_as_before(pipeline, astronaut, face):
    photo = drawn.chin_patch(astronaut, face)
    result = pipeline.generate(photo, "brow_lift", 60)
    assert all(check.reason is None for check in result.effects)
    assert all(check.factor > 0.99 for check in result.effects)
    assert "cover" not in {cause for check in result.effects for cause in check.limited_by}


def test_the_record_says_why_nothing_was_measured(pipeline, astronaut, face):
    record = pipeline.generate(drawn.ruler(astronaut, face), "lip_lift", 60).to_dict()
    length = next(item for item in record["effects"] if item["name"] == "lip_length")
    assert length["reason"] == "covered"
    assert length["achieved"] is None
    sentence = next(w for w in record["warnings"] if w["code"] == "effect_covered")["text"]
    assert "covered" in sentence


def test_the_surgeon_says_whether_glasses_are_worn(pipeline, grace_hopper, astronaut):
    """By default the frame that the photo shows stays still; the surgeon's word stands above it."""
    seen = pipeline.generate(grace_hopper, "blepharoplasty", 60, verify=False)
    denied = pipeline.generate(grace_hopper, "blepharoplasty", 60, glasses="no", verify=False)
    said = pipeline.generate(astronaut, "blepharoplasty", 60, glasses="yes", verify=False)
    assert [thing.what for thing in seen.warp.front.things] == ["spectacles"]
    assert "glasses_worn" in codes(seen)
    assert denied.warp.front is None
    assert "glasses_worn" not in codes(denied)
    assert denied.effect("lateral_hood").factor > seen.effect("lateral_hood").factor
    assert [thing.what for thing in said.warp.front.things] == ["spectacles"]
