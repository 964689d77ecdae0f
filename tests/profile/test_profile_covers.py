"""What lies on a drawn profile, by the colours inside its contour."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_profiles import SKIN, DrawnProfile, draw_profile

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ProfileError
from landmarkdiff.profile import ProfileContour, ProfileFinder

DRAWN = draw_profile(hair_above_mm=None)


def dressed(rows: slice, colour: tuple[int, int, int], drawn: DrawnProfile = DRAWN) -> ImageArray:
    """Skin of some rows in another colour."""
    rng = np.random.default_rng(1)
    skin = np.abs(drawn.image.astype(int) - drawn.image[450, 400]).sum(axis=2) < 60
    skin[: rows.start] = skin[rows.stop :] = False
    image = drawn.image.copy()
    image[skin] = np.clip(np.array(colour) + rng.normal(0, 4, (skin.sum(), 3)), 0, 255)
    return image


def kinds(contour: ProfileContour) -> list[str]:
    return [cover.kind for cover in contour.covers]


def test_bare_skin_is_not_covered(finder: ProfileFinder) -> None:
    assert kinds(finder.find(DRAWN.image)) == []


def test_a_collar_is_clothing(finder: ProfileFinder) -> None:
    contour = finder.find(dressed(slice(690, 900), (40, 60, 140)))
    assert kinds(contour) == ["unclear", "clothing"]  # the skin next to its edge is not believed
    beside, cover = contour.covers
    assert cover.last == len(contour.points) - 1
    assert contour.points[beside.first, 1] == pytest.approx(676, abs=14)
    assert contour.points[cover.first, 1] == pytest.approx(690, abs=10)


def test_a_black_beard_is_told_and_not_refused(finder: ProfileFinder) -> None:
    contour = finder.find(dressed(slice(545, 640), (52, 44, 42)))
    assert kinds(contour) == ["beard", "unclear"]  # what hangs below a beard is not known
    beard, below = contour.covers
    assert (below.first, below.last) == (beard.last + 1, len(contour.points) - 1)
    error = DRAWN.distance_mm(contour.points)
    assert np.percentile(error, 95) < 0.5


def test_a_beard_with_the_ratios_of_skin_is_told_by_its_darkness(finder: ProfileFinder) -> None:
    red, green, blue = (round(0.27 * each) for each in SKIN)
    contour = finder.find(dressed(slice(560, 640), (red, green, blue)))
    assert "beard" in kinds(contour)
    (cover,) = (cover for cover in contour.covers if cover.kind == "beard")
    assert contour.points[cover.first, 1] == pytest.approx(560, abs=20)


def test_a_chin_in_shade_is_skin(finder: ProfileFinder) -> None:
    red, green, blue = (round(0.75 * each) for each in SKIN)
    assert kinds(finder.find(dressed(slice(560, 640), (red, green, blue)))) == []


def test_shine_on_the_nose_is_skin(finder: ProfileFinder) -> None:
    """The light's colour is added to that of the skin, which loses a part of its own."""
    skin = (150, 88, 62)
    drawn = draw_profile(hair_above_mm=None, skin=skin)
    red, green, blue = (round(0.6 * each + 0.4 * 230) for each in skin)
    assert kinds(finder.find(dressed(slice(370, 445), (red, green, blue), drawn))) == []


def test_light_on_the_fold_below_the_lip_is_skin(finder: ProfileFinder) -> None:
    drawn = draw_profile(hair_above_mm=None, skin=(120, 92, 76))
    lit = dressed(slice(552, 578), (157, 121, 100), drawn)
    assert kinds(finder.find(lit)) == []


def test_grey_hair_on_the_nose_is_no_shine(finder: ProfileFinder) -> None:
    assert "hair" in kinds(finder.find(dressed(slice(370, 445), (205, 203, 205))))


def test_a_rim_at_the_brow_leaves_the_forehead_free(finder: ProfileFinder) -> None:
    contour = finder.find(dressed(slice(280, 300), (22, 20, 20)))
    covered = contour.points[contour.covered, 1]
    assert covered.min() == pytest.approx(280, abs=8)
    assert covered.max() < 330


def test_a_mask_is_refused(finder: ProfileFinder) -> None:
    with pytest.raises(ProfileError) as raised:
        finder.find(dressed(slice(440, 640), (120, 170, 200)))
    assert raised.value.code == "profile_covered"
    assert raised.value.params["cover"].code == "cover_clothing"
    parts = [part.code for part in raised.value.params["hidden_parts"]]
    assert parts[:3] == ["contour_nose", "contour_lips", "contour_chin"]
    assert "covered by clothing (nose, lips, chin" in str(raised.value)


@pytest.mark.parametrize("colour", [(165, 35, 95), (190, 20, 30)])
def test_a_thing_redder_than_skin_is_not_lips(
    finder: ProfileFinder, colour: tuple[int, int, int]
) -> None:
    """It stands before lips and chin, as wide as the contour is searched for."""
    skin = np.abs(DRAWN.image.astype(int) - SKIN).sum(axis=2) < 60
    near = np.zeros_like(skin)
    for step in range(1, 20):
        near[530:650, :-step] |= skin[530:650, step:]
    image = DRAWN.image.copy()
    image[near & ~skin] = colour
    with pytest.raises(ProfileError) as raised:
        finder.find(image)
    assert raised.value.code == "profile_covered"
    assert raised.value.params["cover"].code == "cover_clothing"


def test_painted_lips_are_skin(finder: ProfileFinder) -> None:
    contour = finder.find(dressed(slice(510, 545), (176, 28, 44)))
    assert kinds(contour) == []


def test_fingers_below_the_chin_are_a_hand(finder: ProfileFinder) -> None:
    image = DRAWN.image.copy()
    cv2.ellipse(image, (290, 610), (70, 22), -60, 0, 360, (200, 155, 130), -1)
    contour = finder.find(image)
    assert set(kinds(contour)) == {"hand", "unclear"}  # its ends are told by the shape alone
    (hand,) = (cover for cover in contour.covers if cover.kind == "hand")
    assert DRAWN.distance_mm(contour.points[hand.first : hand.last + 1]).max() > 4.0
    free = DRAWN.distance_mm(contour.points)[: contour.covers[0].first]
    assert np.percentile(free, 95) < 0.5
