"""Ears of a drawn head: found, set back in its photo, measured again; and why one is not."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from head_portraits import SKINS, Look, portrait

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.head import HeadCamera, HeadSurface, head_model
from landmarkdiff.head.raster import rasterize
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.inference.kinds import kind_of
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.manipulation.contour_layers import ContourLayers
from landmarkdiff.manipulation.ears import ears_in_photo
from landmarkdiff.manipulation.ears.outline import SkinColour
from landmarkdiff.manipulation.ears.picture import explained
from landmarkdiff.manipulation.on_head import HeadPlan
from landmarkdiff.manipulation.on_head.ears import EarMotion
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.verification.ears import measure_ear

SIZE, PX = (600, 540), 2.5
WALL = (150, 160, 170)
CAMERA = HeadCamera.turned(0.0, px_per_mm=PX, shift=(SIZE[1] / 2, SIZE[0] * 0.42))
LOOK = Look(SKINS[2], light=(-0.3, 0.4, 0.8), ambient=0.45, background=WALL, hairy=False)
#: The mesh ends so near to the root of an ear, pixels.
ROOM = 6
#: Two set-backs that differ, mm.
PLANNED = {"right_ear_setback": -6.0, "left_ear_setback": -9.0}


def protruding() -> HeadSurface:
    """The average head with ears that stand out by 25 degrees more."""
    model = head_model()
    surface = model.surface()
    for ear in ("right_ear", "left_ear"):
        surface = surface.moved(EarMotion(surface, model.landmarks, ear, 14.0).turned(-25.0))
    return surface


def drawn(surface: HeadSurface, look: Look = LOOK, camera: HeadCamera = CAMERA) -> ImageArray:
    return portrait(head_model(), surface, camera, look, SIZE)


def prepared_of(pipeline: LandmarkDiffPipeline, photo: ImageArray) -> PreparedFace:
    return pipeline.prepare(photo, passes=2, mm_per_px=1.0 / PX)


@pytest.fixture(scope="module")
def prepared(pipeline: LandmarkDiffPipeline) -> PreparedFace:
    return prepared_of(pipeline, drawn(protruding()))


@pytest.fixture(scope="module")
def result(pipeline: LandmarkDiffPipeline, prepared: PreparedFace) -> Prediction:
    plan = make_plan("otoplasty", prepared.landmarks, intensity=0, effects=PLANNED)
    return pipeline.generate(prepared, plan=plan)


def border() -> FloatArray:
    """The true border of the drawn head, (n, 2) pixels."""
    surface, fine = protruding(), 3
    seen = CAMERA.project(surface.vertices)
    places = seen[:, :2] * fine + (fine - 1) / 2
    height, width = SIZE[0] * fine, SIZE[1] * fine
    shown = rasterize(places, seen[:, 2], surface.topology.triangles, height, width).covered
    lines, _ = cv2.findContours(shown.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    longest = max(lines, key=len)[:, 0].astype(np.float64)
    return (longest - (fine - 1) / 2) / fine


def test_the_outline_lies_on_the_ear(prepared: PreparedFace) -> None:
    truth = border()
    for side, finding in ears_in_photo(prepared).items():
        ear = finding.ear
        assert ear is not None, (side, finding.cause)
        away = np.hypot(*(ear.points[:, None] - truth).transpose(2, 0, 1)).min(axis=1) / PX
        assert np.median(away) < 0.25
        assert np.quantile(away, 0.9) < 0.8
        assert ear.spread_mm < 0.3
        assert (ear.lateral[0] < 0) == (side == "right")  # the patient's right is on the left


def test_each_ear_is_set_back_by_its_own_value(result: Prediction) -> None:
    for name, value in PLANNED.items():
        check = result.effect(name)
        assert check.reason is None
        assert check.planned == value
        assert check.achieved is not None
        assert check.achieved == pytest.approx(check.applied * check.visible, rel=0.08)
        assert check.applied == pytest.approx(value, rel=0.12)
        assert check.visible > 0.6
    assert result.outside_mask_changed_pixels == 0
    assert result.min_jacobian > 0.25


def test_the_face_stays_and_the_wall_appears(prepared: PreparedFace, result: Prediction) -> None:
    hull = cv2.convexHull(prepared.landmarks.points[:, :2].round().astype(np.int32))
    face = cv2.fillConvexPoly(np.zeros(SIZE, np.uint8), hull, 1)
    face = cv2.erode(face, np.ones((2 * ROOM + 1, 2 * ROOM + 1), np.uint8)) > 0
    assert np.array_equal(result.image[face], prepared.image[face])
    for setback in result.warp.ears.setbacks:
        ear = setback.ear
        middle = int(ear.widths.argmax())
        place = ear.points[middle] - 0.2 * ear.width_px * ear.lateral
        column, row = place.round().astype(int)
        before = prepared.image[row, column].astype(int)
        after = result.image[row, column].astype(int)
        assert np.abs(after - WALL).max() < 12, ear.side
        assert np.abs(before - WALL).max() > 25, ear.side


def test_nothing_planned_changes_nothing(
    pipeline: LandmarkDiffPipeline, prepared: PreparedFace, result: Prediction
) -> None:
    still = pipeline.generate(prepared, "otoplasty", 0)
    assert np.array_equal(still.image, prepared.image)
    one = {"right_ear_setback": -6.0, "left_ear_setback": 0.0}
    plan = make_plan("otoplasty", prepared.landmarks, intensity=0, effects=one)
    image = pipeline.generate(prepared, plan=plan, verify=False).image
    middle = SIZE[1] // 2
    assert np.array_equal(image[:, middle:], prepared.image[:, middle:])
    assert not np.array_equal(image, prepared.image)
    only = make_plan("otoplasty", prepared.landmarks, intensity=60, side="right")
    moved = pipeline.generate(prepared, plan=only, verify=False).image
    assert np.array_equal(moved[:, middle:], prepared.image[:, middle:])


def test_a_picture_without_the_set_back_is_seen_to_lack_it(
    prepared: PreparedFace, result: Prediction
) -> None:
    for setback in result.warp.ears.setbacks:
        landed = result.warp.fitted.field.forward(setback.ear.points)
        missing = measure_ear(prepared.image, prepared.image, setback.ear, landed)
        assert abs(missing.share[0]) < 0.03
        found = measure_ear(prepared.image, result.image, setback.ear, landed)
        assert found.share[0] == pytest.approx(1.0, abs=0.08)


def test_the_silhouette_moves_as_that_of_the_head_does(
    prepared: PreparedFace, result: Prediction
) -> None:
    surface = protruding()
    after = drawn(surface.moved(HeadPlan(surface, result.plan).displacement()))
    for setback in result.warp.ears.setbacks:
        landed = result.warp.fitted.field.forward(setback.ear.points)
        ours = measure_ear(prepared.image, result.image, setback.ear, landed).found
        true = measure_ear(prepared.image, after, setback.ear, landed).found
        assert np.median(ours) == pytest.approx(np.median(true), rel=0.25)


def test_the_browser_fits_the_same_warp(prepared: PreparedFace, result: Prediction) -> None:
    live = kind_of(prepared).live_model(result.plan, ClinicalFlags())
    fitted = live.fit({item.key: item.value for item in result.plan.effects})
    ours = result.displacement_field.displacement
    assert np.abs(fitted.field.displacement - ours).max() < 0.05
    assert np.abs(ours).max() > 5.0


def test_beside_the_nose_nothing_changes_for_the_ears(
    pipeline: LandmarkDiffPipeline, prepared: PreparedFace, result: Prediction
) -> None:
    plan = make_plan(
        ["rhinoplasty", "otoplasty"],
        prepared.landmarks,
        intensity={"rhinoplasty": 60, "otoplasty": 0},
        effects=PLANNED,
    )
    both = pipeline.generate(prepared, plan=plan)
    for name in PLANNED:
        alone, beside = result.effect(name), both.effect(f"otoplasty.{name}")
        assert beside.achieved == pytest.approx(alone.achieved, abs=0.3)
    assert both.shading is not None
    assert both.shading.by_effect["rhinoplasty.tip_rotation"] > 0


def test_an_ear_under_hair_stays(pipeline: LandmarkDiffPipeline) -> None:
    photo = drawn(protruding(), replace(LOOK, hairy=True))
    hidden = prepared_of(pipeline, photo)
    result = pipeline.generate(hidden, "otoplasty", 60)
    assert np.array_equal(result.image, photo)
    for check in result.effects:
        assert (check.reason, check.applied, check.achieved) == ("ear_covered", 0.0, None)
    told = [notice for notice in result.notices if notice.code == "effect_ear_unseen"]
    assert [notice.params["reason"].code for notice in told] == ["ear_covered"] * 2


def test_an_ear_before_strands_of_hair_stays(
    pipeline: LandmarkDiffPipeline, prepared: PreparedFace
) -> None:
    ear = ears_in_photo(prepared)["right"].ear
    assert ear is not None
    photo = np.array(prepared.image)
    half = len(ear.points) // 2
    for start in ear.points[half::6]:  # from the lower half of the outline away, a pixel beside it
        first = start + 3.0 * ear.lateral
        last = first + 8.0 * PX * ear.lateral + (0.0, 4.0 * PX)
        ends = np.rint(np.stack([first, last]) * 16).astype(np.int32)
        cv2.polylines(photo, [ends], False, (40, 32, 28), 1, cv2.LINE_AA, 4)
    found = ears_in_photo(prepared_of(pipeline, photo))
    assert found["right"].cause == "ear_before_hair"
    assert found["left"].ear is not None


def test_what_the_layers_miss_is_left_to_the_plain_warp() -> None:
    """Beside hair they miss a line by many levels; a clear edge by few."""
    flat = np.zeros((60, 80, 3), np.float32)
    edge = flat.copy()
    edge[:, 20], edge[:, 60] = -150.0, 15.0
    share = explained(ContourLayers((0, 0), flat, flat, flat[..., 0], edge, flat), PX)
    assert share[:, 17:24].max() < 0.05
    assert share[:, 40:].min() > 0.99


def test_an_ear_beyond_the_border_stays(
    pipeline: LandmarkDiffPipeline, prepared: PreparedFace
) -> None:
    ear = ears_in_photo(prepared)["left"].ear
    assert ear is not None
    end = int(ear.points[:, 0].max() - 0.5 * ear.width_px)
    cut = prepared_of(pipeline, np.ascontiguousarray(prepared.image[:, :end]))
    found = ears_in_photo(cut)
    assert found["left"].cause == "ear_cut"
    assert found["right"].ear is not None


def test_the_far_ear_of_a_turned_head_stays(pipeline: LandmarkDiffPipeline) -> None:
    camera = HeadCamera.turned(-25.0, px_per_mm=PX, shift=(SIZE[1] * 0.4, SIZE[0] * 0.42))
    found = ears_in_photo(prepared_of(pipeline, drawn(protruding(), LOOK, camera)))
    assert found["right"].cause == "ear_turned_away"
    assert found["left"].ear is not None


@pytest.mark.parametrize(
    ("name", "colour", "like"),
    [
        ("the skin itself", (60.0, 12.0, 16.0), True),
        ("in its shadow", (34.0, 8.0, 10.0), True),
        ("in the light", (78.0, 9.0, 13.0), True),
        ("black hair", (12.0, 1.0, 2.0), False),
        ("fair hair", (62.0, 2.0, 24.0), False),
        ("a white wall", (88.0, -1.0, 1.0), False),
        ("a blue wall", (50.0, -5.0, -18.0), False),
    ],
)
def test_what_is_like_skin(name: str, colour: tuple[float, float, float], like: bool) -> None:
    skin = SkinColour(np.array([60.0, 12.0, 16.0]))
    found = float(skin.likeness(np.array(colour)))
    assert (found > 0.5) == like, name
