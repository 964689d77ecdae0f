"""Which photos are read by the mesh and which by their contour, with and without the networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hard_profiles import hard_profile

from landmarkdiff.errors import NoFaceError, ProfileError
from landmarkdiff.inference.reading import read_photo_face
from landmarkdiff.landmarks.detector import LandmarkDetector
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.profile import finder


def test_without_the_networks_of_profiles_frontal_photos_work_and_others_name_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, astronaut: np.ndarray
) -> None:
    detector = LandmarkDetector()
    whole = read_photo_face(detector, astronaut, passes=2, face=0, mm_per_px=None, ipd_mm=None)
    blank = np.full((256, 256, 3), 128, np.uint8)
    with pytest.raises(NoFaceError, match="no face was found in the photo"):
        read_photo_face(detector, blank, passes=2, face=0, mm_per_px=None, ipd_mm=None)
    monkeypatch.delenv("LANDMARKDIFF_WEIGHTS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LANDMARKDIFF_OFFLINE", "1")
    monkeypatch.setattr(finder, "_shared", [])
    alone = read_photo_face(detector, astronaut, passes=2, face=0, mm_per_px=None, ipd_mm=None)
    command = "landmarkdiff weights pull selfie_segmentation face_detection_full_range"
    with pytest.raises(NoFaceError, match=f"cannot be read as a profile.*{command}"):
        read_photo_face(detector, blank, passes=2, face=0, mm_per_px=None, ipd_mm=None)
    assert isinstance(whole, FaceLandmarks) and isinstance(alone, FaceLandmarks)
    np.testing.assert_array_equal(alone.points, whole.points)


def test_a_head_from_the_side_that_shows_no_contour_is_no_photo_without_a_face() -> None:
    """Hair over forehead and nose of a clear head: what hides the profile is the reason."""
    image = hard_profile(23, "strands").image
    with pytest.raises(ProfileError) as raised:
        read_photo_face(LandmarkDetector(), image, passes=2, face=0, mm_per_px=None, ipd_mm=None)
    assert raised.value.code == "profile_covered"
    assert raised.value.params["cover"].code == "cover_hair"
