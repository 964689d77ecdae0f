"""Things that lie on the skin: regions of one colour with a sharp, plain outline.

Skin varies softly; what is dark or light on it by nature (beard, brow, mole, scar, make-up,
vitiligo, highlight, shadow) has a ragged or a soft border, or a surface as uneven as its border.
A thing that lies on it ends along a straight or evenly curved line, at once, and is smoother
inside than this person's skin.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import Float32Array
from landmarkdiff.clinical.skin import drawn_outline, hull_of, points_of_side
from landmarkdiff.landmarks.face_crop import FaceCrop
from landmarkdiff.landmarks.topology import LANDMARK_LINES, LANDMARK_REGIONS, topology

__all__ = ["THINGS_MM", "THINGS_REACH_MM", "things_on"]

Mask = NDArray[np.bool_]

_SQUARE_3, _SQUARE_5 = np.ones((3, 3), np.uint8), np.ones((5, 5), np.uint8)
_DISC_5, _DISC_11 = (cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (n, n)) for n in (5, 11))

#: Resolution of the search, and its reach from the eyes: left, right, up, down (mm).
THINGS_MM = 0.75
THINGS_REACH_MM = (75.0, 75.0, 85.0, 100.0)
#: Chroma counts more than lightness: light and shade change it less.
_WEIGHT = np.array([1.0, 1.4, 1.4], np.float32)
#: A region is what differs from its seed by less than this (CIELAB, chroma weighted).
_TOLERANCES = (3.5, 6.0, 10.0)
#: Seeds are this far apart (cells).
_SEED_STEP = 6
#: Smallest and largest area of a thing (mm2; share of the skin).
LEAST_AREA_MM2 = 145.0
LARGEST_SHARE = 0.45
#: An edge is a step over 1.5 mm of at least this, and of this many times what is usual on the
#: person's skin.
LEAST_STEP, STEP_OF_USUAL = 6.0, 3.0
#: Share of the outline that is seen (not at the border of the face or beside lids and lips), and
#: its least length (mm).
LEAST_SEEN, LEAST_SEEN_MM = 0.5, 30.0
#: A region that is lighter than what is around it by this (L*) may be a highlight, unless its
#: median step is this large, or its outline this straight.
LIGHTER, HIGHLIGHT_STEP, HIGHLIGHT_STRAIGHT = 8.0, 18.0, 0.66
_STRAIGHT_MM = 8.0
#: A thing differs from the skin beyond its outline by this share of the step there: skin between
#: strands of hair, or within a drawn line, has an outline and no colour of its own. What lies so
#: far from it is compared, mm: a line may be as wide as the first.
OWN_COLOUR, BEYOND_MM = 0.5, (3.0, 7.5)
#: Rougher skin than this (usual step) is no measure of what is smooth.
ROUGH_SKIN = 3.2
#: What hangs on a thing belongs to it within this distance (mm), if its colour differs by less than
#: this (CIELAB, chroma weighted), and by less than four tenths of what the thing differs from skin.
_GROWTH_MM, _ALIKE = 10.0, 14.0
#: Around a thing this much belongs to it (mm): its border is half skin.
_MARGIN_MM = 1.5


def things_on(crop: FaceCrop, cells: NDArray[np.float64], worn: Mask | None = None) -> Mask:
    """Return where something lies on a face.

    Parameters
    ----------
    crop : FaceCrop
        At :data:`THINGS_MM`.
    cells : (478, 2) float64 array
        Landmarks in cells of the crop.
    worn : (h, w) bool array, optional
        Spectacle frames.

    Returns
    -------
    (h, w) bool array
    """
    face, skin = _zones(crop, cells)
    if worn is not None:
        face, skin = face & ~worn, skin & ~worn
    found = np.zeros(skin.shape, np.bool_)
    if not skin.any():
        return found
    calm = cv2.medianBlur(crop.pixels, 3).astype(np.float32) / np.float32(255.0)
    lab = np.asarray(cv2.cvtColor(calm, cv2.COLOR_RGB2Lab) * _WEIGHT, np.float32)
    picture = _Picture(lab, _steps(lab), face, skin)
    for region in _regions(picture):
        if _is_thing(region, picture):
            found |= _grown(region, picture)
    if found.any():
        reach = 2 * round(_MARGIN_MM / THINGS_MM) + 1
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
        found = np.asarray(cv2.dilate(found.astype(np.uint8), disc) > 0)
    return found


@dataclass(frozen=True)
class _Rule:
    """What makes a region a thing.

    Attributes
    ----------
    roughest : float
        Its usual step inside over that of the person's skin, at most.
    sharp : float
        Share of its outline that is an edge, at least.
    step, step_of_edge : float
        Median step of its outline, at least, and that over what makes an edge.
    edge : float
        What makes an edge, as a share of the usual.
    solid, hull : float
        Share of its convex hull that it fills, and perimeter of the hull over its own, at least.
    straight : float
        Share of its outline that runs straight for 8 mm and more, at least.
    """

    roughest: float
    sharp: float
    step: float
    step_of_edge: float
    solid: float
    hull: float
    straight: float
    edge: float = 1.0


#: Rougher than plain paper, a thing has to be the more regular; a long thin one (a tube, a ruler
#: with ticks) need not fill its hull if it is straight; one of the colour of skin may have a
#: fainter outline if it is plain.
_RULES = (
    _Rule(0.85, sharp=0.72, step=8.7, step_of_edge=1.0, solid=0.8, hull=0.9, straight=0.5),
    _Rule(1.15, sharp=0.72, step=12.0, step_of_edge=1.6, solid=0.8, hull=0.9, straight=0.5),
    _Rule(0.8, sharp=0.6, step=8.0, step_of_edge=1.15, solid=0.7, hull=0.86, straight=0.58),
    _Rule(1.15, sharp=0.8, step=12.0, step_of_edge=1.5, solid=0.3, hull=0.86, straight=0.7),
    _Rule(0.42, 0.75, step=6.0, step_of_edge=1.2, solid=0.9, hull=0.93, straight=0.7, edge=0.7),
)
#: What comes in from beyond the face (a headband, a drape, a dense fringe).
_FROM_OUTSIDE = _Rule(
    0.8, sharp=0.9, step=12.0, step_of_edge=1.7, solid=0.7, hull=0.68, straight=0.5
)
LEAST_SEEN_FROM_OUTSIDE = 0.25


@dataclass(frozen=True)
class _Picture:
    """A face to search: weighted CIELAB (h, w, 3), steps (h, w), the face and its bare skin."""

    lab: Float32Array
    steps: Float32Array
    face: Mask
    skin: Mask

    @cached_property
    def near(self) -> Float32Array:
        """Largest step at a cell and its neighbours: (h, w)."""
        return np.asarray(cv2.dilate(self.steps, _SQUARE_3), np.float32)

    @cached_property
    def usual_step(self) -> float:
        """Step that is usual on this person's skin."""
        return float(np.median(self.steps[self.skin]))

    @cached_property
    def least_step(self) -> float:
        """Step that is an edge."""
        return max(LEAST_STEP, STEP_OF_USUAL * self.usual_step)


@dataclass(frozen=True)
class _Region:
    """A region of one colour: its mask in a box (x, y, width, height) of the crop."""

    mask: Mask
    box: tuple[int, int, int, int]


def _zones(crop: FaceCrop, cells: NDArray[np.float64]) -> tuple[Mask, Mask]:
    """Return where things are looked for, and where a border says something: (h, w) bool.

    A border at lids, brows, nostrils and lips may be theirs.
    """
    oval = cells[topology().contours["FACE_OVAL"][:, 0]]
    mouth = drawn_outline(crop, hull_of(cells[list(LANDMARK_LINES["inner_lips"])]), 0.5)
    face = drawn_outline(crop, oval, -1.0) & crop.inside & ~mouth
    skin = drawn_outline(crop, oval, -2.0) & crop.inside
    hidden = [(list(LANDMARK_REGIONS["lips"]), 2.5)]
    for side in ("right", "left"):
        lids = points_of_side(side, "upper_lid_margin", "lower_lid_margin", "lateral_canthus")
        brow = points_of_side(side, "brow_upper_border", "brow_lower_border")
        nostril = points_of_side(side, "nostril_rim")
        # Between lid and brow is eye shadow.
        hidden += [(lids, 4.0), (brow, 3.0), (nostril, 2.5), (lids + brow, 0.5)]
    for points, margin_mm in hidden:
        skin &= ~drawn_outline(crop, hull_of(cells[points]), margin_mm)
    return face, skin


def _steps(lab: Float32Array) -> Float32Array:
    """Return the largest colour difference across 1.5 mm at each cell: (h, w)."""
    height, width = lab.shape[:2]
    smooth = cv2.GaussianBlur(lab, (0, 0), 0.7)
    # Beyond a border lies the opposite one.
    wrapped = np.asarray(cv2.copyMakeBorder(smooth, 1, 1, 1, 1, cv2.BORDER_WRAP), np.float32)
    channels = np.ascontiguousarray(wrapped.transpose(2, 0, 1))

    def moved(channel: Float32Array, dx: int, dy: int) -> Float32Array:
        return np.asarray(channel[1 - dy : 1 - dy + height, 1 - dx : 1 - dx + width])

    largest = np.zeros((height, width), np.float32)
    for dx, dy in ((1, 0), (0, 1), (1, 1), (1, -1)):
        ahead = (-dx, -dy) if dx * dy == 0 else (0, 0)
        square = np.zeros((height, width), np.float32)
        for channel in channels:
            difference = moved(channel, dx, dy) - moved(channel, *ahead)
            square += difference * difference
        np.maximum(largest, square, out=largest)
    return np.sqrt(largest)


def _regions(picture: _Picture) -> Iterator[_Region]:
    """Yield the regions of one colour that may be a thing by their size."""
    calm = cv2.bilateralFilter(picture.lab, 7, 8, 3)
    plain = picture.skin & (picture.steps < 0.6 * picture.least_step)
    first = _SEED_STEP // 2
    seeds = np.argwhere(plain[first::_SEED_STEP, first::_SEED_STEP]) * _SEED_STEP + first
    most = LARGEST_SHARE * float(picture.skin.sum())
    barrier = np.pad(~picture.face, 1, constant_values=True).astype(np.uint8)
    for tolerance in _TOLERANCES:
        done = np.zeros(picture.skin.shape, np.bool_)
        for row, column in seeds.tolist():
            if done[row, column]:
                continue
            filled = barrier.copy()
            count, _, _, box = cv2.floodFill(
                calm,
                filled,
                (column, row),
                (0.0,),
                (tolerance,) * 3,
                (tolerance,) * 3,
                4 | cv2.FLOODFILL_FIXED_RANGE | cv2.FLOODFILL_MASK_ONLY | (7 << 8),
            )
            x, y, w, h = box[0], box[1], box[2], box[3]
            inside = filled[y + 1 : y + 1 + h, x + 1 : x + 1 + w] == 7
            done[y : y + h, x : x + w] |= inside
            if count * THINGS_MM**2 >= LEAST_AREA_MM2 and count <= most:
                region = _tidied(inside, (x, y, w, h))
                if region is not None:
                    yield region


def _tidied(inside: Mask, box: tuple[int, int, int, int]) -> _Region | None:
    """Return a region without frays and holes, or None when little of it is left."""
    pad = 6
    mask = np.zeros((inside.shape[0] + 2 * pad, inside.shape[1] + 2 * pad), np.uint8)
    mask[pad:-pad, pad:-pad] = inside
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _SQUARE_5)
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, _DISC_5)
    contours, _ = cv2.findContours(opened, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return None
    outline = max(contours, key=cv2.contourArea)
    mask[:] = 0
    cv2.drawContours(mask, [outline], -1, 1, -1)
    if cv2.countNonZero(mask) * THINGS_MM**2 < LEAST_AREA_MM2:
        return None
    kept = mask[pad:-pad, pad:-pad] > 0
    return _Region(kept, box)


def _is_thing(region: _Region, picture: _Picture) -> bool:
    """Whether a region ends sharply, along plain lines, and is smooth inside.

    What costs least and refuses most is looked at first.
    """
    pad = 11
    x, y, w, h = region.box
    height, width = picture.skin.shape
    top, left = max(y - pad, 0), max(x - pad, 0)
    part = np.s_[top : min(y + h + pad, height), left : min(x + w + pad, width)]
    skin, lab = picture.skin[part], picture.lab[part]
    mask = np.zeros(skin.shape, np.uint8)
    mask[y - top : y - top + h, x - left : x - left + w] = region.mask
    border = cv2.subtract(cv2.dilate(mask, _SQUARE_3), mask) > 0
    seen = border & skin
    count = np.count_nonzero(seen)
    if count * THINGS_MM < LEAST_SEEN_MM:
        return False
    share = count / np.count_nonzero(border)
    if share < LEAST_SEEN_FROM_OUTSIDE:
        return False
    rules = _RULES if share >= LEAST_SEEN else (_FROM_OUTSIDE,)
    step, sharp = _sharp(picture.near[part][seen], rules, picture.least_step)
    if not sharp:
        return False
    inner = _inside(mask)
    steps = picture.steps[part]
    rough = float(np.median(steps[inner])) / min(picture.usual_step + 1e-6, ROUGH_SKIN)
    smooth = [rule for rule in sharp if rough <= rule.roughest]
    if not smooth:
        return False
    shape = _shape_of(mask)
    if not any(
        shape.solid >= rule.solid and shape.hull >= rule.hull and shape.straight >= rule.straight
        for rule in smooth
    ):
        return False
    if _own_colour(mask, lab, skin, seen) < OWN_COLOUR * step:
        return False
    around = cv2.dilate(mask, _DISC_11) > 0
    around &= (cv2.dilate(mask, _SQUARE_5) == 0) & skin
    if not around.any():
        return False
    lighter = float(np.median(lab[inner, 0]) - np.median(lab[around, 0]))
    glossy = step < HIGHLIGHT_STEP and shape.straight < HIGHLIGHT_STRAIGHT
    return lighter <= LIGHTER or not glossy


def _own_colour(mask: NDArray[np.uint8], lab: Float32Array, skin: Mask, seen: Mask) -> float:
    """By how much a region differs from the skin beyond its outline: CIELAB, weighted.

    As a whole or place by place, where it differs less; inf where no skin is near. ``seen`` are the
    cells of the outline.
    """
    away = cv2.distanceTransform(1 - mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) * THINGS_MM
    parts = _inside(mask), (away > BEYOND_MM[0]) & (away < BEYOND_MM[1]) & skin
    if not parts[1].any():
        return float("inf")
    whole = np.subtract(*(np.median(lab[part], axis=0) for part in parts))
    near = []
    for part in parts:
        own = part.astype(np.float32)[..., None]
        spread = BEYOND_MM[0] / THINGS_MM
        held = cv2.GaussianBlur(np.dstack([lab * own, own]), (0, 0), spread)[seen]
        near.append(held[:, :3] / np.maximum(held[:, 3:], np.float32(1e-4)))
    apart = np.linalg.norm(near[0] - near[1], axis=1)
    return min(float(np.linalg.norm(whole)), float(np.median(apart)))


def _sharp(outline: Float32Array, rules: Sequence[_Rule], edge: float) -> tuple[float, list[_Rule]]:
    """Return the median step of an outline (n,), and the rules by which it is sharp enough."""
    shares = {
        level: np.count_nonzero(outline > level * edge) / len(outline)
        for level in {rule.edge for rule in rules}
    }
    kept = [rule for rule in rules if shares[rule.edge] >= rule.sharp]
    if not kept:
        return 0.0, kept
    step = float(np.median(outline))
    return step, [r for r in kept if step >= max(r.step, r.step_of_edge * r.edge * edge)]


def _grown(region: _Region, picture: _Picture) -> Mask:
    """Return a thing with what hangs on it and has its colour, which may lie on lips or lids."""
    mask = np.zeros(picture.skin.shape, np.uint8)
    left, top, width, height = region.box
    mask[top : top + height, left : left + width] = region.mask
    colour = np.median(picture.lab[_inside(mask)], axis=0)
    skin = np.median(picture.lab[picture.skin & (mask == 0)], axis=0)
    reach = min(_ALIKE, 0.4 * float(np.linalg.norm(colour - skin)))
    alike = np.linalg.norm(picture.lab - colour, axis=2) < reach
    size = 2 * round(_GROWTH_MM / THINGS_MM) + 1
    near = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))) > 0
    _, labels = cv2.connectedComponents(((alike & near) | (mask > 0)).astype(np.uint8))
    return np.asarray(labels == labels[mask > 0].max())


def _inside(mask: NDArray[np.uint8]) -> Mask:
    """Return a region without its rim, however thin it is."""
    depth = cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    return np.asarray(depth >= min(3.0, 0.7 * float(depth.max())))


@dataclass(frozen=True)
class _Shape:
    """Shares of a region: of its convex hull, of the hull's perimeter, of straight outline."""

    solid: float
    hull: float
    straight: float


def _shape_of(mask: NDArray[np.uint8]) -> _Shape:
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(contours, key=len)
    hull = cv2.convexHull(outline)
    perimeter = cv2.arcLength(outline, True)
    corners = cv2.approxPolyDP(outline, 1.3, True)[:, 0].astype(np.float64)
    runs = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    return _Shape(
        solid=cv2.contourArea(outline) / max(cv2.contourArea(hull), 1.0),
        hull=cv2.arcLength(hull, True) / max(perimeter, 1.0),
        straight=float(runs[runs * THINGS_MM > _STRAIGHT_MM].sum()) / max(perimeter, 1.0),
    )
