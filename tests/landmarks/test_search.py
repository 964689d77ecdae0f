"""Which faces make the search try the other quarter turns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rendering import canonical_face

from landmarkdiff.landmarks.region import Region, View
from landmarkdiff.landmarks.search import FoundFace, _is_upright


def found(score: float, *, roll: float = 0.0, pitch: float = 0.0) -> FoundFace:
    face = canonical_face(roll=roll, pitch=pitch, px_per_mm=2.0)
    view = View.turned(face.image_width, face.image_height, 0)
    region = Region(100.0, 100.0, 300.0, np.radians(roll))
    return FoundFace(view, region, score, face.points, presence=1.0)


@pytest.mark.parametrize("roll", [0.0, 20.0, -40.0])
def test_a_mesh_that_fits_ends_the_search_whatever_the_score(roll: float) -> None:
    assert _is_upright(found(0.6, roll=roll))


def test_a_mesh_that_does_not_fit_needs_the_score() -> None:
    shaken = found(0.8)
    noise = np.random.default_rng(3).normal(0.0, 10.0, shaken.points.shape)
    shaken = replace(shaken, points=shaken.points + noise)
    assert not _is_upright(shaken)
    assert _is_upright(replace(shaken, score=0.93))


def test_other_signs_of_a_hanging_face_go_on_with_the_search() -> None:
    assert not _is_upright(replace(found(0.8), presence=0.9))
    assert not _is_upright(found(0.8, pitch=20.0))
    assert not _is_upright(found(0.8, roll=50.0))
    assert not _is_upright(found(0.95, roll=80.0))
