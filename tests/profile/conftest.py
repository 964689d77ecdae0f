from __future__ import annotations

import cv2
import numpy as np
import pytest

from landmarkdiff import weights
from landmarkdiff.arrays import ImageArray
from landmarkdiff.profile.finder import ProfileFinder
from landmarkdiff.profile.networks import ProfileNetworks


@pytest.fixture(scope="session")
def networks() -> ProfileNetworks:
    return ProfileNetworks(
        weights.read("face_detection_full_range"), weights.read("selfie_segmentation")
    )


@pytest.fixture(scope="session")
def finder() -> ProfileFinder:
    return ProfileFinder()


@pytest.fixture(scope="session", params=["grace_hopper", "astronaut"])
def frontal(request: pytest.FixtureRequest) -> ImageArray:
    picture = cv2.imread(str(weights.obtain(request.param)), cv2.IMREAD_COLOR)
    return np.ascontiguousarray(picture[..., ::-1])
