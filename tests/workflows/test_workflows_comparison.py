"""Procedures side by side, and a sweep of intensities."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from result_files import pixels_of, tree

from landmarkdiff import workflows
from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import (
    ParameterError,
)
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.photo import draw_label, read_manifest
from landmarkdiff.workflows import read_request


def test_a_comparison_shows_every_procedure_labelled(
    portrait_files: Path, pipeline: LandmarkDiffPipeline, tmp_path: Path
) -> None:
    request = read_request(intensity=["rhinoplasty=90"])
    seen: list[tuple[int, int]] = []
    files = workflows.compare_procedures(
        portrait_files / "astronaut.png",
        request,
        tmp_path,
        pipeline=pipeline,
        progress=lambda done, total, _: seen.append((done, total)),
    )
    panels = {panel["procedure"]: panel for panel in files.record["panels"]}
    assert len(panels) == 8
    assert all(panel["status"] == "simulated" for panel in panels.values())
    assert panels["rhinoplasty"]["intensity"] == 90.0
    assert panels["lip_lift"]["intensity"] == 60.0
    assert sorted(set(seen)) == [(done, 8) for done in range(8)]
    assert set(tree(tmp_path)) == {
        "astronaut-compare/compare.png",
        "astronaut-compare/faces.png",
        "astronaut-compare/result.json",
    }
    assert files.picture.name == "compare.png"
    for name in ("compare.png", "faces.png"):
        manifest = read_manifest(files.folder / name)
        assert manifest is not None
        assert manifest["simulation"] is True
    # Pairs of close-ups in two columns: photo and simulation of 560 x 504 pixels, 4 apart.
    close = pixels_of(files.picture)
    assert close.shape[1] == 2 * (2 * 560 + 4 + 12) + 12
    # Photo first, then eight tiles, which bear the label in one place.
    tiles = _tiles(pixels_of(files.folder / "faces.png"), columns=3, count=9)
    labelled, (x, y, w, h) = draw_label(tiles[0], corner="bottom-right")
    for tile in tiles[1:]:
        assert np.array_equal(tile[y : y + h, x : x + w], labelled[y : y + h, x : x + w])
        assert not np.array_equal(tile[: y - 1], labelled[: y - 1])


def _tiles(sheet: ImageArray, columns: int, count: int) -> list[ImageArray]:
    """Cut a grid of face tiles (384 x 480 px, 12 px apart, captions below) into its tiles."""
    head, gap, width, height = 36, 12, 384, 480
    pitch = (sheet.shape[0] - head - gap) // -(-count // columns)
    tiles = []
    for index in range(count):
        row, column = divmod(index, columns)
        left, top = gap + column * (width + gap), head + row * pitch
        tiles.append(np.ascontiguousarray(sheet[top : top + height, left : left + width]))
    return tiles


def test_a_sweep_grows_step_by_step(
    portrait_files: Path, pipeline: LandmarkDiffPipeline, tmp_path: Path
) -> None:
    files = workflows.intensity_sweep(
        portrait_files / "grace_hopper.png",
        read_request(procedures=["mentoplasty"]),
        4,
        tmp_path,
        pipeline=pipeline,
    )
    panels = files.record["panels"]
    assert [round(panel["intensity"], 1) for panel in panels] == [0.0, 33.3, 66.7, 100.0]
    moved = [panel["largest_displacement_mm"] for panel in panels]
    assert moved[0] == 0.0
    assert all(b > a + 0.5 for a, b in pairwise(moved))
    assert files.folder.name == "grace_hopper-sweep-mentoplasty"


@pytest.mark.parametrize("steps", [2, 11, True])
def test_a_sweep_has_three_to_ten_steps(tmp_path: Path, steps: int) -> None:
    request = read_request(procedures=["mentoplasty"])
    with pytest.raises(ParameterError, match="3 to 10"):
        workflows.intensity_sweep("absent.png", request, steps, tmp_path)


def test_tiles_frame_the_face_the_same_at_any_size(
    astronaut: ImageArray, pipeline: LandmarkDiffPipeline
) -> None:
    from landmarkdiff.workflows.output.pictures import face_tile

    face = pipeline.prepare(astronaut, passes=2).landmarks
    large = np.asarray(cv2.resize(astronaut, (2048, 2048), interpolation=cv2.INTER_CUBIC))
    half = np.array([0.5, 0.5, 0.0])
    points = (face.points + half) * 4.0 - half
    small_tile = face_tile(astronaut, face).astype(float)
    large_tile = face_tile(large, face.with_points(points)).astype(float)
    assert np.abs(small_tile - large_tile)[40:-40, 40:-40].mean() < 1.5
