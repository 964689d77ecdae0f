"""Drawn heads before and after: the relit picture comes nearer to the head that has moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
import pytest
from head_portraits import SKINS, Look, portrait

from landmarkdiff.arrays import ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.head import HeadCamera, HeadModel, HeadSurface, head_model
from landmarkdiff.landmarks.detector import LandmarkDetector
from landmarkdiff.landmarks.face import Scale
from landmarkdiff.light import light_of_plan, lit, photo_light
from landmarkdiff.manipulation.on_head import HeadPlan
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.shading import ShadingRecord, linear_light
from landmarkdiff.manipulation.warp import WarpedPlan, warp_plan
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.runtime.clock import StageClock

SIZE, PX = (560, 480), 2.4
CAMERA = HeadCamera.turned(0.0, px_per_mm=PX, shift=(SIZE[1] / 2, SIZE[0] * 0.42))
LIGHT = (0.75, 0.25, 0.6)
LOOKS = {
    "fair": Look(SKINS[0], light=LIGHT, ambient=0.3, shine=0.0, noise=0.0, power=None),
    "dark": Look(SKINS[5], light=LIGHT, ambient=0.3, shine=0.0, noise=0.0, power=None),
    "dark, glossy": Look(
        SKINS[5],
        light=(-0.15, 0.8, 0.6),
        ambient=0.35,
        shine=0.12,
        sharpness=16.0,
        noise=0.0,
        power=None,
    ),
}


@pytest.fixture(scope="module")
def model() -> HeadModel:
    return head_model()


@pytest.fixture(scope="module")
def truth(model: HeadModel) -> HeadSurface:
    shares = np.random.default_rng(5).normal(0.0, 1.0, len(model.identity_names))
    return model.surface(shares)


def prepared_of(picture: ImageArray, detector: LandmarkDetector) -> PreparedFace:
    face = detector.extract(picture, passes=4).with_scale(Scale(1.0 / PX, 0.02, "ruler"))
    return PreparedFace(picture, face)


def warped(prepared: PreparedFace, plan: SurgicalPlan) -> WarpedPlan:
    return warp_plan(prepared, plan, ClinicalFlags(), clock=StageClock(), pause=lambda: None)


def hump(prepared: PreparedFace) -> SurgicalPlan:
    effects = {"dorsal_hump": -3.0}
    return make_plan("rhinoplasty", prepared.landmarks, intensity=0, effects=effects)


@dataclass(frozen=True)
class Comparison:
    """Mean differences from the drawing after, of the warp and of the relit picture."""

    warp: float
    relit: float
    record: ShadingRecord


@pytest.fixture(scope="module")
def without_hump(
    model: HeadModel, truth: HeadSurface, detector: LandmarkDetector
) -> Callable[[str], Comparison]:
    @cache
    def compared(name: str) -> Comparison:
        look = LOOKS[name]
        prepared = prepared_of(portrait(model, truth, CAMERA, look, SIZE), detector)
        plan = hump(prepared)
        moved = truth.moved(HeadPlan(truth, plan).displacement())
        after = portrait(model, moved, CAMERA, look, SIZE).astype(np.float32)
        plain = warped(prepared, plan)
        relit = lit(prepared, plain)
        inside = plain.mask.full() > 0
        off = [
            float(np.abs(cv2.GaussianBlur(each.warped - after, (0, 0), 2.0))[inside].mean())
            for each in (plain, relit)
        ]
        assert relit.shading is not None
        assert relit.shading.record is not None
        return Comparison(*off, relit.shading.record)

    return compared


@pytest.mark.parametrize("name", LOOKS)
def test_a_hump_that_goes_is_nearer_to_the_truth(
    name: str, without_hump: Callable[[str], Comparison]
) -> None:
    found = without_hump(name)
    assert found.relit < 0.75 * found.warp, found
    assert found.record.light_fit > 0.85
    assert found.record.glossy == (LOOKS[name].shine > 0)


def test_dark_skin_gains_as_much_as_fair(without_hump: Callable[[str], Comparison]) -> None:
    """In a light that is coded as it is read, what the warp leaves goes by the same share."""
    gains = [1.0 - found.relit / found.warp for found in map(without_hump, ("fair", "dark"))]
    assert abs(gains[1] - gains[0]) < 0.1 * gains[0], gains


def test_a_highlight_grows_as_that_of_the_surface(
    model: HeadModel, truth: HeadSurface, detector: LandmarkDetector
) -> None:
    """The light that shines from a cheek, with an implant over without: drawn and true."""
    look = LOOKS["dark, glossy"]
    picture = portrait(model, truth, CAMERA, look, SIZE)
    prepared = prepared_of(picture, detector)
    plan = make_plan("malar_augmentation", prepared.landmarks, intensity=100)
    moved = truth.moved(HeadPlan(truth, plan).displacement())
    plain = warped(prepared, plan)
    inside = plain.mask.full() > 0
    matt = replace(look, shine=0.0)
    true = []
    for surface in (truth, moved):
        pair = (portrait(model, surface, CAMERA, each, SIZE) for each in (look, matt))
        shone, dull = (linear_light()[each][inside].sum(dtype=np.float64) for each in pair)
        true.append(shone - dull)
    light = light_of_plan(prepared, plan, ClinicalFlags(), plain.mask)
    assert light is not None
    gloss = light.light.fit.gloss
    assert gloss is not None
    relit = lit(prepared, plain)
    assert relit.shading is not None
    shown = gloss.at(light.normals) * light.shine * plain.mask.share.ravel()[light.nodes]
    drawn = float(relit.shading.gloss.sum() / shown.sum())
    assert true[1] / true[0] - 1.0 > 0.2
    assert abs(drawn - (true[1] / true[0] - 1.0)) < 0.25, (drawn, true)
    # Where next to no gloss is seen, none is expected; where it is, the skin shines.
    strength = gloss.at(light.normals) / gloss.strength
    assert light.shine[strength < 0.01].mean() < 0.1
    assert light.shine[strength > 0.5].mean() > 0.3


def test_flat_light_shows_little(
    model: HeadModel, truth: HeadSurface, detector: LandmarkDetector
) -> None:
    strong = LOOKS["fair"]
    flat = replace(strong, light=(0.0, 0.0, 1.0), ambient=0.95)
    change = []
    for look in (strong, flat):
        prepared = prepared_of(portrait(model, truth, CAMERA, look, SIZE), detector)
        relit = lit(prepared, warped(prepared, hump(prepared)))
        assert relit.shading is not None
        assert relit.shading.record is not None
        change.append(relit.shading.record.predicted_change)
    assert change[1] < 0.3 * change[0]


def test_a_cast_shadow_is_left_alone(
    model: HeadModel, truth: HeadSurface, detector: LandmarkDetector
) -> None:
    picture = portrait(model, truth, CAMERA, LOOKS["fair"], SIZE)
    prepared = prepared_of(picture, detector)
    tip = prepared.landmarks.points[5, :2]
    shadow = np.zeros(picture.shape[:2], np.float32)
    cv2.circle(shadow, np.rint(tip).astype(int).tolist(), round(9 * PX), 1.0, -1)
    shadow = cv2.GaussianBlur(shadow, (0, 0), 2.0)[..., None]
    dark = PreparedFace((picture * (1.0 - 0.6 * shadow)).astype(np.uint8), prepared.landmarks)
    records = []
    for face in (prepared, dark):
        found = photo_light(face)
        assert found is not None
        records.append(float(found.trusted.at(tip[None])[0]))
    assert records[0] > 0.9
    assert records[1] < 0.2


def test_a_chin_that_is_shortened_has_no_bright_edge(
    model: HeadModel, truth: HeadSurface, detector: LandmarkDetector
) -> None:
    """Its lower side turns toward the camera by less than that of a longer one turns away."""
    look = LOOKS["fair"]
    prepared = prepared_of(portrait(model, truth, CAMERA, look, SIZE), detector)
    effects = {"chin_height": -4.0}
    plan = make_plan("mentoplasty", prepared.landmarks, intensity=0, effects=effects)
    moved = truth.moved(HeadPlan(truth, plan).displacement())
    after = portrait(model, moved, CAMERA, look, SIZE).astype(np.float32)
    plain = warped(prepared, plan)
    relit = lit(prepared, plain)
    inside = plain.mask.full() > 0
    off = [
        float(np.abs(cv2.GaussianBlur(each.warped - after, (0, 0), 2.0))[inside].mean())
        for each in (plain, relit)
    ]
    assert off[1] < 0.95 * off[0], off
    assert relit.shading is not None
    assert relit.shading.factor.max() < 1.5


def test_a_jaw_that_is_set_back_has_no_bright_rim(
    model: HeadModel, truth: HeadSurface, detector: LandmarkDetector
) -> None:
    """The skin below its border goes along, so that the border turns to the camera no more."""
    prepared = prepared_of(portrait(model, truth, CAMERA, LOOKS["fair"], SIZE), detector)
    face = prepared.landmarks
    plan = make_plan("orthognathic", face, intensity=0, effects={"mandible": -6.7})
    relit = lit(prepared, warped(prepared, plan))
    assert relit.shading is not None
    chin = face.points[[148, 152, 377], :2]
    above = np.linspace(chin, chin - (0.0, 4.0 * PX), 9).reshape(-1, 2)
    factor = relit.shading.grid.sample(relit.shading.factor, above)
    assert factor.max() < 1.1


def test_effects_in_depth_add_up(
    model: HeadModel, truth: HeadSurface, detector: LandmarkDetector
) -> None:
    """The normals of two depth effects together are those of the surface that both have moved."""
    prepared = prepared_of(portrait(model, truth, CAMERA, LOOKS["fair"], SIZE), detector)
    effects = {"dorsal_hump": -3.0, "tip_projection": 2.0}
    plan = make_plan("rhinoplasty", prepared.landmarks, intensity=0, effects=effects)
    plain = warped(prepared, plan)
    light = light_of_plan(prepared, plan, ClinicalFlags(), plain.mask)
    assert light is not None
    values = {item.key: item.value for item in plan.effects if item.value}
    both = light.changed(values)
    single = [light.changed({key: value}) for key, value in values.items()]
    assert np.abs(both).max() > 0.1
    assert np.abs(both[:, :3] - sum(single)[:, :3]).max() < 0.1  # type: ignore[index]
    assert np.abs(light.changed({})).max() < 1e-9
