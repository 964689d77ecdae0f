"""Profiles alone are fitted as facing left, so that a photo and its mirror image give one head.

Vertices of both sides lie in one order, which sums and ties follow: a fit of the mirror image
would differ by what they decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from landmarkdiff.arrays import FloatArray
from landmarkdiff.head.fitted import Certainty, FittedHead
from landmarkdiff.landmarks.face import FaceLandmarks, Scale
from landmarkdiff.profile import ProfileContour

__all__ = ["HeadPhoto", "facing_left", "mirrored_head"]

#: What a photo brings: landmarks, a contour, or a contour with a scale of its own.
HeadPhoto = FaceLandmarks | ProfileContour | tuple[ProfileContour, Scale]


@dataclass(frozen=True, eq=False)
class _MirroredCertainty:
    """How sure a fit of the mirror images is of the head."""

    of: Certainty
    head: FittedHead

    @property
    def uncertainty_mm(self) -> FloatArray:
        return self.of.uncertainty_mm[self.head.surface.topology.mirror]

    @property
    def prior_mm(self) -> FloatArray:
        return self.of.prior_mm[self.head.surface.topology.mirror]

    @property
    def scale_uncertainty(self) -> float:
        return self.of.scale_uncertainty


def facing_left(photos: Sequence[HeadPhoto]) -> list[HeadPhoto] | None:
    """Return the mirror images of profiles of which the first faces right; of others None."""
    turned: list[HeadPhoto] = []
    for photo in photos:
        contour = photo[0] if isinstance(photo, tuple) else photo
        if not isinstance(contour, ProfileContour):
            return None
        if not turned and contour.side == "left_profile":
            return None
        # About the first column; the width only shifts the picture.
        mirrored = contour.mirrored(1)
        turned.append((mirrored, photo[1]) if isinstance(photo, tuple) else mirrored)
    return turned


def mirrored_head(head: FittedHead) -> FittedHead:
    """Return the head of photos from that of their mirror images about the first column."""
    views = tuple(replace(view, camera=view.camera.mirrored()) for view in head.views)
    sure = _MirroredCertainty(head.sure, head)
    return replace(head, surface=head.surface.mirrored, views=views, sure=sure)
