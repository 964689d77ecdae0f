"""Views at known poses: the textured canonical mesh, rendered, gives the truth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from rendering import SUPERSAMPLING, Rendering, canonical_face, render, texture_map
from same_photo import untouched

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import FaceUnusableError
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.landmarks import extract_landmarks
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import sides, topology
from landmarkdiff.landmarks.visibility import facing, is_turned
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.procedures.procedure import photo_procedure_names

Renderer = Callable[[str, float, float, float], tuple[Rendering, FaceLandmarks]]
Views = Callable[..., PreparedFace]

#: Largest error of yaw and pitch that the landmark network makes on these pictures, degrees:
#: it pulls toward a frontal face, more so where spectacles are painted onto the skin.
POSE_TOLERANCE = {
    "astronaut": {0: (1.5, 2.0), 15: (3.5, 3.0), 30: (5.0, 3.0), 45: (5.5, 3.5)},
    "grace_hopper": {0: (3.0, 2.5), 15: (6.5, 3.5), 30: (11.0, 3.5), 45: (11.0, 4.5)},
}


@pytest.fixture(scope="module")
def rendered(portraits: dict[str, ImageArray]) -> Renderer:
    """Render and find again, once per pose."""
    found: dict[tuple[str, float, float, float], tuple[Rendering, FaceLandmarks]] = {}
    texture = {name: extract_landmarks(image).points for name, image in portraits.items()}

    def make(name: str, yaw: float, pitch: float, roll: float) -> tuple[Rendering, FaceLandmarks]:
        key = (name, yaw, pitch, roll)
        if key not in found:
            view = render(portraits[name], texture[name], yaw=yaw, pitch=pitch, roll=roll)
            found[key] = view, extract_landmarks(view.image)
        return found[key]

    return make


@pytest.fixture(scope="module")
def views(rendered: Renderer) -> Views:
    """The turned astronaut with her true landmarks or those found, whatever no plan decides."""
    made: dict[tuple[float, bool], PreparedFace] = {}

    def make(yaw: float, *, found: bool) -> PreparedFace:
        if (yaw, found) not in made:
            view, face = rendered("astronaut", yaw, 0, 0)
            made[yaw, found] = PreparedFace(view.image, face if found else view.face)
        return untouched(made[yaw, found])

    return make


@pytest.mark.parametrize("name", ["astronaut", "grace_hopper"])
@pytest.mark.parametrize("yaw", [0, 15, -15, 30, -30, 45, -45])
def test_the_turn_of_a_head_is_found(name: str, yaw: float, rendered: Renderer) -> None:
    pose = rendered(name, yaw, 0, 0)[1].pose
    yaw_tolerance, pitch_tolerance = POSE_TOLERANCE[name][abs(yaw)]
    assert pose.yaw == pytest.approx(yaw, abs=yaw_tolerance)
    assert pose.pitch == pytest.approx(0, abs=pitch_tolerance)
    assert pose.roll == pytest.approx(0, abs=4.0)
    assert pose.residual < 12


@pytest.mark.parametrize("name", ["astronaut", "grace_hopper"])
@pytest.mark.parametrize("pitch", [15, -15])
def test_the_nod_of_a_head_is_found(name: str, pitch: float, rendered: Renderer) -> None:
    pose = rendered(name, 0, pitch, 0)[1].pose
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((0, pitch, 0), abs=3.0)


@pytest.mark.parametrize("name", ["astronaut", "grace_hopper"])
@pytest.mark.parametrize("roll", [30, -30])
def test_the_tilt_of_a_head_is_found(name: str, roll: float, rendered: Renderer) -> None:
    pose = rendered(name, 0, 0, roll)[1].pose
    assert pose.roll == pytest.approx(roll, abs=1.0)
    level = rendered(name, 0, 0, 0)[1].pose
    assert (pose.yaw, pose.pitch) == pytest.approx((level.yaw, level.pitch), abs=1.0)


@pytest.mark.parametrize(
    ("yaw", "view"),
    [
        (0, "frontal"),
        (30, "right_three_quarter"),
        (-30, "left_three_quarter"),
        (45, "right_three_quarter"),
        (-45, "left_three_quarter"),
    ],
)
def test_the_view_is_named_by_the_patients_side(yaw: float, view: str, rendered: Renderer) -> None:
    for name in ("astronaut", "grace_hopper"):
        assert rendered(name, yaw, 0, 0)[1].pose.view == view


def test_millimetres_come_out_within_their_uncertainty(rendered: Renderer) -> None:
    for yaw in (0, 15, -15, 30, -30):
        view, face = rendered("astronaut", yaw, 0, 0)
        error = face.scale.mm_per_px * view.px_per_mm - 1
        assert abs(error) <= 2 * face.scale.relative_uncertainty


@pytest.mark.parametrize("yaw", [45, -45])
def test_the_far_side_is_hidden(yaw: float, rendered: Renderer) -> None:
    view, found = rendered("astronaut", yaw, 0, 0)
    far = 1 if yaw > 0 else -1  # turned to the patient's left, the camera sees the right side
    for face in (view.face, found):
        seen = facing(face)
        hidden = np.flatnonzero(~seen[:468])
        assert len(hidden) >= 10
        assert (sides()[hidden] == far).mean() >= 0.9
        outline = [234, 93, 132, 58] if far < 0 else [454, 323, 361, 288]
        assert not seen[outline].any()
        near = [50, 116, 123, 147] if far > 0 else [280, 345, 352, 376]
        assert seen[near].all()


def test_a_frontal_face_hides_nothing() -> None:
    assert facing(canonical_face()).sum() >= 470


@pytest.mark.parametrize(
    ("yaw", "pitch"), [(20, 0), (-20, 0), (30, 0), (-30, 0), (45, 0), (-45, 0), (0, 25), (0, -25)]
)
def test_what_a_nearer_part_covers_is_hidden(yaw: float, pitch: float) -> None:
    face = canonical_face(yaw=yaw, pitch=pitch)
    flat = topology().vertices_mm[:, :2]
    fine = face.points[:468].copy()
    fine[:, :2] = (fine[:, :2] + 0.5) * SUPERSAMPLING - 0.5
    # Rendered with its own places as texture, the mesh shows which part of it each pixel sees.
    shown, _ = texture_map(fine, flat, face.image_width * SUPERSAMPLING)
    column, row = fine[:, :2].round().astype(int).T
    around = [
        np.linalg.norm(shown[row + dy, column + dx] - flat, axis=1)
        for dy in range(-2, 3)
        for dx in range(-2, 3)
    ]
    seen = facing(face)[:468]
    covered = np.min(around, axis=0) > 6.0  # millimetres: another part, all around
    assert covered.sum() >= (5 if yaw else 0)
    assert not seen[covered].any()
    # The outline is seen from aside and counts as seen or not; elsewhere nothing is lost.
    open_ = np.max(around, axis=0) < 1.0
    assert open_.sum() >= 150
    assert seen[open_].all()


@pytest.mark.parametrize("yaw", [0, 10, -10])
def test_a_face_hardly_turned_hides_only_what_turns_away(yaw: float) -> None:
    face = canonical_face(yaw=yaw)
    assert not is_turned(face)
    assert is_turned(canonical_face(yaw=14))
    assert is_turned(canonical_face(pitch=-14))
    assert facing(face).sum() >= 470


def plan_for(name: str, intensity: float = 60) -> SurgicalPlan:
    """One plan, made on the frontal face, for all views."""
    chosen = {"rhinoplasty": {"tip_projection": 3.0}}.get(name)
    return make_plan(name, canonical_face(), intensity=intensity, effects=chosen)


@pytest.mark.parametrize("name", photo_procedure_names())
@pytest.mark.parametrize("yaw", [0, 30, -30, 45, -45])
def test_one_plan_moves_landmarks_as_the_turned_head_shows_it(
    name: str, yaw: float, rendered: Renderer, views: Views, pipeline: LandmarkDiffPipeline
) -> None:
    view = rendered("astronaut", yaw, 0, 0)[0]
    prepared = views(yaw, found=False)
    face = prepared.landmarks
    plan = plan_for(name)
    result = pipeline.generate(prepared, plan=plan, verify=False, light=False)
    seen = facing(face)
    landed = result.displacement_field.forward(face.points[:, :2]) - face.points[:, :2]
    total = np.zeros((478, 3))
    for item in plan.effects:
        effect = item.effect
        if effect.direction is None:
            continue
        size = item.value / 2 if effect.measure == "total" else item.value
        for index, share in effect.landmarks.items():
            side = sides()[index]
            lateral, up, forward = effect.direction
            total[index] += size * share * np.array([lateral * side, up, forward])
    turning = {i for item in plan.effects if item.effect.axis for i in item.effect.landmarks}
    carried = sorted({i for item in plan.effects for i in item.effect.landmarks} - turning)
    truth = view.project(total)[:, :2]
    inner = [i for i in carried if seen[i] and result.surgical_mask.share.max() > 0]
    held = result.surgical_mask.at(face.points[inner, :2] + truth[inner])
    whole = [i for i, share in zip(inner, held, strict=True) if share > 0.99]
    # At 45 degrees far and near landmarks may lie on top of each other; what folds there is made
    # smaller in its region of the mask, by the same factor everywhere in it.
    assert result.fold_factor > 0.3
    assert abs(yaw) > 30 or result.fold_factor == 1.0
    assert len(whole) >= 2
    claimed = (result.target.points - face.points)[:, :2]
    if result.fold_factor < 1.0:  # then they end before, where the mask may not be whole
        ends = result.surgical_mask.at(face.points[whole, :2] + claimed[whole])
        whole = [i for i, share in zip(whole, ends, strict=True) if share > 0.99]
    moving = [i for i in whole if np.hypot(*truth[i]) > 0.3 * view.px_per_mm]
    share = (claimed * truth)[moving].sum(axis=1) / (truth**2)[moving].sum(axis=1)
    factor = np.ones(478)
    factor[moving] = np.where(share > 0.98, 1.0, result.fold_factor)
    # A far landmark that lies under a nearer one with another displacement gives way; the report
    # counts it as not carried out. None does on the side that is turned to the camera.
    gave_way = {i for i, carried_out in zip(moving, share, strict=True) if carried_out == 0.0}
    assert len(gave_way) <= len(moving) / 4
    assert all(sides()[i] == np.sign(yaw) for i in gave_way)
    limited = {name for check in result.effects for name in check.limited_by}
    assert not gave_way or "overlaid" in limited
    share = share[[i not in gave_way for i in moving]]
    moving = [i for i in moving if i not in gave_way]
    whole = [i for i in whole if i not in gave_way]
    factor[moving] = np.where(share > 0.98, 1.0, result.fold_factor)
    assert share == pytest.approx(factor[moving], abs=0.02)
    own = set(factor[[i for i in moving if sides()[i] == np.sign(-yaw)]].tolist())
    assert own <= {1.0}  # the side that is turned to the camera does not fold
    miss = np.hypot(*(landed - factor[:, None] * truth)[whole].T) / view.px_per_mm
    assert np.median(miss) <= 0.05
    assert np.percentile(miss, 80) <= 0.15
    assert miss.max() <= 1.0


#: Least factor of the strongest plans (measured 0.69, 0.98, 0.76, 0.90); every other procedure is
#: carried out whole at 30 degrees.
STRONGEST = {"rhinoplasty": 0.65, "blepharoplasty": 0.95, "lip_lift": 0.75, "rhytidectomy": 0.9}


@pytest.mark.parametrize("name", photo_procedure_names())
@pytest.mark.parametrize("yaw", [30, -30])
def test_the_strongest_plan_in_three_quarter_views(
    name: str, yaw: float, views: Views, pipeline: LandmarkDiffPipeline
) -> None:
    for found in (False, True):
        prepared = views(yaw, found=found)
        result = pipeline.generate(prepared, plan=plan_for(name, 100), verify=False, light=False)
        assert result.fold_factor >= STRONGEST.get(name, 1.0)
        assert result.min_jacobian >= 0.25


@pytest.mark.parametrize(
    ("name", "effect"), [("mentoplasty", "pogonion"), ("rhinoplasty", "tip_projection")]
)
def test_forward_moves_show_as_the_head_turns(
    name: str, effect: str, views: Views, pipeline: LandmarkDiffPipeline
) -> None:
    for found in (False, True):
        shown = {}
        for yaw in (0, 15, -15, 30, -30, 45, -45):
            prepared = views(yaw, found=found)
            result = pipeline.generate(prepared, plan=plan_for(name), verify=False, light=False)
            shown[yaw] = result.effect(effect).visible
            pose = prepared.landmarks.pose
            own = np.hypot(np.sin(np.radians(pose.yaw)), np.sin(np.radians(pose.pitch)))
            assert shown[yaw] == pytest.approx(own, abs=0.03)
        assert shown[0] < 0.15 < shown[15] < shown[30] < shown[45]
        assert shown[0] < 0.15 < shown[-15] < shown[-30] < shown[-45]
        for yaw in (15, 30, 45):
            assert shown[yaw] == pytest.approx(shown[-yaw], abs=0.06)


@pytest.mark.parametrize("yaw", [30, -30, 45, -45])
def test_the_chin_comes_forward_in_the_oblique_picture(
    yaw: float, views: Views, pipeline: LandmarkDiffPipeline
) -> None:
    prepared = views(yaw, found=True)
    face = prepared.landmarks
    result = pipeline.generate(prepared, plan=plan_for("mentoplasty", 100))
    check = result.effect("pogonion")
    assert check.planned == 5.9
    assert check.applied == pytest.approx(check.planned * check.factor, abs=0.05)
    assert check.achieved is not None
    in_picture = check.applied * check.visible
    assert check.achieved == pytest.approx(in_picture, abs=0.3 * face.scale.mm_per_px)
    assert result.outside_mask_changed_pixels == 0
    assert result.min_jacobian > 0
    # The far cheek does not follow: what moves lies around the chin.
    changed = np.argwhere((result.image != prepared.image).any(axis=2))
    assert changed[:, 0].min() > face.points[4, 1]


def test_a_head_turned_too_far_is_refused(pipeline: LandmarkDiffPipeline) -> None:
    image = np.full((640, 640, 3), 128, np.uint8)
    prepared = PreparedFace(image, canonical_face(yaw=66))
    with pytest.raises(FaceUnusableError, match=r"66 degrees.*up to 60"):
        pipeline.generate(prepared, "mentoplasty")
