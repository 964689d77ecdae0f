"""Light on the mesh, where the head's file is absent: said, and nothing is fetched."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from landmarkdiff import weights
from landmarkdiff.arrays import ImageArray
from landmarkdiff.inference import LandmarkDiffPipeline


def test_without_the_head_the_light_follows_the_mesh(
    astronaut: ImageArray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = LandmarkDiffPipeline()
    prepared = pipeline.prepare(astronaut)
    for name in ("face_landmarker", "sface"):
        shutil.copy(weights.obtain(name), tmp_path)
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("LANDMARKDIFF_OFFLINE", raising=False)
    made = pipeline.generate(prepared, "mentoplasty", 60, verify=False)
    assert made.warp.shading is not None
    assert made.warp.shading.record.source == "mesh"
    assert "light_without_head" in [notice.code for notice in made.notices]
    unlit = pipeline.generate(prepared, "mentoplasty", 60, verify=False, light=False)
    assert np.abs(made.image.astype(int) - unlit.image).max() > 2
    assert weights.locate("makehuman_head") is None
