"""Depigmented patches of a face, judged against that person's own skin.

A patch of vitiligo is lighter and has less melanin colour than the skin around it, is flat
inside, and ends at a sharp border (general). Highlights and shading are lighter too, but fade
over centimetres. So a patch is a region whose *border* is steep in lightness and in melanin
colour at once, steep against the variation of this person's own skin, at any skin tone.

Regions are cut twice. Cut by lightness and colour together, the whole border has to be steep.
Cut by melanin colour alone, which shadows leave as it is, the border counts where it lies on
skin: vitiligo of the face often surrounds eyes and mouth, and the lids lie in shadow. Such a
region has to be large, and its border lighter in red too; beside one that is certain, further
ones are asked for less.

Measured on the photos of ``docs/reference/evaluation.md``: the patches around eyes and mouth of
a man with vitiligo are found in each of eight versions of his photo, and one of 216 pictures of
others shows a false one, a reflection under spectacles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arguments import checked, instance_of, rgb_image
from landmarkdiff.clinical.flags import VITILIGO_MIN_AREA_MM2
from landmarkdiff.clinical.skin import face_oval, oily_zone, searchable_skin
from landmarkdiff.clinical.skin_colour import (
    departure,
    lightness_and_colours,
    rises_along,
    usual_difference,
)
from landmarkdiff.landmarks.face import FaceLandmarks, check_photo
from landmarkdiff.landmarks.face_crop import FaceCrop, FaceMap, crop_face

__all__ = ["VitiligoFinding", "VitiligoPatch", "detect_vitiligo"]

FloatMap = NDArray[np.float32]
Mask = NDArray[np.bool_]
Box = tuple[slice, slice]

#: Resolution of the search, and its reach from the eyes: left, right, up, down (mm).
MM_PER_CELL = 0.75
REACH_MM = (75.0, 75.0, 80.0, 115.0)
#: Levels at which the skin is cut, in standard deviations of lightness and colour together.
LEVELS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0)
#: What three quarters of a patch's border must rise by within 3 mm, at least: lightness (L*) and
#: melanin colour (ln R/B), and the product of both. Healthy borders measured up to 1.0 (goatee,
#: cheekbone highlight), patches painted on mid and dark skin from 2.2.
LEAST_RISE = (3.0, 0.08)
LEAST_PRODUCT = 1.1
#: A rise in lightness (L*) beyond any highlight counts alone, as if the colour rose by that much:
#: very dark skin has little colour to lose.
ALONE_RISE, ALONE_COLOUR = 20.0, 0.1
#: The same product, in units of what this person's own skin does (typical 3 mm differences).
LEAST_PRODUCT_OWN = 2.8
#: Factor on the product where skin oil shines with a sharp edge (nose, middle of the forehead,
#: chin): for a region as small as the highlight of a nose tip, and for a larger one.
SHINY_SMALL, SHINY_LARGE, SMALL_MM2 = 4.5, 1.8, 120.0
#: What is darker than the person's skin by this much (L*), and by this many standard deviations,
#: is hair, a frame or a deep shadow.
DARK, DARK_SD = 9.0, 1.4
#: Share of a patch's border that must lie on bare skin.
SEEN_SHARE = 0.5
#: Largest share of the skin that can be told from healthy skin by its statistics.
LARGEST_SHARE = 0.35
#: Hair gaps and glare are slivers; at least half of a patch is this wide (mm).
LEAST_WIDTH_MM = 4.0
#: Width of the soft edge of the resulting map (mm).
SOFT_EDGE_MM = 2.0


@dataclass(frozen=True)
class _Least:
    """What a region has to show to count as depigmented by its colour.

    Attributes
    ----------
    area_mm2 : float
    light : float
        Rise in L* over 3 mm that three quarters of the border reach.
    colour_own : float
        The same of melanin colour, in units of this person's own skin.
    red : float
        Median rise in ln R: melanin takes light from red too, while thin skin over veins and a
        shaven beard lose colour and are no lighter in red.
    product, product_own : float
        Of the rises in L* and in melanin colour; and in units of this person's own skin.
    """

    area_mm2: float
    light: float
    colour_own: float
    red: float
    product: float
    product_own: float


#: A large region, without another patch: healthy skin of 28 photos stays below 1.2 of its own
#: colour or below 0.10 in red; patches around the eyes of a man with vitiligo measured 1.7 and
#: 2.4, and 0.16 and 0.17.
LARGE = _Least(area_mm2=180.0, light=3.0, colour_own=1.35, red=0.12, product=0.6, product_own=1.2)
#: Beside a patch that is certain.
FURTHER = _Least(area_mm2=100.0, light=1.5, colour_own=1.3, red=0.05, product=0.2, product_own=0.4)
#: Length of the border on bare skin, at least (mm).
LEAST_BORDER_MM = 12.0

_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


@dataclass(frozen=True)
class VitiligoPatch:
    """One depigmented patch.

    Attributes
    ----------
    area_mm2 : float
        Area as the photo shows it, mm²; foreshortened where the skin turns away.
    centroid_px : tuple of float
        Photo pixel (x, y).
    """

    area_mm2: float
    centroid_px: tuple[float, float]


@dataclass(frozen=True)
class VitiligoFinding:
    """The depigmented patches of a face, largest first, and where they are.

    Attributes
    ----------
    patches : tuple of VitiligoPatch
    map : FaceMap
        1 on a patch, falling to 0 over about 2 mm around it.
    """

    patches: tuple[VitiligoPatch, ...]
    map: FaceMap


@checked(pixels=rgb_image, face=instance_of(FaceLandmarks))
def detect_vitiligo(pixels: NDArray[np.uint8], face: FaceLandmarks) -> VitiligoFinding:
    """Find depigmented patches of at least 43.6 mm².

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        The upright photo, RGB.
    face : FaceLandmarks

    Returns
    -------
    VitiligoFinding
        Without patches on healthy skin of any tone.

    Notes
    -----
    Eyes, brows, lips, nostrils and whatever lies outside the face oval are not searched. On
    very light skin the contrast of a small patch is that of a highlight, and it is missed; so are
    patches that together cover more than about a third of the face. On very dark skin a patch
    that has lost little of its colour is missed: of four discs of 18 mm drawn on two people at an
    absorbance of 0.7 (blue) none was found, at 1.0 and 1.5 all four.

    Examples
    --------
    >>> finding = detect_vitiligo(portrait, face)
    >>> len(finding.patches)
    0
    """
    check_photo(pixels, face)
    crop = crop_face(pixels, face, MM_PER_CELL, REACH_MM)
    cells = crop.cells(face.points)
    skin = searchable_skin(crop, cells)
    labels = np.zeros(skin.shape, np.int32)
    if skin.sum() * MM_PER_CELL**2 >= 10 * VITILIGO_MIN_AREA_MM2:
        labels = _patches(crop, cells, skin)
    patches = []
    for label in range(1, labels.max() + 1):
        rows, columns = np.nonzero(labels == label)
        x, y = crop.photo_points([[columns.mean(), rows.mean()]])[0]
        patches.append(VitiligoPatch(float(rows.size * MM_PER_CELL**2), (float(x), float(y))))
    patches.sort(key=lambda patch: -patch.area_mm2)
    return VitiligoFinding(tuple(patches), crop.map_of(_softened(labels > 0)))


@dataclass(frozen=True)
class _Skin:
    """What a crop shows of a person's skin.

    Attributes
    ----------
    fields : tuple of (h, w) float32 arrays
        What regions are cut from: lightness and colour together, and colour alone (smoothed).
    rises : tuple of pairs of (h, w) float32 arrays
        For each field, by how much L* and melanin colour rise over 3 mm along it.
    red_rise : (h, w) float32 array
        By how much ln R rises over 3 mm along the second field.
    searched, bare, hidden, oily : (h, w) bool arrays
        Skin that is searched; that without hair, a cell in from its border; eyes, brows, lips
        and nostrils with a rim of two cells; where skin oil shines.
    own_product, own_colour : float
        The usual 3 mm difference of this person's skin, as standard deviation: of L* and
        melanin colour multiplied, and of melanin colour.
    """

    fields: tuple[FloatMap, FloatMap]
    rises: tuple[tuple[FloatMap, FloatMap], tuple[FloatMap, FloatMap]]
    red_rise: FloatMap
    searched: Mask
    bare: Mask
    hidden: Mask
    oily: Mask
    own_product: float
    own_colour: float


def _patches(crop: FaceCrop, cells: NDArray[np.float64], skin: Mask) -> NDArray[np.int32]:
    """Label the patches of a crop: (h, w), 0 where there is none.

    Where one patch is certain, others are likely: they are then asked for less.
    """
    seen = _seen_skin(crop, cells, skin)
    found = [*_steep(seen), *_depigmented(seen, LARGE)]
    if found:
        found += _depigmented(seen, FURTHER)
    labels = np.zeros(skin.shape, np.int32)
    for _, mask in sorted(found, key=lambda item: -item[0]):
        if not labels[mask].any():
            labels[mask] = labels.max() + 1
    return labels


def _seen_skin(crop: FaceCrop, cells: NDArray[np.float64], skin: Mask) -> _Skin:
    """Measure the skin of a crop."""
    lightness, melanin, red = lightness_and_colours(crop.pixels)
    lighter, light_spread = departure(lightness, cells, skin, MM_PER_CELL)
    paler, pale_spread = departure(-melanin, cells, skin, MM_PER_CELL)
    pallor = lighter / light_spread + paler / pale_spread
    colour = np.asarray(cv2.GaussianBlur(paler / pale_spread, (0, 0), 1.0), np.float32)
    # Hair and frames are darker than skin: their edges count no more than a dim place of it.
    channels = np.maximum(lighter, -light_spread), np.maximum(paler, -pale_spread)
    own_light, own_colour = (
        usual_difference(channel, skin, MM_PER_CELL) for channel in (lighter, paler)
    )
    hair = (lighter < -max(DARK, DARK_SD * light_spread)).astype(np.uint8)
    strands = cv2.morphologyEx(hair, cv2.MORPH_OPEN, _CROSS)
    bare = skin & (cv2.dilate(strands, np.ones((5, 5), np.uint8)) == 0)
    hidden = face_oval(crop, cells) & ~skin
    shallow = np.maximum(lighter, -3 * light_spread)
    light_rise, colour_rise, red_rise = rises_along((shallow, paler, red), colour, MM_PER_CELL)
    light_pale = rises_along(channels, pallor, MM_PER_CELL)
    return _Skin(
        fields=(pallor, colour),
        rises=((light_pale[0], light_pale[1]), (light_rise, colour_rise)),
        red_rise=red_rise,
        searched=skin,
        bare=cv2.erode(bare.astype(np.uint8), _CROSS) > 0,
        hidden=cv2.dilate(hidden.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0,
        oily=oily_zone(crop, cells),
        own_product=own_light * own_colour,
        own_colour=own_colour,
    )


def _regions(field: FloatMap, skin: Mask, least_mm2: float) -> Iterator[tuple[Mask, Mask, Box]]:
    """Yield the regions above each of many levels of a field, and their borders, in boxes.

    So a patch is caught at the level that follows its border best, in a highlight or in the
    shade.
    """
    least = least_mm2 / MM_PER_CELL**2
    most = LARGEST_SHARE * float(skin.sum())
    for level in LEVELS:
        above = ((field > level) & skin).astype(np.uint8)
        opened = cv2.morphologyEx(above, cv2.MORPH_OPEN, _CROSS)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
        border = (opened > 0) & (cv2.erode(opened, _CROSS) == 0)
        area = stats[1:, cv2.CC_STAT_AREA]
        for label in np.flatnonzero((area >= least) & (area <= most)) + 1:
            x, y, width, height = stats[label, :4]
            box = np.s_[y : y + height, x : x + width]
            region = labels[box] == label
            yield region, region & border[box], box


def _whole(region: Mask, box: Box, shape: tuple[int, ...]) -> Mask:
    mask = np.zeros(shape, np.bool_)
    mask[box] = region
    return mask


def _steep(skin: _Skin) -> list[tuple[float, Mask]]:
    """Return the regions whose whole border is steep: product of its rises, and mask."""
    needed = max(LEAST_PRODUCT, LEAST_PRODUCT_OWN * skin.own_product)
    found = []
    for region, rim, box in _regions(skin.fields[0], skin.searched, VITILIGO_MIN_AREA_MM2):
        seen = rim & skin.bare[box]
        if seen.sum() < SEEN_SHARE * rim.sum():
            continue
        rise = [_lower_quartile(channel[box][seen]) for channel in skin.rises[0]]
        small = region.sum() * MM_PER_CELL**2 < SMALL_MM2
        shines = skin.oily[box][region].mean() > 0.5
        factor = (SHINY_SMALL if small else SHINY_LARGE) if shines else 1.0
        if rise[0] >= ALONE_RISE:
            rise[1] = max(rise[1], ALONE_COLOUR)
        product = rise[0] * rise[1] / factor
        steep = product >= needed and all(np.greater_equal(rise, LEAST_RISE))
        if steep and _wide(region):
            found.append((product, _whole(region, box, skin.searched.shape)))
    return found


def _depigmented(skin: _Skin, least: _Least) -> list[tuple[float, Mask]]:
    """Return the regions that lost melanin colour, up to an eye or a lip: as :func:`_steep`.

    Where a region meets an eye, a brow or the mouth, that part of its border is not judged.
    """
    found = []
    for region, rim, box in _regions(skin.fields[1], skin.searched, least.area_mm2):
        judged = rim & ~skin.hidden[box]
        seen = judged & skin.bare[box]
        if seen.sum() < max(SEEN_SHARE * judged.sum(), LEAST_BORDER_MM / MM_PER_CELL):
            continue
        if skin.oily[box][region].mean() > 0.5:
            continue
        light, colour = (_lower_quartile(channel[box][seen]) for channel in skin.rises[1])
        lost = (
            light >= least.light
            and colour >= least.colour_own * skin.own_colour
            and float(np.median(skin.red_rise[box][seen])) >= least.red
            and light * colour >= max(least.product, least.product_own * skin.own_product)
        )
        if lost and _wide(region):
            found.append((light * colour, _whole(region, box, skin.searched.shape)))
    return found


def _lower_quartile(values: FloatMap) -> float:
    quarter = values.size // 4
    return float(np.partition(values, quarter)[quarter])


def _wide(region: Mask) -> bool:
    """Return whether most of a region is at least ``LEAST_WIDTH_MM`` wide."""
    size = round(LEAST_WIDTH_MM / MM_PER_CELL)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    kept = cv2.morphologyEx(np.pad(region, size).astype(np.uint8), cv2.MORPH_OPEN, disc)
    return bool(kept.sum() >= 0.5 * region.sum())


def _softened(mask: Mask) -> FloatMap:
    """Return 1 on the mask, falling linearly to 0 over the soft edge around it."""
    if not mask.any():
        return np.zeros(mask.shape, np.float32)
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5) * MM_PER_CELL
    return np.asarray(np.clip(1 - away / SOFT_EDGE_MM, 0, 1), np.float32)
