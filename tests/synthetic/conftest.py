"""Photos of nobody and the shards of them, made once."""

from __future__ import annotations

from pathlib import Path

import pytest
from quick_shards import QUICK

from landmarkdiff.synthetic.making import make_shards
from landmarkdiff.synthetic.renders import render_photos
from landmarkdiff.synthetic.sources import SourcePhoto, read_photo_list


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[SourcePhoto]:
    """Four drawn photos of two persons, of which one is on the test side of the split."""
    folder = tmp_path_factory.mktemp("photos")
    return read_photo_list(render_photos(4, folder, seed=17))


@pytest.fixture(scope="session")
def shards(photos: list[SourcePhoto], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shards of these photos."""
    out = tmp_path_factory.mktemp("shards")
    make_shards(photos, out, QUICK)
    return out
