"""What lies beyond the outline of the face, and the ears beside it."""

from __future__ import annotations

import numpy as np
import pytest
from rendering import canonical_face

from landmarkdiff.arrays import FloatArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.manipulation.ear_line import beside_ears
from landmarkdiff.manipulation.grid import RegionGrid
from landmarkdiff.manipulation.outline import REACH_MM, BeyondOutline, FaceOutline, face_outline
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import deformation_of, fit_plan, mask_for
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.procedures.procedure import photo_procedure_names

SQUARE = FaceOutline(np.array([[20.0, 20], [60, 20], [60, 60], [20, 60]]), 12.0)
#: Along the root of the right ear, and of the left one.
EARS = ((127, 234, 93, 132), (356, 454, 323, 361))


def at_100(face: PreparedFace, name: str, points: FloatArray) -> FloatArray:
    """Length of the displacement of points by a procedure at 100: (n,) mm."""
    plan, flags = make_plan(name, face.landmarks, intensity=100), ClinicalFlags()
    deformation = deformation_of(face, plan, flags)
    fitted, _ = fit_plan(face, plan, flags, deformation, mask_for(face, plan, flags, deformation))
    return np.hypot(*fitted.field.at(points).T) * face.landmarks.scale.mm_per_px


@pytest.fixture(scope="module")
def faces(prepared_portraits: dict[str, PreparedFace]) -> dict[str, PreparedFace]:
    turned = canonical_face(yaw=24, size=320, px_per_mm=1.2)
    blank = np.full((320, 320, 3), 128, np.uint8)
    return {
        "astronaut": prepared_portraits["astronaut"],
        "turned": PreparedFace(blank, turned, glasses="no"),
    }


def test_nodes_beyond_are_read_at_the_outline_and_fade_evenly() -> None:
    grid = RegionGrid(x=0, y=0, width=81, height=81, step=1)
    beyond = BeyondOutline(SQUARE, grid)
    places = beyond.places.reshape(*grid.shape, 2)
    assert places[40, 30].tolist() == [30.0, 40.0]
    assert places[40, 66].tolist() == [60.0, 40.0]
    assert places[5, 66].tolist() == [60.0, 20.0]
    assert beyond.outside.sum() == 81 * 81 - 41 * 41
    # A cell and a half goes along whole, then all is over within the reach.
    steps = beyond.fade[40, 58:76]
    assert steps[:4].tolist() == [1.0, 1.0, 1.0, 1.0]
    assert np.diff(steps[4:16]) == pytest.approx(-1.0 / 12.0, abs=1e-6)
    assert (steps[16:] == 0.0).all()


def test_the_outline_holds_the_face_and_where_a_plan_may_bring_it() -> None:
    face = canonical_face()
    outward = np.zeros((478, 3))
    outward[152] = 0.0, -8.0, 0.0
    still, moved = face_outline(face, np.zeros((478, 3))), face_outline(face, outward)
    assert not still.lies_beyond(face.points[:468, :2] * 0.999 + face.points[4, :2] * 0.001).any()
    below = (face.points[152] + face.project(outward[152]) * 0.9)[None, :2]
    assert still.lies_beyond(below).all()
    assert not moved.lies_beyond(below).any()
    assert still.reach == pytest.approx(REACH_MM / face.scale.mm_per_px)


@pytest.mark.parametrize("name", photo_procedure_names())
@pytest.mark.parametrize("which", ["astronaut", "turned"])
def test_beyond_the_outline_everything_moves_less_and_less(
    which: str, name: str, faces: dict[str, PreparedFace]
) -> None:
    face = faces[which]
    plan = make_plan(name, face.landmarks, intensity=100)
    outline = face_outline(face.landmarks, deformation_of(face, plan, ClinicalFlags()).full)
    corner = outline.polygon
    edge = np.roll(corner, -1, axis=0) - corner
    middle = corner + 0.5 * edge
    normal = np.stack([edge[:, 1], -edge[:, 0]], 1) / np.hypot(*edge.T)[:, None]
    px = 1.0 / face.landmarks.scale.mm_per_px
    away = np.arange(0.0, 30.0, 1.0) * px
    points = middle[:, None] + away[:, None] * normal[:, None]
    assert outline.lies_beyond(points[:, 1:].reshape(-1, 2)).all()
    moved = at_100(face, name, points.reshape(-1, 2)).reshape(len(corner), -1)
    # Beside the lobe the mask of the ear ends, and the neck below it follows a little.
    assert (moved - np.minimum.accumulate(moved, axis=1)).max() < 0.25
    assert (moved[:, away > (REACH_MM + 5.0) * px] == 0.0).all()


@pytest.mark.parametrize("name", ["brow_lift", "rhytidectomy", "malar_augmentation"])
def test_ear_and_tragus_stay(name: str, faces: dict[str, PreparedFace]) -> None:
    face = faces["astronaut"]
    points = face.landmarks.points
    outward = face.landmarks.project([1.0, 0.0, 0.0])[:2]
    ears = [
        points[index, :2] + side * away * outward
        for side, line in zip((-1, 1), EARS, strict=True)
        for index in line
        for away in (0.0, 3.0, 8.0, 15.0)
    ]
    assert at_100(face, name, np.array(ears)).max() < 0.1


def test_an_ear_that_the_face_hides_takes_nothing() -> None:
    face = canonical_face(yaw=40)
    nodes = face.points[:468, :2].astype(np.float32)
    left = beside_ears(face, nodes)
    near, far = left[list(EARS[0])], left[list(EARS[1])]
    assert sorted([near.max(), far.min()]) == [0.0, 1.0] or near.min() == 1.0
