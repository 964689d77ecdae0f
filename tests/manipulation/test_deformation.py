"""Handles and their interpolation; the planned displacement of the mesh."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rendering import canonical_face, enlarged_face, mirrored_face

from landmarkdiff.arrays import FloatArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.errors import DeformationError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.pose import rotation_from
from landmarkdiff.landmarks.topology import sides, topology
from landmarkdiff.manipulation import (
    DeformationHandle,
    apply_procedure_preset,
    deform,
    interpolate_handles,
)
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.procedures.procedure import photo_procedure_names, procedure

IRISES = list(range(468, 478))


@pytest.fixture(scope="module")
def face() -> FaceLandmarks:
    return canonical_face(yaw=4.0, pitch=-3.0, roll=2.0)


@st.composite
def handle_sets(draw: st.DrawFn, equal_radii: bool = False) -> tuple[FloatArray, list[Any]]:
    """A cloud of points and handles on some of them."""
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    points = random.uniform(-60, 60, (draw(st.integers(4, 40)), 3))
    count = draw(st.integers(1, min(8, len(points))))
    radius = draw(st.floats(5, 40))
    chosen = random.choice(len(points), count, replace=False)
    handles = [
        DeformationHandle(
            int(index),
            tuple(float(v) for v in random.normal(0, 3, 3)),
            radius if equal_radii else float(radius * random.uniform(0.5, 1.0)),
        )
        for index in chosen
    ]
    return points, handles


@given(handle_sets(equal_radii=True))
def test_a_handle_moves_its_landmark_exactly(case: tuple[FloatArray, list[Any]]) -> None:
    points, handles = case
    moved = interpolate_handles(points, handles)
    for handle in handles:
        assert tuple(moved[handle.landmark_index]) == handle.displacement


@given(handle_sets(equal_radii=True))
def test_nothing_moves_beyond_the_radius(case: tuple[FloatArray, list[Any]]) -> None:
    points, handles = case
    moved = interpolate_handles(points, handles)
    centres = points[[h.landmark_index for h in handles]]
    distance = np.linalg.norm(points[:, None] - centres, axis=2)
    beyond = (distance >= [h.influence_radius for h in handles]).all(axis=1)
    assert (moved[beyond] == 0.0).all()


@given(handle_sets(equal_radii=True), st.integers(0, 10_000))
def test_turning_and_shifting_the_points_turns_the_displacements(
    case: tuple[FloatArray, list[Any]], seed: int
) -> None:
    points, handles = case
    random = np.random.default_rng(seed)
    rotation = rotation_from(*random.uniform(-80, 80, 3))
    shift = random.uniform(-100, 100, 3)
    turned = [
        DeformationHandle(
            h.landmark_index,
            tuple((rotation @ h.displacement).tolist()),
            h.influence_radius,
        )
        for h in handles
    ]
    expected = interpolate_handles(points, handles) @ rotation.T
    got = interpolate_handles(points @ rotation.T + shift, turned)
    assert np.allclose(got, expected, atol=1e-6)


@given(handle_sets(equal_radii=True), st.floats(-3, 3))
def test_displacements_are_linear_in_the_handles(
    case: tuple[FloatArray, list[Any]], factor: float
) -> None:
    points, handles = case
    scaled = [
        DeformationHandle(
            h.landmark_index, tuple(factor * v for v in h.displacement), h.influence_radius
        )
        for h in handles
    ]
    expected = factor * interpolate_handles(points, handles)
    assert np.allclose(interpolate_handles(points, scaled), expected, atol=1e-9)


def test_equal_handles_side_by_side_do_not_add_up() -> None:
    points = np.array([[x, 0.0, 0.0] for x in np.linspace(-4, 4, 17)])
    handles = [DeformationHandle(index, (0.0, 2.0, 0.0), 20.0) for index in (0, 4, 8, 12, 16)]
    moved = interpolate_handles(points, handles)
    assert moved[:, 1].max() < 2.1
    assert moved[:, 1].min() > 1.9
    assert (moved[:, [0, 2]] == 0.0).all()


def test_influence_falls_with_the_distance() -> None:
    points = np.array([[x, 0.0, 0.0] for x in np.linspace(0, 10, 101)])
    moved = interpolate_handles(points, [DeformationHandle(0, (3.0, 0.0, 0.0), 10.0)])[:, 0]
    assert (np.diff(moved) <= 0).all()
    assert moved[-1] == 0.0
    assert moved[99] < 1e-6


@pytest.mark.parametrize("apart", [0.0, 1e-9])
def test_coincident_handles_are_refused(apart: float) -> None:
    points = np.array([[0.0, 0, 0], [apart, 0, 0], [9.0, 0, 0]])
    handles = [
        DeformationHandle(0, (1.0, 0, 0), 5.0),
        DeformationHandle(1, (0.0, 1.0, 0), 5.0),
    ]
    with pytest.raises(DeformationError, match="landmarks 0 and 1 coincide"):
        interpolate_handles(points, handles)


def test_the_same_landmark_twice_is_refused() -> None:
    handles = [DeformationHandle(1, (1.0, 0, 0), 5.0)] * 2
    with pytest.raises(DeformationError, match="landmarks 1 and 1 coincide"):
        interpolate_handles(np.eye(3), handles)


def test_an_ill_conditioned_system_is_refused() -> None:
    points = np.random.default_rng(1).normal(0, 1e-3, (60, 3))
    handles = [DeformationHandle(index, (1.0, 0, 0), 60.0) for index in range(60)]
    with pytest.raises(DeformationError, match=r"condition number.*below 1e\+10"):
        interpolate_handles(points, handles)


@pytest.mark.parametrize(
    "handle",
    [
        DeformationHandle(0, (1.0, 0, 0), 0.0),
        DeformationHandle(0, (1.0, 0, 0), -2.0),
        DeformationHandle(0, (1.0, 0, 0), float("nan")),
        DeformationHandle(0, (float("nan"), 0, 0), 5.0),
        DeformationHandle(0, (float("inf"), 0, 0), 5.0),
    ],
)
def test_a_handle_without_sense_is_refused(handle: DeformationHandle) -> None:
    with pytest.raises(DeformationError):
        interpolate_handles(np.eye(3), [handle])


def test_no_handles_no_displacement() -> None:
    assert (interpolate_handles(np.ones((5, 3)), []) == 0.0).all()


@pytest.mark.parametrize("name", photo_procedure_names())
@pytest.mark.parametrize("intensity", [60, 100])
def test_landmarks_move_by_the_sum_of_their_effects(
    name: str, intensity: float, face: FaceLandmarks
) -> None:
    plan = make_plan(name, face, intensity=intensity)
    found = deform(plan, face)
    expected = np.zeros((478, 3))
    for effect in found.effects:
        expected[effect.landmarks] += effect.vectors
    carrying = sorted({int(i) for effect in found.effects for i in effect.landmarks})
    assert np.allclose(found.displacement[carrying], expected[carrying], atol=1e-12)
    assert set(found.moving.tolist()) <= set(carrying)
    pinned = found.pinned
    assert (found.displacement[pinned] == 0.0).all()
    assert not set(pinned.tolist()) & set(found.moving.tolist())


@pytest.mark.parametrize("name", photo_procedure_names())
def test_only_the_surroundings_move(name: str, face: FaceLandmarks) -> None:
    plan = make_plan(name, face, intensity=100)
    found = deform(plan, face)
    points = face.points_mm
    reach = {h.landmark_index: h.influence_radius for h in found.handles}
    distance = np.linalg.norm(points[:, None] - points[found.moving], axis=2)
    beyond = (distance >= [reach[index] for index in found.moving.tolist()]).all(axis=1)
    assert beyond.any()
    assert (found.displacement[beyond] == 0.0).all()
    largest = np.linalg.norm(found.displacement[found.moving], axis=1).max()
    assert np.linalg.norm(found.displacement, axis=1).max() <= 1.15 * largest


def test_directions_in_the_face_frame(face: FaceLandmarks) -> None:
    chin = deform(make_plan("mentoplasty", face, effects={"pogonion": 4.0}), face)
    assert chin.displacement[199] == pytest.approx([0, 0, 4.0])
    brow = deform(make_plan("brow_lift", face, intensity=60), face)
    assert brow.displacement[105] == pytest.approx([0, 3.86, 0], abs=0.4)
    # The base of the nose narrows by its whole change, half of it on each side.
    effects: dict[str, Any] = dict.fromkeys(("tip_rotation", "dorsal_hump", "tip_width"), "off")
    nose = deform(make_plan("rhinoplasty", face, effects=effects), face)
    value = nose.effects[0].planned.value
    assert value < 0
    assert nose.displacement[64] == pytest.approx([-value / 2, 0, 0])
    assert nose.displacement[294] == pytest.approx([value / 2, 0, 0])


def test_a_tip_rotation_is_a_rotation(face: FaceLandmarks) -> None:
    effects: dict[str, Any] = {
        "tip_rotation": 8.0,
        **dict.fromkeys(("alar_base_width", "dorsal_hump", "tip_width"), "off"),
    }
    found = deform(make_plan("rhinoplasty", face, effects=effects), face)
    points = face.points_mm
    pivot = points[[2, 129, 358]].mean(axis=0)
    for index in (4, 1):
        before, after = points[index] - pivot, points[index] + found.displacement[index] - pivot
        assert after[0] == pytest.approx(before[0])  # about the lateral axis
        assert np.linalg.norm(after) == pytest.approx(np.linalg.norm(before))
        angle = np.degrees(np.arctan2(after[1], after[2]) - np.arctan2(before[1], before[2]))
        assert angle == pytest.approx(8.0)  # the tip turns up


@pytest.mark.parametrize("name", photo_procedure_names())
def test_mirrored_landmarks_give_mirrored_displacements(name: str, face: FaceLandmarks) -> None:
    random = np.random.default_rng(3)
    uneven = face.with_points(face.points + random.normal(0, 1.5, face.points.shape))
    twin = mirrored_face(uneven)
    straight = mirrored_face(twin)  # the pose is fitted anew
    plan = make_plan(name, straight, intensity=60)
    first = deform(plan, straight).displacement
    second = deform(plan, twin).displacement[topology().mirror] * (-1, 1, 1)
    assert np.abs(first - second).max() <= 1e-9 * np.abs(first).max()


@pytest.mark.parametrize("factor", [0.25, 8.0])
def test_millimetres_do_not_depend_on_the_size_of_the_photo(
    factor: float, face: FaceLandmarks
) -> None:
    plan = make_plan("rhytidectomy", face, intensity=60)
    found = deform(plan, face)
    larger = deform(plan, enlarged_face(face, factor))
    assert np.allclose(found.displacement, larger.displacement, atol=1e-9)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", ["blepharoplasty", "brow_lift", "rhytidectomy"])
def test_a_one_sided_plan_leaves_the_other_side(name: str, side: str, face: FaceLandmarks) -> None:
    both = deform(make_plan(name, face, intensity=100), face)
    plan = make_plan(name, face, intensity=100, side=side)
    found = deform(plan, face)
    own = 1 if side == "left" else -1
    carried = sorted({i for item in plan.effects for i in item.effect.landmarks})
    here = [i for i in carried if sides()[i] == own]
    there = [i for i in carried if sides()[i] == -own]
    assert np.allclose(found.displacement[here], both.displacement[here])
    assert (found.displacement[there] == 0.0).all()
    assert sides()[found.moving].tolist() == [own] * len(found.moving)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", photo_procedure_names())
def test_palsied_points_do_not_move(name: str, side: str, face: FaceLandmarks) -> None:
    flags = ClinicalFlags(bells_palsy=True, bells_palsy_side=side)
    found = deform(make_plan(name, face, intensity=100), face, flags)
    palsied = sides() == (1 if side == "left" else -1)
    assert (found.displacement[palsied] == 0.0).all()
    assert (found.excluded == palsied).all()
    healthy = [i for effect in found.effects for i in effect.landmarks if sides()[i] != 0]
    healthy = [i for i in healthy if not palsied[i]]
    plain = deform(make_plan(name, face, intensity=100), face)
    assert np.allclose(found.displacement[healthy], plain.displacement[healthy], atol=1e-9)


@pytest.mark.parametrize("name", photo_procedure_names())
def test_hypermobile_tissue_follows_half_as_far_again(name: str, face: FaceLandmarks) -> None:
    plan = make_plan(name, face, intensity=60)
    plain, wide = deform(plan, face), deform(plan, face, ClinicalFlags(ehlers_danlos=True))
    radii = {h.landmark_index: h.influence_radius for h in plain.handles}
    for handle in wide.handles:
        if handle.landmark_index in radii and any(handle.displacement):
            assert handle.influence_radius == pytest.approx(1.5 * radii[handle.landmark_index])
    assert (wide.displacement != 0).any(axis=1).sum() > (plain.displacement != 0).any(axis=1).sum()
    moving = plain.moving
    assert np.allclose(wide.displacement[moving], plain.displacement[moving])


@pytest.mark.parametrize("name", ["blepharoplasty", "brow_lift"])
def test_the_canthi_stay(name: str, face: FaceLandmarks) -> None:
    found = deform(make_plan(name, face, intensity=100), face)
    assert (found.displacement[[33, 133, 263, 362]] == 0.0).all()


@pytest.mark.parametrize("name", photo_procedure_names())
def test_what_a_procedure_fixes_stays(name: str, face: FaceLandmarks) -> None:
    plan = make_plan(name, face, intensity=100)
    found = deform(plan, face)
    carried = {i for item in plan.effects for i in item.effect.landmarks}
    fixed = sorted({i for item in plan.procedures for i in item.fixed} - carried)
    assert (found.displacement[fixed] == 0.0).all()


def test_a_preset_applied_to_landmarks(face: FaceLandmarks) -> None:
    moved = apply_procedure_preset(face, "mentoplasty", 100, effects={"chin_height": 2.0})
    shift = moved.to_face_frame(moved.points[152]) - face.points_mm[152]
    expected = (0.0, -2.0, 0.9 * 5.9)
    assert shift == pytest.approx(expected, abs=1e-9)
    assert apply_procedure_preset(face, "rhinoplasty", 0).points == pytest.approx(face.points)
    assert (moved.pose, moved.scale) == (face.pose, face.scale)
    one_side = apply_procedure_preset(face, procedure("brow_lift"), 60, side="left")
    assert (one_side.points[105] == face.points[105]).all()


def test_the_lower_lid_margin_moves_when_its_effect_is_asked_for(face: FaceLandmarks) -> None:
    upper = deform(make_plan("blepharoplasty", face, intensity=100), face)
    asked = make_plan("blepharoplasty", face, intensity=100, effects={"lower_lid_height": 0.5})
    margin = [145, 374]
    assert (upper.displacement[margin] == 0.0).all()
    assert deform(asked, face).displacement[margin, 1] == pytest.approx([0.5, 0.5])
    assert (deform(asked, face).displacement[[33, 133, 263, 362]] == 0.0).all()
