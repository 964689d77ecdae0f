"""Pairs of photos with the words between them."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.lato.data import EditExample


def test_an_example_has_two_pictures_of_one_size_and_68_points() -> None:
    picture, points, seen = np.zeros((8, 6, 3), np.uint8), np.zeros((68, 2)), np.ones(68, bool)
    words = {"instruction": "look happy", "language": "en", "person": "anna"}
    assert EditExample(picture, picture, points, points, seen, seen, **words).person == "anna"
    with pytest.raises(ValueError, match="one size"):
        EditExample(picture, picture[:4], points, points, seen, seen, **words)
    with pytest.raises(ValueError, match="68 points"):
        EditExample(picture, picture, points, points[:67], seen, seen, **words)
