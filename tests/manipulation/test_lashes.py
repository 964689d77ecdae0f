"""Upper lashes in a brow lift: the photo shows how high they stand, and they keep their length."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.landmarks.topology import mirror_points
from landmarkdiff.manipulation.lashes import lash_height
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import deformation_of, fit_plan, mask_for
from landmarkdiff.procedures.planning import make_plan

MARGIN = [161, 160, 159, 158, 157]
LONG_MM = 4.0


@pytest.fixture(scope="module")
def bare(pipeline: LandmarkDiffPipeline, portraits: dict[str, ImageArray]) -> PreparedFace:
    """A photo that is large enough to show single lashes, and has no long ones."""
    large = cv2.resize(portraits["astronaut"], None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    return pipeline.prepare(np.asarray(large, np.uint8)).with_glasses("no")


@pytest.fixture(scope="module")
def lashed(bare: PreparedFace) -> PreparedFace:
    """The same photo with lashes drawn on the right eye, a millimetre apart."""
    face, image = bare.landmarks, bare.image.copy()
    line = face.points[MARGIN, :2]
    up = face.project([0.0, LONG_MM, 0.0])[:2]
    count = round(float(np.hypot(*(line[-1] - line[0]))) * face.scale.mm_per_px)
    for share in np.linspace(0.0, 1.0, max(count, 2)):
        root = np.array(
            [np.interp(share, np.linspace(0.0, 1.0, 5), line[:, axis]) for axis in (0, 1)]
        )
        ends = (np.rint(end * 16).astype(int).tolist() for end in (root, root + up))
        cv2.line(image, *ends, (30, 20, 15), 1, cv2.LINE_AA, 4)
    return PreparedFace(image, face, glasses="no")


def risen(face: PreparedFace, points: FloatArray) -> FloatArray:
    """How far a whole lift raises points of the photo: (n,) mm."""
    plan, flags = make_plan("brow_lift", face.landmarks, intensity=100), ClinicalFlags()
    deformation = deformation_of(face, plan, flags)
    fitted, _ = fit_plan(face, plan, flags, deformation, mask_for(face, plan, flags, deformation))
    up = face.landmarks.project([0.0, 1.0, 0.0])[:2]
    moved = fitted.field.forward(points) - points
    return np.asarray(moved @ up / np.hypot(*up) * face.landmarks.scale.mm_per_px)


def test_lashes_are_seen_on_the_side_that_has_them(
    bare: PreparedFace, lashed: PreparedFace
) -> None:
    assert lash_height(lashed, -1) == pytest.approx(LONG_MM, abs=0.8)
    assert lash_height(lashed, 1) == lash_height(bare, 1) == lash_height(bare, -1) == 0.0


def test_long_lashes_keep_their_length_and_the_brow_its_rise(
    bare: PreparedFace, lashed: PreparedFace
) -> None:
    points, face = bare.landmarks.points[:, :2], bare.landmarks
    tips = points[MARGIN[1:-1]] + face.project([0.0, LONG_MM, 0.0])[:2]
    assert risen(bare, tips).mean() > 0.25 * LONG_MM
    assert risen(lashed, tips).mean() < 0.15 * LONG_MM
    brow = [52, 53, 65, 105]
    for rows in (brow, mirror_points(brow)):
        assert risen(lashed, points[rows]) == pytest.approx(risen(bare, points[rows]), abs=0.1)
