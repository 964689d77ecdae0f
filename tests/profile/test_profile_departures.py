"""A contour that follows something else than the head is told by its shape."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_profiles import draw_profile
from everyday_profiles import everyday_profile
from hard_profiles import PX_PER_MM, THINGS, HardProfile, bare, hard_profile

from landmarkdiff.arrays import FloatArray
from landmarkdiff.profile import ProfileContour, ProfileFinder
from landmarkdiff.profile.departures import find_departures, with_departures
from landmarkdiff.profile.likeness import likeness
from landmarkdiff.profile.outline import CORE

#: Points of the model on the dorsum of the nose, in the fold below the lip, on the chin's front.
DORSUM, FOLD, CHIN = 22, 54, 57


def bulged(at: int, height_mm: float, reach_mm: float) -> tuple[FloatArray, FloatArray, float]:
    """A drawn contour with a smooth bulge, the outline that was laid over it, pixels per mm."""
    drawn = draw_profile((0.6, -0.5, 0.8), hair_above_mm=None)
    line = drawn.contour.copy()
    away = np.hypot(*(line - line[at]).T) / drawn.px_per_mm
    line[:, 0] -= height_mm * drawn.px_per_mm * np.exp(-0.5 * (away / reach_mm) ** 2)
    return line, drawn.contour, drawn.px_per_mm


def marked(line: FloatArray, outline: FloatArray, doubt_mm: float = 0.2) -> list[tuple[int, int]]:
    """Stretches that are told, as points of the model."""
    dense = np.stack(
        [np.interp(np.arange(0, 95, 0.1), np.arange(96), line[:, k]) for k in range(2)], axis=1
    )
    like = likeness(dense, outline, 1)
    found = find_departures(like, (), len(dense))
    doubt = np.full(len(dense), doubt_mm)
    covers = with_departures((), found, like, doubt)
    assert {cover.kind for cover in covers} <= {"unclear"}
    return [(round(cover.first / 10), round(cover.last / 10)) for cover in covers]


@pytest.mark.parametrize("at", [DORSUM, CHIN])
@pytest.mark.parametrize("height_mm", [5.0, -5.0])
def test_a_bulge_that_no_head_has_is_told(at: int, height_mm: float) -> None:
    line, outline, _ = bulged(at, height_mm, 4.0)
    ((first, last),) = marked(line, outline)
    assert first < at < last
    assert last - first < 14  # 40 mm: not the whole face


def test_a_head_of_the_family_has_none() -> None:
    line, outline, _ = bulged(CHIN, 0.0, 4.0)
    assert marked(line, outline) == []


def test_a_shallow_fold_below_the_lip_is_a_head_s_own() -> None:
    """Its depth differs by 2 mm from person to person, standard deviation."""
    line, outline, _ = bulged(FOLD, 5.0, 4.0)
    assert marked(line, outline) == []


def test_an_edge_that_is_not_seen_is_told() -> None:
    line, outline, _ = bulged(CHIN, 0.0, 4.0)
    ((first, last),) = marked(line, outline, doubt_mm=2.0)
    assert (first, last) == pytest.approx((CORE.start, CORE.stop - 1), abs=1)


def silent(photo: HardProfile, contour: ProfileContour) -> float:
    """95th percentile of the error of what is not marked, mm."""
    ends = contour.outline[[CORE.start, CORE.stop - 1]]
    first, last = (int(np.hypot(*(contour.points - end).T).argmin()) for end in ends)
    kept = ~contour.covered[first : last + 1]
    points = contour.points[first : last + 1][kept]
    return float(np.percentile(photo.distance_mm(points), 95))


@pytest.mark.parametrize("seed", [1, 5])
def test_nothing_is_told_of_a_bare_profile(finder: ProfileFinder, seed: int) -> None:
    """Heads that the spread was not made of, one of them on very dark skin."""
    contour = finder.find(bare(seed).image)
    assert contour.covers == ()


@pytest.mark.parametrize(
    ("seed", "thing", "was"),
    [
        (5, "box", 9.0),
        (3, "blob", 4.5),
        (10, "hand", 4.5),
        (31, "strands", 10.0),
        (23, "strands", 5.0),
        (30, "strands", 1.0),
        (112, "scarf", 20.0),
        (103, "beard", 4.0),
        (104, "hand", 4.0),
        (31, "behind", 6.0),
        (30, "scarf", 2.0),
    ],
)
def test_a_thing_in_the_way_is_not_taken_for_the_face(
    finder: ProfileFinder, seed: int, thing: str, was: float
) -> None:
    """By its colour alone each passed for skin, its edge wrong by the last figure, mm."""
    photo = hard_profile(seed, thing)
    seen = finder.view_of(photo.image)
    if seen.contour is None:
        assert seen.refusal is not None
        assert seen.refusal.code == "profile_covered"
        return
    whole = seen.contour.points[seen.contour.covered]
    assert np.percentile(photo.distance_mm(whole), 90) > 0.4 * was
    assert silent(photo, seen.contour) < 1.0


@pytest.mark.parametrize(
    ("seed", "thing", "kind"),
    [
        (204, "fringe", "unclear"),
        (201, "collar", "unclear"),
        (207, "mask", "unclear"),
        (202, "moustache", "beard"),
    ],
)
def test_what_people_wear_is_not_taken_for_the_face(
    finder: ProfileFinder, seed: int, thing: str, kind: str
) -> None:
    """Strands over the nose's root, a white collar before a white wall, a mask below the chin."""
    photo = everyday_profile(seed, thing)
    contour = finder.find(photo.image)
    assert silent(photo, contour) < 1.0
    own = [cover for cover in contour.covers if cover.kind == kind]
    wrong = [photo.distance_mm(contour.points[one.first : one.last + 1]).max() for one in own]
    assert max(wrong) > 2.0


def test_the_bench_knows_every_thing() -> None:
    photo = bare(2)
    for thing in THINGS:
        changed = (hard_profile(2, thing).image != photo.image).any(axis=2)
        assert changed.sum() > 20 * PX_PER_MM**2
