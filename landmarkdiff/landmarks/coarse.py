"""A first look at a picture: where a face is, and roughly how far it is turned.

MediaPipe's face detector marks six points (eyes, nose, mouth, ears) on every face it finds, also
on profiles, on which the landmark network gives up or draws a wrong mesh. How far the nose lies
beside the ears tells the side of a profile, and exposes a mesh that misread one.

Measured on rendered heads of eight people, each upright, raised, lowered and tilted by 12
degrees: the sign was right in all 64 heads at 75 degrees and in 61 of 64 at 90 (three were not
seen); up to 45 degrees it agreed with the mesh within 0.2 in all 224, as it did within 0.05 in 37
frontal portraits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from landmarkdiff.arguments import rgb_image
from landmarkdiff.arrays import ImageArray
from landmarkdiff.landmarks.candidates import Candidate
from landmarkdiff.landmarks.face import FaceLandmarks, Scale
from landmarkdiff.landmarks.networks import DETECTOR_PIXELS, FaceNetworks
from landmarkdiff.landmarks.pose import fit_pose
from landmarkdiff.landmarks.quality import face_notices
from landmarkdiff.landmarks.region import Region, View, sample
from landmarkdiff.landmarks.scale import CANONICAL_UNCERTAINTY
from landmarkdiff.landmarks.search import MINIMUM_PRESENCE, REGION_FACTOR, FaceSearch

__all__ = ["Glance", "glance", "glanced_landmarks"]


#: Way of the nose from the middle of the ears, in widths of the detector's box, at 90 degrees.
FULL_TURN = 0.65
#: Nose beside the ears and eyes close together, both in widths of the box: at 60 degrees they
#: were 0.37 to 0.67 and 0.23 to 0.33, at 45 degrees 0.39 to 0.57 and 0.30 to 0.36.
PROFILE_TURN = 0.40
PROFILE_EYES = 0.29
#: A mesh whose yaw promises another place of the nose, by more than this, has misread the face.
CONTRADICTION = 0.2
#: The detector sees faces up to about three quarters of its input; a larger one is looked for in
#: a square so much larger than the photo.
_WIDER = 1.6


@dataclass(frozen=True)
class Glance:
    """A face as the detector saw it.

    Attributes
    ----------
    box : tuple of float
        x, y, width, height of the face without hair and ears, pixels.
    score : float
        The detector's, 0.5 to 1.
    roll : float
        Turn of the line between the eyes, degrees, clockwise as seen.
    turn : float
        Way of the nose to the right of the middle of the ears, in widths of the box; positive
        when the head is turned toward the patient's left.
    eyes : float
        Distance between the eyes in widths of the box: 0.42 seen from the front, a third
        at 45 degrees, below a quarter in most profiles.
    """

    box: tuple[float, float, float, float]
    score: float
    roll: float
    turn: float
    eyes: float

    @property
    def yaw(self) -> float:
        """Rough yaw in degrees, sign as in ``Pose``."""
        return math.degrees(math.asin(max(-1.0, min(1.0, self.turn / FULL_TURN))))

    @property
    def in_profile(self) -> bool:
        """Whether the head is turned to about 60 degrees or farther."""
        return abs(self.turn) > PROFILE_TURN and self.eyes < PROFILE_EYES

    def contradicts(self, yaw: float) -> bool:
        """Tell whether a mesh with this yaw (degrees) cannot be that of this face."""
        return abs(self.turn - FULL_TURN * math.sin(math.radians(yaw))) > CONTRADICTION


def glance(networks: FaceNetworks, image: ImageArray) -> Glance | None:
    """Look at the largest upright face of a picture, without any search.

    The picture and its mirror image are looked at, so that the result is mirror-true.

    Parameters
    ----------
    networks : FaceNetworks
    image : (H, W, 3) uint8 array
        RGB.

    Returns
    -------
    Glance or None
        None where the detector sees no face.
    """
    image = rgb_image("image", image)
    height, width = image.shape[:2]
    longest = float(max(width, height))
    upright = View.turned(width, height, 0)
    for side in (longest, _WIDER * longest):
        window = Region(width / 2, height / 2, side, 0.0)
        seen = [
            _face(candidate, side, (width, height), mirrored=view.mirrored)
            for view in (upright, upright.mirror())
            for candidate in _largest(networks, image, view, window)
        ]
        if seen:
            mean = np.mean(seen, axis=0).tolist()
            return Glance((mean[0], mean[1], mean[2], mean[3]), *mean[4:])
    return None


def _largest(
    networks: FaceNetworks, image: ImageArray, view: View, window: Region
) -> list[Candidate]:
    """The largest face in a window, or none."""
    crop = sample(image, view, window, DETECTOR_PIXELS, replicate=False)
    found = networks.detect(crop)
    return sorted(found, key=lambda candidate: candidate.box[0] - candidate.box[2])[:1]


def _face(
    candidate: Candidate, side: float, size: tuple[int, int], *, mirrored: bool
) -> tuple[float, ...]:
    """Box (4), score, roll, turn and distance of the eyes, in the unmirrored photo."""
    corner = np.array([size[0] - side, size[1] - side]) / 2.0
    x0, y0, x1, y1 = (candidate.box.reshape(2, 2) * side + corner).reshape(4).tolist()
    right_eye, left_eye, nose, _, right_ear, left_ear = candidate.keypoints * side
    turn = float(nose[0] - (right_ear[0] + left_ear[0]) / 2.0) / (x1 - x0)
    across, down = (left_eye - right_eye).tolist()
    eyes = math.hypot(across, down) / (x1 - x0)
    roll = math.degrees(math.atan2(down, across))
    if mirrored:
        x0, x1, turn, roll = size[0] - x1, size[0] - x0, -turn, -roll
    return x0, y0, x1 - x0, y1 - y0, candidate.score, roll, turn, eyes


def glanced_landmarks(
    networks: FaceNetworks, image: ImageArray, seen: Glance
) -> FaceLandmarks | None:
    """Find the landmarks of a face that was glanced at, in one pass.

    For hints while something moves, not for plans: the scale is that of an average face, and
    there are neither expression scores nor a spread.

    Parameters
    ----------
    networks : FaceNetworks
    image : (H, W, 3) uint8 array
        RGB.
    seen : Glance

    Returns
    -------
    FaceLandmarks or None
        None where the landmark network sees no face.
    """
    image = rgb_image("image", image)
    height, width = image.shape[:2]
    x, y, across, down = seen.box
    size = max(across, down) * REGION_FACTOR
    region = Region(x + across / 2, y + down / 2, size, math.radians(seen.roll))
    view = View.turned(width, height, 0)
    points, presence = FaceSearch(networks).look(image, view, region, centred=True)
    if presence < MINIMUM_PRESENCE:
        return None
    pose = fit_pose(points)
    return FaceLandmarks(
        points=points,
        image_width=width,
        image_height=height,
        pose=pose,
        scale=Scale(1.0 / pose.canonical_px_per_mm, CANONICAL_UNCERTAINTY, "canonical_mesh"),
        presence=presence,
        notices=tuple(face_notices(points, pose, width, height)),
    )
