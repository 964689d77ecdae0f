"""Finding faces and their 478 landmarks with MediaPipe's networks on LiteRT.

One pass follows MediaPipe's own recipe, its half-pixel bias included. More passes average
crops that are shifted, scaled, turned and, half of them, mirrored; every mirrored pass has an
unmirrored twin, from the face search on, so the landmarks of a mirrored photo are the
mirrored landmarks. They sample crops centred, which is free of the bias.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.errors import FaceIndexError, NoFaceError, ParameterError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.networks import DETECTOR_PIXELS, LANDMARK_PIXELS, FaceNetworks
from landmarkdiff.landmarks.pose import fit_pose
from landmarkdiff.landmarks.quality import face_notices
from landmarkdiff.landmarks.region import Region, View, sample
from landmarkdiff.landmarks.scale import estimate_scale
from landmarkdiff.landmarks.topology import topology
from landmarkdiff.notices import Notice
from landmarkdiff.weights import obtain

__all__ = ["MAXIMUM_PASSES", "LandmarkDetector", "detect_faces", "extract_landmarks"]

FloatArray = NDArray[np.float64]
ImageArray = NDArray[np.uint8]

MAXIMUM_PASSES = 64
#: Below this probability of the landmark network there is no face (MediaPipe's default).
MINIMUM_PRESENCE = 0.5
#: Side of the landmark region over the side of the face box (MediaPipe's).
_REGION_FACTOR = 1.5
#: Faces that overlap more than this, found in the photo and in its mirror image, are one.
_SAME_FACE = 0.3
#: No more candidates than this are looked at, largest first.
_MAXIMUM_FACES = 16
_MINIMUM_SIDE = 16


@dataclass(frozen=True)
class _Face:
    """One face: where it was seen, its landmarks in the photo (one pass or a mirrored pair)."""

    view: View
    region: Region
    points: FloatArray
    presence: float


class LandmarkDetector:
    """Finds faces and landmarks; loads its networks once.

    Parameters
    ----------
    weights : Path, optional
        ``face_landmarker.task``; by default the file of the store, fetched if it is absent
        and fetching is allowed.
    threads : int
        Threads of each network.

    Notes
    -----
    An instance may be shared between threads; calls into the networks are serialised.
    """

    def __init__(self, weights: Path | None = None, threads: int = 2) -> None:
        self._networks = FaceNetworks(weights or obtain("face_landmarker"), threads)

    def extract(
        self,
        image: ImageArray,
        *,
        passes: int = 8,
        face: int = 0,
        mm_per_px: float | None = None,
        ipd_mm: float | None = None,
    ) -> FaceLandmarks:
        """Find one face and its landmarks; see :func:`extract_landmarks`."""
        checked_image(image)
        if not 1 <= passes <= MAXIMUM_PASSES:
            raise ParameterError(
                "the number of passes is out of range",
                value=passes,
                allowed=f"1 to {MAXIMUM_PASSES}",
            )
        paired = passes > 1
        faces, turned = self._find(image, paired=paired)
        if not -len(faces) <= face < len(faces):
            raise FaceIndexError(
                "the photo has no face of this number",
                value=face,
                allowed=f"0 to {len(faces) - 1} (the largest is 0)",
            )
        index = face % len(faces)
        chosen = faces[index]
        count = 2 * math.ceil(passes / 2) if paired else 1
        points, noise, presence = chosen.points, None, chosen.presence
        if paired:
            points, noise, presence = self._average(image, chosen, count)
        blendshapes = self._networks.blendshapes(points)
        pose = fit_pose(points)
        scale, fallback = estimate_scale(
            points, pose, blendshapes, noise, mm_per_px=mm_per_px, ipd_mm=ipd_mm
        )
        height, width = image.shape[:2]
        notices = face_notices(points, pose, width, height)
        if turned:
            notices.append(Notice.of("face_turned", degrees=turned))
        if len(faces) > 1:
            notices.append(Notice.of("several_faces", count=len(faces), index=index))
        if fallback is not None:
            notices.append(fallback)
        return FaceLandmarks(
            points=points,
            image_width=width,
            image_height=height,
            pose=pose,
            scale=scale,
            noise_px=noise,
            presence=presence,
            blendshapes=blendshapes,
            face_index=index,
            face_count=len(faces),
            turned=turned,
            passes=count,
            notices=tuple(notices),
        )

    def faces(self, image: ImageArray) -> list[tuple[float, float, float, float]]:
        """Return the box of each face, largest first; see :func:`detect_faces`."""
        checked_image(image)
        try:
            found, _ = self._find(image, paired=False)
        except NoFaceError:
            return []
        return [_box(face.points) for face in found]

    def _find(self, image: ImageArray, *, paired: bool) -> tuple[list[_Face], int]:
        """Return the faces, largest first, and the turn (degrees) that showed them."""
        height, width = image.shape[:2]
        upright = self._search(image, View.turned(width, height, 0), paired=paired)
        if upright:
            return upright, 0
        best: tuple[float, list[_Face], int] = (0.0, [], 0)
        for degrees in (90, 270, 180):
            faces = self._search(image, View.turned(width, height, degrees), paired=paired)
            certainty = max((face.presence for face in faces), default=0.0)
            if certainty > best[0]:
                best = certainty, faces, degrees
        if not best[1]:
            raise NoFaceError(
                "no face was found in the photo, upright or turned",
                fix="use a sharper photo in which the whole face is visible and fills at least "
                "a tenth of the picture",
            )
        return best[1], best[2]

    def _search(self, image: ImageArray, view: View, *, paired: bool) -> list[_Face]:
        regions = self._regions(image, view)
        if paired:
            mirrored = [r.mirror(view.width) for r in self._regions(image, view.mirror())]
            regions = _paired_regions(regions, mirrored)
        regions.sort(key=lambda region: -region.size)
        faces: list[_Face] = []
        for region in regions[:_MAXIMUM_FACES]:
            points, presence = self._look(image, view, region, centred=paired)
            if paired:
                twin, twin_presence = self._look(
                    image, view.mirror(), region.mirror(view.width), centred=True
                )
                points, presence = (points + twin) / 2, (presence + twin_presence) / 2
            known = any(_box_overlap(points, face.points) > 0.5 for face in faces)
            if presence >= MINIMUM_PRESENCE and not known:
                faces.append(_Face(view, region, points, presence))
        return sorted(faces, key=lambda face: -_box_area(face.points))

    def _regions(self, image: ImageArray, view: View) -> list[Region]:
        """Run the face detector on a whole view and return the landmark regions."""
        side = float(max(view.width, view.height))
        whole = Region(view.width / 2, view.height / 2, side, 0.0)
        crop = sample(image, view, whole, DETECTOR_PIXELS, replicate=False)
        corner = np.array([whole.x, whole.y]) - side / 2
        regions = []
        for candidate in self._networks.detect(crop):
            low, high = corner + candidate.box[:2] * side, corner + candidate.box[2:] * side
            x, y = (low + high) / 2
            right_eye, left_eye = candidate.keypoints[:2]
            across, down = left_eye - right_eye
            size = float((high - low).max()) * _REGION_FACTOR
            regions.append(Region(float(x), float(y), size, float(np.arctan2(down, across))))
        return regions

    def _look(
        self, image: ImageArray, view: View, region: Region, *, centred: bool
    ) -> tuple[FloatArray, float]:
        """Run the landmark network once; return the points in the photo and the presence."""
        crop = sample(image, view, region, LANDMARK_PIXELS, replicate=True, centred=centred)
        points, presence = self._networks.landmarks(crop)
        matrix = region.matrix(LANDMARK_PIXELS)
        points[:, :2] = points[:, :2] @ matrix[:2, :2].T + matrix[:2, 2]
        points[:, 2] *= region.size / LANDMARK_PIXELS
        points = view.points_to_photo(points)
        return (points[topology().mirror] if view.mirrored else points), presence

    def _average(
        self, image: ImageArray, face: _Face, count: int
    ) -> tuple[FloatArray, FloatArray, float]:
        """Average ``count`` jittered passes, half of them mirrored, around a first estimate."""
        view, mirrored = face.view, face.view.mirror()
        to_view = np.linalg.inv(view.to_photo)
        seen = face.points[:, :2] @ to_view[:2, :2].T + to_view[:2, 2]
        region = _region_of(seen)
        twin = region.mirror(view.width)
        points, presences = [], []
        for shift, scale, turn in _jitters(count // 2):
            for where, frame in ((view, region), (mirrored, twin)):
                crop = frame.jittered(shift, scale, turn)
                found, presence = self._look(image, where, crop, centred=True)
                points.append(found)
                presences.append(presence)
        stack = np.stack(points)
        mean = stack.mean(axis=0)
        deviation = ((stack - mean)[..., :2] ** 2).sum(axis=2)
        spread = np.sqrt(deviation.sum(axis=0) / (count - 1))
        return mean, spread, float(np.mean(presences))


def extract_landmarks(
    image: ImageArray,
    *,
    passes: int = 8,
    face: int = 0,
    mm_per_px: float | None = None,
    ipd_mm: float | None = None,
    detector: LandmarkDetector | None = None,
) -> FaceLandmarks:
    """Find one face and its 478 landmarks, with pose and millimetre scale.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        The upright photo, RGB.
    passes : int, optional
        1: one pass by MediaPipe's recipe, for a live preview. More: that many averaged passes
        (an odd number is rounded up to the next even one), which halves the noise, gives
        ``noise_px``, and makes the result mirror-true. At most 64.
    face : int, optional
        Which face, 0 being the largest; negative numbers count from the smallest.
    mm_per_px : float, optional
        Millimetres per pixel known from a ruler in the photo.
    ipd_mm : float, optional
        Known interpupillary distance, millimetres.
    detector : LandmarkDetector, optional
        By default one that is loaded at first use and kept.

    Returns
    -------
    FaceLandmarks

    Raises
    ------
    NoFaceError
        If no face is found, upright or turned by quarter turns.
    FaceIndexError
        If the photo has fewer faces than ``face`` asks for.
    ParameterError
        If the image is not H x W x 3 uint8, or a parameter is out of range.
    WeightsMissingError
        If the model file is absent and cannot be fetched.
    """
    used = detector if detector is not None else _shared_detector()
    return used.extract(image, passes=passes, face=face, mm_per_px=mm_per_px, ipd_mm=ipd_mm)


def detect_faces(
    image: ImageArray, *, detector: LandmarkDetector | None = None
) -> list[tuple[float, float, float, float]]:
    """Return the bounding box (x, y, width, height; pixels) of each face, largest first.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        RGB.
    detector : LandmarkDetector, optional

    Returns
    -------
    list of tuple of float
        Empty when there is no face.
    """
    return (detector if detector is not None else _shared_detector()).faces(image)


def checked_image(image: ImageArray) -> None:
    """Raise :class:`ParameterError` unless ``image`` is H x W x 3 uint8 and not tiny."""
    shape, dtype = getattr(image, "shape", None), getattr(image, "dtype", None)
    if shape is None or dtype != np.uint8 or len(shape) != 3 or shape[2] != 3:
        raise ParameterError(
            "the image is not an RGB array",
            value=f"{type(image).__name__} of shape {shape} and type {dtype}",
            allowed="height x width x 3 of type uint8",
        )
    if min(shape[:2]) < _MINIMUM_SIDE:
        raise ParameterError(
            "the image is too small",
            value=f"{shape[1]} x {shape[0]} pixels",
            allowed=f"{_MINIMUM_SIDE} pixels or more on each side",
        )


_shared: list[LandmarkDetector] = []
_shared_lock = threading.Lock()


def _shared_detector() -> LandmarkDetector:
    with _shared_lock:
        if not _shared:
            _shared.append(LandmarkDetector())
        return _shared[0]


#: Shift right and down (shares of the region), scale and turn (degrees) of the averaged crops.
#: Neighbours balance each other, so that any even beginning of the list is nearly centred.
_JITTERS = (
    (0.010, 0.006, 0.97, 1.5),
    (-0.010, -0.006, 1.03, -1.5),
    (0.006, -0.010, 1.04, 2.5),
    (-0.006, 0.010, 0.96, -2.5),
)


def _jitters(count: int) -> list[tuple[tuple[float, float], float, float]]:
    """Return the first ``count`` jitters; further rounds of the list are wider."""
    found = []
    for index in range(count):
        wider = 1.0 + 0.35 * (index // len(_JITTERS))
        right, down, scale, turn = _JITTERS[index % len(_JITTERS)]
        found.append(
            (
                (right * wider, down * wider),
                1.0 + (scale - 1.0) * wider,
                math.radians(turn * wider),
            )
        )
    return found


def _region_of(points: FloatArray) -> Region:
    """Return the landmark region around known landmarks (n, 2), square to their eye line."""
    across, down = points[263] - points[33]
    angle = float(np.arctan2(down, across))
    cos, sin = math.cos(angle), math.sin(angle)
    axes = np.array([[cos, -sin], [sin, cos]])
    own = points @ axes
    low, high = own.min(axis=0), own.max(axis=0)
    x, y = axes @ ((low + high) / 2)
    return Region(float(x), float(y), float((high - low).max()) * _REGION_FACTOR, angle)


def _paired_regions(first: list[Region], second: list[Region]) -> list[Region]:
    """Average the regions of a photo with those of its mirror image, best match first.

    A face seen in only one of the two stays as it is; the result does not depend on the order.
    """
    matches = sorted(
        ((_region_overlap(a, b), i, j) for i, a in enumerate(first) for j, b in enumerate(second)),
        reverse=True,
    )
    used_first: set[int] = set()
    used_second: set[int] = set()
    merged = []
    for overlap, i, j in matches:
        if overlap < _SAME_FACE or i in used_first or j in used_second:
            continue
        used_first.add(i)
        used_second.add(j)
        a, b = first[i], second[j]
        apart = math.remainder(b.angle - a.angle, 2 * math.pi)
        merged.append(
            Region((a.x + b.x) / 2, (a.y + b.y) / 2, (a.size + b.size) / 2, a.angle + apart / 2)
        )
    merged += [region for i, region in enumerate(first) if i not in used_first]
    merged += [region for j, region in enumerate(second) if j not in used_second]
    return merged


def _region_overlap(a: Region, b: Region) -> float:
    width = min(a.x + a.size / 2, b.x + b.size / 2) - max(a.x - a.size / 2, b.x - b.size / 2)
    height = min(a.y + a.size / 2, b.y + b.size / 2) - max(a.y - a.size / 2, b.y - b.size / 2)
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (a.size**2 + b.size**2 - shared)


def _box(points: FloatArray) -> tuple[float, float, float, float]:
    x, y = points[:, :2].min(axis=0)
    width, height = np.ptp(points[:, :2], axis=0)
    return float(x), float(y), float(width), float(height)


def _box_area(points: FloatArray) -> float:
    return float(np.ptp(points[:, 0]) * np.ptp(points[:, 1]))


def _box_overlap(a: FloatArray, b: FloatArray) -> float:
    low = np.maximum(a[:, :2].min(axis=0), b[:, :2].min(axis=0))
    high = np.minimum(a[:, :2].max(axis=0), b[:, :2].max(axis=0))
    shared = float(np.clip(high - low, 0, None).prod())
    return shared / (_box_area(a) + _box_area(b) - shared)
