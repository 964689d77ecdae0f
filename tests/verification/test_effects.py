"""The picture measured against its plan."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from rendering import canonical_face

from landmarkdiff.arrays import ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.inference.plan_shown import as_applied
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation import Deformation, deform
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.verification import (
    AppliedEffects,
    EffectCheck,
    EffectLimit,
    Registration,
    applied_effects,
    changed_outside,
    check_effects,
    check_plan,
    read_achieved,
    register,
    register_picture,
)

ALL = np.ones(478, np.bool_)
WHOLE = np.ones(478)


def alike(found: Deformation, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of the landmarks (478,) for every effect alike: (e, 478)."""
    return np.repeat(shares[None], len(found.effects), axis=0)


@pytest.fixture(scope="module")
def face() -> FaceLandmarks:
    return canonical_face(yaw=25, pitch=4, roll=3)


def ideal(face: FaceLandmarks, found: Deformation, amount: float = 1.0) -> NDArray[np.float64]:
    """Where a perfect field brings the landmarks."""
    return face.points[:, :2] + amount * face.project(found.displacement)[:, :2]


def exact_registration(shift_px: NDArray[np.float64]) -> Registration:
    """A registration that sees one shift everywhere."""
    flow = np.broadcast_to(shift_px.astype(np.float32), (640, 640, 2)).copy()
    return Registration(flow, np.zeros(2), 1.0)


def checked(
    found: Deformation, face: FaceLandmarks, applied: AppliedEffects, registration: Registration
) -> tuple[EffectCheck, ...]:
    """The checks of a chin plan, read in a registered picture."""
    checks = check_effects(found, applied, [[]], ["pogonion"])
    return read_achieved(checks, found, face, applied, ALL, registration)


@pytest.mark.parametrize("amount", [1.0, 0.5, 0.0])
def test_effects_that_share_landmarks_are_told_apart(amount: float, face: FaceLandmarks) -> None:
    plan = make_plan(
        "rhinoplasty", face, intensity=60, effects={"tip_projection": 2.0, "dorsal_width": "on"}
    )
    found = deform(plan, face)
    given = alike(found, np.full(478, amount))
    applied = applied_effects(found, face, given, ideal(face, found, amount), ALL)
    assert applied.ratios == pytest.approx([amount] * len(plan.effects), abs=1e-6)
    assert applied.factors == pytest.approx([amount] * len(plan.effects), abs=1e-6)


def test_what_one_effect_loses_shows_in_that_effect(face: FaceLandmarks) -> None:
    found = deform(make_plan("rhytidectomy", face, intensity=60), face)
    shares = np.ones(478)
    shares[found.effects[3].landmarks] = 0.5
    landed = face.points[:, :2] + shares[:, None] * face.project(found.displacement)[:, :2]
    applied = applied_effects(found, face, alike(found, shares), landed, ALL)
    assert applied.factors == pytest.approx([1.0, 1.0, 1.0, 0.5], abs=1e-6)
    assert applied.ratios == pytest.approx(applied.factors, abs=1e-6)


def test_an_effect_that_gave_way_leaves_the_others_whole(face: FaceLandmarks) -> None:
    found = deform(make_plan("rhytidectomy", face, intensity=60), face)
    given = alike(found, WHOLE)
    given[1] = 0.7
    moved = np.einsum("en,enk->nk", given, found.parts)
    landed = face.points[:, :2] + face.project(moved)[:, :2]
    applied = applied_effects(found, face, given, landed, ALL)
    assert applied.factors == pytest.approx([1.0, 0.7, 1.0, 1.0], abs=0.02)
    assert applied.ratios == pytest.approx(applied.factors, abs=0.02)


@pytest.mark.parametrize("yaw", [0, 15, 30, 45])
def test_the_visible_share_of_a_forward_move_is_the_sine_of_the_turn(yaw: float) -> None:
    turned = canonical_face(yaw=yaw)
    found = deform(make_plan("mentoplasty", turned, intensity=60), turned)
    applied = applied_effects(found, turned, alike(found, WHOLE), ideal(turned, found), ALL)
    assert applied.visible[0] == pytest.approx(np.sin(np.radians(yaw)), abs=1e-6)


def test_an_effect_of_zero_counts_as_applied(face: FaceLandmarks) -> None:
    found = deform(make_plan("brow_lift", face, intensity=0), face)
    applied = applied_effects(found, face, alike(found, WHOLE), ideal(face, found), ALL)
    assert applied.ratios.tolist() == [1.0, 1.0, 1.0]
    assert (applied.visible > 0.9).all()


def test_reports_say_what_was_not_measured(face: FaceLandmarks) -> None:
    frontal = canonical_face()
    found = deform(make_plan("mentoplasty", frontal, intensity=60), frontal)
    applied = applied_effects(found, frontal, alike(found, WHOLE), ideal(frontal, found), ALL)
    (check,) = checked(found, frontal, applied, exact_registration(np.zeros(2)))
    assert check.achieved is None
    assert check.noise is None
    assert check.reason == "not_visible_in_this_view"
    assert (check.planned, check.applied) == (3.8, pytest.approx(3.8))
    (unchecked,) = check_effects(found, applied, [[EffectLimit("fold", 0.6, "chin")]], ["pogonion"])
    assert unchecked.achieved is None
    assert unchecked.reason == "not_verified"
    assert unchecked.limited_by == ("fold",)
    record = check.to_dict()
    assert record["limited_by"] == []
    assert record["achieved"] is None
    assert set(record) >= {
        "name", "unit", "planned", "applied", "visible", "achieved", "noise", "in_band",
        "limits", "limited_by", "factor",
    }  # fmt: skip


def test_achieved_is_what_the_registered_picture_shows() -> None:
    face = canonical_face(yaw=40)
    found = deform(make_plan("mentoplasty", face, effects={"pogonion": 4.0}), face)
    applied = AppliedEffects(np.ones(1), np.ones(1), np.array([0.64]), np.ones((1, 478)))
    # Every landmark of the chin shifted by 4 mm forward, as this view shows it.
    shift = face.project([0.0, 0.0, 4.0])[:2]
    flow = np.zeros((640, 640, 2), np.float32)
    for index, share in found.effects[0].planned.effect.landmarks.items():
        x, y = face.points[index, :2].round().astype(int)
        flow[y - 1 : y + 2, x - 1 : x + 2] = share * shift
    for amount in (1.0, 0.75):
        registration = Registration(np.float32(amount) * flow, np.zeros(2), 1.0)
        (check,) = checked(found, face, applied, registration)
        assert check.achieved == pytest.approx(amount * 4.0 * 0.64, abs=0.02)
        assert check.noise is not None
        assert 0 < check.noise < 0.3


def test_achieved_is_read_against_what_each_landmark_was_given() -> None:
    face = canonical_face(yaw=40)
    found = deform(make_plan("mentoplasty", face, effects={"pogonion": 4.0}), face)
    carried = found.effects[0].landmarks
    shares = np.ones(478)
    shares[carried[::2]] = 0.0
    step = face.project(found.displacement)[:, :2]
    landed = face.points[:, :2] + shares[:, None] * step
    applied = applied_effects(found, face, alike(found, shares), landed, ALL)
    assert (applied.shares == shares).all()
    assert 0.2 < applied.ratios[0] < 0.8
    flow = np.zeros((640, 640, 2), np.float32)
    for index in carried[1::2]:
        x, y = face.points[index, :2].round().astype(int)
        flow[y - 1 : y + 2, x - 1 : x + 2] = step[index]
    for index in carried[::2]:
        x, y = face.points[index, :2].round().astype(int)
        flow[y - 1 : y + 2, x - 1 : x + 2] = 0.0
    registration = Registration(flow, np.zeros(2), 1.0)
    (check,) = checked(found, face, applied, registration)
    assert check.achieved == pytest.approx(check.applied * check.visible, abs=0.05)


def test_what_is_excluded_is_given_nothing() -> None:
    face = canonical_face()
    flags = ClinicalFlags(bells_palsy=True, bells_palsy_side="left")
    found = deform(make_plan("brow_lift", face, intensity=60), face, flags)
    landed = ideal(face, found)
    applied = applied_effects(found, face, alike(found, WHOLE), landed, ALL)
    assert (applied.shares[:, found.excluded] == 0.0).all()
    assert (applied.shares[:, ~found.excluded] == 1.0).all()
    assert applied.factors == pytest.approx([0.5] * 3, abs=1e-6)
    assert applied.ratios == pytest.approx(applied.factors, abs=1e-6)


def test_a_factor_is_never_more_than_the_whole(face: FaceLandmarks) -> None:
    found = deform(make_plan("rhytidectomy", face, intensity=60), face)
    for seed in range(20):
        shares = np.random.default_rng(seed).choice([0.0, 0.3, 1.0], 478)
        applied = applied_effects(found, face, alike(found, shares), ideal(face, found), ALL)
        assert applied.factors.max() <= 1.0


@pytest.mark.parametrize("shift", [(0.0, 0.0), (1.5, -0.75), (-4.25, 3.0)])
@pytest.mark.parametrize("name", ["grace_hopper", "astronaut"])
def test_a_known_shift_is_registered(
    shift: tuple[float, float], name: str, portraits: dict[str, ImageArray]
) -> None:
    before = portraits[name]
    height, width = before.shape[:2]
    matrix = np.array([[1.0, 0, shift[0]], [0, 1.0, shift[1]]])
    after = cv2.warpAffine(before, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=1)
    found = register(before, after, (150, 60, 180, 180))
    y, x = np.mgrid[80:220:10, 170:310:10]
    seen = found.at(np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float64))
    assert np.abs(np.median(seen, axis=0) - shift).max() < 0.1
    assert np.percentile(np.hypot(*(seen - shift).T), 90) < 0.3


@pytest.mark.parametrize("zoom", [0.3, 4.0])
def test_a_registration_reads_in_photo_pixels_at_any_size(
    zoom: float, astronaut: ImageArray
) -> None:
    before = cv2.resize(astronaut, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    shift = 6.0 * zoom
    matrix = np.array([[1.0, 0, shift], [0, 1.0, 0]])
    size = (before.shape[1], before.shape[0])
    after = cv2.warpAffine(before, matrix, size, flags=cv2.INTER_CUBIC, borderMode=1)
    box = tuple(round(v * zoom) for v in (150, 60, 180, 180))
    found = register(before, after, box)
    y, x = np.mgrid[90:200:10, 190:290:10]
    points = np.stack([x.ravel(), y.ravel()], axis=1) * zoom
    assert np.median(found.at(points)[:, 0]) == pytest.approx(shift, rel=0.03, abs=0.1)


def test_a_box_at_the_corner_is_clipped(astronaut: ImageArray) -> None:
    found = register(astronaut, astronaut, (0, 0, 40, 30))
    assert np.abs(found.at(np.array([[0.0, 0.0], [20.0, 20.0]]))).max() < 0.05


@pytest.mark.parametrize("procedure", ["mentoplasty", "brow_lift"])
def test_a_plan_that_this_view_does_not_show_reads_as_if_it_were_registered(
    procedure: str, pipeline: LandmarkDiffPipeline, prepared_portraits: dict[str, PreparedFace]
) -> None:
    intensity = 60 if procedure == "mentoplasty" else 0  # toward the camera, or nowhere
    made = pipeline.generate(prepared_portraits["astronaut"], procedure, intensity)
    found = register_picture(made.before, made.warp, made.image)
    unread = check_plan(made.source, made.warp)
    seen = (made.warp.deformation, made.source, unread.applied, made.warp.readable)
    assert made.check.effects == read_achieved(unread.effects, *seen, found)


def test_what_is_moved_by_less_than_a_pixel_is_not_denied_and_what_is_not_moved_is(
    pipeline: LandmarkDiffPipeline, prepared_portraits: dict[str, PreparedFace]
) -> None:
    """A base of the nose that each side of a small photo shows by a third of a pixel."""
    off = {"dorsal_hump": "off"}
    made = pipeline.generate(prepared_portraits["astronaut"], "rhinoplasty", 60, effects=off)
    small = made.effect("alar_base_width")
    assert 0.3 < abs(small.applied) / 2 / made.source.scale.mm_per_px < 0.5
    assert all(as_applied(effect) for effect in made.effects)
    unread = check_plan(made.source, made.warp)
    seen = (made.warp.deformation, made.source, unread.applied, made.warp.readable)
    photo = register_picture(made.before, made.warp, made.before)
    denied = [
        check.name for check in read_achieved(unread.effects, *seen, photo) if not as_applied(check)
    ]
    assert {"tip_rotation", "alar_base_width", "tip_width"} == set(denied)


def test_changes_outside_the_mask_are_counted() -> None:
    before = np.zeros((1200, 30, 3), np.uint8)
    after = before.copy()
    mask = np.zeros((1200, 30), np.uint8)
    mask[:, 10:20] = 1
    assert changed_outside(before, after, mask) == 0
    after[:, 12] = 9
    assert changed_outside(before, after, mask) == 0
    after[1100, 5, 2] = 1
    after[3, 29] = 255
    assert changed_outside(before, after, mask) == 2
