"""Profiles in photos: which view a photo shows, by evidence, and the contour of a profile."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from landmarkdiff.arguments import rgb_image
from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import NoFaceError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.profile.by_hand import contour_by_hand
from landmarkdiff.profile.contour import ProfileContour, TracedContour, trace
from landmarkdiff.profile.corrections import ProfileCorrections
from landmarkdiff.profile.evidence import (
    MESH_YAW,
    OBLIQUE_YAW,
    ViewEvidence,
    confirmed,
    evidence_of,
    far_turned,
    is_profile,
    refusal_of,
    view_by_turn,
    why_unclear,
)
from landmarkdiff.profile.faces import SeenFace, find_faces
from landmarkdiff.profile.networks import ProfileNetworks
from landmarkdiff.profile.search import find_outlines
from landmarkdiff.profile.windows import PhotoPyramid
from landmarkdiff.weights import read

__all__ = ["ProfileFinder", "clear_profile", "find_profile", "profile_by_hand", "view_of"]


class ProfileFinder:
    """Finds profiles; loads its networks once.

    Parameters
    ----------
    detector, silhouette : Path, optional
        Files of the two networks; by default those of the store, fetched if they are absent and
        fetching is allowed.
    threads : int
        Threads of each network.

    Notes
    -----
    An instance may be shared between threads; calls into the networks are serialised.
    """

    def __init__(
        self, detector: Path | None = None, silhouette: Path | None = None, threads: int = 2
    ) -> None:
        self._networks = ProfileNetworks(
            detector.read_bytes() if detector else read("face_detection_full_range"),
            silhouette.read_bytes() if silhouette else read("selfie_segmentation"),
            threads,
        )

    def view_of(self, image: ImageArray, landmarks: FaceLandmarks | None = None) -> ViewEvidence:
        """Tell which view a photo shows; see :func:`view_of`."""
        image = rgb_image("image", image)
        pyramid = PhotoPyramid(image)
        faces = find_faces(self._networks, pyramid)
        face = _clearest(faces)
        yaw = None if landmarks is None else landmarks.pose.yaw
        if face is not None and yaw is not None and confirmed(face, yaw, MESH_YAW):
            return evidence_of(view_by_turn(face), face, yaw)
        return self._either_way(pyramid, faces, yaw)

    def clear_profile(self, image: ImageArray) -> ViewEvidence | None:
        """Return what a photo shows if no mesh could deny it; see :func:`clear_profile`."""
        pyramid = PhotoPyramid(rgb_image("image", image))
        faces = find_faces(self._networks, pyramid)
        face = _clearest(faces)
        if face is None or not far_turned(face):
            return None
        evidence = self._either_way(pyramid, faces, None)
        return evidence if evidence.whatever_mesh else None

    def _either_way(
        self, pyramid: PhotoPyramid, faces: list[SeenFace], yaw: float | None
    ) -> ViewEvidence:
        """Look for a profile, in the mirrored photo where the nose points to the right."""
        face = _clearest(faces)
        if face is None or face.turn <= 0:
            return self._look(pyramid, faces, yaw)
        image = pyramid.photo
        # The networks do not see a mirrored face alike: the nose always points left for them, so
        # that a photo and its mirror image give the same contour.
        pyramid = PhotoPyramid(np.ascontiguousarray(image[:, ::-1]))
        faces = find_faces(self._networks, pyramid)
        seen = self._look(pyramid, faces, None if yaw is None else -yaw)
        return seen.mirrored(image.shape[1])

    def _look(
        self, pyramid: PhotoPyramid, faces: list[SeenFace], yaw: float | None
    ) -> ViewEvidence:
        """Look for a profile in a photo whose mesh is not confirmed."""
        face = _clearest(faces)
        traced = self._best(pyramid, faces)
        if traced is not None and is_profile(traced, face, yaw):
            refusal = refusal_of(traced)
            return evidence_of("profile", face, yaw, traced, refusal)
        if face is not None and yaw is not None and confirmed(face, yaw, OBLIQUE_YAW):
            return evidence_of(view_by_turn(face), face, yaw, traced)
        return evidence_of("unclear", face, yaw, traced, why_unclear(face, traced))

    def find(self, image: ImageArray) -> ProfileContour:
        """Return the contour of a profile; see :func:`find_profile`."""
        evidence = self.view_of(image)
        if evidence.contour is None:
            raise evidence.refusal or NoFaceError("no_face")
        return evidence.contour

    def by_hand(self, image: ImageArray, corrections: ProfileCorrections) -> ProfileContour:
        """Return the contour through points that a hand has placed; see :func:`profile_by_hand`."""
        return contour_by_hand(self._networks, rgb_image("image", image), corrections)

    def _best(self, pyramid: PhotoPyramid, faces: list[SeenFace]) -> TracedContour | None:
        """The contour of the best outline."""
        found = find_outlines(self._networks, pyramid, faces)
        return trace(pyramid, found[0]) if found else None


def _clearest(faces: list[SeenFace]) -> SeenFace | None:
    return max(faces, key=lambda seen: seen.score, default=None)


def find_profile(image: ImageArray, *, finder: ProfileFinder | None = None) -> ProfileContour:
    """Find the contour of a head in profile, from the forehead to the neck.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        The upright photo, RGB.
    finder : ProfileFinder, optional
        By default one that is loaded at first use and kept.

    Returns
    -------
    ProfileContour

    Raises
    ------
    NoFaceError
        If neither a face nor anything like a profile is seen.
    ProfileError
        If the head is not in profile, the photo's border cuts the profile, something covers it,
        or its edge cannot be told from the background.
    ParameterError
        If the image is not H x W x 3 uint8.
    WeightsMissingError
        If a model file is absent and cannot be fetched.

    Examples
    --------
    >>> find_profile(portrait)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    landmarkdiff.errors.ProfileError: the head is not in profile; turn the head until ...
    """
    return (finder if finder is not None else _shared_finder()).find(image)


def profile_by_hand(
    image: ImageArray, corrections: ProfileCorrections, *, finder: ProfileFinder | None = None
) -> ProfileContour:
    """Find the contour of a profile through at least three points that a hand has placed.

    For photos in which :func:`find_profile` finds none, since hair, a hand or the background
    hides it: the outline model is laid through the points, and the edge of the skin is followed
    where it agrees with them.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        The upright photo, RGB.
    corrections : ProfileCorrections
    finder : ProfileFinder, optional
        By default one that is loaded at first use and kept.

    Raises
    ------
    ParameterError
        The points are too few, do not lie like those of a profile, or would fold the contour.
    WeightsMissingError
        If a model file is absent and cannot be fetched.

    Examples
    --------
    >>> two = ProfileCorrections({"pronasale": (20.0, 60.0), "pogonion": (30.0, 90.0)})
    >>> profile_by_hand(portrait, two)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    landmarkdiff.errors.ParameterError: no contour was found, and 2 of its points do not tell ...
    """
    return (finder if finder is not None else _shared_finder()).by_hand(image, corrections)


def view_of(
    image: ImageArray,
    landmarks: FaceLandmarks | None = None,
    *,
    finder: ProfileFinder | None = None,
) -> ViewEvidence:
    """Tell by evidence which view a photo shows.

    The face mesh reads profiles as obliques, and now and then as a frontal face. A mesh is
    believed where the full-range detector's points tell the same turn; a profile is what has the
    contour of one.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        The upright photo, RGB.
    landmarks : FaceLandmarks, optional
        What the mesh made of the photo; without it, no view but a profile is certain.
    finder : ProfileFinder, optional
        By default one that is loaded at first use and kept.

    Returns
    -------
    ViewEvidence

    Raises
    ------
    ParameterError
        If the image is not H x W x 3 uint8.
    WeightsMissingError
        If a model file is absent and cannot be fetched.

    Examples
    --------
    >>> from landmarkdiff.landmarks import extract_landmarks
    >>> view_of(portrait, extract_landmarks(portrait)).kind
    'frontal'
    """
    return (finder if finder is not None else _shared_finder()).view_of(image, landmarks)


def clear_profile(image: ImageArray, *, finder: ProfileFinder | None = None) -> ViewEvidence | None:
    """Tell whether a photo is so clearly a profile that no mesh could make it anything else.

    A mesh need not be looked for in parts and quarter turns of such a photo.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        The upright photo, RGB.
    finder : ProfileFinder, optional
        By default one that is loaded at first use and kept.

    Returns
    -------
    ViewEvidence or None
        The same as of :func:`view_of` with any mesh; None where that has to be asked.

    Raises
    ------
    ParameterError
        If the image is not H x W x 3 uint8.
    WeightsMissingError
        If a model file is absent and cannot be fetched.

    Examples
    --------
    >>> clear_profile(portrait) is None
    True
    """
    return (finder if finder is not None else _shared_finder()).clear_profile(image)


_shared: list[ProfileFinder] = []
_shared_lock = threading.Lock()


def _shared_finder() -> ProfileFinder:
    with _shared_lock:
        if not _shared:
            _shared.append(ProfileFinder())
        return _shared[0]
