"""Drawn heads from the side: relit pictures are nearer to the moved head than the warp, or stay."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from head_portraits import SKINS, Look, portrait
from other_heads import other_head

from landmarkdiff.arrays import ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.head import HeadCamera, HeadSurface, head_model
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.inference.kinds import kind_of
from landmarkdiff.light import light_of_effects, lit, photo_light
from landmarkdiff.manipulation.on_head import HeadPlan
from landmarkdiff.manipulation.on_profile import PreparedProfile, prepare_profile, warp_profile
from landmarkdiff.manipulation.warp import WarpedPlan
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.profile import Cover, find_profile
from landmarkdiff.runtime.clock import StageClock

SIZE, PX = (620, 560), 2.1
CAMERA = HeadCamera.turned(
    -86.0, 2.0, 3.0, px_per_mm=PX, shift=(SIZE[1] * 0.4, SIZE[0] * 0.42), distance_mm=2000.0
)
ABOVE, BEHIND = (-0.3, 0.5, 0.8), (0.8, 0.3, 0.4)


@cache
def patient(kind: str) -> HeadSurface:
    if kind == "other":
        return other_head(1, 0.6)
    model = head_model()
    return model.surface(0.7 * np.random.default_rng(500).normal(size=len(model.identity_names)))


def drawn(
    kind: str, moved: HeadSurface | None, skin: int, light: tuple[float, float, float]
) -> ImageArray:
    look = Look(SKINS[skin], light=light, ambient=0.3, shine=0.0, noise=0.5, hairy=False)
    return portrait(head_model(), moved or patient(kind), CAMERA, look, SIZE)


@cache
def prepared_of(kind: str, skin: int, light: tuple[float, float, float]) -> PreparedProfile:
    picture = drawn(kind, None, skin, light)
    return prepare_profile(picture, find_profile(picture), mm_per_px=1.0 / PX)


def warped(prepared: PreparedProfile, plan: SurgicalPlan) -> WarpedPlan:
    return warp_profile(prepared, plan, ClinicalFlags(), clock=StageClock(), pause=lambda: None)


def off(picture: ImageArray, truth: ImageArray, warp: WarpedPlan) -> float:
    """Mean difference of two smoothed pictures within the mask, levels."""
    away = cv2.GaussianBlur(picture - truth.astype(np.float32), (0, 0), 2.0)
    return float(np.abs(away)[warp.mask.full() > 0].mean())


@pytest.mark.parametrize(
    ("kind", "skin", "procedure"),
    [("own", 0, "mentoplasty"), ("own", 5, "malar_augmentation"), ("other", 0, "mentoplasty")],
)
def test_a_relit_profile_is_nearer_to_the_truth(kind: str, skin: int, procedure: str) -> None:
    prepared = prepared_of(kind, skin, ABOVE)
    plan = make_plan(procedure, prepared.landmarks, intensity=100)
    moved = patient(kind).moved(HeadPlan(patient(kind), plan).displacement())
    truth = drawn(kind, moved, skin, ABOVE)
    plain = warped(prepared, plan)
    relit = lit(prepared, plain)
    assert off(relit.warped, truth, plain) < 0.7 * off(plain.warped, truth, plain)
    assert relit.shading is not None
    record = relit.shading.record
    assert record is not None
    assert record.source == "head"
    assert record.agreement is not None
    assert record.agreement > 0.5
    outside = plain.mask.full() == 0
    assert np.array_equal(relit.warped[outside], prepared.image[outside])


def test_where_the_fit_does_not_hold_the_light_stays_and_that_is_said(
    pipeline: LandmarkDiffPipeline,
) -> None:
    """From behind, the chin lies in the shade of the face itself, which harmonics cannot follow."""
    prepared = prepared_of("own", 0, BEHIND)
    result = pipeline.generate(prepared, "mentoplasty", 100, verify=False)
    assert result.shading is not None
    assert result.shading.left_alone > 0.95
    assert "light_unsure" in [notice.code for notice in result.notices]
    plain = pipeline.generate(prepared, "mentoplasty", 100, verify=False, light=False)
    assert np.abs(result.image.astype(int) - plain.image).max() <= 3
    assert plain.shading is None


def test_light_off_and_a_plan_of_nothing_leave_the_light(pipeline: LandmarkDiffPipeline) -> None:
    prepared = prepared_of("own", 0, ABOVE)
    nothing = pipeline.generate(prepared, "mentoplasty", 0, verify=False)
    assert np.array_equal(nothing.image, prepared.image)
    plan = make_plan("mentoplasty", prepared.landmarks, intensity=100)
    dark = pipeline.generate(prepared, plan=plan, light=False)
    assert np.array_equal(dark.image, warped(prepared, plan).warped)
    light = pipeline.generate(prepared, plan=plan)
    assert not np.array_equal(light.image, dark.image)
    assert light.to_dict()["shading"]["agreement"] > 0.5
    # What the light changes is no moved contour.
    read, without = (each.effect("pogonion").achieved for each in (light, dark))
    assert without == pytest.approx(dark.effect("pogonion").applied, abs=0.5)
    assert read == pytest.approx(without, abs=0.02)


def test_the_live_model_carries_the_same_light() -> None:
    prepared = prepared_of("own", 0, ABOVE)
    plan = make_plan("mentoplasty", prepared.landmarks, intensity=100)
    found = light_of_effects(prepared, plan, ClinicalFlags())
    assert found is not None
    kind = kind_of(prepared)
    model = kind.live_model(plan, ClinicalFlags())
    assert model.light is not None
    weight = model.light.arrays["light_weight"].astype(float) / 255
    assert weight == pytest.approx(found.weight, abs=1e-6)
    assert kind.live_model(plan, ClinicalFlags(), light=False).light is None


def test_skin_beside_what_covers_the_contour_tells_nothing_of_the_light() -> None:
    prepared = prepared_of("own", 0, ABOVE)
    contour = prepared.contour
    chin = prepared.camera.project(np.array(prepared.head.points["pogonion"].place))[:2]
    middle = int(np.hypot(*(contour.points - chin).T).argmin())
    hand = Cover("hand", middle - 20, middle + 20)
    covered = replace(prepared, contour=replace(contour, covers=(hand,)), _found={})
    away = []
    for photo in (prepared, covered):
        light = photo_light(photo)
        assert light is not None
        assert light.seen is not None
        apart = light.seen.places - contour.points[middle]
        away.append(float(np.hypot(*apart.T).min()) / PX)
    assert away[0] < 6.0  # mm
    assert away[1] > 7.0
