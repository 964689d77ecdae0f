"""Faces in any turn, seen by the full-range detector in several windows of one photo.

On heads that were rendered at 75 to 105 degrees one pass at the detector's own threshold saw
half of them. Windows of several sizes and their mirror images together, at a lower threshold,
saw all: what is weak in one and comes again in others is a face.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.profile.networks import DETECTOR_PIXELS, ProfileNetworks
from landmarkdiff.profile.windows import PhotoPyramid, Window

__all__ = ["SeenFace", "find_faces"]


#: Boxes with a lower score are not even added up.
_LEAST_SCORE = 0.15
#: Sum of the scores of all passes from which boxes in one place are a face.
LEAST_SUM = 0.35
#: Windows in longer sides of the photo: large faces are seen in wider ones. The second pair is
#: looked at where the first saw nothing clear.
_SIDES = ((1.0, 1.7), (1.3, 2.3))
_CLEAR_SUM = 1.2
#: Boxes that overlap more than this are of one face.
_OVERLAP = 0.3
#: Order of the six points in a mirror: eyes and ears change places.
_MIRRORED = [1, 0, 2, 3, 5, 4]


@dataclass(frozen=True, eq=False)
class SeenFace:
    """A face as the full-range detector saw it.

    Attributes
    ----------
    box : (4,) float64 array
        x and y of the top-left corner, x and y of the bottom-right one, pixels.
    keypoints : (6, 2) float64 array
        Right eye, left eye, nose tip, mouth, right and left tragion, pixels; those on the far
        side of a profile are guesses.
    score : float
        Sum over the passes that saw it; 4 passes, or 8 where the first saw nothing clear.
    """

    box: FloatArray
    keypoints: FloatArray
    score: float

    @property
    def size(self) -> float:
        """Width of the box, pixels: about 125 mm."""
        return float(self.box[2] - self.box[0])

    @property
    def centre(self) -> FloatArray:
        """Middle of the box, (2,), pixels."""
        return np.asarray((self.box[:2] + self.box[2:]) / 2)

    @property
    def turn(self) -> float:
        """Way of the nose to the right of the middle of the ears, in widths of the box.

        Zero from the front, 0.35 at 30 degrees, 0.52 at 45, about 0.65 from 60 on; positive when
        the head is turned toward the patient's left.
        """
        return float(self.keypoints[2, 0] - self.keypoints[4:, 0].mean()) / self.size


def find_faces(networks: ProfileNetworks, pyramid: PhotoPyramid) -> list[SeenFace]:
    """Return the faces of a photo, the largest of the clear ones first.

    Parameters
    ----------
    networks : ProfileNetworks
    pyramid : PhotoPyramid

    Returns
    -------
    list of SeenFace
        Empty where no face is seen.
    """
    height, width = pyramid.photo.shape[:2]
    seen: list[SeenFace] = []
    merged: list[SeenFace] = []
    for sides in _SIDES:
        for side in sides:
            window = Window((width - 1) / 2, (height - 1) / 2, side * max(width, height))
            for view in (window, window.mirror()):
                seen += _look(networks, pyramid, view)
        merged = _merged(seen)
        if merged and merged[0].score >= _CLEAR_SUM:
            break
    best = max((face.score for face in merged), default=0.0)
    clear = [face for face in merged if face.score >= max(LEAST_SUM, 0.5 * best)]
    return sorted(clear, key=lambda face: -face.size)


def _look(networks: ProfileNetworks, pyramid: PhotoPyramid, window: Window) -> list[SeenFace]:
    crop = pyramid.sample(window, DETECTOR_PIXELS)
    found = []
    for candidate in networks.faces(crop, _LEAST_SCORE):
        corners = window.to_photo(candidate.box.reshape(2, 2))
        points = window.to_photo(candidate.keypoints)
        if window.mirrored:
            points = points[_MIRRORED]
        box = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
        found.append(SeenFace(box, points, candidate.score))
    return found


def _merged(seen: list[SeenFace]) -> list[SeenFace]:
    """Add up boxes in one place, the strongest sum first."""
    left, merged = list(seen), []
    while left:
        sums = [sum(b.score for b in left if _overlap(a.box, b.box) > _OVERLAP) for a in left]
        chief = left[int(np.argmax(sums))]
        group = [face for face in left if _overlap(chief.box, face.box) > _OVERLAP]
        weights = np.array([face.score for face in group])
        share = weights / weights.sum()
        box = np.tensordot(share, np.stack([face.box for face in group]), axes=1)
        points = np.tensordot(share, np.stack([face.keypoints for face in group]), axes=1)
        merged.append(SeenFace(box, points, float(weights.sum())))
        left = [face for face in left if face not in group]
    return merged


def _overlap(first: FloatArray, second: FloatArray) -> float:
    low, high = np.maximum(first[:2], second[:2]), np.minimum(first[2:], second[2:])
    shared = float(np.clip(high - low, 0, None).prod())
    areas = float((first[2:] - first[:2]).prod() + (second[2:] - second[:2]).prod())
    return shared / max(areas - shared, 1e-9)
