"""A rhinoplasty as it looks: groove and wing go along with a narrowed base, no skin is smeared."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import mirror_points
from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.manipulation.grid import polygon_distance
from landmarkdiff.manipulation.prepared import PreparedFace

#: The base of the ala, and the groove beside it, of either side.
BASE, GROOVE = [64, 294], [[102, 129], [331, 358]]

#: Of the right side: from tip to ala above the nostril, and the ala's own rim.
WING, RIM = [220, 237, 218, 115], [218, 219, 166, 48]


@pytest.mark.parametrize("portrait", ["astronaut", "grace_hopper"])
def test_the_groove_beside_the_ala_goes_along(
    portrait: str, pipeline: LandmarkDiffPipeline, prepared_portraits: dict[str, PreparedFace]
) -> None:
    """Left where it is, it would be a bump beside the narrowed base of the nose."""
    face = prepared_portraits[portrait]
    result = pipeline.generate(face, "rhinoplasty", 100, verify=False, light=False)
    points = face.landmarks.points[:, :2]
    inward = np.abs((result.displacement_field.forward(points) - points)[:, 0])
    for base, groove in zip(BASE, GROOVE, strict=True):
        shares = inward[groove] / inward[base]
        assert (shares > 0.55).all()
        assert (shares < 1.05).all()


def most_stretched(
    field: DisplacementField, face: FaceLandmarks, landmarks: list[int]
) -> tuple[float, float]:
    """Return by how much skin between landmarks is stretched and squeezed at most, factors.

    Between the places to which the landmarks come, by the singular values of the warp over a
    millimetre.
    """
    reach = 0.5 / face.scale.mm_per_px
    landed = field.forward(face.points[landmarks, :2])
    outline = cv2.convexHull(landed.astype(np.float32))[:, 0].astype(np.float64)
    (left, top), (right, bottom) = outline.min(axis=0), outline.max(axis=0)
    pixels = np.meshgrid(np.arange(left, right), np.arange(top, bottom))
    places = np.stack(pixels, axis=-1).reshape(-1, 2)
    places = places[polygon_distance(places.astype(np.float32), outline) >= 0.0]
    slopes = [
        (field.at(places + step) - field.at(places - step)) / (2.0 * reach)
        for step in (np.array([reach, 0.0]), np.array([0.0, reach]))
    ]
    sizes = np.linalg.svd(np.stack(slopes, axis=-1) + np.eye(2), compute_uv=False)
    return float(1.0 / sizes[:, 1].min()), float(sizes[:, 0].max())


@pytest.mark.parametrize("portrait", ["astronaut", "grace_hopper"])
def test_the_wing_between_tip_and_base_is_not_smeared(
    portrait: str, pipeline: LandmarkDiffPipeline, prepared_portraits: dict[str, PreparedFace]
) -> None:
    """What carries one effect goes along with the others, in place of holding them back."""
    face = prepared_portraits[portrait]
    result = pipeline.generate(face, "rhinoplasty", 100, verify=False, light=False)
    wings, rims = (
        [
            most_stretched(result.displacement_field, face.landmarks, side)
            for side in (part, list(mirror_points(part)))
        ]
        for part in (WING, RIM)
    )
    for stretched, squeezed in wings:
        assert stretched < 1.8
        assert squeezed < 1.35
    for _, squeezed in rims:
        assert squeezed < 1.4
