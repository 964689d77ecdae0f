"""A later photo laid over an earlier one, by what the plan leaves where it is."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.head.fit.fit_head import MOST_DIFFERENCE, TOLD_EXPRESSIONS
from landmarkdiff.head.fit.outline_map import similarity
from landmarkdiff.inference import Prediction, PreparedFace
from landmarkdiff.landmarks.face import IRIS_CENTRES, FaceLandmarks
from landmarkdiff.verification import register

__all__ = ["Alignment", "align", "detail_alike", "expressions_apart", "toned", "turned_picture"]

#: Irises, inner corners of the eyes, and the forehead above the brows: what few operations move.
STABLE = (*IRIS_CENTRES, 133, 362, 10, 151, 67, 297)
#: A landmark that the plan moves by more than this is not stable, mm.
_MOVED_MM = 0.1
#: So many places hold a similarity (four unknowns) and still say how well it fits.
_LEAST_STABLE = 4
#: Heads turned apart by more than this show another side of the nose, degrees.
MOST_TURNED = 10.0
#: Photos that lie no better upon one another than this measure nothing, mm.
MOST_RESIDUAL_MM = 2.0
#: Nodes a side of the field by which a head is turned.
_GRID = 48
#: How far a landmark carries there, as a share of the face's width; and the weight of no shift,
#: with which the field fades where there are no landmarks.
_REACH, _FADE = 0.025, 1e-3
#: Detail that survives saving again and halving: wrinkles, lashes, hairs of the brow. Between these
#: two standard deviations of a blur, as shares of the face's width; compared tile by tile.
_DETAIL = (0.005, 0.02)
_TILES = 8


@dataclass(frozen=True, eq=False)
class Alignment:
    """How the later photo was laid over the earlier one.

    Attributes
    ----------
    matrix : (2, 3) float64 array
        From pixels of the later photo to those of the earlier.
    pixels : (H, W, 3) uint8 array
        RGB: the later photo in the frame of the earlier.
    landmarks : tuple of int
        By which it was laid.
    residual_mm : float
        How far apart those lie afterwards, root mean square in the plane of the face.
    turned : float
        By which angle the head is turned differently, degrees.
    rotation : (3, 3) float64 array
        Of the later head, face frame to camera frame.
    """

    matrix: FloatArray
    pixels: ImageArray
    landmarks: tuple[int, ...]
    residual_mm: float
    turned: float
    rotation: FloatArray


def align(simulated: Prediction, later: PreparedFace) -> Alignment:
    """Lay a later photo over the photo of a simulation, by what its plan leaves where it is.

    Parameters
    ----------
    simulated : Prediction
    later : PreparedFace

    Raises
    ------
    ParameterError
        The heads are turned too differently, the plan moves too much, or the photos do not lie
        upon one another.
    """
    face = simulated.source
    turned = _turned(face, later.landmarks)
    if turned > MOST_TURNED:
        raise ParameterError("outcome_turned", degrees=round(turned, 1), most=MOST_TURNED)
    # A smile moves the nose and the mouth and none of the places that the photos are laid by.
    if expressions_apart(face, later.landmarks) > MOST_DIFFERENCE:
        raise ParameterError("outcome_expressions_differ")
    moved = np.linalg.norm(simulated.warp.deformation.displacement, axis=1)
    stable = tuple(index for index in STABLE if moved[index] <= _MOVED_MM)
    if len(stable) < _LEAST_STABLE:
        raise ParameterError("outcome_without_stable")
    places = face.points[list(stable), :2]
    matrix = _matrix(later.landmarks.points[list(stable), :2], places)
    pixels = _laid(later.image, matrix, face)
    # The network places landmarks to a few tenths of a millimetre; registration to hundredths.
    x, y, width, height = (round(value) for value in face.box)
    flow = register(simulated.before, toned(pixels, simulated), (x, y, width, height)).at(places)
    matrix = _after(_matrix(places + flow, places), matrix)
    rest = _applied(_matrix(places + flow, places), places + flow) - places
    freedom = max(1, 2 * len(stable) - 4)
    residual = math.sqrt(float((rest**2).sum()) / freedom * 2.0) * face.scale.mm_per_px
    if residual > MOST_RESIDUAL_MM:
        raise ParameterError("outcome_not_aligned", mm=residual, most=MOST_RESIDUAL_MM)
    return Alignment(
        matrix,
        _laid(later.image, matrix, face),
        stable,
        residual,
        turned,
        later.landmarks.pose.rotation,
    )


def turned_picture(simulated: Prediction, alignment: Alignment) -> ImageArray:
    """Return the photo before as it would be, were its head turned as the later one's and no more.

    What is read in it is what the turn alone looks like.

    Returns
    -------
    (H, W, 3) uint8 array
        RGB.
    """
    face = simulated.source
    turned = replace(face, pose=replace(face.pose, rotation=alignment.rotation))
    places, stable = face.points[:, :2], list(alignment.landmarks)
    seen = turned.to_image_frame(face.points_mm)[:, :2]
    shift = _applied(_matrix(seen[stable], places[stable]), seen) - places
    x, y, width, height = (round(value) for value in face.box)
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + width, face.image_width), min(y + height, face.image_height)
    columns, rows = np.linspace(left, right, _GRID), np.linspace(top, bottom, _GRID)
    grid = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    reach = _REACH * width
    squared = ((grid[:, None] - (places + shift)[None]) ** 2).sum(axis=-1)
    weight = np.exp(-squared / (2.0 * reach**2))
    near = weight @ shift / (weight.sum(axis=1, keepdims=True) + _FADE)
    coarse = near.reshape(_GRID, _GRID, 2).astype(np.float32)
    size = (right - left, bottom - top)
    fine = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR)
    across, down = np.meshgrid(np.arange(left, right), np.arange(top, bottom))
    from_x, from_y = (
        np.asarray(start - fine[..., axis], np.float32) for axis, start in enumerate((across, down))
    )
    picture = simulated.before.copy()
    picture[top:bottom, left:right] = cv2.remap(
        simulated.before, from_x, from_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return picture


def expressions_apart(face: FaceLandmarks, other: FaceLandmarks) -> float:
    """By how much two faces smile or open the mouth differently: 0 alike, 1 at most."""
    return max(
        abs(face.blendshapes.get(name, 0.0) - other.blendshapes.get(name, 0.0))
        for name in TOLD_EXPRESSIONS
    )


def detail_alike(simulated: Prediction, alignment: Alignment) -> float:
    """How alike the fine detail of a face is in the two photos: the median correlation, at most 1.

    A second photo of one face has its pores and lashes elsewhere by a fraction of a millimetre and
    in another light: 0.23 to 0.87 in three pairs of real photos. The photo itself, saved again as
    JPEG of quality 40 or at half its size, has 0.96 and more; so has a simulation made of it, since
    the median leaves out what was moved.

    Parameters
    ----------
    simulated : Prediction
    alignment : Alignment
        Of a later photo with its source.
    """
    x, y, width, height = (round(value) for value in simulated.source.box)
    part = np.s_[max(y, 0) : y + height, max(x, 0) : x + width]
    first, second = (
        _detail(picture[part], width) for picture in (simulated.before, alignment.pixels)
    )
    alike = []
    for rows in np.array_split(np.arange(len(first)), _TILES):
        for columns in np.array_split(np.arange(first.shape[1]), _TILES):
            one, other = (each[np.ix_(rows, columns)] for each in (first, second))
            one, other = one - one.mean(), other - other.mean()
            size = math.sqrt(float((one**2).sum() * (other**2).sum()))
            alike.append(float((one * other).sum()) / size if size else 0.0)
    return float(np.median(alike))


def _detail(pixels: ImageArray, width: int) -> FloatArray:
    """What a photo has between two scales, (H, W)."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine, coarse = (cv2.GaussianBlur(grey, (0, 0), share * width) for share in _DETAIL)
    return np.asarray(fine - coarse, np.float64)


def _turned(face: FaceLandmarks, other: FaceLandmarks) -> float:
    """Angle between two heads, apart from the tilt in the picture, which the similarity undoes."""
    yaw, pitch = (getattr(face.pose, name) - getattr(other.pose, name) for name in ("yaw", "pitch"))
    return math.hypot(yaw, pitch)


def _matrix(points: FloatArray, goal: FloatArray) -> FloatArray:
    """The similarity (2, 3) that brings points (n, 2) to others best."""
    scale, rotation, shift = similarity(points, goal)
    return np.column_stack([scale * rotation, shift])


def _applied(matrix: FloatArray, points: FloatArray) -> FloatArray:
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2])


def _after(second: FloatArray, first: FloatArray) -> FloatArray:
    """The matrix that does one thing after another."""
    linear, shift = first[:, :2], first[:, 2]
    return np.column_stack([second[:, :2] @ linear, _applied(second, shift[None])[0]])


def _laid(later: ImageArray, matrix: FloatArray, face: FaceLandmarks) -> ImageArray:
    """The later photo in the frame of the earlier; grey where it has nothing."""
    shrink = math.sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
    if shrink < 1.0:  # so that a large photo does not alias
        size = tuple(max(1, round(side * shrink)) for side in (later.shape[1], later.shape[0]))
        factors = (size[0] / later.shape[1], size[1] / later.shape[0])
        later = np.asarray(cv2.resize(later, size, interpolation=cv2.INTER_AREA), np.uint8)
        shifts = [0.5 * factor - 0.5 for factor in factors]
        linear = matrix[:, :2] / factors
        matrix = np.column_stack([linear, matrix[:, 2] - linear @ shifts])
    size = (face.image_width, face.image_height)
    laid = cv2.warpAffine(later, matrix, size, flags=cv2.INTER_CUBIC, borderValue=(128,) * 3)
    return np.asarray(laid, np.uint8)


def toned(pixels: ImageArray, simulated: Prediction) -> ImageArray:
    """The later photo in the exposure and white balance of the earlier, as their faces have it."""
    x, y, width, height = (round(value) for value in simulated.source.box)
    part = np.s_[max(y, 0) : y + height, max(x, 0) : x + width]
    own, goal = (one[part].reshape(-1, 3).astype(np.float32) for one in (pixels, simulated.before))
    gain = goal.std(axis=0) / np.maximum(own.std(axis=0), 1.0)
    toned = (pixels.astype(np.float32) - own.mean(axis=0)) * gain + goal.mean(axis=0)
    return np.asarray(np.clip(np.rint(toned), 0, 255), np.uint8)
