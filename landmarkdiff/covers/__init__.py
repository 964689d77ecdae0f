"""What lies on a face and hides its skin, and eyes that are not to be seen.

A splint, a strip, a ruler, a tube, a pad, a finger: a warp would bend them with the face, and the
check of the picture would call that achieved. So they are looked for
(:mod:`landmarkdiff.covers.things`), and so are eyes that are closed or made unrecognisable
(:mod:`landmarkdiff.covers.eyes`). What is found stays where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import BoolArray, ImageArray
from landmarkdiff.covers.eyes import EyeState, eye_states, lid_hull
from landmarkdiff.covers.things import THINGS_MM, THINGS_REACH_MM, things_on
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.face_crop import FaceMap, crop_face
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS

__all__ = ["LID_GROUPS", "CoverFinding", "EyeState", "detect_covers"]

#: Groups of landmarks that belong to the lids.
LID_GROUPS = (
    "upper_lid_margin",
    "lower_lid_margin",
    "upper_lid_skin",
    "lower_lid_skin",
    "lateral_canthus",
    "medial_canthus",
)
#: Around an eye that is not to be seen this much stays still (mm): what hides it is larger than
#: the lids. Around a closed one only the lids do.
HIDDEN_EYE_MARGIN_MM = 6.0
CLOSED_EYE_MARGIN_MM = 2.0


@dataclass(frozen=True)
class CoverFinding:
    """What hides the skin of a face.

    Attributes
    ----------
    things : FaceMap or None
        1 where something lies on the face; None when nothing does.
    eyes : tuple of EyeState
        Of the patient's right eye, then of the left.
    face : FaceLandmarks
        The face in the photo.
    """

    things: FaceMap | None
    eyes: tuple[EyeState, EyeState]
    face: FaceLandmarks

    @property
    def nothing(self) -> bool:
        """Whether nothing lies on the face, and both eyes are open."""
        return self.things is None and self.eyes == ("open", "open")

    @cached_property
    def still(self) -> FaceMap | None:
        """What must not move: things, and the surroundings of eyes that are not to be seen."""
        eyes = self.unseen_eyes
        if eyes is None or self.things is None:
            return self.things if eyes is None else eyes
        return FaceMap(np.maximum(self.things.values, eyes.values), eyes.to_photo)

    @cached_property
    def unseen_eyes(self) -> FaceMap | None:
        """Surroundings of the eyes that are not to be seen; None where both are open."""
        if self.eyes == ("open", "open"):
            return None
        crop = crop_face(np.zeros((1, 1, 3), np.uint8), self.face, THINGS_MM, THINGS_REACH_MM)
        values = np.zeros(crop.inside.shape, np.float32)
        cells = crop.cells(self.face.points)
        for side, state in zip(("right", "left"), self.eyes, strict=True):
            if state == "open":
                continue
            hidden = np.zeros(values.shape, np.uint8)
            outline = lid_hull(cells, side)
            cv2.fillPoly(hidden, [np.rint(outline).astype(np.int32)], 1)
            margin = HIDDEN_EYE_MARGIN_MM if state == "hidden" else CLOSED_EYE_MARGIN_MM
            reach = 2 * round(margin / THINGS_MM) + 1
            disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
            np.maximum(values, cv2.dilate(hidden, disc).astype(np.float32), out=values)
        return FaceMap(values, crop.to_photo)

    @cached_property
    def covered(self) -> BoolArray:
        """Landmarks on which something lies: (478,) bool."""
        if self.things is None:
            return np.zeros(len(self.face.points), np.bool_)
        return np.asarray(self.things.at(self.face.points[:, :2]) > 0.5)

    def lids(self, state: EyeState) -> BoolArray:
        """Landmarks of the lids of eyes in this state: (478,) bool."""
        marked = np.zeros(len(self.face.points), np.bool_)
        for side, own in zip(("right", "left"), self.eyes, strict=True):
            if own == state:
                for name in LID_GROUPS:
                    marked[list(getattr(ANATOMICAL_GROUPS[name], side))] = True
        return marked


def detect_covers(
    pixels: ImageArray, face: FaceLandmarks, frames: FaceMap | None = None
) -> CoverFinding:
    """Look for what hides the skin and the eyes of a face.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        The upright photo, RGB.
    face : FaceLandmarks
    frames : FaceMap, optional
        Spectacle frames, which are dealt with elsewhere.

    Returns
    -------
    CoverFinding

    Examples
    --------
    >>> found = detect_covers(portrait, face)
    >>> found.things is None, found.eyes
    (True, ('open', 'open'))
    """
    crop = crop_face(pixels, face, THINGS_MM, THINGS_REACH_MM)
    cells = crop.cells(face.points)
    worn: NDArray[np.bool_] | None = None
    if frames is not None:
        rows, columns = np.indices(crop.inside.shape)
        places = crop.photo_points(np.stack([columns, rows], axis=-1).reshape(-1, 2))
        worn = (frames.at(places) > 0.1).reshape(crop.inside.shape)
    things = things_on(crop, cells, worn)
    found = crop.map_of(things.astype(np.float32)) if things.any() else None
    return CoverFinding(found, eye_states(pixels, face), face)
