"""A rhinoplasty as it looks: the groove beside an ala goes along with its narrowed base."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.manipulation.prepared import PreparedFace

#: The base of the ala, and the groove beside it, of either side.
BASE, GROOVE = [64, 294], [[102, 129], [331, 358]]


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
