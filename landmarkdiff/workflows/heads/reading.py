"""What each photo of a patient says of the head: landmarks, or the contour of a profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from landmarkdiff.analysis.quality import camera_distance
from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import HeadFitError, NoFaceError, ProfileError
from landmarkdiff.head import HeadPhoto
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.landmarks.face import FaceLandmarks, Scale
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.notices import Notice
from landmarkdiff.photo import Photo
from landmarkdiff.profile import ProfileContour
from landmarkdiff.workflows.preparing import prepare_one_of_several
from landmarkdiff.workflows.request import SimulationRequest
from landmarkdiff.workflows.views import ViewPhoto

__all__ = ["HeadRead", "faces_of", "read_for_head", "reads_of_views"]

#: Distances of a camera that a portrait is taken from, mm (general): what the focal length says
#: beyond them is that of a photo that was cut. Beyond the last there is no perspective to speak of.
_NEAREST_MM, _FARTHEST_MM = 200.0, 5000.0


@dataclass(frozen=True, eq=False)
class HeadRead:
    """A photo with what it says of the head.

    Attributes
    ----------
    pixels : (H, W, 3) uint8 array
        RGB, upright.
    evidence : FaceLandmarks or ProfileContour
    ruler : Scale or None
        Of a profile with a ruler in the photo.
    distance_mm : float or None
        Of the camera, from the focal length that the photo's file names; None where it names none.
    notices : tuple of Notice
        What there is to mind of the photo and of the face that was found in it.
    """

    pixels: ImageArray
    evidence: FaceLandmarks | ProfileContour
    ruler: Scale | None = None
    distance_mm: float | None = None
    notices: tuple[Notice, ...] = ()

    @classmethod
    def of(cls, prepared: PreparedFace, photo: Photo) -> HeadRead:
        """Return what a prepared photo says of the head."""
        face = prepared.landmarks
        notices = (*photo.notices, *face.notices)
        if not isinstance(prepared, PreparedProfile):
            return cls(prepared.image, face, None, _distance_mm(face, photo), notices)
        ruler = face.scale if face.scale.source == "ruler" else None
        return cls(prepared.image, prepared.contour, ruler, notices=notices)

    @property
    def view(self) -> str:
        """Name of the view that it shows."""
        if isinstance(self.evidence, ProfileContour):
            return self.evidence.side
        return self.evidence.pose.view

    @property
    def without_own_scale(self) -> HeadRead:
        """The same beside photos that tell the scale: no average is needed."""
        kept = tuple(one for one in self.notices if one.code != "scale_of_average_head")
        return replace(self, notices=kept)

    @property
    def for_fit(self) -> HeadPhoto:
        """What the head is fitted to."""
        if isinstance(self.evidence, ProfileContour) and self.ruler is not None:
            return self.evidence, self.ruler
        return self.evidence


def read_for_head(
    pipeline: LandmarkDiffPipeline, photos: Sequence[Photo], request: SimulationRequest
) -> tuple[HeadRead, ...]:
    """Find in each photo what it says of a head: landmarks, or the contour of a profile.

    Parameters
    ----------
    pipeline : LandmarkDiffPipeline
    photos : sequence of Photo
    request : SimulationRequest
        For ``face``, ``passes``, ``ipd_mm``, ``mm_per_px`` and ``profile_points``.

    Raises
    ------
    HeadFitError
        A photo shows neither a face nor a profile; it says which, and why.

    Examples
    --------
    >>> request = SimulationRequest()
    >>> photo = Photo(portrait, stem="portrait", format="PNG")
    >>> [read.view for read in read_for_head(request.pipeline(), [photo], request)]
    ['frontal']
    """
    reads = [
        _read(pipeline, photo, request, number) for number, photo in enumerate(photos, start=1)
    ]
    return _in_one_scale(reads)


def reads_of_views(photos: Sequence[ViewPhoto]) -> tuple[HeadRead, ...]:
    """Return what the views of a patient say of the head; photos without a face say nothing."""
    return _in_one_scale(
        [HeadRead.of(one.prepared, one.photo) for one in photos if one.prepared is not None]
    )


def _in_one_scale(reads: Sequence[HeadRead]) -> tuple[HeadRead, ...]:
    """Without notices on the scale of profiles, where faces give it to them through the head."""
    return tuple(read.without_own_scale for read in reads) if faces_of(reads) else tuple(reads)


def _read(
    pipeline: LandmarkDiffPipeline, photo: Photo, request: SimulationRequest, number: int
) -> HeadRead:
    try:
        return HeadRead.of(prepare_one_of_several(pipeline, photo.pixels, request), photo)
    except (NoFaceError, ProfileError, HeadFitError) as cause:
        raise HeadFitError("head_photo_unusable", cause=cause, number=number) from cause


def _distance_mm(face: FaceLandmarks, photo: Photo) -> float | None:
    """How far the camera was from a face, where the photo's focal length tells it."""
    if photo.focal_length_35mm is None:
        return None
    distance = 1000.0 * camera_distance(face, photo.focal_length_35mm).metres
    return distance if _NEAREST_MM <= distance <= _FARTHEST_MM else None


def faces_of(reads: Sequence[HeadRead]) -> Mapping[int, FaceLandmarks]:
    """Return the landmarks of the photos that have some, by their places."""
    return {
        place: read.evidence
        for place, read in enumerate(reads)
        if isinstance(read.evidence, FaceLandmarks)
    }
