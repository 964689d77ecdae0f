"""From a photo to its face: read by the mesh, or as a profile by its contour."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import (
    NoFaceError,
    ParameterError,
    ProfileError,
    WeightsError,
)
from landmarkdiff.landmarks.detector import LandmarkDetector
from landmarkdiff.landmarks.face import PROFILE_LIMIT_DEG, FaceLandmarks
from landmarkdiff.landmarks.quality import MAXIMUM_RESIDUAL
from landmarkdiff.manipulation.on_profile import PreparedProfile, prepare_profile
from landmarkdiff.profile import (
    NO_CORRECTIONS,
    ProfileContour,
    ProfileCorrections,
    ViewEvidence,
    check_inside,
    clear_profile,
    follow,
    profile_by_hand,
    view_of,
)
from landmarkdiff.profile.by_hand import LEAST_POINTS
from landmarkdiff.weights import inspect, set_names

__all__ = ["correct_profile", "read_photo_face"]

#: A mesh turned by less than this, degrees, that fits needs no other evidence in live use.
TRUSTED_YAW_DEG = 35.0


def read_photo_face(
    detector: LandmarkDetector,
    image: ImageArray,
    *,
    passes: int,
    face: int,
    mm_per_px: float | None,
    ipd_mm: float | None,
    profile_points: ProfileCorrections = NO_CORRECTIONS,
) -> FaceLandmarks | PreparedProfile:
    """Read a photo by the mesh, and by its contour where the mesh cannot be trusted.

    Parameters
    ----------
    detector : LandmarkDetector
    image : (H, W, 3) uint8 array
        RGB.
    passes, face, mm_per_px, ipd_mm
        As of :meth:`LandmarkDetector.extract`; a profile has no interpupillary distance.
    profile_points : ProfileCorrections
        Where a hand has put points of the profile.

    Raises
    ------
    NoFaceError, FaceIndexError, ProfileError, HeadFitError, ParameterError
    """
    extract = partial(
        detector.extract, image, passes=passes, face=face, mm_per_px=mm_per_px, ipd_mm=ipd_mm
    )
    try:
        landmarks = extract(everywhere=face != 0)
    except NoFaceError as missing:
        if face != 0:
            raise
        evidence = _clear_profile(image)
        if evidence is not None:
            contour = _contour_of(image, evidence, missing, profile_points)
            return _profile(image, contour, mm_per_px, ipd_mm)
        try:
            landmarks = extract()
        except NoFaceError as still_missing:
            return _without_mesh(image, still_missing, mm_per_px, ipd_mm, profile_points)
    if face != 0 or (passes == 1 and _trusted(landmarks) and not profile_points):
        return landmarks
    # A mesh that fits has been seen on a profile too, as a confident frontal.
    try:
        evidence = view_of(image, landmarks)
    except WeightsError:  # the mesh stands, as far as it goes
        if profile_points:
            raise
        return landmarks
    if profile_points:
        contour = _corrected(image, evidence, profile_points)
        return _profile(image, contour, mm_per_px, ipd_mm)
    if evidence.kind == "profile":
        return _profile(image, _found(evidence), mm_per_px, ipd_mm)
    turned = abs(landmarks.pose.yaw) > PROFILE_LIMIT_DEG or evidence.mesh_denied
    if evidence.kind == "unclear" and turned:
        raise evidence.refusal or ProfileError("profile_not_found")
    return landmarks


def correct_profile(
    profile: PreparedProfile, profile_points: ProfileCorrections
) -> PreparedProfile:
    """Return a profile as it was found, with points that a hand has placed since.

    Parameters
    ----------
    profile : PreparedProfile
        As it was found, alone.
    profile_points : ProfileCorrections

    Raises
    ------
    ParameterError, HeadFitError
    """
    check_inside(profile_points.points, profile.image.shape[1], profile.image.shape[0])
    contour = _led(profile.image, profile.contour, profile_points)
    scale = profile.landmarks.scale
    ruler = scale.mm_per_px if scale.source == "ruler" else None
    corrected = prepare_profile(profile.image, contour, mm_per_px=ruler)
    return replace(corrected, timings_ms=profile.timings_ms, glasses=profile.glasses)


def _trusted(landmarks: FaceLandmarks) -> bool:
    """Whether the mesh tells its view by itself."""
    pose = landmarks.pose
    return abs(pose.yaw) < TRUSTED_YAW_DEG and pose.residual <= MAXIMUM_RESIDUAL


def _clear_profile(image: ImageArray) -> ViewEvidence | None:
    """A profile that no mesh could deny, before a mesh is looked for everywhere in the photo."""
    try:
        return clear_profile(image)
    except WeightsError:  # whoever needs the files says so
        return None


def _without_mesh(
    image: ImageArray,
    missing: NoFaceError,
    mm_per_px: float | None,
    ipd_mm: float | None,
    profile_points: ProfileCorrections,
) -> PreparedProfile:
    try:
        evidence = view_of(image)
    except WeightsError as failure:
        lacking = [
            name for name in set_names("profiles") if inspect(name, "noted").state != "whole"
        ]
        raise NoFaceError(
            "no_face_without_profiles", names=lacking, pull=" ".join(lacking)
        ) from failure
    contour = _contour_of(image, evidence, missing, profile_points)
    return _profile(image, contour, mm_per_px, ipd_mm)


def _contour_of(
    image: ImageArray,
    evidence: ViewEvidence,
    missing: NoFaceError,
    profile_points: ProfileCorrections,
) -> ProfileContour:
    """The contour in a photo without a mesh."""
    if profile_points:
        return _corrected(image, evidence, profile_points)
    if evidence.kind == "profile":
        return _found(evidence)
    if evidence.turned_face and evidence.refusal is not None:
        raise evidence.refusal
    # Without a mesh no other view is certain, and "no face" says what to do about it.
    raise missing


def _found(evidence: ViewEvidence) -> ProfileContour:
    if evidence.contour is None:
        raise evidence.refusal or ProfileError("profile_not_found")
    return evidence.contour


def _corrected(
    image: ImageArray, evidence: ViewEvidence, profile_points: ProfileCorrections
) -> ProfileContour:
    """The contour that was found, through a hand's points; where none was, one through them."""
    check_inside(profile_points.points, image.shape[1], image.shape[0])
    if evidence.kind == "frontal":
        raise ParameterError("profile_points_of_no_profile")
    if evidence.contour is None:
        return profile_by_hand(image, profile_points)
    return _led(image, evidence.contour, profile_points)


def _led(
    image: ImageArray, contour: ProfileContour, profile_points: ProfileCorrections
) -> ProfileContour:
    points = profile_points.of(contour.side)
    try:
        return follow(contour, points) if points else contour
    except ParameterError as error:
        # Points far from it say that it is not the profile's.
        if error.code != "profile_point_far" or len(points) < LEAST_POINTS:
            raise
    return profile_by_hand(image, profile_points)


def _profile(
    image: ImageArray, contour: ProfileContour, mm_per_px: float | None, ipd_mm: float | None
) -> PreparedProfile:
    if ipd_mm is not None:
        raise ParameterError("profile_without_pupils")
    return prepare_profile(image, contour, mm_per_px=mm_per_px)
