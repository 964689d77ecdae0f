"""Scales, points and plans that are of no face are refused with what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from landmarkdiff.arrays import ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.errors import FaceUnusableError, ParameterError
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.landmarks.scale import interpupillary_px
from landmarkdiff.manipulation.prepared import PreparedFace

Prepared = Mapping[str, PreparedFace]


@pytest.mark.parametrize(("ipd_mm", "least"), [(600.0, False), (1.0, True)])
def test_a_ruler_that_was_misread_is_refused(
    ipd_mm: float, least: bool, pipeline: LandmarkDiffPipeline, astronaut: ImageArray
) -> None:
    seen = pipeline.prepare(astronaut, passes=1).landmarks
    ruler = ipd_mm / interpupillary_px(seen.points, seen.pose)
    prepared = pipeline.prepare(astronaut, passes=1, mm_per_px=ruler)
    flags = ClinicalFlags(child=least)  # not even a child's eyes lie so near to each other
    with pytest.raises(FaceUnusableError, match=rf"got .* {ipd_mm:.0f} mm.*25 to 105 mm"):
        pipeline.generate(prepared, "rhinoplasty", clinical_flags=flags, verify=False)


@pytest.mark.parametrize("value", [1000.0, 1e308, 5e-324])
def test_the_scale_of_no_photo_is_refused_before_it_is_measured(
    value: float, pipeline: LandmarkDiffPipeline, astronaut: ImageArray
) -> None:
    with pytest.raises(ParameterError, match=r"mm per pixel\); allowed: 0\.001 to 20"):
        pipeline.prepare(astronaut, passes=1, mm_per_px=value)


def test_points_that_are_no_face_are_no_landmarks(prepared: Prepared) -> None:
    face = prepared["astronaut"].landmarks
    for points in (face.points[:477], face.points[:, :2]):
        with pytest.raises(ParameterError, match="478 x 3"):
            replace(face, points=points)
    for wrong in (np.nan, np.inf):
        points = face.points.copy()
        points[4, 1] = wrong
        with pytest.raises(ParameterError, match="points is not finite"):
            replace(face, points=points)


@pytest.mark.parametrize("plans", [None, "rhinoplasty", [None], ["rhinoplasty"], {}])
def test_what_is_no_list_of_plans(
    plans: Any, pipeline: LandmarkDiffPipeline, prepared: Prepared
) -> None:
    with pytest.raises(ParameterError, match="not of its type"):
        pipeline.generate_many(prepared["astronaut"], plans)
    with pytest.raises(ParameterError, match="PreparedFace"):
        pipeline.generate_many(prepared["astronaut"].landmarks, [])
