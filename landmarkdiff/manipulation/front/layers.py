"""The layer in front of the face of a prepared photo."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray, MaskArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.face_crop import FaceMap
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS
from landmarkdiff.manipulation.front.fill import continued
from landmarkdiff.manipulation.front.layer import FACE_STEPS, FILL_MM, FrontLayer, FrontThing
from landmarkdiff.manipulation.front.matte import disc, matte_of
from landmarkdiff.manipulation.limits import FRAME_SHARE
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.window import PhotoWindow, in_levels

__all__ = ["face_behind", "front_layer", "unknown_behind"]

#: Size of a cell: no finer than the first, no coarser than the second, mm.
_CELL_MM = (0.2, 0.3)
#: What is kept around the layer: skin that tells what lies behind, mm.
_AROUND_MM = 5.0
#: Beside the layer, from less of it than the first share on, the face is the continued one over
#: this width (mm): there the photo has a trace of the layer.
_TRACE, _TRACE_MM = 0.03, 0.4
#: Brows, and how far their hairs go beyond the landmarks, mm.
_BROWS = ("brow_upper_border", "brow_lower_border")
_FRINGE_MM = 3.0
#: More than this of a matte (of 255), wider at a brow than so many times what it is elsewhere, over
#: more than this area of its middle (mm2), may be the brow.
_FAINT, _WIDER, _WIDE_MM2 = 127, 1.5, 3.0


def front_layer(prepared: PreparedFace) -> FrontLayer | None:
    """Return what lies in front of a face, made once; None where nothing does.

    Spectacle frames that the photo shows or the surgeon says are worn, and what
    :mod:`landmarkdiff.covers` finds on the face.

    Parameters
    ----------
    prepared : PreparedFace
    """
    layer: FrontLayer | None = prepared.once("front", lambda: _made(prepared))
    return layer


def face_behind(prepared: PreparedFace) -> ImageArray:
    """Return the photo without what lies in front of the face, made once: (H, W, 3) uint8 RGB."""
    layer = front_layer(prepared)
    if layer is None:
        return prepared.image
    face: ImageArray = prepared.once("front_face", lambda: layer.face_behind(prepared.image))
    return face


def unknown_behind(prepared: PreparedFace, what: str) -> FaceMap | None:
    """Return where the face behind things of one kind is not known, 1 inside; None where it is.

    Around eyes that are not to be seen nothing is known either; they count as ``thing``.

    Parameters
    ----------
    prepared : PreparedFace
    what : {"spectacles", "thing"}
    """
    layer = front_layer(prepared)
    core = None if layer is None else layer.core(what)
    if what == "spectacles":
        return core
    eyes = prepared.covers().unseen_eyes
    if eyes is None or core is None:
        return core if eyes is None else eyes
    rows, columns = np.indices(eyes.values.shape)
    cells = np.stack([columns, rows], axis=-1)
    places = cells @ eyes.to_photo[:, :2].T + eyes.to_photo[:, 2]
    return FaceMap(np.maximum(eyes.values, core.at(places)), eyes.to_photo)


def _made(prepared: PreparedFace) -> FrontLayer | None:
    found = {"spectacles": prepared.frames(), "thing": prepared.covers().things}
    least = {"spectacles": FRAME_SHARE, "thing": 0.5}
    maps = {what: map_ for what, map_ in found.items() if map_ is not None}
    face = prepared.landmarks
    window = _window_of([_outline(map_, least[what]) for what, map_ in maps.items()], face)
    if window is None:
        return None
    places = window.places.reshape(-1, 2)
    shape = window.rows, window.columns
    inside = ((places >= -0.5) & (places <= np.array(prepared.image.shape[1::-1]) - 0.5)).all(1)
    shown = window.of(prepared.image)
    mm = face.scale.mm_per_px
    cells_per_mm = 1.0 / (window.step * mm)
    hairy = _brows(face, window, cells_per_mm)
    things = []
    whole = np.zeros(shape, np.float32)
    for what, map_ in maps.items():
        marked = (map_.at(places) > least[what]) & inside
        marked = marked.reshape(shape)
        if not marked.any() or marked.all():
            continue
        matte = matte_of(shown, marked, hairy, cells_per_mm)
        np.maximum(whole, matte, out=whole)
        area = float(matte.sum()) / cells_per_mm**2
        things.append(FrontThing(what, area, in_levels(np.float32(255.0) * matte), marked))
    if not things:
        return None
    deep = _depth(whole > 0.5) > FILL_MM * cells_per_mm
    things = [
        replace(thing, unknown=(deep | _like_brows(thing, hairy, cells_per_mm)) & (thing.matte > 0))
        for thing in things
    ]
    trace = (whole > _TRACE).astype(np.uint8)
    # In a coarse photo the edge of a thing is as wide as a pixel, and what a camera sharpens wider.
    beside = cv2.dilate(trace, disc(max(_TRACE_MM, 1.5 * mm), cells_per_mm)) > 0
    known = ~beside & inside.reshape(shape)
    if not known.any():
        return None
    colours = continued(shown, known, cells_per_mm)
    steps = _steps(whole, beside)
    return FrontLayer(window, in_levels(colours), steps, tuple(things), mm)


def _brows(face: FaceLandmarks, window: PhotoWindow, cells_per_mm: float) -> BoolArray:
    """Cells of a window in which a brow is, or its fringe: (rows, columns)."""
    found = np.zeros((window.rows, window.columns), np.uint8)
    for side in ("right", "left"):
        points = [p for name in _BROWS for p in getattr(ANATOMICAL_GROUPS[name], side)]
        cells = (face.points[points, :2] - (window.x, window.y)) / window.step
        hull = cv2.convexHull(np.rint(cells).astype(np.int32))
        cv2.fillPoly(found, [hull], 1)
    return np.asarray(cv2.dilate(found, disc(_FRINGE_MM, cells_per_mm)) > 0)


def _depth(inside: BoolArray) -> Float32Array:
    """How deep each cell lies in a region, cells: (rows, columns)."""
    found = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(found, np.float32)


def _like_brows(thing: FrontThing, hairy: BoolArray, cells_per_mm: float) -> BoolArray:
    """Where a thing may be a brow: at both, if it seems wider at one than it is elsewhere.

    At both, so that a plan does not give way on one side of the face alone.
    """
    depth = _depth(thing.matte > _FAINT)
    elsewhere = depth[(depth > 0) & ~hairy]
    none = np.zeros(hairy.shape, np.bool_)
    if not elsewhere.size:
        return none
    half = float(np.quantile(elsewhere, 0.98))
    wide = (depth > _WIDER * half + 0.2 * cells_per_mm) & hairy
    return hairy if np.count_nonzero(wide) > _WIDE_MM2 * cells_per_mm**2 else none


def _steps(matte: Float32Array, beside: BoolArray) -> MaskArray:
    """Steps of a layer's matte (rows, columns), from its own share and where it leaves a trace."""
    faint = cv2.GaussianBlur(beside.astype(np.float32), (0, 0), 0.7) * (matte <= 0.0)
    steps = np.where(matte > 0.0, FACE_STEPS + (255 - FACE_STEPS) * matte, FACE_STEPS * faint)
    return np.asarray(np.clip(np.rint(steps), 0, 255), np.uint8)


def _outline(map_: FaceMap, least: float) -> FloatArray:
    """Corners (n, 2) of the cells of a map above a share, pixels of the photo."""
    rows, columns = np.nonzero(map_.values > least)
    if not rows.size:
        return np.empty((0, 2))
    low, high = (columns.min(), rows.min()), (columns.max(), rows.max())
    corners = np.array([low, (high[0], low[1]), (low[0], high[1]), high], float)
    return np.asarray(corners @ map_.to_photo[:, :2].T + map_.to_photo[:, 2])


def _window_of(outlines: list[FloatArray], face: FaceLandmarks) -> PhotoWindow | None:
    """A window around places, within the photo; None where there are none."""
    corners = np.concatenate([np.empty((0, 2)), *outlines])
    if not len(corners):
        return None
    mm = face.scale.mm_per_px
    size = np.array([face.image_width, face.image_height])
    low = np.clip(corners.min(axis=0) - _AROUND_MM / mm, 0, size - 1)
    high = np.clip(corners.max(axis=0) + _AROUND_MM / mm, 0, size - 1)
    if (high - low < 2).any():
        return None
    step = float(np.clip(mm, *_CELL_MM)) / mm
    return PhotoWindow.between(low, high, step)
