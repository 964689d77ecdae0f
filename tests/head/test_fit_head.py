"""One head from drawn photos of heads whose shape is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hard_profiles import PX_PER_MM, bare
from head_portraits import SKINS, Look, portrait

from landmarkdiff.errors import HeadFitError, ParameterError
from landmarkdiff.head import FittedHead, HeadCamera, HeadModel, HeadSurface, fit_head, head_model
from landmarkdiff.head.fit.evidence import turned
from landmarkdiff.head.landmark_bias import landmark_bias
from landmarkdiff.landmarks.detector import LandmarkDetector
from landmarkdiff.landmarks.face import FaceLandmarks, Scale
from landmarkdiff.landmarks.topology import topology
from landmarkdiff.profile import ProfileContour, find_profile

SIZE, PX = (640, 560), 2.6
RULER = Scale(1 / PX, 0.02, "ruler")
#: Heads in profile whose average size is told to a percent.
DRAWN = range(4, 16)


@pytest.fixture(scope="module")
def model() -> HeadModel:
    return head_model()


@pytest.fixture(scope="module")
def truth(model: HeadModel) -> HeadSurface:
    """A head that is not the average: another people, a hump, an own chin."""
    rng = np.random.default_rng(5)
    shares = rng.normal(0, 1, len(model.identity_names))
    shares[model.identity_names.index("macrodetails/caucasian-male-young")] += 4
    return model.surface(shares)


def camera(yaw: float, roll: float = 0.0) -> HeadCamera:
    straight = HeadCamera.turned(
        yaw, px_per_mm=PX, shift=(SIZE[1] / 2 + PX * 0.75 * yaw, SIZE[0] * 0.42)
    )
    return turned(straight, np.array([0.0, 0.0, np.radians(roll), 0.0, 0.0, 0.0]))


@pytest.fixture(scope="module")
def faces(model: HeadModel, truth: HeadSurface) -> list[FaceLandmarks]:
    detector, look = LandmarkDetector(), Look(skin=SKINS[2])
    pictures = [portrait(model, truth, camera(yaw), look, SIZE) for yaw in (0, 35, -35)]
    return [detector.extract(picture, passes=8).with_scale(RULER) for picture in pictures]


@pytest.fixture(scope="module")
def contour(model: HeadModel, truth: HeadSurface) -> ProfileContour:
    view = camera(-90, roll=4.0)
    view = HeadCamera(view.rotation, PX, np.array([SIZE[1] * 0.4, SIZE[0] * 0.42]))
    return find_profile(portrait(model, truth, view, Look(skin=SKINS[2]), SIZE))


def off(model: HeadModel, head: HeadSurface, truth: HeadSurface) -> dict[str, float]:
    """Distance along the true normals, mm, after a rigid alignment of the landmarks."""
    there, here = (model.landmarks.points(s.vertices) for s in (truth, head))
    left, _, right = np.linalg.svd((here - here.mean(0)).T @ (there - there.mean(0)))
    turn = left @ np.diag([1, 1, np.linalg.det(left @ right)]) @ right
    places = (head.vertices - here.mean(0)) @ turn + there.mean(0)
    across = np.abs(((places - truth.vertices) * truth.normals).sum(axis=1))
    named = model.landmarks.anatomical(across[:, None])
    face = np.unique(model.landmarks.vertices)
    return {name: float(v[0]) for name, v in named.items()} | {"face": float(across[face].mean())}


def test_four_photos_know_the_nose_that_one_cannot(
    model: HeadModel, truth: HeadSurface, faces: list[FaceLandmarks], contour: ProfileContour
) -> None:
    average = off(model, model.surface(), truth)
    all_views = off(model, fit_head([*faces, contour]).surface, truth)
    assert all_views["face"] < min(1.6, average["face"])
    assert all_views["rhinion"] < 1.8 and all_views["pronasale"] < 1.8
    assert all_views["pogonion"] < 2.5


def test_a_frontal_photo_gives_a_head_and_says_what_is_the_averages(
    faces: list[FaceLandmarks], contour: ProfileContour
) -> None:
    one, two = fit_head(faces[:1]), fit_head([faces[0], contour])
    assert "pronasale" in one.of_the_average and "pronasale" not in two.of_the_average
    for name in ("rhinion", "pronasale", "pogonion"):
        assert two.points[name].uncertainty_mm < 0.8 * one.points[name].uncertainty_mm
        assert two.points[name].from_photos > one.points[name].from_photos
    assert two.points["pronasale"].from_photos > 0.8
    record = two.to_dict()
    assert [view["evidence"] for view in record["views"]] == ["landmarks", "contour"]
    assert abs(record["views"][1]["yaw"]) > 80


def test_the_cameras_are_found(faces: list[FaceLandmarks], contour: ProfileContour) -> None:
    head = fit_head([*faces, contour])
    for view, yaw in zip(head.views, (0, 35, -35, -90), strict=True):
        # Near 90 degrees pitch and roll are one; the line of sight tells the turn.
        sight = HeadCamera.turned(yaw).sight
        assert np.degrees(np.arccos(np.clip(view.camera.sight @ sight, -1, 1))) < 8.0
        assert view.camera.px_per_mm == pytest.approx(PX, rel=0.05)


def test_what_is_left_of_the_photo_is_right_in_its_mirror_image(faces: list[FaceLandmarks]) -> None:
    face = faces[1]
    flipped = face.points[topology().mirror] * (-1, 1, 1) + (face.image_width - 1, 0, 0)
    sign = np.diag([-1.0, 1.0, 1.0])
    pose = replace(face.pose, rotation=sign @ face.pose.rotation @ sign, yaw=-face.pose.yaw)
    mirrored = replace(face, points=flipped, pose=pose, blendshapes={})
    one, other = fit_head([replace(face, blendshapes={})]), fit_head([mirrored])
    partner = one.model.topology.mirror
    np.testing.assert_allclose(
        other.surface.vertices[partner] * (-1, 1, 1), one.surface.vertices, atol=0.05
    )


def test_profiles_alone_give_the_mirrored_head_in_their_mirror_images(
    contour: ProfileContour,
) -> None:
    other = contour.mirrored(SIZE[1])
    one, flipped = fit_head([contour, (contour, RULER)]), fit_head([other, (other, RULER)])
    partner = one.model.topology.mirror
    np.testing.assert_allclose(flipped.surface.mirrored.vertices, one.surface.vertices, atol=1e-3)
    for told in ("uncertainty_mm", "prior_mm", "from_photos"):
        np.testing.assert_allclose(getattr(flipped, told)[partner], getattr(one, told), atol=1e-3)
    assert flipped.scale_uncertainty == pytest.approx(one.scale_uncertainty, rel=1e-4)
    nose = one.model.landmarks.names.index("pronasale")
    at = one.model.landmarks.named_vertices[nose, 0]
    for view, theirs in zip(one.views, flipped.views, strict=True):
        x, y, _ = theirs.camera.project(flipped.surface.vertices[partner[at]])
        mine = view.camera.project(one.surface.vertices[at])[:2]
        assert (SIZE[1] - 1 - x, y) == pytest.approx(mine, abs=1e-2)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_last_bit_of_a_contour_changes_no_head(
    faces: list[FaceLandmarks], contour: ProfileContour, count: int
) -> None:
    """At the plain profile nothing tells to which side a head is turned."""
    noise = np.random.default_rng(3).normal(0.0, 1e-9, contour.points.shape)
    moved = replace(contour, points=contour.points + noise)
    one, other = (fit_head([*faces[:count], each]).surface for each in (contour, moved))
    assert np.linalg.norm(one.vertices - other.vertices, axis=1).max() < 0.01


def test_the_bias_of_a_view_is_the_mirror_image_of_the_other_sides() -> None:
    left, wide = landmark_bias(40.0)
    right, other = landmark_bias(-40.0)
    np.testing.assert_allclose(right[topology().mirror] * (-1, 1), left)
    np.testing.assert_allclose(other[topology().mirror], wide)
    assert np.abs(left).mean() > np.abs(landmark_bias(0.0)[0]).mean()


def test_a_near_camera_is_told_by_its_distance(model: HeadModel, truth: HeadSurface) -> None:
    """At 45 cm the nose is drawn larger; a fit that knows it finds the head all the same."""
    view = HeadCamera.turned(
        0, px_per_mm=PX, shift=(SIZE[1] / 2, SIZE[0] * 0.42), distance_mm=450.0
    )
    picture = portrait(model, truth, view, Look(skin=SKINS[1]), SIZE)
    face = LandmarkDetector().extract(picture, passes=8).with_scale(RULER)
    near, far = fit_head([face], distances_mm=[450.0]), fit_head([face])
    assert near.views[0].camera.distance_mm == 450.0
    assert near.views[0].misfit_mm < far.views[0].misfit_mm + 0.1
    assert off(model, near.surface, truth)["face"] < off(model, far.surface, truth)["face"] + 0.05
    with pytest.raises(ParameterError):
        fit_head([face], distances_mm=[450.0, None])
    with pytest.raises(ParameterError):
        fit_head([face], distances_mm=[20.0])


def test_heads_of_profiles_without_a_scale_are_as_large_as_people_on_average() -> None:
    """The drawn heads are; the most probable head of each is 3 percent smaller."""
    found = [fit_head([find_profile(bare(seed, "plain").image)]).views[0] for seed in DRAWN]
    ratios = np.array([view.camera.px_per_mm for view in found]) / PX_PER_MM
    assert abs(ratios.mean() - 1.0) < 0.02
    assert ratios.std() < 0.06


def test_what_fits_no_head_is_refused(faces: list[FaceLandmarks]) -> None:
    with pytest.raises(HeadFitError) as none:
        fit_head([])
    assert none.value.code == "head_without_photo"
    with pytest.raises(ParameterError):
        fit_head(["photo"])  # type: ignore[list-item]
    jumbled = faces[0].with_points(np.roll(faces[0].points, 100, axis=0))
    with pytest.raises(HeadFitError) as wrong:
        fit_head([faces[1], jumbled])
    assert wrong.value.code == "head_does_not_fit" and wrong.value.params["number"] == 2
    open_mouth = replace(faces[1], blendshapes=dict(faces[1].blendshapes) | {"jawOpen": 0.95})
    with pytest.raises(HeadFitError) as differ:
        fit_head([faces[0], open_mouth])
    assert differ.value.code == "head_expressions_differ"
    assert differ.value.params == {"first": 2, "second": 1}


def test_a_fit_is_a_head_of_the_model(faces: list[FaceLandmarks], model: HeadModel) -> None:
    head = fit_head(faces[:1])
    assert isinstance(head, FittedHead) and head.model is model
    assert head.uncertainty_mm.shape == head.prior_mm.shape == (len(model.mean),)
    assert (head.uncertainty_mm <= head.prior_mm * 1.01).all()
    assert 0.005 < head.scale_uncertainty < 0.05
