"""Pushes by hand: bounds, every size, turn and mirror, what they leave alone, measured."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pytest

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.errors import PlanError
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import mirror_points
from landmarkdiff.manipulation.folds import MIN_JACOBIAN
from landmarkdiff.manipulation.push_room import push_room
from landmarkdiff.manipulation.pushes import CarriedPushes, carry_pushes, strokes_of
from landmarkdiff.procedures import Push, SurgicalPlan
from landmarkdiff.procedures.manual import MOST_PER_RADIUS, MOST_PUSHES
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.verification.push_check import check_pushes
from landmarkdiff.workflows.settings import ConsultationSettings

FLAGS = ClinicalFlags()
CHEEK, JAW, UPPER_LID, PUPIL = 205, 172, 159, 468


@pytest.fixture(scope="module")
def prepared(prepared_portraits: dict[str, PreparedFace]) -> PreparedFace:
    """A portrait as if without its glasses: those hold the cheeks."""
    return prepared_portraits["grace_hopper"].with_glasses("no")


def push_at(face: FaceLandmarks, landmark: int, *vector: float, radius: float = 12.0) -> Push:
    x, y, z = face.points_mm[landmark].tolist()
    across, up, forward = vector
    return Push(start=(x, y, z), vector=(across, up, forward), radius=radius)


def carried_on(
    prepared: PreparedFace, *pushes: Push, flags: ClinicalFlags = FLAGS
) -> CarriedPushes:
    return carry_pushes(prepared, push_room(prepared, flags), pushes)


def moved(carried: CarriedPushes, points: FloatArray) -> FloatArray:
    return carried.field.forward(np.asarray(points, np.float64)) - points


@pytest.fixture(scope="module")
def simulated(pipeline: LandmarkDiffPipeline, prepared: PreparedFace) -> Prediction:
    """A rhinoplasty with a cheek pushed on both sides and a jaw pushed on one."""
    face = prepared.landmarks
    cheek = push_at(face, CHEEK, 0.0, 2.5, 0.0).model_copy(update={"symmetric": True})
    jaw = push_at(face, JAW, 2.0, 1.0, 0.0, radius=15.0)
    plan = make_plan("rhinoplasty", face, intensity=60).with_manual([cheek, jaw])
    return pipeline.generate(prepared, plan=plan)


def test_a_push_beyond_its_radius_is_refused() -> None:
    with pytest.raises(ValueError, match=r"goes 3\.96 mm at most, got 4\.50 mm"):
        Push(start=(0, 0, 0), vector=(0, 4.5, 0), radius=12)
    assert Push(start=(0, 0, 0), vector=(0, 3.96, 0), radius=12).length == 3.96
    with pytest.raises(ValueError, match=r"10\.00 mm at most"):
        Push(start=(0, 0, 0), vector=(10.5, 0, 0), radius=40)


def test_a_plan_keeps_its_pushes_and_says_so_in_its_format(prepared: PreparedFace) -> None:
    plan = make_plan("rhinoplasty", prepared.landmarks, intensity=60)
    assert "manual" not in plan.to_dict()
    assert plan.format == 1
    push = push_at(prepared.landmarks, CHEEK, 0.0, 2.0, 0.0)
    with_push = plan.with_manual([push])
    assert with_push.format == 2
    assert SurgicalPlan.from_json(with_push.to_json()) == with_push
    assert with_push.hash != plan.hash
    assert with_push.with_manual([]).hash == plan.hash
    with pytest.raises(PlanError, match="format 2"):
        SurgicalPlan.from_dict(with_push.to_dict() | {"format": 1})
    with pytest.raises(PlanError):
        SurgicalPlan.from_dict(with_push.to_dict() | {"manual": [{"radius": 9}]})
    many = [push.model_dump()] * (MOST_PUSHES + 1)
    with pytest.raises(PlanError, match="manual"):
        SurgicalPlan.from_dict(with_push.to_dict() | {"manual": many})


def test_the_place_under_the_brush_follows_it(prepared: PreparedFace) -> None:
    face = prepared.landmarks
    push = push_at(face, CHEEK, 0.0, 3.0, 0.0)
    carried = carried_on(prepared, push)
    start = carried.strokes[0].starts
    assert np.allclose(moved(carried, start), carried.strokes[0].vectors, atol=0.02)
    # Beyond the radius nothing moves.
    radius = push.radius / face.scale.mm_per_px
    away = start + carried.strokes[0].vectors + [[1.05 * radius, 0.0]]
    assert not moved(carried, away).any()


@pytest.mark.parametrize("turn", [0, 20])
def test_size_and_turn_of_the_photo_change_no_millimetre(prepared: PreparedFace, turn: int) -> None:
    """The same face in a photo of another size, and turned: the same push, in its own pixels."""
    face, factor = prepared.landmarks, 1.7
    angle = np.radians(turn)
    spin = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    centre = np.array([face.image_width, face.image_height]) / 2
    points = face.points.copy() * factor
    points[:, :2] = (face.points[:, :2] - centre) @ spin.T * factor + centre * factor
    roll = np.eye(3)
    roll[:2, :2] = spin.T  # the face frame's y runs up, the picture's down
    other = replace(
        face,
        points=points,
        image_width=round(factor * face.image_width),
        image_height=round(factor * face.image_height),
        pose=replace(face.pose, rotation=roll @ face.pose.rotation),
        scale=replace(face.scale, mm_per_px=face.scale.mm_per_px / factor),
    )
    matrix = np.column_stack([spin * factor, factor * (centre - spin @ centre)])
    size = (other.image_width, other.image_height)
    photo = np.asarray(cv2.warpAffine(prepared.image, matrix, size), np.uint8)
    turned = PreparedFace(photo, other, glasses="no")
    plain = PreparedFace(prepared.image, face, glasses="no")
    push = push_at(face, CHEEK, 1.0, 2.0, 0.5)
    here, there = carried_on(plain, push), carried_on(turned, push)
    ring = here.strokes[0].starts + np.array([[0, 0], [9, 3], [-6, 10]])
    expected = moved(here, ring) @ spin.T * factor
    found = moved(there, (ring - centre) @ spin.T * factor + centre * factor)
    assert np.abs(found - expected).max() * other.scale.mm_per_px < 0.06


def test_a_mirrored_face_is_pushed_as_its_mirror(prepared: PreparedFace) -> None:
    face = prepared.landmarks
    width = face.image_width
    points = face.points[mirror_points(range(len(face.points)))]
    points = points * (-1.0, 1.0, 1.0) + (width - 1.0, 0.0, 0.0)
    flip = np.diag([-1.0, 1.0, 1.0])
    pose = replace(face.pose, rotation=flip @ face.pose.rotation @ flip)
    mirrored = PreparedFace(
        np.ascontiguousarray(prepared.image[:, ::-1]),
        replace(face, points=points, pose=pose),
        glasses="no",
    )
    plain = PreparedFace(prepared.image, face, glasses="no")
    push = push_at(face, JAW, 2.0, 1.0, 0.0)
    here, there = carried_on(plain, push), carried_on(mirrored, push.mirrored())
    ring = here.strokes[0].starts + np.array([[0, 0], [8, 4], [-5, 9]])
    own = moved(here, ring)
    other = moved(there, ring * (-1, 1) + (width - 1, 0))
    # The face's origin is that of its landmarks, and these are not its exact mirror.
    assert np.abs(other * (-1, 1) - own).max() * face.scale.mm_per_px < 0.1


def test_both_sides_are_pushed_alike_and_the_midline_once(prepared: PreparedFace) -> None:
    face = prepared.landmarks
    both = push_at(face, CHEEK, 0.5, 2.0, 0.0).model_copy(update={"symmetric": True})
    carried = carried_on(prepared, both)
    right, left = moved(carried, carried.strokes[0].starts) * face.scale.mm_per_px
    assert np.hypot(*right) == pytest.approx(both.length, abs=0.05)
    assert np.hypot(*left) == pytest.approx(both.length, abs=0.05)
    _, y, z = face.points_mm[152].tolist()
    chin = Push(start=(0.0, y, z), vector=(0.0, 3.0, 0.0), radius=12, symmetric=True)
    on_midline = carried_on(prepared, chin)
    step = moved(on_midline, on_midline.strokes[0].starts)[0] * face.scale.mm_per_px
    shown = on_midline.strokes[0].vectors[0] * face.scale.mm_per_px
    assert np.hypot(*step) == pytest.approx(float(np.hypot(*shown)), abs=0.05)


def test_eyes_stay_and_a_push_beside_them_gives_way(prepared: PreparedFace) -> None:
    face = prepared.landmarks
    on_lid = push_at(face, UPPER_LID, 0.0, -1.6, 0.0, radius=5.0)
    carried = carried_on(prepared, on_lid)
    eye = face.points[[PUPIL], :2]
    assert not moved(carried, eye).any()
    assert carried.field.min_jacobian >= MIN_JACOBIAN - 1e-4
    assert carried.rooms[0] < 0.2


def test_pushes_upon_one_another_never_fold(prepared: PreparedFace) -> None:
    face = prepared.landmarks
    x, y, z = face.points_mm[CHEEK].tolist()
    far = MOST_PER_RADIUS * 8.0
    toward = [
        Push(start=(x - 5, y, z), vector=(far, 0, 0), radius=8),
        Push(start=(x + 5, y, z), vector=(-far, 0, 0), radius=8),
        Push(start=(x - 4, y, z), vector=(far, 0, 0), radius=8),
    ]
    carried = carried_on(prepared, *toward)
    assert carried.field.min_jacobian >= MIN_JACOBIAN - 1e-4
    assert carried.shares[0] == 1.0
    assert carried.shares[2] < 0.9


def test_a_frame_stays_and_holds_what_lies_beside_it(
    prepared: PreparedFace, prepared_portraits: dict[str, PreparedFace]
) -> None:
    worn = prepared_portraits["grace_hopper"]
    frames = worn.frames()
    assert frames is not None
    room = push_room(worn, FLAGS)
    held = frames.at(room.grid.nodes) > 0.5
    assert held.any()
    assert not room.share.ravel()[held].any()
    up = push_at(prepared.landmarks, CHEEK, 0.0, 3.0, 0.0)
    assert carried_on(prepared, up).rooms[0] > 0.99
    assert carried_on(worn, up).rooms[0] < 0.8


def test_a_palsied_side_is_not_pushed(prepared: PreparedFace) -> None:
    push = push_at(prepared.landmarks, CHEEK, 0.0, 3.0, 0.0)  # on the patient's right
    palsied = ClinicalFlags(bells_palsy=True, bells_palsy_side="right")
    assert not carried_on(prepared, push, flags=palsied).field.displacement.any()
    healthy = ClinicalFlags(bells_palsy=True, bells_palsy_side="left")
    assert carried_on(prepared, push, flags=healthy).field.displacement.any()


@pytest.mark.parametrize("side", ["left", "right"])
def test_one_palsied_side_halves_what_a_symmetric_push_is_said_to_do(
    prepared: PreparedFace, side: Literal["left", "right"]
) -> None:
    both = push_at(prepared.landmarks, CHEEK, 0.0, 3.0, 0.0)
    both = both.model_copy(update={"symmetric": True})
    carried = carried_on(
        prepared, both, flags=ClinicalFlags(bells_palsy=True, bells_palsy_side=side)
    )
    (check,) = check_pushes([both], carried, prepared.landmarks)
    assert check.applied == pytest.approx(1.5, abs=0.05)  # mm, the mean of both sides


def test_the_side_that_is_turned_away_is_not_pushed(prepared: PreparedFace) -> None:
    both = push_at(prepared.landmarks, CHEEK, 0.0, 3.0, 0.0)
    both = both.model_copy(update={"symmetric": True})
    visible = np.ones(478, bool)
    points = prepared.landmarks.points_mm
    for turned, seen in ((points[:, 0] > 0, -1), (points[:, 0] < 0, 1)):
        (stroke,) = strokes_of([both], prepared.landmarks, visible & ~turned)
        (whole,) = strokes_of([both], prepared.landmarks, visible)
        assert not stroke.hidden
        kept = 0 if np.sign(both.start[0]) == seen else 1
        assert np.allclose(stroke.starts, whole.starts[[kept]])
    (gone,) = strokes_of([both], prepared.landmarks, ~visible)
    assert gone.hidden


def test_the_picture_shows_the_pushes_and_nothing_else_changes(
    pipeline: LandmarkDiffPipeline, prepared: PreparedFace, simulated: Prediction
) -> None:
    assert simulated.pushed is not None
    for check in simulated.pushed.checks:
        assert check.achieved == pytest.approx(check.planned, abs=0.3)
    plain = pipeline.generate(prepared, plan=simulated.plan.with_manual([]), verify=False)
    # The effects are measured in the picture before the pushes.
    assert np.array_equal(simulated.painting.image, plain.image)
    untouched = simulated.changeable == 0
    assert not (simulated.image != prepared.image)[untouched].any()
    assert (simulated.image != plain.image).any()


def test_the_longest_way_of_a_result_holds_its_pushes(
    pipeline: LandmarkDiffPipeline, prepared: PreparedFace, simulated: Prediction
) -> None:
    assert simulated.pushed is not None
    ways = [check.applied * check.visible for check in simulated.pushed.checks]
    assert simulated.largest_displacement_mm >= max(ways) > 1.5
    still = make_plan("rhinoplasty", prepared.landmarks, intensity=0)
    alone = pipeline.generate(prepared, plan=still.with_manual(simulated.plan.manual), verify=False)
    assert alone.largest_displacement_mm == pytest.approx(max(ways), abs=0.3)


def test_pushes_that_reach_each_other_say_so(prepared: PreparedFace) -> None:
    push = push_at(prepared.landmarks, CHEEK, 0.0, 1.5, 0.0)
    mirror = push.model_copy(update={"start": (-push.start[0], *push.start[1:])})
    again = carried_on(prepared, push, push)
    apart = carried_on(prepared, push, mirror)
    for carried, pushes, overlaps in ((again, [push, push], True), (apart, [push, mirror], False)):
        checks = check_pushes(pushes, carried, prepared.landmarks)
        assert [check.overlaps for check in checks] == [overlaps, overlaps]


def test_the_result_tells_pushes_apart_from_effects(simulated: Prediction) -> None:
    record = json.loads(json.dumps(simulated.to_dict()))
    assert [push["planned_mm"] for push in record["manual"]] == [2.5, 2.236]
    assert record["manual"][0]["symmetric"] is True
    assert len(record["effects"]) == len(simulated.plan.effects)
    assert "pushes_by_hand" in [notice["code"] for notice in record["warnings"]]
    assert "manual" not in {effect["procedure"] for effect in record["effects"]}


def test_settings_and_plan_file_make_the_same_picture(
    pipeline: LandmarkDiffPipeline, prepared: PreparedFace, simulated: Prediction, tmp_path: Path
) -> None:
    path = tmp_path / "plan.json"
    path.write_text(simulated.plan.to_json())
    from_file = pipeline.generate(prepared, plan=SurgicalPlan.from_file(path), verify=False)
    settings = ConsultationSettings.from_dict(
        {"intensity": {"rhinoplasty": 60}, "manual": simulated.plan.to_dict()["manual"]}
    )
    from_page = settings.request().simulate(pipeline, prepared, verify=False)
    assert np.array_equal(from_file.image, simulated.image)
    assert np.array_equal(from_page.image, simulated.image)


def test_an_unpushed_pixel_is_the_photos(
    prepared: PreparedFace, portraits: dict[str, ImageArray]
) -> None:
    carried = carried_on(prepared, push_at(prepared.landmarks, CHEEK, 0.0, 3.0, 0.0))
    photo = portraits["grace_hopper"]
    after = carried.warp(photo)
    changed = (after != photo).any(axis=2)
    rows, columns = np.nonzero(changed)
    stroke = carried.strokes[0]
    away = np.hypot(*(np.column_stack([columns, rows]) - stroke.starts - stroke.vectors).T)
    assert changed.any()
    assert away.max() <= stroke.radius + 2 * carried.field.grid.step
