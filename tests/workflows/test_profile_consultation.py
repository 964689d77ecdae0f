"""A profile in the app's consultation: the picture that follows the sliders."""

from __future__ import annotations

import numpy as np
import pytest
from head_portraits import SKINS, Look, portrait
from profile_photos import PX_PER_MM, SIZE, patient, photo

from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.model import head_model
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.manipulation.on_profile import PreparedProfile, profile_motion
from landmarkdiff.photo import Photo
from landmarkdiff.workflows.consultation import Consultation
from landmarkdiff.workflows.request_parser import read_request
from landmarkdiff.workflows.settings import ConsultationSettings
from landmarkdiff.workflows.view_reading import read_views


@pytest.fixture(scope="module")
def consultation() -> Consultation:
    settings = ConsultationSettings(procedures=("rhinoplasty",))
    return Consultation(LandmarkDiffPipeline().load(), Photo(photo(), "profile", "PNG"), settings)


def test_the_live_model_is_that_of_the_warp(consultation: Consultation) -> None:
    settings = consultation.settings
    live, outline = consultation.live_model(settings)
    assert {effect.key for effect in live.effects} <= {effect.key for effect in outline}
    prediction = consultation.simulate(settings, verify=False)
    values = {item.key: item.value for item in prediction.plan.effects}
    fitted = live.fit(values)
    prepared = prediction.prepared
    assert isinstance(prepared, PreparedProfile)
    motion = profile_motion(prepared, prediction.plan, prediction.flags)
    places = motion.shown.contour
    own = prediction.displacement_field.forward(places)
    assert np.abs(fitted.field.forward(places) - own).max() < 0.25  # pixels


def test_a_nudge_keeps_a_profile_a_profile(consultation: Consultation) -> None:
    nudged = consultation.settings.model_copy(update={"nudges": {1: (2.0, 0.0)}})
    found = consultation.prepared(nudged)
    assert isinstance(found, PreparedProfile)
    assert found.landmarks.pose == consultation.prepared(consultation.settings).landmarks.pose
    assert found.landmarks.scale.source == "average_head"
    assert isinstance(
        consultation.prepared(consultation.settings.model_copy(update={"glasses": "no"})),
        PreparedProfile,
    )


def test_a_profile_has_the_scale_of_the_frontal_photo(consultation: Consultation) -> None:
    straight = HeadCamera.turned(0.0, px_per_mm=3.2, shift=(SIZE[1] / 2, SIZE[0] * 0.45))
    frontal = portrait(head_model(), patient(), straight, Look(skin=SKINS[1]), SIZE)
    photos = [Photo(frontal, "front", "PNG"), Photo(photo(), "side", "PNG")]
    request = read_request(passes=2, ipd_mm=63.0)
    front, side = read_views(consultation.pipeline, photos, request, look=False)
    assert front.prepared is not None
    assert side.prepared is not None
    assert front.prepared.landmarks.scale.source == "interpupillary_distance"
    scale = side.prepared.landmarks.scale
    assert scale.source == "head"
    assert scale.mm_per_px == pytest.approx(1 / PX_PER_MM, rel=0.08)
