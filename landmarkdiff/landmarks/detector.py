"""Finding faces and their 478 landmarks with MediaPipe's networks on LiteRT.

One pass follows MediaPipe's own recipe, its half-pixel bias included. More passes average
crops that are shifted, scaled, turned and, half of them, mirrored; every mirrored pass has an
unmirrored twin, from the face search on, so the landmarks of a mirrored photo are the
mirrored landmarks. They sample crops centred, which is free of the bias.
"""

from __future__ import annotations

import math
import threading
from pathlib import Path

import numpy as np

from landmarkdiff.arguments import rgb_image, whole_number
from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.errors import FaceIndexError, NoFaceError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.networks import FaceNetworks
from landmarkdiff.landmarks.pose import fit_pose
from landmarkdiff.landmarks.quality import face_notices
from landmarkdiff.landmarks.region import Region
from landmarkdiff.landmarks.scale import estimate_scale
from landmarkdiff.landmarks.search import (
    MINIMUM_PRESENCE,
    REGION_FACTOR,
    FaceSearch,
    FoundFace,
    bounding_box,
)
from landmarkdiff.landmarks.stretch import widened_for_stretch
from landmarkdiff.notices import Notice
from landmarkdiff.weights import read

__all__ = ["MAXIMUM_PASSES", "LandmarkDetector", "detect_faces", "extract_landmarks"]


MAXIMUM_PASSES = 64
#: No photo has more of them.
MAXIMUM_FACES = 999


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
        self._networks = FaceNetworks(
            weights.read_bytes() if weights else read("face_landmarker"), threads
        )
        self._search = FaceSearch(self._networks)

    def extract(
        self,
        image: ImageArray,
        *,
        passes: int = 8,
        face: int = 0,
        mm_per_px: float | None = None,
        ipd_mm: float | None = None,
        everywhere: bool = True,
    ) -> FaceLandmarks:
        """Find one face of a photo (H, W, 3) and its landmarks; see :func:`extract_landmarks`.

        Without ``everywhere``, upright faces are found that the whole photo shows: parts of it and
        quarter turns, which take ten times as long, are left out.
        """
        image = rgb_image("image", image)
        passes = whole_number("passes", passes, 1, MAXIMUM_PASSES)
        face = whole_number("face", face, -MAXIMUM_FACES, MAXIMUM_FACES)
        paired = passes > 1
        faces, turned = self._search.find(image, paired=paired, everywhere=everywhere)
        if not faces:
            raise NoFaceError("no_face")
        if not 0 <= face < len(faces):
            raise FaceIndexError("unknown_face", index=face, last=len(faces) - 1)
        count = 2 * math.ceil(passes / 2) if paired else 1
        points, noise, presence = self._located(image, faces[face], count)
        blendshapes = self._networks.blendshapes(points)
        pose = fit_pose(points)
        scale, fallback = estimate_scale(
            points, pose, blendshapes, noise, mm_per_px=mm_per_px, ipd_mm=ipd_mm
        )
        scale, stretched = widened_for_stretch(scale, points, pose, blendshapes)
        height, width = image.shape[:2]
        notices = face_notices(points, pose, width, height)
        if turned:
            notices.append(Notice.of("face_turned", degrees=turned))
        if len(faces) > 1:
            notices.append(_choice(points, width, height, count=len(faces), index=face))
        notices += filter(None, (fallback, stretched))
        return FaceLandmarks(
            points=points,
            image_width=width,
            image_height=height,
            pose=pose,
            scale=scale,
            noise_px=noise,
            presence=presence,
            blendshapes=blendshapes,
            face_index=face,
            face_count=len(faces),
            turned=turned,
            passes=count,
            others=tuple(bounding_box(other.points) for other in faces if other is not faces[face]),
            notices=tuple(notices),
        )

    def faces(self, image: ImageArray) -> list[tuple[float, float, float, float]]:
        """Return the box of each face in pixels, largest first; see :func:`detect_faces`."""
        image = rgb_image("image", image)
        found, _ = self._search.find(image, paired=False)
        return [bounding_box(face.points) for face in found]

    def _located(
        self, image: ImageArray, face: FoundFace, count: int
    ) -> tuple[FloatArray, FloatArray | None, float]:
        """Return points, noise and presence of a face, of one pass or averaged over ``count``."""
        if count == 1:
            return face.points, None, face.presence
        points, noise, presence = self._average(image, face, count)
        if presence < MINIMUM_PRESENCE:
            raise NoFaceError("no_face")
        return points, noise, presence

    def _average(
        self, image: ImageArray, face: FoundFace, count: int
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
                found, presence = self._search.look(image, where, crop, centred=True)
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
        Which face, 0 being the largest.
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

    Examples
    --------
    >>> face = extract_landmarks(portrait)
    >>> face.points.shape, face.pose.view
    ((478, 3), 'frontal')
    >>> round(face.pose.yaw), round(face.scale.mm_per_px, 2)  # degrees, mm per pixel
    (1, 0.77)
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

    Examples
    --------
    >>> [(x, y, width, height)] = detect_faces(portrait)
    >>> portrait.shape, round(x), round(y), round(width), round(height)
    ((600, 512, 3), 170, 132, 185, 202)
    """
    return (detector if detector is not None else _shared_detector()).faces(image)


def _choice(points: FloatArray, width: int, height: int, *, count: int, index: int) -> Notice:
    """Say which of several faces was taken, and where it is."""
    x, y, wide, high = bounding_box(points)
    place = {"x": 100 * (x + wide / 2) / width, "y": 100 * (y + high / 2) / height}
    return Notice.of("several_faces", count=count, index=index, number=index + 1, **place)


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
    return Region(float(x), float(y), float((high - low).max()) * REGION_FACTOR, angle)
