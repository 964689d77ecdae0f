"""Eyes behind their lids: what is taken out of a photo, and what lids that move leave of it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from landmarkdiff.arrays import Float32Array, ImageArray
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction
from landmarkdiff.landmarks.face_crop import FaceMap
from landmarkdiff.manipulation.eyes import EyeLayer, eye_layer, eye_layers
from landmarkdiff.manipulation.eyes.layers import is_covered
from landmarkdiff.manipulation.eyes.opening import eye_depth, opening_outline
from landmarkdiff.manipulation.eyes.plate import Iris, completed_eye, find_iris, in_shade
from landmarkdiff.manipulation.grid import polygon_distance
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.procedures.planning import make_plan

PUPILS = {"right": 468, "left": 473}
#: Cells to a millimetre in drawn eyes.
CELLS = 6.0


@pytest.fixture(scope="module")
def face(prepared_portraits: dict[str, PreparedFace]) -> PreparedFace:
    return prepared_portraits["astronaut"]


def simulated(
    pipeline: LandmarkDiffPipeline, face: PreparedFace, procedure: str, **more: float
) -> Prediction:
    # Her lids stand high: they are raised by more than a plan for her would.
    own = {"mrd1": 1.3, **more} if procedure == "blepharoplasty" else more
    plan = make_plan(procedure, face.landmarks, intensity=100, effects=own, unlock=True)
    return pipeline.generate(face, plan=plan, verify=False)


def around_pupil(image: ImageArray, face: PreparedFace, side: str, reach_mm: float) -> Float32Array:
    """Grey levels around a pupil, 0.1 mm each: (n, n) float32."""
    step = 0.1 / face.landmarks.scale.mm_per_px
    count = round(2 * reach_mm / 0.1) + 1
    corner = face.landmarks.points[PUPILS[side], :2] - step * (count - 1) / 2
    to_photo = np.array([[step, 0.0, corner[0]], [0.0, step, corner[1]]])
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(grey, to_photo, (count, count), flags=flags), np.float32)


def moments(weight: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centre x, y and deviations of a weight, mm of :func:`around_pupil`."""
    ys, xs = 0.1 * np.mgrid[: weight.shape[0], : weight.shape[1]]
    weight = weight / weight.sum()
    centre = np.array([(xs * weight).sum(), (ys * weight).sum()])
    spread = [(xs - centre[0]) ** 2, (ys - centre[1]) ** 2]
    return centre, np.sqrt([(each * weight).sum() for each in spread])


def highlight(grey: Float32Array) -> NDArray[np.floating]:
    """What is brighter than midway between the iris and its brightest place, around that place."""
    level = 0.5 * (float(np.median(grey)) + float(grey.max()))
    _, labels = cv2.connectedComponents((grey > level).astype(np.uint8))
    own = labels == labels[np.unravel_index(grey.argmax(), grey.shape)]
    return np.where(own, grey - level, 0.0)


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize(
    ("procedure", "effects"),
    [
        ("blepharoplasty", {}),
        ("blepharoplasty", {"lower_lid_height": 0.8}),
        ("blepharoplasty", {"mrd1": -1.0}),
        ("brow_lift", {}),
    ],
)
def test_pupil_and_highlight_stay_under_lids_that_move(
    procedure: str,
    effects: dict[str, float],
    side: str,
    pipeline: LandmarkDiffPipeline,
    face: PreparedFace,
) -> None:
    result = simulated(pipeline, face, procedure, **effects)
    before, after = (around_pupil(image, face, side, 2.0) for image in (face.image, result.image))
    (first, height), (second, higher) = (moments(highlight(grey)) for grey in (before, after))
    assert np.abs(second - first).max() <= 0.1
    assert higher[1] / height[1] == pytest.approx(1.0, abs=0.015)
    # The darkest third: the pupil, as far as this photo shows it.
    dark = [np.clip(np.quantile(before, 0.33) - grey, 0.0, None) for grey in (before, after)]
    (first, round_before), (second, round_after) = (moments(weight) for weight in dark)
    assert np.abs(second - first).max() <= 0.1
    shapes = [spread[1] / spread[0] for spread in (round_before, round_after)]
    assert shapes[1] / shapes[0] == pytest.approx(1.0, abs=0.015)


def test_the_warp_alone_would_take_the_pupil_along(
    pipeline: LandmarkDiffPipeline, face: PreparedFace
) -> None:
    result = simulated(pipeline, face, "blepharoplasty")
    mask, field = result.surgical_mask, result.displacement_field
    alone = field.warp(face.image, mask.carried)
    greys = [around_pupil(image, face, "left", 2.0) for image in (face.image, alone)]
    first, second = (moments(highlight(grey))[0] for grey in greys)
    assert first[1] - second[1] > 0.2
    # The field itself goes through the opening without an end at the lid.
    pupil = face.landmarks.points[[PUPILS["left"]], :2]
    assert mask.carried_at(pupil)[0] == 1.0
    assert mask.at(pupil)[0] < 0.02


def test_an_eye_is_completed_only_where_a_warp_takes_it_along(
    pipeline: LandmarkDiffPipeline, face: PreparedFace
) -> None:
    fresh = PreparedFace(face.image, face.landmarks)
    simulated(pipeline, fresh, "rhytidectomy")
    assert [layer.is_completed for layer in eye_layers(fresh)] == [False, False]
    simulated(pipeline, fresh, "blepharoplasty")
    assert [layer.is_completed for layer in eye_layers(fresh)] == [True, True]


def test_an_eye_deep_in_the_opening_is_the_photo_bit_for_bit(
    pipeline: LandmarkDiffPipeline, face: PreparedFace
) -> None:
    height, width = face.image.shape[:2]
    places = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float32)
    mm = face.landmarks.scale.mm_per_px
    for procedure in ("blepharoplasty", "brow_lift", "rhinoplasty", "rhytidectomy"):
        result = simulated(pipeline, face, procedure)
        for layer in eye_layers(face):
            rows, columns = layer.box(width, height)
            cells = places[rows, columns] - (layer.window.x, layer.window.y)
            matte = cv2.remap(
                layer.matte, *np.moveaxis(cells / layer.window.step, -1, 0).astype(np.float32),
                cv2.INTER_LINEAR,
            )  # fmt: skip
            outline = opening_outline(face.landmarks, layer.side)
            deep = polygon_distance(places[rows, columns].reshape(-1, 2), outline) * mm > 2.6
            deep = deep.reshape(matte.shape) & (matte == 255)
            assert deep.sum() >= 3
            changed = (result.image[rows, columns] != face.image[rows, columns]).any(axis=2)
            assert not changed[deep].any()


def test_what_opens_shows_the_eye_and_what_closes_covers_it(
    pipeline: LandmarkDiffPipeline, face: PreparedFace
) -> None:
    """Above the upper lid there was skin with lashes; below it there was the white or the iris."""
    source = face.landmarks
    layers = {layer.side: layer for layer in eye_layers(face)}
    opened = simulated(pipeline, face, "blepharoplasty", lateral_hood=0.0)
    closed = simulated(pipeline, face, "blepharoplasty", mrd1=-1.0, lateral_hood=0.0)
    for side, lid in (("right", 159), ("left", 386)):
        x, y = source.points[lid, :2]
        layer = layers[side]
        just_over = np.array([[x, y - 0.3 / source.scale.mm_per_px]])
        from_below = opened.displacement_field.at(just_over)[0, 1] * source.scale.mm_per_px
        assert from_below == pytest.approx(1.3, abs=0.3)
        column, row = np.rint((just_over[0] - (layer.window.x, layer.window.y)) / layer.window.step)
        eye = layer.colours[int(row), int(column)].astype(float)
        pixel = tuple(np.rint(just_over[0]).astype(int)[::-1])
        away = [np.abs(each[pixel] - eye).mean() for each in (opened.image, face.image)]
        assert away[0] < away[1]
        # A lid that falls is skin where the eye was.
        deeper = tuple(np.rint([y + 0.8 / source.scale.mm_per_px, x]).astype(int))
        assert (closed.image[deeper] != face.image[deeper]).any()


def test_one_eye_is_left_alone_by_a_plan_for_the_other(
    pipeline: LandmarkDiffPipeline, face: PreparedFace
) -> None:
    plan = make_plan("blepharoplasty", face.landmarks, intensity=100, side="left")
    result = pipeline.generate(face, plan=plan, verify=False)
    changed = {
        layer.side: (result.image[box] != face.image[box]).any()
        for layer in eye_layers(face)
        for box in [layer.box(512, 512)]
    }
    assert changed == {"right": False, "left": True}


def test_eyes_that_cannot_be_taken_out_end_the_warp_at_their_lids(face: PreparedFace) -> None:
    source = face.landmarks
    points = source.points.copy()
    for upper, lower in ((159, 145), (158, 153), (160, 144), (157, 154), (161, 163)):
        points[upper, :2] = points[lower, :2] - (0.0, 1.0)
    assert eye_layer(face.image, source.with_points(points), "right") is None
    assert eye_layer(face.image, source.with_points(points), "left") is not None
    off = source.with_points(source.points - (source.points[33, 0] - 1.0, 0.0, 0.0))
    assert eye_layer(face.image, off, "right") is not None
    beyond = source.with_points(source.points - (source.points[33, 0] + 1.0, 0.0, 0.0))
    assert eye_layer(face.image, beyond, "right") is None
    bar = np.zeros((512, 512), np.float32)
    y = round(source.points[468, 1])
    bar[y - 1 : y + 2] = 1.0
    outline = opening_outline(source, "right")
    assert is_covered(outline, FaceMap(bar, np.eye(2, 3)))
    assert not is_covered(outline, FaceMap(np.roll(bar, 60, axis=0), np.eye(2, 3)))


def test_lids_of_an_eye_that_is_not_taken_out_have_the_mask_for_their_skin(
    face: PreparedFace,
) -> None:
    hidden = replace(face, _found={})
    hidden.once("eyes", tuple)
    from landmarkdiff.clinical import ClinicalFlags
    from landmarkdiff.manipulation.warp import deformation_of, mask_for

    plan = make_plan("blepharoplasty", face.landmarks, intensity=60)
    masks = [
        mask_for(each, plan, ClinicalFlags(), deformation_of(each, plan, ClinicalFlags()))
        for each in (face, hidden)
    ]
    assert (masks[0].coverage == masks[1].coverage).all()
    assert (masks[1].carried == masks[1].coverage).all()
    assert (masks[0].carried >= masks[0].coverage).all()
    assert "eyeball" in masks[1].limits
    assert "eyeball" not in masks[0].limits


def drawn_eye(centre: tuple[float, float]) -> tuple[Float32Array, Iris]:
    """An eye without lids: pupil, iris, white that darkens to one side; (120, 180, 3) float32."""
    ys, xs = np.mgrid[:120, :180].astype(np.float64)
    away = np.hypot(xs - centre[0], ys - centre[1]) / CELLS
    grey = np.where(away < 1.8, 20.0, 90.0 + 6.0 * np.cos(3.0 * away))
    white = 200.0 - 0.3 * (xs - 90.0)
    grey = np.where(away < 5.85, grey, white)
    grey = cv2.GaussianBlur(grey, (0, 0), 1.5).astype(np.float32)
    colours = np.stack([grey, 0.95 * grey, 0.9 * grey], axis=2)
    return colours.astype(np.float32), Iris(np.array(centre), 5.85 * CELLS, 1.0)


def test_an_iris_is_found_where_its_edge_is() -> None:
    eye, truth = drawn_eye((93.0, 57.0))
    seen = np.zeros(eye.shape[:2], np.bool_)
    seen[35:90, 20:160] = True
    guess = Iris(truth.centre + np.array([5.0, 0.0]), 0.97 * truth.radius, 1.0)
    found = find_iris(eye, seen, guess, CELLS)
    assert np.abs(found.centre - truth.centre).max() < 0.15 * CELLS
    assert found.radius == pytest.approx(truth.radius, rel=0.03)
    plain = np.full_like(eye, 128.0)
    assert find_iris(plain, seen, guess, CELLS) is guess


def test_an_eye_goes_on_behind_its_lids_as_it_is() -> None:
    eye, iris = drawn_eye((93.0, 57.0))
    photo = eye.copy()
    photo[:32] = (60.0, 20.0, 10.0)  # a lid over the upper quarter of the iris
    photo[37:43, 88:95] = 250.0  # and a reflection beside it
    clear = np.ones(eye.shape[:2], np.float32)
    clear[:34] = 0.0
    whole = completed_eye(photo, clear, iris)
    hidden = np.s_[20:32, 25:160]
    assert np.abs(whole[hidden] - eye[hidden]).mean() < 4.0
    # The limbus is continued as a circle: dark within, light beyond, at the same radius.
    top = whole[:, 93].mean(axis=1)
    edge = 57.0 - np.flatnonzero(top[:40] > 140.0).max()
    assert edge == pytest.approx(5.85 * CELLS, abs=1.5)
    # Where a lid takes two fifths of the light of the eye below it, the hidden lies in that shade.
    below = (np.mgrid[: len(eye), : eye.shape[1]][0] - 34) / CELLS  # mm
    photo[34:] = (eye * np.clip(0.6 + 0.1 * below, 0.6, 1.0)[..., None])[34:]
    shade = in_shade(whole, photo, clear, CELLS)[hidden].mean() / whole[hidden].mean()
    assert 0.6 < shade < 0.72


def test_depth_is_counted_in_mm_from_the_outline(face: PreparedFace) -> None:
    [layer, _] = eye_layers(face)
    assert isinstance(layer, EyeLayer)
    mm = face.landmarks.scale.mm_per_px
    outline = opening_outline(face.landmarks, layer.side)
    depth = eye_depth(layer.window, outline, mm)
    places = layer.window.places
    deepest = np.unravel_index(depth.argmax(), depth.shape)
    away = np.hypot(*(outline - places[deepest]).T).min() * mm
    assert depth.max() == pytest.approx(away, abs=0.3)
    assert depth[0, 0] < -3.0
    assert layer.matte[depth < 0].max() == 0
