"""Spectacles before the root of the nose: what is told of them, and where the skin is behind."""

from __future__ import annotations

import numpy as np
import pytest
from everyday_profiles import phone, spectacles
from hard_profiles import PX_PER_MM, HardProfile, bare

from landmarkdiff.profile import ProfileContour, ProfileFinder
from landmarkdiff.profile.contour import CORE
from landmarkdiff.profile.covers import Cover
from landmarkdiff.profile.spectacles import with_spectacles


def worn(seed: int, wall: str) -> HardProfile:
    return spectacles(bare(seed, wall, seed % 6), np.random.default_rng(9000 + seed))


def behind(contour: ProfileContour) -> slice:
    first, *more = (cover for cover in contour.covers if cover.kind == "glasses")
    assert not more
    return slice(first.first, first.last + 1)


@pytest.mark.parametrize(("seed", "wall"), [(503, "white"), (506, "dark"), (508, "uneven")])
def test_spectacles_are_told_and_the_skin_behind_them_is_placed(
    finder: ProfileFinder, seed: int, wall: str
) -> None:
    photo = worn(seed, wall)
    contour = finder.find(photo.image)
    front = behind(contour)
    root = np.hypot(*(contour.points - photo.named["nasion"]).T).argmin()
    tip = np.hypot(*(contour.points - photo.named["pronasale"]).T).argmin()
    assert front.start < root < front.stop < tip
    away = photo.distance_mm(contour.points[front])
    doubt = contour.uncertainty[front] / PX_PER_MM
    assert away.max() < 4.0
    assert np.sqrt(((away / doubt) ** 2).mean()) < 2.0
    assert doubt.max() > 3.0 * np.median(contour.uncertainty) / PX_PER_MM
    ends = contour.outline[[CORE.start, CORE.stop - 1]]
    first, last = (int(np.hypot(*(contour.points - end).T).argmin()) for end in ends)
    free = contour.points[first:last][~contour.covered[first:last]]
    assert np.percentile(photo.distance_mm(free), 95) < 0.5


@pytest.mark.parametrize("seed", [503, 508])
def test_no_spectacles_are_told_on_bare_faces_or_before_a_telephone(
    finder: ProfileFinder, seed: int
) -> None:
    photo = bare(seed, "plain", seed % 6)
    for image in (photo.image, phone(photo, np.random.default_rng(seed)).image):
        contour = finder.view_of(image).contour
        if contour is not None:
            assert all(cover.kind != "glasses" for cover in contour.covers)


def test_the_front_takes_the_place_of_what_was_told_there() -> None:
    covers = Cover("hair", 0, 4), Cover("unclear", 8, 30), Cover("hair", 20, 24)
    told = with_spectacles((covers[0], covers[1]), (10, 25))
    assert told == (
        Cover("hair", 0, 4),
        Cover("unclear", 8, 9),
        Cover("glasses", 10, 25),
        Cover("unclear", 26, 30),
    )
    assert with_spectacles((covers[2],), (10, 25)) == (Cover("glasses", 10, 25),)
