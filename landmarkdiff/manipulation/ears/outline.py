"""The outline of an ear in a photo: from its upper root over the helix to the lobe.

The fitted head says where the ear should be. From there the outline is laid onto the border of the
skin, which is followed as the contour of a profile is (:mod:`landmarkdiff.profile.edge`): by the
colours on both sides, by what is skin and what is the person, and by where the picture changes.
First the whole outline may only move, grow and lean; then it follows the edge itself. Kept is the
longest stretch along which skin ends at a clear edge: hair over an ear ends it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray, IndexArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.grid import smoothstep
from landmarkdiff.profile.contour import Silhouette
from landmarkdiff.profile.edge import Band, Border, find_border, outward_normals, resampled
from landmarkdiff.profile.outline import Scene
from landmarkdiff.profile.windows import PhotoPyramid

__all__ = ["EarOutline", "SkinColour", "cheek_colour", "find_outline", "lab_of", "skin_scene"]

#: Points of the cheek on the ear's side whose colour is the skin's.
_CHEEK = (50, 101, 118, 117, 123, 147, 205, 187)
#: Half the side of the patch of a cheek that is looked at, mm.
_PATCH_MM = 1.5
#: Bands about the outline in which the border of the skin is sought, mm: the first ones move it as
#: a whole, the last ones follow the edge.
_WIDE = Band(reach=8.0, step=0.4, spacing=0.8, blur=0.6, near=2.5, far=8.0)
_MIDDLE = Band(reach=4.0, step=0.25, spacing=0.5, blur=0.4, near=1.5, far=5.0)
_NARROW = Band(reach=1.5, step=0.12, spacing=0.3, blur=0.25, near=0.6, far=3.0)
_AS_A_WHOLE = (_WIDE, _WIDE, _MIDDLE, _MIDDLE)
_FOLLOWED = ((_MIDDLE, 1.0), (_NARROW, 0.6))
#: The head's outline is smoothed over this at first, mm: its corners are no ear's.
_SMOOTHED_MM = 2.0
#: Weight with which the outline keeps its place, and its size and lean, among the points that it is
#: moved by.
_KEPT = (0.4, 1.5, 1.5)
#: Neither band is finer than the photo, pixels.
_LEAST_STEP_PX, _LEAST_SPACING_PX, _LEAST_BLUR_PX = 0.4, 0.8, 0.8
#: An edge with less than this is none: contrast of the colours, and clearness of the change.
_LEAST_CONTRAST, _LEAST_CHANGE = 1.5, 0.3
#: Skin in the light of its cheek: lightness and colourfulness as shares of the cheek's, from which
#: on it may be skin and is; difference of hue, degrees, up to which it is, and from which not.
_LIGHTNESS, _COLOURFUL, _HUE_DEG = (0.28, 0.48), (0.28, 0.48), (22.0, 36.0)
#: A stretch counts as skin from this likeness on, judged so far within the edge, mm.
_LIKE_SKIN, _WITHIN_MM = 0.35, (0.6, 2.6)
#: A gap up to this is bridged, mm: an ear-ring, a strand.
_GAP_MM = 4.0
#: Half of the likeness is taken from so far along the edge, mm.
_ALONG_MM = 1.5


@dataclass(frozen=True)
class SkinColour:
    """The colour of a patient's skin in a photo.

    Attributes
    ----------
    lab : (3,) float64 array
        Of the cheek on the ear's side; L 0 to 100.
    """

    lab: FloatArray

    def likeness(self, lab: Float32Array | FloatArray) -> Float32Array:
        """How much colours, (..., 3) LAB, are those of this skin in more or less light: 0 to 1."""
        light, a, b = np.moveaxis(np.asarray(lab, np.float32), -1, 0)
        own = max(float(np.hypot(self.lab[1], self.lab[2])), 1.0)
        colourful = np.hypot(a, b) / np.float32(own)
        hue, own_hue = np.arctan2(b, a), np.arctan2(self.lab[2], self.lab[1])
        turn = np.degrees(hue) - np.degrees(own_hue)
        turn = np.abs((turn + 180.0) % 360.0 - 180.0)
        like = smoothstep(light / np.float32(max(self.lab[0], 1.0)), *_LIGHTNESS)
        like = like * smoothstep(colourful, *_COLOURFUL) * (1.0 - smoothstep(turn, *_HUE_DEG))
        return np.asarray(like, np.float32)


@dataclass(frozen=True, eq=False)
class EarOutline:
    """What was found of an ear's outline.

    Attributes
    ----------
    points : (n, 2) float64 array
        Of the longest clear stretch, from above to below, image frame, pixels.
    spread_mm : float
        Standard deviation across the outline, median of its points.
    bare : float
        Share of the whole outline within which there is skin, 0 to 1; the rest is hair or another
        cover.
    clear : float
        Share of the whole outline that is an edge, 0 to 1.
    """

    points: FloatArray
    spread_mm: float
    bare: float
    clear: float


def cheek_colour(photo: ImageArray, face: FaceLandmarks, px_per_mm: float) -> SkinColour:
    """Return the colour of the right cheek, (H, W, 3) uint8 RGB being the photo."""
    half = max(1, round(_PATCH_MM * px_per_mm))
    found: list[FloatArray] = []
    for x, y in np.rint(face.points[list(_CHEEK), :2]).astype(int):
        patch = photo[max(y - half, 0) : max(y + half + 1, 0), max(x - half, 0) : x + half + 1]
        if patch.size:
            colours = lab_of(patch).reshape(-1, 3).astype(np.float64)
            found.append(np.asarray(np.median(colours, axis=0)))
    # A cheek beyond the border tells nothing, and then nothing is skin.
    return SkinColour(np.median(np.array(found), axis=0) if found else np.zeros(3))


def lab_of(part: ImageArray) -> Float32Array:
    """Return the colours of a part of a photo, (h, w, 3) uint8 RGB, as LAB: L 0 to 100."""
    return np.asarray(
        cv2.cvtColor(part.astype(np.float32) / np.float32(255.0), cv2.COLOR_RGB2LAB), np.float32
    )


def skin_scene(
    photo: Float32Array, corner: FloatArray, person: Silhouette, skin: SkinColour
) -> Scene:
    """Return the likeness of skin of the person around an ear, as a scene outlines are laid over.

    Parameters
    ----------
    photo : (h, w, 3) float32 array
        Window of the photo around the ear, LAB.
    corner : (2,) float64 array
        Its first pixel in the photo.
    person : Silhouette
    skin : SkinColour
    """
    height, width = photo.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    place = person.corner
    laid = cv2.remap(
        person.mask,
        (columns + np.float32(corner[0] - place[0])) / np.float32(person.step),
        (rows + np.float32(corner[1] - place[1])) / np.float32(person.step),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    mask = np.asarray(skin.likeness(photo) * laid, np.float32)
    return Scene(mask, photo, np.asarray(corner, np.float64), 1.0)


def find_outline(
    pyramid: PhotoPyramid,
    scene: Scene,
    guide: FloatArray,
    facing: int,
    px_per_mm: float,
    skin: SkinColour,
) -> EarOutline:
    """Find the outline of an ear.

    Parameters
    ----------
    pyramid : PhotoPyramid
    scene : Scene
        From :func:`skin_scene`.
    guide : (n, 2) float64 array
        The fitted head's outline of the ear, from above to below, pixels.
    facing : int
        1 where the ear stands out to the left of the picture, else -1.
    px_per_mm : float
    skin : SkinColour
    """
    curve = guide
    for band in (_fitting(band, px_per_mm) for band in _AS_A_WHOLE):
        even = resampled(curve, band.spacing * px_per_mm, _SMOOTHED_MM * px_per_mm)
        border = find_border(pyramid, scene, even, facing, px_per_mm, band)
        curve = _laid_on(even, border)
    found = border
    for band, smoothed in _FOLLOWED:
        own = _fitting(band, px_per_mm)
        even = resampled(found.points, own.spacing * px_per_mm, smoothed * px_per_mm)
        found = find_border(pyramid, scene, even, facing, px_per_mm, own)
    return _judged(pyramid, found, facing, px_per_mm, skin)


def _fitting(band: Band, px_per_mm: float) -> Band:
    """The band, as fine as the photo."""
    return Band(
        band.reach,
        max(band.step, _LEAST_STEP_PX / px_per_mm),
        max(band.spacing, _LEAST_SPACING_PX / px_per_mm),
        max(band.blur, _LEAST_BLUR_PX / px_per_mm),
        band.near,
        band.far,
    )


def _laid_on(curve: FloatArray, border: Border) -> FloatArray:
    """The curve moved, stretched and sheared as the border near it asks, as a whole."""
    clear = np.clip(border.contrast / 3.0, 0.0, 1.0) * border.change
    weight = clear / (1.0 + border.spread**2)
    centre = curve.mean(axis=0)
    arms = curve - centre
    size = float(np.hypot(*arms.T).mean())
    terms = np.column_stack([np.ones(len(curve)), arms / size])
    system = terms.T @ (terms * weight[:, None]) + np.diag(_KEPT)
    step = np.linalg.solve(system, terms.T @ (weight[:, None] * (border.points - curve)))
    return np.asarray(curve + terms @ step)


def _judged(
    pyramid: PhotoPyramid, border: Border, facing: int, px_per_mm: float, skin: SkinColour
) -> EarOutline:
    """Keep of a border what is skin that ends at an edge."""
    points = border.points
    spacing = float(np.hypot(*np.diff(points, axis=0).T).mean()) / px_per_mm
    like = _smoothed(skin.likeness(_within(pyramid, points, facing, px_per_mm)), spacing)
    bare = like > _LIKE_SKIN
    clear = (border.contrast > _LEAST_CONTRAST) & (border.change > _LEAST_CHANGE)
    own = _longest(bare & clear, round(_GAP_MM / spacing))
    return EarOutline(
        points[own],
        float(np.median(border.spread[own])) if own.size else float("inf"),
        float(bare.mean()),
        float(clear.mean()),
    )


def _within(pyramid: PhotoPyramid, points: FloatArray, facing: int, px_per_mm: float) -> FloatArray:
    """Median colours just within a border: (n, 3) LAB."""
    normals = outward_normals(points, facing)
    deep = np.linspace(*_WITHIN_MM, 7) * px_per_mm
    places = (points[:, None] - normals[:, None] * deep[:, None]).astype(np.float32)
    low = np.floor(places.min(axis=(0, 1))).astype(int) - 2
    high = np.ceil(places.max(axis=(0, 1))).astype(int) + 3
    photo = pyramid.photo
    x0, y0 = np.clip(low, 0, np.array(photo.shape[1::-1]) - 1)
    part = photo[y0 : max(high[1], y0 + 1), x0 : max(high[0], x0 + 1)].astype(np.float32)
    seen = cv2.remap(
        part / np.float32(255.0),
        places[..., 0] - np.float32(x0),
        places[..., 1] - np.float32(y0),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    lab = cv2.cvtColor(np.ascontiguousarray(seen), cv2.COLOR_RGB2LAB)
    return np.asarray(np.median(lab, axis=1), np.float64)


def _smoothed(values: Float32Array, spacing: float) -> FloatArray:
    sigma = max(_ALONG_MM / spacing, 0.5)
    column = np.asarray(values, np.float32).reshape(-1, 1)
    smooth = cv2.GaussianBlur(column, (1, 0), 0.01, sigmaY=sigma, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(smooth, np.float64).ravel()


def _longest(good: BoolArray, gap: int) -> IndexArray:
    """Indices of the longest stretch that is good, gaps of up to so many points bridged."""
    index = np.flatnonzero(good)
    if not index.size:
        return index
    breaks = np.flatnonzero(np.diff(index) > gap + 1)
    starts = np.concatenate([[0], breaks + 1])
    ends = np.concatenate([breaks, [len(index) - 1]])
    best = int((index[ends] - index[starts]).argmax())
    return np.arange(index[starts[best]], index[ends[best]] + 1)
