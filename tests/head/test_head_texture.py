"""The texture of a head from drawn photos of it before a green wall."""

from __future__ import annotations

import numpy as np
import pytest
from head_portraits import SKINS, Look, portrait

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.head import FittedHead, HeadCamera, HeadModel, fit_head, head_model
from landmarkdiff.head.texture import HeadTexture, TexturePhoto, head_texture
from landmarkdiff.landmarks.detector import LandmarkDetector
from landmarkdiff.landmarks.face import Scale

SIZE, PX = (640, 560), 2.4
GREEN = (20, 220, 40)
IRIS = (86, 62, 42)


@pytest.fixture(scope="module")
def model() -> HeadModel:
    return head_model()


@pytest.fixture(scope="module")
def photos(model: HeadModel) -> list[TexturePhoto]:
    detector, made = LandmarkDetector(), []
    for yaw in (0.0, 38.0, -38.0):
        camera = HeadCamera.turned(
            yaw, px_per_mm=PX, shift=(SIZE[1] / 2 + PX * 0.75 * yaw, SIZE[0] * 0.42)
        )
        look = Look(skin=SKINS[2], background=GREEN, iris=IRIS)
        picture = portrait(model, model.surface(), camera, look, SIZE)
        face = detector.extract(picture).with_scale(Scale(1 / PX, 0.02, "ruler"))
        made.append(TexturePhoto(picture, face))
    return made


@pytest.fixture(scope="module")
def head(photos: list[TexturePhoto]) -> FittedHead:
    return fit_head([photo.evidence for photo in photos])


@pytest.fixture(scope="module")
def texture(head: FittedHead, photos: list[TexturePhoto]) -> HeadTexture:
    return head_texture(head, photos)


def read(pixels: ImageArray, uv: FloatArray) -> FloatArray:
    """Colours at texture coordinates, the mean of 3 by 3 texels: (n, 3)."""
    size = len(pixels)
    column, row = np.clip(np.rint(uv * size - 0.5).astype(int), 1, size - 2).T
    around = [pixels[row + dy, column + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    return np.mean(np.array(around, np.float64), axis=0)


def at_landmarks(head: FittedHead, texture: HeadTexture, numbers: list[int]) -> FloatArray:
    held = head.model.landmarks
    uv = (head.surface.topology.uv[held.vertices] * held.weights[..., None]).sum(axis=1)
    return read(texture.pixels, uv[numbers])


def test_the_face_is_seen_and_the_back_of_the_head_is_not(
    head: FittedHead, texture: HeadTexture
) -> None:
    topology = head.surface.topology
    assert texture.pixels.shape == (1024, 1024, 3) and texture.pixels.dtype == np.uint8
    assert texture.seen.shape == (topology.vertex_count,)
    assert texture.seen.min() >= 0 and texture.seen.max() <= 1
    named = head.model.landmarks.anatomical(texture.seen[:, None].astype(float))
    for name in ("pronasale", "subnasale", "pogonion", "glabella", "menton"):
        assert named[name][0] > 0.9, name
    back = np.intersect1d(topology.parts["skin"], np.flatnonzero(head.model.mean[:, 2] < -150))
    assert texture.seen[back].mean() < 0.05


def test_nothing_of_the_wall_is_on_the_head(head: FittedHead, texture: HeadTexture) -> None:
    shown = texture.seen > 0.5
    colours = read(texture.pixels, head.surface.topology.uv[shown])
    green = colours[:, 1] - colours[:, [0, 2]].max(axis=1)
    assert np.quantile(green, 0.99) < 0 and green.max() < 25


def test_eyes_look_at_the_camera(head: FittedHead, texture: HeadTexture) -> None:
    pupils = at_landmarks(head, texture, [468, 473])
    assert pupils.max() < 75
    for part, pupil in (("right_eye", 468), ("left_eye", 473)):
        vertices = head.surface.topology.parts[part]
        assert (texture.seen[vertices] == 1).all()
        place = head.landmarks_mm[pupil]
        points, facing = head.surface.vertices[vertices], head.surface.normals[vertices]
        away = np.linalg.norm(points - place, axis=1)
        white = (away > 8.0) & (facing[:, 2] > 0.3)
        colours = read(texture.pixels, head.surface.topology.uv[vertices[white]])
        assert colours.mean() > 130  # also where the lids of the photo hide it
        assert np.ptp(colours.mean(axis=0)) < 45


def test_left_and_right_of_a_head_lit_from_the_front_agree(
    model: HeadModel, head: FittedHead, photos: list[TexturePhoto], texture: HeadTexture
) -> None:
    darker = [
        photo
        if place == 0
        else TexturePhoto((photo.pixels * 0.75).astype(np.uint8), photo.evidence)
        for place, photo in enumerate(photos)
    ]
    other = head_texture(head, darker)
    skin = np.setdiff1d(model.topology.parts["skin"], model.topology.parts["inside"])
    shown = skin[texture.seen[skin] > 0.9]
    first, second = (read(t.pixels, head.surface.topology.uv[shown]) for t in (texture, other))
    assert np.median(np.abs(first - second)) < 4  # gains take the difference out
    assert np.quantile(np.abs(first - second), 0.95) < 14
