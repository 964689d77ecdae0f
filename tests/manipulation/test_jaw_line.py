"""A facelift leaves the jaw line round: no corner where skin that moves meets skin that stays."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.arrays import FloatArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import deformation_of
from landmarkdiff.procedures.planning import make_plan

#: The jaw line from the ear down to the chin: the patient's right, then left.
LINES = (
    [93, 132, 58, 172, 136, 150, 149, 176],
    [323, 361, 288, 397, 365, 379, 378, 400],
)


def turns(points: FloatArray) -> FloatArray:
    """By how many degrees a line (n, 2) turns at its inner points: (n - 2,)."""
    step = np.diff(points, axis=0)
    heading = np.unwrap(np.arctan2(step[:, 1], step[:, 0]))
    return np.degrees(np.diff(heading))


@pytest.mark.parametrize("intensity", [60, 100])
def test_the_angle_of_the_jaw_stays_round(
    intensity: float, prepared_portraits: dict[str, PreparedFace]
) -> None:
    for prepared in prepared_portraits.values():
        face = prepared.landmarks
        plan = make_plan("rhytidectomy", face, intensity=intensity)
        moved = deformation_of(prepared, plan, ClinicalFlags()).displacement
        for line in LINES:
            before = face.points_mm[line, :2]
            side = np.sign(before[0, 0])
            growth = -side * (turns(before + moved[line, :2]) - turns(before))
            # At the ear and the angle, where skin that is lifted meets skin that stays.
            assert growth[:3].max() < 3.7, growth


def outside(face: FaceLandmarks, line: list[int], away_mm: float = 3.0) -> FloatArray:
    """Places a millimetre apart, outside of a line and smooth as skin is: (n, 2) pixels."""
    places = face.points[line, :2] * face.scale.mm_per_px
    along = np.append(0.0, np.hypot(*np.diff(places, axis=0).T).cumsum())
    every = np.arange(0.0, along[-1], 1.0)
    dense = np.stack([np.interp(every, along, axis) for axis in places.T], axis=1)
    kernel = np.exp(-0.5 * (np.arange(-8, 9) / 3.0) ** 2)
    padded = np.pad(dense, ((8, 8), (0, 0)), mode="reflect", reflect_type="odd")
    smooth = np.stack([np.convolve(axis, kernel / kernel.sum(), "valid") for axis in padded.T], -1)
    way = np.gradient(smooth, axis=0)
    normal = np.stack([way[:, 1], -way[:, 0]], axis=1) / np.hypot(*way.T)[:, None]
    away = smooth - face.points[:468, :2].mean(axis=0) * face.scale.mm_per_px
    normal *= np.sign((normal * away).sum(axis=1))[:, None]
    return np.asarray((smooth + away_mm * normal) / face.scale.mm_per_px)


def turned_over(places: FloatArray) -> FloatArray:
    """By how many degrees a line of places a millimetre apart turns over 5 mm, inward positive."""
    step = places[5:] - places[:-5]
    heading = np.degrees(np.unwrap(np.arctan2(step[:, 1], step[:, 0])))
    return np.asarray((heading[5:] - heading[:-5]) * np.sign(heading[-1] - heading[0]))


def test_the_outline_beside_the_jaw_has_no_notch_and_no_corner(
    pipeline: LandmarkDiffPipeline, prepared_portraits: dict[str, PreparedFace]
) -> None:
    """Nor between the landmarks, where the cheek is drawn in below an ear that stays."""
    for prepared in prepared_portraits.values():
        result = pipeline.generate(prepared, "rhytidectomy", 100, verify=False)
        for line in LINES:
            places = outside(result.source, line)
            turned = turned_over(result.displacement_field.forward(places))
            # Beside the cheek and the angle of the jaw, degrees over 5 mm.
            beside = len(turned) * 5 // 9
            assert turned[:beside].min() > -7.0
            assert (turned - turned_over(places))[:beside].max() < 8.0


def test_the_jaw_line_bulges_nowhere(
    pipeline: LandmarkDiffPipeline, prepared_portraits: dict[str, PreparedFace]
) -> None:
    """A lift goes up along the outline, whose neck stays, and is drawn in as far as it goes out."""
    for prepared in prepared_portraits.values():
        result = pipeline.generate(prepared, "rhytidectomy", 100, verify=False)
        for line in LINES:
            places = outside(result.source, line, 0.0)
            outward = outside(result.source, line, 1.0) - places
            outward /= np.hypot(*outward.T)[:, None]
            moved = result.displacement_field.forward(places) - places
            assert (moved * outward).sum(axis=1).max() * result.source.scale.mm_per_px < 0.1


def test_the_tail_of_the_brow_rises_most(prepared_portraits: dict[str, PreparedFace]) -> None:
    """A head of the brow that rises as the tail does looks worried."""
    face = prepared_portraits["astronaut"].landmarks
    for intensity, most in ((60, 0.8), (100, 0.65)):
        plan = make_plan("brow_lift", face, intensity=intensity)
        rise = {item.effect.name: item.value for item in plan.effects}
        assert rise["medial_brow"] < rise["central_brow"] < rise["lateral_brow"]
        assert rise["medial_brow"] < most * rise["lateral_brow"]
