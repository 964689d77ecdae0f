"""Where a surface ends the light says little: the outline, and the line where the lips meet."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from head_portraits import SKINS, Look, portrait

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.head import HeadCamera, HeadModel, HeadSurface, head_model
from landmarkdiff.landmarks.detector import LandmarkDetector
from landmarkdiff.landmarks.face import Scale
from landmarkdiff.landmarks.topology import LANDMARK_LINES
from landmarkdiff.light import light_of_plan, lit
from landmarkdiff.light.fit import LUMINANCE
from landmarkdiff.manipulation.on_head import HeadPlan
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.shading import linear_light
from landmarkdiff.manipulation.warp import warp_plan
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.runtime.clock import StageClock

SIZE, PX = (560, 480), 2.4
CAMERA = HeadCamera.turned(0.0, px_per_mm=PX, shift=(SIZE[1] / 2, SIZE[0] * 0.42))
LOOK = Look(SKINS[1], light=(-0.15, 0.8, 0.6), ambient=0.35, shine=0.0, noise=0.0, power=None)


@pytest.fixture(scope="module")
def model() -> HeadModel:
    return head_model()


@pytest.fixture(scope="module")
def truth(model: HeadModel) -> HeadSurface:
    """A head that the family does not hold: its skin is uneven, as that of people is."""
    rng = np.random.default_rng(25)
    people = [name for name in model.identity_names if name.count("-") == 2]
    people = [name for name in people if name.startswith("macrodetails/")]
    shares = rng.normal(0.0, 1.0, len(model.identity_names))
    shares[model.identity_names.index(people[2])] += 2.5
    surface = model.surface(shares)
    x, y, _ = surface.vertices.T
    uneven = 0.7 * np.sin(x / 3.1 + rng.uniform(0, 6)) * np.sin(y / 3.7 + rng.uniform(0, 6))
    return surface.moved(surface.normals * uneven[:, None])


@pytest.fixture(scope="module")
def prepared(model: HeadModel, truth: HeadSurface, detector: LandmarkDetector) -> PreparedFace:
    picture = portrait(model, truth, CAMERA, LOOK, SIZE)
    face = detector.extract(picture, passes=4).with_scale(Scale(1.0 / PX, 0.02, "ruler"))
    return PreparedFace(picture, face)


def log_light(picture: ImageArray) -> FloatArray:
    """Logarithm of the light of a picture over 1.5 mm: (H, W)."""
    light = np.asarray(linear_light()[picture] @ LUMINANCE, np.float32)
    return np.asarray(
        np.log(np.maximum(cv2.GaussianBlur(light, (0, 0), 1.5 * PX), 1e-3)), np.float64
    )


def test_a_cheek_darkens_to_its_outline_as_it_does(
    model: HeadModel, truth: HeadSurface, prepared: PreparedFace
) -> None:
    """An implant turns the outer cheek away: nowhere is it a far darker band than the drawn one."""
    plan = make_plan("malar_augmentation", prepared.landmarks, intensity=100)
    moved = truth.moved(HeadPlan(truth, plan).displacement())
    after = log_light(portrait(model, moved, CAMERA, LOOK, SIZE))
    plain = warp_plan(prepared, plan, ClinicalFlags(), clock=StageClock(), pause=lambda: None)
    before, relit = log_light(plain.warped), log_light(lit(prepared, plain).warped)
    light = light_of_plan(prepared, plan, ClinicalFlags(), plain.mask)
    assert light is not None
    outer = (light.normals[:, 2] < 0.6) & (plain.mask.share.ravel()[light.nodes] > 0.5)
    columns, rows = np.rint(light.grid.nodes[light.nodes[outer]]).astype(np.intp).T
    shown, true = ((each - before)[rows, columns] for each in (relit, after))
    assert true.min() < -0.2
    assert shown.min() < -0.15
    assert (shown - true).min() > -0.25


def test_no_light_is_turned_where_the_lips_meet(prepared: PreparedFace) -> None:
    """A jaw that is set back rolls the lower lip; between the lips it stays as dark as it was."""
    plan = make_plan("orthognathic", prepared.landmarks, intensity=100)
    plain = warp_plan(prepared, plan, ClinicalFlags(), clock=StageClock(), pause=lambda: None)
    relit = lit(prepared, plain)
    assert relit.shading is not None
    grid, factor = relit.shading.grid, relit.shading.factor
    line = prepared.landmarks.points[list(LANDMARK_LINES["inner_lips"]), :2]
    moved = line - plain.fitted.field.at(line)
    assert np.abs(grid.sample(factor, moved) - 1.0).max() < 0.1
    assert factor.min() < 0.8
