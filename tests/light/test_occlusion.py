"""Lamps behind a nose or a lip: where the head itself keeps their light from the skin."""

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
from landmarkdiff.landmarks.detector import LandmarkDetector
from landmarkdiff.landmarks.face import Scale
from landmarkdiff.light import fit_light, lit
from landmarkdiff.light.occlusion import lamp_comes, occluded
from landmarkdiff.manipulation.on_head import HeadPlan
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.shading import coded, linear_light
from landmarkdiff.manipulation.warp import warp_plan
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.runtime.clock import StageClock

SIZE, PX = (560, 480), 2.4
CAMERA = HeadCamera.turned(0.0, px_per_mm=PX, shift=(SIZE[1] / 2, SIZE[0] * 0.42))
SIDE = Look(SKINS[1], light=(-0.88, 0.15, 0.45), ambient=0.45, shine=0.0, noise=0.0, power=None)


def test_a_ridge_hides_the_lamp_as_far_as_it_is_high() -> None:
    height = np.zeros((60, 120))
    height[:, 40:43] = 12.0
    lamp = np.array([-1.0, 0.0, 0.5]) / np.hypot(1.0, 0.5)  # from the left, 12 mm in 24
    hidden = occluded(height, lamp, 1.0)
    assert hidden[30, 46:58].min() == 1.0
    assert hidden[30, 72:].max() < 0.01
    assert hidden[30, :30].max() < 0.01
    # The picture's rows go down, the lamp's y up.
    above = occluded(height.T, lamp[[1, 0, 2]] * (1.0, -1.0, 1.0), 1.0)
    np.testing.assert_allclose(above, hidden.T, atol=1e-5)
    assert occluded(height, np.array([0.0, 0.0, 1.0]), 1.0).max() == 0.0


@pytest.mark.parametrize("shadows", [False, True])
def test_the_photo_says_whether_heads_cast_shadows(shadows: bool) -> None:
    """On a ball lit from the left, half of it behind something: in its shadow, or in its light."""
    x, y = np.meshgrid(np.linspace(-0.85, 0.85, 90), np.linspace(0.5, -0.5, 60))
    normals = np.dstack([x, y, np.sqrt(1.0 - x**2 - y**2)])
    lamp = np.array([-0.8, 0.0, 0.6])
    own = 0.4 * np.clip(normals @ lamp, 0.0, None)
    hidden = np.zeros(x.shape, np.float32)
    hidden[y < 0.0] = 1.0
    seen = own * (1.0 - hidden) if shadows else own
    photo = coded((0.1 + seen)[..., None] * np.array([1.0, 0.7, 0.5]))
    lit_skin = hidden == 0.0
    fit = fit_light(photo, normals, lit_skin)
    assert fit.lamp is not None
    light = np.asarray(linear_light()[photo] @ [0.2126, 0.7152, 0.0722], np.float64)
    comes = lamp_comes(fit, normals, light, np.ones(x.shape, np.bool_), hidden)
    assert comes[lit_skin].min() == 1.0
    away = (normals @ lamp < 0.0) & ~lit_skin
    # Where the lamp's light would be strong the photo shows by itself whether it comes.
    strong = (own > 0.15) & ~lit_skin
    assert comes[strong].min() == 1.0
    assert (comes[away].max() < 0.1) if shadows else (comes[away].min() > 0.9)


def heights(surface: HeadSurface) -> FloatArray:
    """Height of every pixel toward the camera, mm; -inf beside the head."""
    seen = CAMERA.project(surface.vertices)
    drawn = rasterize(seen[:, :2], seen[:, 2], surface.topology.triangles, *SIZE)
    depth = drawn.interpolate(surface.topology.triangles, seen[:, 2:] / PX)[..., 0]
    return np.where(drawn.covered, depth, -np.inf)


def with_shadows(surface: HeadSurface) -> ImageArray:
    """Draw a head whose nose and brows keep the lamp from what lies behind them."""
    model = head_model()
    lamp = np.array(SIDE.light) / np.linalg.norm(SIDE.light)
    hidden = occluded(heights(surface), lamp, 1.0 / PX)[..., None]
    whole = linear_light()[portrait(model, surface, CAMERA, SIDE, SIZE)]
    # What comes from everywhere alone: the lamp in the patient's back.
    dim = replace(SIDE, light=(0.0, 0.3, -1.0))
    rest = linear_light()[portrait(model, surface, CAMERA, dim, SIZE)]
    return coded((whole + hidden * (rest - whole)).astype(np.float32))


def test_a_cheek_in_the_shadow_of_the_nose_is_not_lit(detector: LandmarkDetector) -> None:
    """An implant turns the far cheek toward a lamp that the nose hides."""
    model = head_model()
    shares = np.random.default_rng(11).normal(0.0, 1.0, len(model.identity_names))
    truth = model.surface(shares)
    photo = with_shadows(truth)
    face = detector.extract(photo, passes=4).with_scale(Scale(1.0 / PX, 0.02, "ruler"))
    prepared = PreparedFace(photo, face)
    plan = make_plan("malar_augmentation", face, intensity=60)
    after = with_shadows(truth.moved(HeadPlan(truth, plan).displacement())).astype(np.float32)
    plain = warp_plan(prepared, plan, ClinicalFlags(), clock=StageClock(), pause=lambda: None)
    relit = lit(prepared, plain)
    far = plain.mask.full() > 0
    far[:, : round(float(face.points[4, 0]))] = False
    off = [
        float(np.abs(cv2.GaussianBlur(each.warped - after, (0, 0), 2.0))[far].mean())
        for each in (plain, relit)
    ]
    assert off[1] < off[0], off
