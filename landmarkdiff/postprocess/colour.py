"""Step 3: the photo's skin tones given back to the picture, by matching CDFs in CIELAB."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray
from landmarkdiff.clinical.skin import searchable_skin
from landmarkdiff.landmarks.face_crop import FaceCrop, FaceMap, crop_face
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, topology
from landmarkdiff.notices import Reason
from landmarkdiff.postprocess.lab import lab_of, shifted
from landmarkdiff.postprocess.region import MaskRegion
from landmarkdiff.postprocess.step import Canvas, StepContext, StepOutcome, StepReport
from landmarkdiff.postprocess.tone import WeightedValues, tone_curve

__all__ = ["NAME", "match_colour", "tone_change"]


NAME = "colour"
#: Tones are compared and changed on cells of this size, or of a pixel of the network or the
#: photo where that is larger; finer texture is carried along unchanged.
MM_PER_CELL = 0.5
#: Reach of the cells from the eyes toward left, right, top and bottom of the upright face (mm):
#: the face, and the neck as far as a mask goes.
REACH_MM = (90.0, 90.0, 95.0, 150.0)
#: Regions of the skin, each with the anatomical groups in whose middle it lies; a cell belongs
#: to those near it, by a Gaussian of this standard deviation, so regions have no borders.
REGIONS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "forehead": (("forehead", "points"), ("glabella", "points")),
        "nose": (("dorsum_midline", "points"), ("nose_tip", "points"), ("ala", "points")),
        "right_cheek": (("malar_eminence", "right"), ("lateral_cheek", "right")),
        "left_cheek": (("malar_eminence", "left"), ("lateral_cheek", "left")),
        "mouth": (("philtrum", "points"), ("labiomental_sulcus", "points")),
        "chin": (("chin_pad", "points"), ("chin_border", "points")),
    }
)
REGION_SIGMA_MM = 18.0
#: Skin that a region must have to be half its own, instead of following the face as a whole.
OWN_SKIN_MM2 = 150.0
#: Around the face, tones are compared over this distance (standard deviation, mm).
LOCAL_SIGMA_MM = 3.0
#: Less skin than this says nothing of tones.
LEAST_SKIN_MM2 = 25.0
#: A change of less than this everywhere (CIELAB units) is none: an 8-bit level is about 0.4.
LEAST_CHANGE = 0.2
#: Standard deviations (cells) and weights by which the change of skin reaches what is not skin
#: (lips, brows, nostrils, hair): the nearest skin counts most.
SPREADING = ((1.0, 1.0), (3.0, 1e-2), (9.0, 1e-4), (27.0, 1e-6))


def match_colour(canvas: Canvas, context: StepContext) -> StepOutcome:
    """Match the skin tones of the picture to those of the photo, inside the mask.

    The photo is read where the plan moved it (``canvas.warped``, whose pixels are the photo's),
    so both distributions are those of the same skin.
    """
    if not context.configuration.postprocess.colour.enabled:
        return StepOutcome.skipped(canvas, NAME, Reason("switched_off"))
    region = MaskRegion.of(canvas)
    if region is None:
        return StepOutcome.skipped(canvas, NAME, Reason("nothing_painted"))
    face = canvas.face
    cell = max(MM_PER_CELL, face.scale.mm_per_px * max(canvas.pixel, 1.0))
    before = crop_face(canvas.warped, face, cell, REACH_MM)
    after = crop_face(canvas.picture, face, cell, REACH_MM)
    cells = before.cells(face.points)
    masked = (_share(before, canvas) > 0.0) & before.inside
    skin = searchable_skin(before, cells) & masked
    if skin.sum() * cell**2 < LEAST_SKIN_MM2:
        return StepOutcome.skipped(canvas, NAME, Reason("too_little_skin"))
    around = masked & ~_oval(cells, masked.shape)
    change = tone_change(before, after, skin, around, cells)
    if np.abs(change).max() < LEAST_CHANGE:
        return StepOutcome(canvas.picture, StepReport(NAME, True, None, (Reason("tones_agree"),)))
    picture = canvas.picture.copy()
    goal = region.of_picture(picture)
    channels = [after.map_of(np.ascontiguousarray(change[..., k])) for k in range(3)]
    for rows in region.strips():
        goal[rows] = shifted(goal[rows], _over(channels, region, rows))
    return StepOutcome(picture, StepReport(NAME, True))


def tone_change(
    before: FaceCrop, after: FaceCrop, skin: BoolArray, around: BoolArray, cells: FloatArray
) -> Float32Array:
    """Return what has to be added to the picture, cell by cell.

    Parameters
    ----------
    before, after : FaceCrop
        Photo and picture over the same cells.
    skin : (h, w) bool array
        The skin of the face, matched region by region.
    around : (h, w) bool array
        Neck, hair and backdrop inside the mask. They are not one skin whose tones a curve could
        carry over, so each place keeps the photo's tone there.
    cells : (478, 2) float64 array
        Landmarks in cells.

    Returns
    -------
    (h, w, 3) float32 array
        L, a and b; elsewhere (lips, brows, nostrils) it follows what is near.
    """
    field = np.zeros((*skin.shape, 3), np.float32)
    goal, start = lab_of(before.pixels), lab_of(after.pixels)
    members = _memberships(skin, cells, before.mm_per_cell)
    field[skin] = _matched(goal[skin], start[skin], members, before.mm_per_cell)
    if around.any():
        sigma = LOCAL_SIGMA_MM / before.mm_per_cell
        weight = around.astype(np.float32)
        away = cv2.GaussianBlur((goal - start) * weight[..., None], (0, 0), sigma)
        near = cv2.GaussianBlur(weight, (0, 0), sigma)
        inside, share = away[around], near[around, None]
        field[around] = inside / share
    return _spread(field, skin | around, np.median(field[skin], axis=0))


def _matched(
    goal: Float32Array, start: Float32Array, members: Float32Array, mm_per_cell: float
) -> Float32Array:
    """What carries values ``start`` (n, 3) to the distribution of ``goal``, region by region."""
    areas = members.sum(axis=0) * mm_per_cell**2
    everywhere = np.ones(len(start), np.float32)
    change = np.empty_like(start)
    for channel in range(3):
        values = start[:, channel]
        wanted, shown = WeightedValues(goal[:, channel]), WeightedValues(values)
        whole = tone_curve(wanted.quantiles(everywhere), shown.quantiles(everywhere)).shift(values)
        change[:, channel] = whole
        for member, area in zip(members.T, areas, strict=True):
            if area >= LEAST_SKIN_MM2:
                curve = tone_curve(wanted.quantiles(member), shown.quantiles(member))
                trust = np.float32(area / (area + OWN_SKIN_MM2))
                change[:, channel] += trust * member * (curve.shift(values) - whole)
    return change


def _memberships(skin: BoolArray, cells: FloatArray, mm_per_cell: float) -> Float32Array:
    """How far each cell of the skin belongs to each region: (n, regions), rows sum up to 1."""
    rows, columns = np.nonzero(skin)
    place = np.stack([columns, rows], axis=1).astype(np.float32)
    closeness = []
    for groups in REGIONS.values():
        points = [p for name, side in groups for p in getattr(ANATOMICAL_GROUPS[name], side)]
        away = (place - cells[points].mean(axis=0).astype(np.float32)) * np.float32(mm_per_cell)
        closeness.append(-0.5 * (away**2).sum(axis=1) / np.float32(REGION_SIGMA_MM**2))
    scores = np.stack(closeness, axis=1)
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float32)


def _spread(field: Float32Array, known: BoolArray, middle: Float32Array) -> Float32Array:
    """Carry the known values of a field (h, w, 3) to all cells, smoothly; the nearest count most.

    ``middle`` (3,) is what holds where nothing known is near.
    """
    weight = known.astype(np.float32)
    least = np.float32(SPREADING[-1][1] * 1e-2)
    total, count = np.full_like(field, least * middle), np.full(known.shape, least, np.float32)
    for sigma, importance in SPREADING:
        total += np.float32(importance) * np.asarray(cv2.GaussianBlur(field, (0, 0), sigma))
        count += np.float32(importance) * np.asarray(cv2.GaussianBlur(weight, (0, 0), sigma))
    return np.asarray(total / count[..., None], np.float32)


def _oval(cells: FloatArray, shape: tuple[int, ...]) -> BoolArray:
    """The inside of the face oval: (h, w) bool."""
    outline = cells[topology().contours["FACE_OVAL"][:, 0]]
    filled = np.zeros(shape, np.uint8)
    cv2.fillPoly(filled, [np.rint(outline).astype(np.int32)], 1)
    return filled > 0


def _share(crop: FaceCrop, canvas: Canvas) -> FloatArray:
    """The mask at the cells of a crop: (h, w) in [0, 1]."""
    height, width = crop.inside.shape
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    points = crop.photo_points(np.stack([columns.ravel(), rows.ravel()], axis=1))
    return canvas.mask.at(points).reshape(height, width)


def _over(channels: list[FaceMap], region: MaskRegion, rows: slice) -> Float32Array:
    """The change over some rows of the region: (h, w, 3), none where the mask is zero."""
    height, width = rows.stop - rows.start, region.share.shape[1]
    change = np.empty((height, width, 3), np.float32)
    for k, values in enumerate(channels):
        change[..., k] = values.over(
            width, height, left=region.columns.start, top=region.rows.start + rows.start
        )
    change[~region.inside[rows]] = 0.0
    return change
