from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.arrays import ImageArray
from landmarkdiff.landmarks import detect_faces
from landmarkdiff.profile.faces import find_faces
from landmarkdiff.profile.networks import ProfileNetworks
from landmarkdiff.profile.windows import PhotoPyramid


def test_a_frontal_face_is_seen_clearly_and_unturned(
    networks: ProfileNetworks, frontal: ImageArray
) -> None:
    face, *_ = find_faces(networks, PhotoPyramid(frontal))
    assert face.score > 1.5
    assert abs(face.turn) < 0.1
    ((x, y, width, height), *_) = detect_faces(frontal)
    assert face.centre == pytest.approx([x + width / 2, y + height / 2], abs=0.25 * width)


def test_a_mirrored_photo_gives_the_mirrored_face(
    networks: ProfileNetworks, frontal: ImageArray
) -> None:
    plain, *_ = find_faces(networks, PhotoPyramid(frontal))
    mirrored, *_ = find_faces(networks, PhotoPyramid(np.ascontiguousarray(frontal[:, ::-1])))
    width = frontal.shape[1]
    assert mirrored.box[0] == pytest.approx(width - 1 - plain.box[2], abs=2.0)
    assert mirrored.turn == pytest.approx(-plain.turn, abs=0.02)


def test_nothing_is_no_face(networks: ProfileNetworks) -> None:
    assert find_faces(networks, PhotoPyramid(np.full((300, 200, 3), 127, np.uint8))) == []


def test_networks_answer_as_mediapipe_describes(networks: ProfileNetworks) -> None:
    mask = networks.silhouette(np.zeros((256, 256, 3), np.uint8))
    assert mask.shape == (256, 256)
    assert 0.0 <= mask.min() <= mask.max() <= 1.0
    assert networks.faces(np.zeros((192, 192, 3), np.uint8), 0.5) == []
