"""The head below a photo follows its shading: nearer to the head that was drawn."""

from __future__ import annotations

import numpy as np
import pytest
from head_portraits import SKINS, Look, portrait

from landmarkdiff.arrays import FloatArray
from landmarkdiff.head import HeadCamera, HeadModel, HeadSurface, head_model
from landmarkdiff.landmarks.detector import LandmarkDetector
from landmarkdiff.light import SurfaceInPhoto, photo_light, surface_in_photo
from landmarkdiff.light.surface import matt_vertices
from landmarkdiff.manipulation.prepared import PreparedFace

SIZE, PX = (560, 480), 2.4
CAMERA = HeadCamera.turned(0.0, px_per_mm=PX, shift=(SIZE[1] / 2, SIZE[0] * 0.42))
LOOK = Look(SKINS[2], light=(0.6, 0.4, 0.7), ambient=0.3, shine=0.0, noise=1.0)


@pytest.fixture(scope="module")
def model() -> HeadModel:
    return head_model()


@pytest.fixture(scope="module")
def truth(model: HeadModel) -> HeadSurface:
    shares = np.random.default_rng(11).normal(0.0, 1.2, len(model.identity_names))
    return model.surface(shares)


@pytest.fixture(scope="module")
def prepared(model: HeadModel, truth: HeadSurface, detector: LandmarkDetector) -> PreparedFace:
    picture = portrait(model, truth, CAMERA, LOOK, SIZE)
    return PreparedFace(picture, detector.extract(picture, passes=4))


def off(found: SurfaceInPhoto, truth: HeadSurface) -> tuple[float, float]:
    """Mean angle between the normals, degrees, and distance in the picture, mm, on the face."""
    normals = truth.normals @ CAMERA.rotation.T
    x, y, z = truth.vertices.T
    seen = matt_vertices(truth.topology) & (normals[:, 2] > 0.3) & (np.abs(x) < 45.0)
    seen &= (y > -60.0) & (y < 20.0) & (z > -40.0)
    cosine = np.clip((found.normals * normals).sum(axis=1)[seen], -1.0, 1.0)
    away: FloatArray = found.places - CAMERA.project(truth.vertices)[:, :2]
    distance = np.linalg.norm(away[seen], axis=1) / PX
    return float(np.degrees(np.arccos(cosine)).mean()), float(distance.mean())


def test_normals_and_places_come_nearer(prepared: PreparedFace, truth: HeadSurface) -> None:
    before = off(surface_in_photo(prepared.landmarks), truth)
    light = photo_light(prepared)
    assert light is not None
    after = off(light.surface, truth)
    assert after[0] < 0.85 * before[0], (before, after)
    assert after[1] < 0.92 * before[1], (before, after)


def test_light_that_says_nothing_leaves_the_head_of_the_landmarks(prepared: PreparedFace) -> None:
    even = PreparedFace(np.full_like(prepared.image, 150), prepared.landmarks)
    start = surface_in_photo(even.landmarks)
    light = photo_light(even)
    assert light is not None
    moved = np.linalg.norm(light.surface.surface.vertices - start.surface.vertices, axis=1)
    assert np.quantile(moved[light.surface.matt], 0.95) < 0.2
