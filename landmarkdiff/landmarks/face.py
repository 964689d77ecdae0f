"""The face as the rest of the package sees it: 478 points, pose and scale.

Frames (see ``docs/concepts/frames.md``): the *image frame* is pixels, x right, y down, the centre
of the top-left pixel of the upright photo at (0, 0) as in OpenCV, z away from the camera in
pixels of the same size. The *face frame* is millimetres, x toward the patient's left, y up,
z toward the camera, origin midway between the eyes. The *camera frame* is millimetres,
x right in the image, y up, z toward the camera.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.notices import Notice

__all__ = [
    "LANDMARK_COUNT",
    "FaceLandmarks",
    "Pose",
    "Scale",
    "ScaleSource",
    "ViewClass",
    "check_photo",
]

LANDMARK_COUNT = 478
T = TypeVar("T")

#: Lateral canthi (patient's right, left): their distance is the inter-ocular distance.
LATERAL_CANTHI = (33, 263)
#: Iris centres (patient's right, left).
IRIS_CENTRES = (468, 473)

#: x, y, width and height in pixels.
Box = tuple[float, float, float, float]

ViewClass = Literal[
    "frontal", "left_three_quarter", "right_three_quarter", "left_profile", "right_profile"
]

#: Where a scale comes from; ``head`` and ``average_head`` are those of profiles.
ScaleSource = Literal[
    "iris", "canonical_mesh", "interpupillary_distance", "ruler", "head", "average_head"
]

#: |yaw| up to this is frontal, up to the second three-quarter, beyond it profile (degrees).
FRONTAL_LIMIT_DEG = 15.0
PROFILE_LIMIT_DEG = 60.0


@dataclass(frozen=True)
class Pose:
    """Head pose from fitting the canonical face mesh (weak perspective).

    Attributes
    ----------
    rotation : (3, 3) float64 array
        Face frame to camera frame.
    yaw, pitch, roll : float
        Degrees. Yaw is positive when the head is turned toward the patient's left (the camera
        then sees the right side), pitch positive when the face is tilted up, roll positive
        when the eye line is turned clockwise as seen in the image, that is, when the head is
        tilted toward the patient's left shoulder. Pitch turns first, then yaw, roll last, in
        the image plane, so turning the photo changes the roll alone.
    residual : float
        Root mean square distance of the landmarks from the fitted canonical mesh, in percent
        of the inter-ocular distance.
    canonical_px_per_mm : float
        Scale of the fit: pixels per millimetre of the canonical (average) face.
    """

    rotation: FloatArray
    yaw: float
    pitch: float
    roll: float
    residual: float
    canonical_px_per_mm: float

    @property
    def view(self) -> ViewClass:
        """View class; the side is the patient's side that the camera sees."""
        if abs(self.yaw) <= FRONTAL_LIMIT_DEG:
            return "frontal"
        if abs(self.yaw) <= PROFILE_LIMIT_DEG:
            return "right_three_quarter" if self.yaw > 0 else "left_three_quarter"
        return "right_profile" if self.yaw > 0 else "left_profile"


@dataclass(frozen=True)
class Scale:
    """Millimetres per pixel at the face, with its relative uncertainty (one SD)."""

    mm_per_px: float
    relative_uncertainty: float
    source: ScaleSource


@dataclass(frozen=True)
class FaceLandmarks:
    """MediaPipe's 478 landmarks of one face, with pose and scale.

    Attributes
    ----------
    points : (478, 3) float64 array
        Image frame, pixels; z grows away from the camera (MediaPipe's sign).
    image_width, image_height : int
        Size of the upright photo in pixels.
    pose : Pose
    scale : Scale
    noise_px : (478,) float64 array or None
        Spread of each landmark over the averaged passes: root mean square distance of the
        single passes from their mean in the image plane, pixels; None after a single pass.
    presence : float
        The landmark network's own probability that a face is there.
    blendshapes : mapping of str to float
        MediaPipe's 52 expression scores, 0 to 1.
    face_index, face_count : int
        Which face of how many; 0 is the largest.
    turned : int
        Degrees (0, 90, 180, 270, counter-clockwise) by which the photo had to be turned before
        a face was found. The points are in the unturned photo all the same.
    passes : int
        Number of averaged passes.
    others : tuple of box
        Boxes of the other faces of the photo, as :attr:`box`.
    notices : tuple of Notice
        What the reader should know (small face, cut face, fallback scale, ...).

    Examples
    --------
    >>> face.points.shape  # pixels
    (478, 3)
    >>> face.points_mm[1].round().astype(int).tolist()  # the tip of the nose: left, up, forward, mm
    [0, -40, 43]
    >>> lifted = face.points + face.project(np.array([0.0, 2.0, 0.0]))  # every point 2 mm up
    >>> face.with_points(lifted).pose is face.pose
    True
    """

    points: FloatArray
    image_width: int
    image_height: int
    pose: Pose
    scale: Scale
    noise_px: FloatArray | None = None
    presence: float = 1.0
    blendshapes: Mapping[str, float] = field(default_factory=dict)
    face_index: int = 0
    face_count: int = 1
    turned: int = 0
    passes: int = 1
    others: tuple[Box, ...] = ()
    notices: tuple[Notice, ...] = ()
    _found: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.points.shape != (LANDMARK_COUNT, 3):
            raise ParameterError("landmarks_of_no_face", shape=str(self.points.shape))
        if not np.isfinite(self.points).all():
            raise ParameterError("argument_not_finite", name="points", value="nan")

    @property
    def surroundings(self) -> tuple[int, int, int, int] | None:
        """The part of the photo around this face and none of the others, x, y, width, height.

        Whole pixels; None where no other face is in the photo. It reaches half a face beyond the
        box, or half-way to the nearest other face.
        """
        if not self.others:
            return None
        x, y, width, height = self.box
        low, high = np.array([x, y]), np.array([x + width, y + height])
        reach_low = np.array([width, height]) / 2.0
        reach_high = reach_low.copy()
        for other_x, other_y, other_width, other_height in self.others:
            before = low - [other_x + other_width, other_y + other_height]
            after = np.array([other_x, other_y]) - high
            axis = int(np.argmax(np.maximum(before, after)))  # where they lie apart
            if before[axis] > after[axis]:
                reach_low[axis] = min(reach_low[axis], max(before[axis], 0.0) / 2.0)
            else:
                reach_high[axis] = min(reach_high[axis], max(after[axis], 0.0) / 2.0)
        size = np.array([self.image_width, self.image_height])
        low = np.clip(np.floor(low - reach_low), 0, size - 1).astype(int)
        high = np.clip(np.ceil(high + reach_high), low + 1, size).astype(int)
        return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])

    @property
    def box(self) -> Box:
        """Bounding box of the points: x, y, width, height in pixels."""
        low = self.points[:, :2].min(axis=0)
        size = self.points[:, :2].max(axis=0) - low
        return float(low[0]), float(low[1]), float(size[0]), float(size[1])

    @property
    def interocular_px(self) -> float:
        """Distance between the lateral canthi (33 and 263) in the image, pixels."""
        right, left = self.points[list(LATERAL_CANTHI), :2]
        return float(np.hypot(*(left - right)))

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what ``make`` makes, made once per ``key`` for this face; not to be changed."""
        if key not in self._found:
            self._found[key] = make()
        found: T = self._found[key]
        return found

    @property
    def points_mm(self) -> FloatArray:
        """The points in the face frame: (478, 3) millimetres."""
        return self.to_face_frame(self.points)

    @property
    def origin_px(self) -> FloatArray:
        """Origin of the face frame in the image frame: midway between the canthi, (3,)."""
        eyes = self.points[[33, 133, 362, 263]]
        return np.asarray(eyes.mean(axis=0), dtype=np.float64)

    def to_face_frame(self, points_px: ArrayLike) -> FloatArray:
        """Convert image-frame points (..., 3) in pixels to the face frame in millimetres.

        Examples
        --------
        >>> bool(np.allclose(face.to_face_frame(face.points), face.points_mm))
        True
        """
        camera = (np.asarray(points_px, np.float64) - self.origin_px) * (1.0, -1.0, -1.0)
        return np.asarray(camera * self.scale.mm_per_px @ self.pose.rotation)

    def to_image_frame(self, points_mm: ArrayLike) -> FloatArray:
        """Convert face-frame points (..., 3) in millimetres to image-frame pixels.

        Examples
        --------
        >>> bool(np.allclose(face.to_image_frame(face.points_mm), face.points))
        True
        """
        return self.origin_px + self.project(points_mm)

    def project(self, displacement_mm: ArrayLike) -> FloatArray:
        """Rotate face-frame displacements (..., 3) in mm into the image frame, in pixels.

        Examples
        --------
        >>> shift = face.project(np.array([0.0, 1.0, 0.0]))  # 1 mm up, in pixels: x, y, z
        >>> bool(shift[1] < -1.0)
        True
        """
        camera = np.asarray(displacement_mm, np.float64) @ self.pose.rotation.T
        return np.asarray(camera * (1.0, -1.0, -1.0) / self.scale.mm_per_px)

    def with_points(self, points: FloatArray) -> FaceLandmarks:
        """Return the same face (pose, scale, identity of the photo) with other points."""
        return replace(self, points=np.asarray(points, np.float64))

    def with_scale(self, scale: Scale) -> FaceLandmarks:
        """Return the same face with a calibrated scale."""
        return replace(self, scale=scale)


def check_photo(pixels: ImageArray, face: FaceLandmarks) -> None:
    """Refuse pixels that are not of the photo in which the landmarks were found.

    Raises
    ------
    ParameterError
    """
    expected = (face.image_height, face.image_width, 3)
    if pixels.shape != expected or pixels.dtype != np.uint8:
        raise ParameterError(
            "photo_of_other_landmarks",
            shape=str(pixels.shape),
            dtype=str(pixels.dtype),
            expected=str(expected),
        )
