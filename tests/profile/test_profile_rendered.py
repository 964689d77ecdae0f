"""Rendered heads in profile, and nearly so: the contour against the border of the render."""

from __future__ import annotations

import numpy as np
import pytest
from rendered_heads import render_head

from landmarkdiff.errors import NoFaceError
from landmarkdiff.landmarks import FaceLandmarks, extract_landmarks
from landmarkdiff.profile import ProfileFinder

#: Seed, yaw, roll, tone, light, backdrop.
PROFILES = [
    (1, -90.0, 0.0, 0, 0, "plain"),
    (2, 90.0, 8.0, 1, 1, "plain"),
    (3, -90.0, -8.0, 2, 2, "uneven"),
    (4, 90.0, 0.0, 3, 3, "plain"),
    (5, -76.0, 4.0, 1, 0, "pattern"),
    (6, 78.0, -4.0, 0, 2, "uneven"),
    (7, -103.0, 0.0, 2, 0, "plain"),
    (8, 85.0, -14.0, 3, 1, "pattern"),
]


def mesh_of(image: np.ndarray) -> FaceLandmarks | None:
    try:
        return extract_landmarks(image, passes=1)
    except NoFaceError:
        return None


@pytest.mark.parametrize(("seed", "yaw", "roll", "tone", "light", "kind"), PROFILES)
def test_a_profile_is_seen_and_its_contour_is_exact(
    finder: ProfileFinder, seed: int, yaw: float, roll: float, tone: int, light: int, kind: str
) -> None:
    head = render_head(seed, yaw, roll, tone, light, kind)
    seen = finder.view_of(head.image, mesh_of(head.image))
    assert seen.kind == "profile"
    assert seen.side == ("left_profile" if yaw < 0 else "right_profile")
    assert seen.contour is not None
    error = head.distance_mm(seen.contour.points)[~seen.contour.covered]
    assert np.median(error) < 0.2
    assert np.percentile(error, 95) < 0.6
    assert seen.contour.roll == pytest.approx(roll, abs=8.0)
    ratio = error * seen.contour.px_per_mm / seen.contour.uncertainty[~seen.contour.covered]
    assert np.mean(ratio < 1.645) > 0.8


@pytest.mark.parametrize(
    ("seed", "yaw", "roll"), [(44, 90.0, 8.0), (45, -90.0, 0.0), (47, -90.0, -8.0)]
)
def test_a_head_of_another_family_has_its_contour_too(
    finder: ProfileFinder, seed: int, yaw: float, roll: float
) -> None:
    """Two of them are farther from the outline model than an oblique may be."""
    head = render_head(seed, yaw, roll, seed % 4, seed % 4, strength=1.0)
    seen = finder.view_of(head.image, mesh_of(head.image))
    assert (seen.kind, seen.refusal) == ("profile", None)
    assert seen.contour is not None
    assert seen.contour.side == ("left_profile" if yaw < 0 else "right_profile")
    error = head.distance_mm(seen.contour.points)[~seen.contour.covered]
    assert np.median(error) < 0.15
    assert np.percentile(error, 95) < 0.4


def test_a_head_far_out_of_the_family_is_refused_as_covered_or_has_its_contour(
    finder: ProfileFinder,
) -> None:
    """At the edge of what is taken for a cover, processors differ in which of the two it is."""
    head = render_head(40, 90.0, 8.0, 0, 0, strength=1.0)
    seen = finder.view_of(head.image, mesh_of(head.image))
    assert seen.kind == "profile"
    if seen.contour is None:
        assert seen.refusal is not None
        assert seen.refusal.code == "profile_covered"
        return
    assert seen.refusal is None
    error = head.distance_mm(seen.contour.points)[~seen.contour.covered]
    assert np.median(error) < 0.15
    assert np.percentile(error, 95) < 0.4


@pytest.mark.parametrize("yaw", [75.0, 80.0, 85.0, 90.0])
@pytest.mark.parametrize("tone", [0, 3])
def test_a_profile_is_never_frontal(finder: ProfileFinder, yaw: float, tone: int) -> None:
    for seed, side in ((11, -1.0), (12, 1.0)):
        head = render_head(seed, side * yaw, 0.0, tone, fine=1)
        seen = finder.view_of(head.image, mesh_of(head.image))
        assert seen.kind in ("profile", "unclear")
        assert (seen.contour is None) == (seen.refusal is not None)


@pytest.mark.parametrize(
    ("yaw", "kind"),
    [(0.0, "frontal"), (15.0, "frontal"), (-30.0, "three_quarter"), (45.0, "three_quarter")],
)
def test_other_views_are_no_profiles(finder: ProfileFinder, yaw: float, kind: str) -> None:
    head = render_head(21, yaw, fine=1)
    seen = finder.view_of(head.image, mesh_of(head.image))
    assert (seen.kind, seen.side, seen.contour) == (kind, None, None)
