"""A profile with what is found in it once: its contour, and the head that was fitted to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from landmarkdiff.arrays import BoolArray, ImageArray
from landmarkdiff.covers import CoverFinding
from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.fit.fit_head import HeadPhoto, fit_head
from landmarkdiff.head.fitted import FittedHead
from landmarkdiff.landmarks.face import FaceLandmarks, Pose, Scale
from landmarkdiff.landmarks.face_crop import FaceMap
from landmarkdiff.landmarks.scale import RULER_UNCERTAINTY, check_ruler
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.notices import Notice
from landmarkdiff.profile import ProfileContour
from landmarkdiff.profile.corrections import HAND_MM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from landmarkdiff.glasses import GlassesChoice

__all__ = ["PreparedProfile", "prepare_profile"]

#: A point of the head whose normal stands nearer to pointing away than this is hidden; those of the
#: contour stand across the line of sight.
FACING = -0.15
#: Heads differ in size by this share (standard deviation; Farkas 1994), and no single profile
#: shows how large one is.
AVERAGE_SD = 0.045


@dataclass(frozen=True)
class PreparedProfile(PreparedFace):
    """A profile photo with its contour and the head that fits it.

    ``landmarks`` are those of the head as the camera sees them: the face mesh itself cannot read
    a profile.

    Attributes
    ----------
    contour : ProfileContour
    head : FittedHead
    camera : HeadCamera
        How the photo sees the head.
    """

    contour: ProfileContour = field(kw_only=True)
    head: FittedHead = field(kw_only=True)
    camera: HeadCamera = field(kw_only=True)

    def frames(self) -> FaceMap | None:
        """Spectacle frames are looked for from the front only: None."""
        return None

    def possible_frames(self) -> FaceMap | None:
        """Spectacle frames are looked for from the front only: None."""
        return None

    def covers(self) -> CoverFinding:
        """What hides the skin within the face is looked for from the front only: nothing.

        What hides the contour, the contour says itself.
        """
        return CoverFinding(None, ("open", "open"), self.landmarks)

    def with_landmarks(self, landmarks: FaceLandmarks) -> PreparedProfile:
        """Return the same profile with corrected landmarks, nothing else being found yet.

        Pose and scale stay those of the camera: no mesh tells them of a profile.
        """
        pose, scale = self.landmarks.pose, self.landmarks.scale
        return replace(self, landmarks=replace(landmarks, pose=pose, scale=scale), _found={})

    def with_glasses(self, glasses: GlassesChoice) -> PreparedProfile:
        """Return the same profile with the surgeon's word on its glasses."""
        return self if glasses == self.glasses else replace(self, glasses=glasses, _found={})

    @cached_property
    def _facing(self) -> BoolArray:
        normals = self.head.model.landmarks.points(self.head.surface.normals)
        return np.asarray(normals @ self.camera.sight > FACING)

    @property
    def visible(self) -> BoolArray:
        """Landmarks of the head that face the camera: (478,) bool."""
        return self._facing


def prepare_profile(
    image: ImageArray,
    contour: ProfileContour,
    *,
    mm_per_px: float | None = None,
    others: Sequence[HeadPhoto] = (),
) -> PreparedProfile:
    """Fit a head to a profile, and to the patient's other photos.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        The upright photo, RGB.
    contour : ProfileContour
        Found in it.
    mm_per_px : float, optional
        Of a ruler in the photo. Otherwise the scale is that of the head: of the other photos
        where there are some, else of a head of average size.
    others : sequence of FaceLandmarks, ProfileContour or (ProfileContour, Scale), optional
        What the patient's other photos show.

    Raises
    ------
    HeadFitError
        No head fits.
    """
    ruler = None if mm_per_px is None else Scale(check_ruler(mm_per_px), RULER_UNCERTAINTY, "ruler")
    head = fit_head([contour if ruler is None else (contour, ruler), *others])
    camera = head.views[0].camera
    if ruler is not None:
        scale = replace(ruler, mm_per_px=1.0 / camera.px_per_mm)
    elif others:
        scale = Scale(1.0 / camera.px_per_mm, head.scale_uncertainty, "head")
    else:
        unsure = max(head.scale_uncertainty, AVERAGE_SD)
        scale = Scale(1.0 / camera.px_per_mm, unsure, "average_head")
    landmarks = _landmarks(image, head, camera, scale, contour)
    return PreparedProfile(
        np.ascontiguousarray(image), landmarks, contour=contour, head=head, camera=camera
    )


def _landmarks(
    image: ImageArray,
    head: FittedHead,
    camera: HeadCamera,
    scale: Scale,
    contour: ProfileContour,
) -> FaceLandmarks:
    """The head's landmarks in the photo, with the pose of the camera."""
    yaw, pitch, roll = camera.angles
    notices = []
    if scale.source == "average_head":
        percent = 100.0 * scale.relative_uncertainty
        notices.append(Notice.of("scale_of_average_head", uncertainty=percent))
    if contour.covered_parts:
        notices.append(Notice.of("profile_partly_covered", hidden_parts=contour.covered_parts))
    if contour.placed:
        count = len(contour.placed)
        notices.append(Notice.of("profile_points_placed", count=count, uncertainty_mm=HAND_MM))
    return FaceLandmarks(
        points=camera.project(head.landmarks_mm) * (1.0, 1.0, -1.0),
        image_width=image.shape[1],
        image_height=image.shape[0],
        pose=Pose(camera.rotation, yaw, pitch, roll, 0.0, camera.px_per_mm),
        scale=scale,
        notices=tuple(notices),
    )
