from dataclasses import replace

import cv2
import numpy as np
import pytest

from landmarkdiff.clinical import VITILIGO_MIN_AREA_MM2, detect_vitiligo
from landmarkdiff.clinical.skin import hull_of, points_of_side
from landmarkdiff.landmarks import FaceLandmarks, extract_landmarks
from landmarkdiff.landmarks.topology import LANDMARK_REGIONS

SIDES = ("right", "left")
#: ln of the light that the skin loses per unit of melanin: red, green, blue. Melanin absorbs
#: as the wavelength to the power of about -3.3 (general), here at 610, 545 and 465 nm.
MELANIN = np.array([0.41, 0.59, 1.0])


def resized(pixels, face, factor):
    """The photo and its landmarks at another size."""
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    pixels = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=way)
    points = face.points * factor
    points[:, :2] += (factor - 1) / 2
    scale = replace(face.scale, mm_per_px=face.scale.mm_per_px / factor)
    height, width = pixels.shape[:2]
    return pixels, replace(face, points=points, image_width=width, image_height=height, scale=scale)


def tanned(pixels, melanin):
    """The photo with ``melanin`` (a number, or one per pixel) added to everything in it."""
    code = pixels / 255
    linear = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    linear = linear * np.exp(-np.asarray(melanin)[..., None] * MELANIN)
    code = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(code * 255).astype(np.uint8)


def blob(face, centre, diameter_mm):
    """An irregular patch: (H, W) float in [0, 1], its edge 0.6 mm soft, and its area in mm²."""
    px_per_mm = 1 / face.scale.mm_per_px
    y, x = np.mgrid[: face.image_height, : face.image_width]
    angle = np.arctan2(y - centre[1], x - centre[0])
    reach = 1 + 0.15 * np.cos(2 * angle + 1) + 0.10 * np.cos(3 * angle) + 0.06 * np.cos(5 * angle)
    inside = np.hypot(x - centre[0], y - centre[1]) < diameter_mm / 2 * px_per_mm * reach
    soft = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 0.6 * px_per_mm)
    return soft, float(inside.sum()) / px_per_mm**2


def around(face, outline, width_mm):
    """A ragged patch around an opening: (H, W) float in [0, 1]."""
    px_per_mm = 1 / face.scale.mm_per_px
    opening = np.zeros((face.image_height, face.image_width), np.uint8)
    cv2.fillPoly(opening, [np.rint(outline).astype(np.int32)], 1)
    away = cv2.distanceTransform(1 - opening, cv2.DIST_L2, 5) / px_per_mm
    y, x = np.mgrid[: face.image_height, : face.image_width]
    angle = np.arctan2(y - outline[:, 1].mean(), x - outline[:, 0].mean())
    reach = width_mm * (1 + 0.25 * np.cos(3 * angle + 0.5) + 0.15 * np.cos(5 * angle))
    inside = ((away < reach) & (opening == 0)).astype(np.float32)
    return cv2.GaussianBlur(inside, (0, 0), 0.6 * px_per_mm)


@pytest.fixture(scope="module")
def sitter(astronaut) -> tuple[np.ndarray, FaceLandmarks]:
    """The astronaut at twice her size: 1.4 px/mm."""
    return resized(astronaut, extract_landmarks(astronaut), 2.0)


def centroid_error_mm(face, patch, mask):
    y, x = np.nonzero(mask > 0.5)
    return np.hypot(patch.centroid_px[0] - x.mean(), patch.centroid_px[1] - y.mean()) * (
        face.scale.mm_per_px
    )


def test_healthy_portraits_have_no_patch(portraits):
    for pixels in portraits.values():
        finding = detect_vitiligo(pixels, extract_landmarks(pixels))
        assert finding.patches == ()
        assert not finding.map.values.any()


@pytest.mark.parametrize("melanin", [0.0, 0.5, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("exposure", [0.6, 1.0])
def test_healthy_skin_of_any_tone_has_no_patch(sitter, melanin, exposure):
    pixels, face = sitter
    dimmed = (tanned(pixels, melanin) * exposure).astype(np.uint8)
    assert detect_vitiligo(dimmed, face).patches == ()


@pytest.mark.parametrize("melanin", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("point", [50, 280, 205, 425])
@pytest.mark.parametrize("diameter_mm", [12.0, 18.0])
def test_patches_that_lost_their_melanin_are_found(sitter, melanin, point, diameter_mm):
    pixels, face = sitter
    mask, area = blob(face, face.points[point, :2], diameter_mm)
    finding = detect_vitiligo(tanned(pixels, melanin * (1 - mask)), face)
    assert len(finding.patches) == 1
    patch = finding.patches[0]
    assert patch.area_mm2 == pytest.approx(area, rel=0.3)
    assert centroid_error_mm(face, patch, mask) < 2.0


@pytest.mark.parametrize("melanin", [1.0, 2.0])
def test_patches_around_eyes_and_mouth_are_found(sitter, melanin):
    """Where vitiligo of the face begins: the patch ends at the lids, not at skin."""
    pixels, face = sitter
    names = ("upper_lid_margin", "lower_lid_margin", "lateral_canthus")
    openings = [hull_of(face.points[points_of_side(side, *names), :2]) for side in SIDES]
    openings.append(hull_of(face.points[list(LANDMARK_REGIONS["lips"]), :2]))
    masks = [around(face, outline, 9.0) for outline in openings]
    lost = np.maximum.reduce(masks)
    finding = detect_vitiligo(tanned(pixels, melanin - 1.0 * lost), face)
    found = finding.map.over(face.image_width, face.image_height) > 0.5
    # Measured: 0.28 to 0.44 around the eyes, where lids and brows hide the rest, 0.83 at the mouth.
    right, left, mouth = (found[mask > 0.5].mean() for mask in masks)
    assert min(right, left) > 0.2
    assert mouth > 0.6
    assert (found & (lost < 0.05)).sum() < 0.1 * (lost > 0.5).sum()


def test_patches_below_the_least_area_are_left(sitter):
    pixels, face = sitter
    mask, area = blob(face, face.points[50, :2], 5.0)
    assert area < 0.6 * VITILIGO_MIN_AREA_MM2
    assert detect_vitiligo(tanned(pixels, 1.5 * (1 - mask)), face).patches == ()


def test_two_patches_come_largest_first(sitter):
    pixels, face = sitter
    small, small_area = blob(face, face.points[280, :2], 11.0)
    large, large_area = blob(face, face.points[50, :2], 17.0)
    finding = detect_vitiligo(tanned(pixels, 1.5 * (1 - np.maximum(small, large))), face)
    areas = [patch.area_mm2 for patch in finding.patches]
    assert areas == pytest.approx([large_area, small_area], rel=0.3)
    # The patient's right cheek is on the left of the picture.
    assert finding.patches[0].centroid_px[0] < finding.patches[1].centroid_px[0]


def test_areas_do_not_depend_on_the_size_of_the_photo(sitter):
    pixels, face = sitter
    mask, area = blob(face, face.points[50, :2], 16.0)
    patchy = tanned(pixels, 1.5 * (1 - mask))
    found = []
    for factor in (0.5, 1.0, 2.0):
        (patch,) = detect_vitiligo(*resized(patchy, face, factor)).patches
        found.append(patch.area_mm2)
    assert found == pytest.approx([area] * 3, rel=0.3)
    assert max(found) / min(found) < 1.2


def test_map_is_one_on_the_patch_and_soft_around_it(sitter):
    pixels, face = sitter
    centre = face.points[50, :2]
    mask, _ = blob(face, centre, 16.0)
    finding = detect_vitiligo(tanned(pixels, 1.5 * (1 - mask)), face)
    assert finding.map.at(centre) == 1.0
    y, x = np.mgrid[: face.image_height, : face.image_width]
    values = finding.map.at(np.stack([x, y], axis=-1))
    outside_mm = cv2.distanceTransform((mask < 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    outside_mm *= face.scale.mm_per_px
    assert values[mask > 0.95].mean() > 0.97
    assert values[outside_mm > 5.0].max() == 0.0
    between = values[(values > 0) & (values < 1)]
    assert np.histogram(between, bins=4, range=(0, 1))[0].min() > 20  # a ramp, not a step


def test_a_soft_highlight_is_no_patch(sitter):
    """As light and as pale as a patch, but fading over centimetres."""
    pixels, face = sitter
    y, x = np.mgrid[: face.image_height, : face.image_width]
    away_mm = np.hypot(*(np.stack([x, y]) - face.points[50, :2, None, None])) * (
        face.scale.mm_per_px
    )
    shine = 60 * np.exp(-((away_mm / 10.0) ** 2))[..., None]
    glossy = np.clip(tanned(pixels, 1.5) + shine, 0, 255).astype(np.uint8)
    assert detect_vitiligo(glossy, face).patches == ()


def test_a_face_cut_by_the_border_is_searched_where_it_is(sitter):
    pixels, face = sitter
    left = int(face.points[4, 0])
    cut = np.ascontiguousarray(pixels[:, left:])
    points = face.points - np.array([left, 0.0, 0.0])
    moved = replace(face, points=points, image_width=cut.shape[1])
    assert detect_vitiligo(cut, moved).patches == ()
    mask, _ = blob(moved, moved.points[280, :2], 16.0)
    (patch,) = detect_vitiligo(tanned(cut, 1.5 * (1 - mask)), moved).patches
    assert centroid_error_mm(moved, patch, mask) < 2.0


def test_skin_outside_the_photo_gives_nothing(sitter):
    pixels, face = sitter
    away = face.with_points(face.points + np.array([5000.0, 0.0, 0.0]))
    assert detect_vitiligo(pixels, away).patches == ()
