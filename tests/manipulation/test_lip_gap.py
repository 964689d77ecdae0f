"""Lips that are hardly parted: the dark between them stays where it is as the upper lip rises."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from landmarkdiff.inference import LandmarkDiffPipeline, Prediction
from landmarkdiff.manipulation.lip_gap import lip_gap
from landmarkdiff.manipulation.prepared import PreparedFace

#: Height of the dark over the landmarks in the middle of the mouth, mm.
HEIGHT_MM = 1.6
OUTER_LIPS = (61, 84, 17, 314, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
#: The middle of the free edge of the upper lip, and that of its border.
EDGE, BORDER = (82, 13, 312), (37, 0, 267)


@pytest.fixture(scope="module")
def parted(prepared_portraits: dict[str, PreparedFace]) -> PreparedFace:
    """A closed mouth with the dark of an opening drawn over the inner landmarks of its upper lip.

    It lies in evenly red lips.
    """
    closed = prepared_portraits["grace_hopper"]
    face = closed.landmarks
    picture = closed.image.copy()
    lips = np.rint(face.points[list(OUTER_LIPS), :2]).astype(np.int32)
    cv2.fillPoly(picture, [lips], (165, 85, 80))
    ring = face.points[[81, 82, 13, 312, 311], :2]
    rise = np.array([0.0, 1.0, 1.0, 1.0, 0.0]) * HEIGHT_MM / face.scale.mm_per_px
    dark = np.concatenate([ring - np.stack([0 * rise, rise], axis=1), ring[::-1]])
    cv2.fillPoly(picture, [np.rint(dark * 16).astype(np.int32)], (45, 22, 22), cv2.LINE_AA, 4)
    return replace(closed, image=picture, _found={})


def risen(
    face: PreparedFace, result: Prediction, above_mm: float, points: tuple[int, ...]
) -> float:
    """How far places so far above landmarks rise at most, mm."""
    mm = face.landmarks.scale.mm_per_px
    places = face.landmarks.points[list(points), :2] - (0.0, above_mm / mm)
    return float(np.abs(result.displacement_field.forward(places) - places)[:, 1].max()) * mm


def test_the_edge_is_found_above_the_dark(parted: PreparedFace) -> None:
    gap = lip_gap(parted)
    points, mm = parted.landmarks.points[:, :2], parted.landmarks.scale.mm_per_px
    edge = gap.edge[np.abs(gap.edge[:, 0] - points[13, 0]) < 3.0 / mm]
    ring = points[[82, 13, 312]]
    ring = ring[ring[:, 0].argsort()]
    above = (np.interp(edge[:, 0], *ring.T) - edge[:, 1]) * mm
    assert len(edge) >= 2
    assert np.abs(above - HEIGHT_MM).max() < 0.5
    red = (points[13, 1] - points[0, 1]) * mm
    assert gap.shares[13] == pytest.approx(HEIGHT_MM / red, abs=0.1)


def test_the_dark_stays_and_the_red_rises(
    pipeline: LandmarkDiffPipeline,
    parted: PreparedFace,
    prepared_portraits: dict[str, PreparedFace],
) -> None:
    closed = prepared_portraits["grace_hopper"]
    with_gap, without = (
        pipeline.generate(face, "lip_lift", 100, verify=False) for face in (parted, closed)
    )
    assert risen(closed, without, HEIGHT_MM, EDGE) > 0.6
    assert risen(parted, with_gap, HEIGHT_MM, EDGE) < 0.25
    # Less red is there to be stretched, so the border gives way to it a little more.
    border = [risen(closed, each, 0.0, BORDER) for each in (with_gap, without)]
    assert 0.55 * border[1] < border[0] <= border[1]


def test_closed_lips_and_smiles_have_none(prepared_portraits: dict[str, PreparedFace]) -> None:
    for face in prepared_portraits.values():
        assert lip_gap(face).shares == {}
        assert not len(lip_gap(face).edge)


def test_jaws_that_carry_the_lip_carry_its_edge(
    pipeline: LandmarkDiffPipeline,
    parted: PreparedFace,
    prepared_portraits: dict[str, PreparedFace],
) -> None:
    closed = prepared_portraits["grace_hopper"]
    effects = {"orthognathic.maxilla": 5.0}
    moved = [
        pipeline.generate(face, "orthognathic", 60, effects=effects, verify=False)
        for face in (parted, closed)
    ]
    fields = [each.displacement_field.displacement for each in moved]
    assert fields[0].shape == fields[1].shape
    assert np.abs(fields[0] - fields[1]).max() < 1e-3
