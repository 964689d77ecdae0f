"""Profiles in photos: which view a photo shows, by evidence, and the contour of a profile."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from landmarkdiff.arguments import rgb_image
from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import NoFaceError, ProfileError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.notices import Reason
from landmarkdiff.profile.by_hand import contour_by_hand
from landmarkdiff.profile.contour import ProfileContour, ProfileSide, TracedContour, trace
from landmarkdiff.profile.corrections import ProfileCorrections
from landmarkdiff.profile.faces import SeenFace, find_faces
from landmarkdiff.profile.networks import ProfileNetworks
from landmarkdiff.profile.outline import CORE
from landmarkdiff.profile.search import find_outlines
from landmarkdiff.profile.windows import PhotoPyramid
from landmarkdiff.weights import obtain

__all__ = ["ProfileFinder", "ViewEvidence", "find_profile", "profile_by_hand", "view_of"]

#: A contour that is less like a profile than this is none; see ``likeness.py``.
_MOST_DISTANCE = 3.0
#: Share of the way from glabella to neck along which the edge must be seen, and share that may
#: be covered.
_LEAST_SEEN = 0.9
_MOST_COVERED = 0.25
#: A contour this good is a profile whatever the detector's points say.
_SURE_DISTANCE, _SURE_SEEN = 2.6, 0.97
#: Way of the nose from the middle of the ears, widths of the box: at 90 degrees were it a sine;
#: up to which a face is frontal.
_FULL_TURN = 0.72
_FRONTAL_TURN = 0.25
#: Sum of scores from which the detector's points are trusted.
_CLEAR_SCORE = 1.5
#: A mesh turned less than this, degrees, whose yaw the detector confirms to within so much, needs
#: no contour. Beyond it profiles have been read as obliques.
_MESH_YAW = 35.0
_AGREEMENT = 0.17
#: Up to here, degrees, a confirmed mesh outweighs a contour less like a profile than this.
_OBLIQUE_YAW = 56.0
_OBLIQUE_DISTANCE = 2.3

ViewKind = Literal["frontal", "three_quarter", "profile", "unclear"]


@dataclass(frozen=True, eq=False)
class ViewEvidence:
    """What a photo shows of a head, and what speaks for it.

    Attributes
    ----------
    kind : {"frontal", "three_quarter", "profile", "unclear"}
        ``unclear`` where neither a face from the front nor a profile is certain: such a photo is
        to be refused with ``refusal``.
    side : {"left_profile", "right_profile"} or None
        Of a profile.
    contour : ProfileContour or None
        Of a profile, if it could be found.
    refusal : ProfileError, NoFaceError or None
        Why there is no contour, though the view is a profile or unclear.
    turn : float or None
        Way of the nose to the right of the middle of the ears as the full-range detector marked
        them, widths of the face; None where it saw no face.
    face_score : float
        Sum of the detector's scores over its passes; above 1.5 its points are trusted.
    mesh_yaw : float or None
        Yaw of the mesh that was given, degrees.
    distance : float or None
        How unlike a profile the best contour is; below 3 it is one.
    seen : float or None
        Share of its way along which an edge is seen, 0 to 1.
    """

    kind: ViewKind
    side: ProfileSide | None
    contour: ProfileContour | None
    refusal: ProfileError | NoFaceError | None
    turn: float | None
    face_score: float
    mesh_yaw: float | None
    distance: float | None
    seen: float | None

    def mirrored(self, width: int) -> ViewEvidence:
        """Return what the mirrored photo of that width, pixels, shows."""
        sides: dict[ProfileSide | None, ProfileSide] = {
            "left_profile": "right_profile",
            "right_profile": "left_profile",
        }
        return replace(
            self,
            side=sides.get(self.side),
            contour=None if self.contour is None else self.contour.mirrored(width),
            turn=None if self.turn is None else -self.turn,
            mesh_yaw=None if self.mesh_yaw is None else -self.mesh_yaw,
        )


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
            detector or obtain("face_detection_full_range"),
            silhouette or obtain("selfie_segmentation"),
            threads,
        )

    def view_of(self, image: ImageArray, landmarks: FaceLandmarks | None = None) -> ViewEvidence:
        """Tell which view a photo shows; see :func:`view_of`."""
        image = rgb_image("image", image)
        pyramid = PhotoPyramid(image)
        faces = find_faces(self._networks, pyramid)
        face = _clearest(faces)
        yaw = None if landmarks is None else landmarks.pose.yaw
        if face is not None and yaw is not None and _confirmed(face, yaw, _MESH_YAW):
            return _evidence(_by_turn(face), face, yaw)
        if face is None or face.turn <= 0:
            return self._look(pyramid, faces, yaw)
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
        if traced is not None and _is_profile(traced, face) and not _oblique(traced, face, yaw):
            refusal = _refusal(traced)
            return _evidence("profile", face, yaw, traced, refusal)
        if face is not None and yaw is not None and _confirmed(face, yaw, _OBLIQUE_YAW):
            return _evidence(_by_turn(face), face, yaw, traced)
        return _evidence("unclear", face, yaw, traced, _unclear(face, traced))

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


def _confirmed(face: SeenFace, yaw: float, limit: float) -> bool:
    """Whether a clear detection tells the mesh's own turn, which is below a limit, degrees."""
    told = _FULL_TURN * math.sin(math.radians(yaw))
    return face.score >= _CLEAR_SCORE and abs(yaw) < limit and abs(face.turn - told) < _AGREEMENT


def _oblique(traced: TracedContour, face: SeenFace | None, yaw: float | None) -> bool:
    """Whether mesh and detector tell one oblique view, and the contour is none too good."""
    if face is None or yaw is None or traced.likeness.distance < _OBLIQUE_DISTANCE:
        return False
    return _confirmed(face, yaw, _OBLIQUE_YAW)


def _by_turn(face: SeenFace) -> ViewKind:
    """View of a face whose mesh is confirmed."""
    return "frontal" if abs(face.turn) < _FRONTAL_TURN else "three_quarter"


def _is_profile(traced: TracedContour, face: SeenFace | None) -> bool:
    """Whether a contour is that of a profile, seen or partly hidden."""
    distance = traced.likeness.distance
    if distance > _MOST_DISTANCE or traced.seen < 0.5:
        return False
    if distance < _SURE_DISTANCE and traced.seen > _SURE_SEEN:
        return True
    if face is None or face.score < _CLEAR_SCORE:
        return True
    looks = 1 if traced.contour.side == "left_profile" else -1
    return -looks * face.turn > _FRONTAL_TURN


def _refusal(traced: TracedContour) -> ProfileError | None:
    """What keeps the contour of a profile from being used."""
    contour = traced.contour
    nearest = traced.likeness.nearest
    first, last = int(nearest[CORE.start]), int(nearest[CORE.stop])
    kinds: dict[str, int] = {}
    for cover in contour.covers:
        inside = min(cover.last, last) - max(cover.first, first) + 1
        if inside > 0:
            kinds[cover.kind] = kinds.get(cover.kind, 0) + inside
    if kinds.get("border", 0) > 0.02 * (last - first):
        return ProfileError("profile_cut")
    kinds.pop("beard", None)  # moves with the skin; its own border is what is seen
    if sum(kinds.values()) > _MOST_COVERED * (last - first):
        worst = max(kinds, key=lambda kind: kinds[kind])
        return ProfileError("profile_covered", cover=Reason.of(f"cover_{worst}"))
    if traced.seen < _LEAST_SEEN:
        return ProfileError("profile_ambiguous", percent=round(100 * (1 - traced.seen)))
    return None


def _unclear(face: SeenFace | None, traced: TracedContour | None) -> ProfileError | NoFaceError:
    if face is None:
        return NoFaceError("no_face")
    if abs(face.turn) < _FRONTAL_TURN and face.score >= _CLEAR_SCORE:
        return ProfileError("profile_not_shown")
    if traced is not None and traced.seen < _LEAST_SEEN:
        return ProfileError("profile_ambiguous", percent=round(100 * (1 - traced.seen)))
    return ProfileError("profile_not_found")


def _evidence(
    kind: ViewKind,
    face: SeenFace | None,
    yaw: float | None,
    traced: TracedContour | None = None,
    refusal: ProfileError | NoFaceError | None = None,
) -> ViewEvidence:
    profile = traced is not None and kind == "profile"
    return ViewEvidence(
        kind=kind,
        side=traced.contour.side if traced is not None and profile else None,
        contour=traced.contour if traced is not None and profile and refusal is None else None,
        refusal=refusal,
        turn=None if face is None else face.turn,
        face_score=0.0 if face is None else face.score,
        mesh_yaw=yaw,
        distance=None if traced is None else traced.likeness.distance,
        seen=None if traced is None else traced.seen,
    )


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


_shared: list[ProfileFinder] = []
_shared_lock = threading.Lock()


def _shared_finder() -> ProfileFinder:
    with _shared_lock:
        if not _shared:
            _shared.append(ProfileFinder())
        return _shared[0]
