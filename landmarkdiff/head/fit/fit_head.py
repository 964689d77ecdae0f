"""From photos to one head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from landmarkdiff.arguments import finite, instance_of
from landmarkdiff.errors import HeadFitError, ParameterError
from landmarkdiff.head.fit.certainty import FitCertainty
from landmarkdiff.head.fit.evidence import ContourEvidence, LandmarkEvidence
from landmarkdiff.head.fit.orientation import HeadPhoto, facing_left, mirrored_head
from landmarkdiff.head.fit.shape_prior import shape_prior
from landmarkdiff.head.fit.solve import solve
from landmarkdiff.head.fit.start import contour_evidence, landmark_evidence
from landmarkdiff.head.fitted import FittedHead, FittedView
from landmarkdiff.head.model import HeadModel, head_model
from landmarkdiff.landmarks.face import FaceLandmarks, Scale
from landmarkdiff.profile import ProfileContour
from landmarkdiff.runtime.threads import one_blas_thread

__all__ = ["MOST_DIFFERENCE", "TOLD_EXPRESSIONS", "HeadPhoto", "fit_head"]

#: Evidence farther than this from the head (root mean square, mm) is not of this head.
MOST_MISFIT_MM = 3.0
#: No camera stands nearer to a face than this, mm.
_NEAREST_MM = 150.0
#: Units of expression that move the profile and that the network tells alike from the front and
#: turned (its pucker differs by up to 0.6 on one still face), and how far photos may differ.
TOLD_EXPRESSIONS = ("jawOpen", "mouthSmileLeft", "mouthSmileRight")
MOST_DIFFERENCE = 0.5


def fit_head(
    photos: Sequence[HeadPhoto],
    model: HeadModel | None = None,
    *,
    distances_mm: Sequence[float | None] | None = None,
    pause: Callable[[], object] | None = None,
) -> FittedHead:
    """Fit one head to all photos of a patient.

    The most probable head under the prior of the model and a smooth displacement, by robust
    least squares on landmarks, contours and scales; one photo is enough, and what it does not
    show is then the average's.

    Parameters
    ----------
    photos : sequence of FaceLandmarks, ProfileContour or (ProfileContour, Scale)
        A profile's scale, where it has one of its own (a ruler).
    model : HeadModel, optional
        The embedded head by default.
    distances_mm : sequence of float or None, optional
        How far each camera was from the face (from focal length and iris), for perspective; None
        for a far one.
    pause : callable, optional
        Called for each photo in each round of the fit; what it raises ends the work.

    Returns
    -------
    FittedHead

    Raises
    ------
    HeadFitError
        There is no photo, expressions differ, or a photo does not fit the head.
    ParameterError
        Something else was given.

    Examples
    --------
    >>> head = fit_head([face])
    >>> head.surface.vertices.shape[1]  # mm, face frame
    3
    >>> head.points["pronasale"].place[2] > head.points["nasion"].place[2]
    True
    >>> "pronasale" in head.of_the_average  # one frontal photo does not show depth
    True
    """
    if not photos:
        raise HeadFitError("head_without_photo")
    model = head_model() if model is None else model
    turned = facing_left(photos)
    if turned is not None:
        found = fit_head(turned, model, distances_mm=distances_mm, pause=pause)
        return mirrored_head(found)
    evidence = [_evidence(photo, model) for photo in photos]
    if distances_mm is not None:
        evidence = _with_distances(evidence, distances_mm)
    _check_expressions(photos)
    with one_blas_thread():  # the matrices are small: threads would only wait for each other
        prior = shape_prior(model)
        solution = solve(prior, evidence, pause)
    misfit, number = max((misfit, n) for n, misfit in enumerate(solution.misfits_mm, start=1))
    if not misfit <= MOST_MISFIT_MM:
        raise HeadFitError("head_does_not_fit", number=number, misfit=misfit, most=MOST_MISFIT_MM)
    views = tuple(
        FittedView("contour" if isinstance(item, ContourEvidence) else "landmarks", camera, misfit)
        for item, camera, misfit in zip(
            evidence, solution.cameras, solution.misfits_mm, strict=True
        )
    )
    sure = FitCertainty(prior, solution.surface, solution.system)
    return FittedHead(model, solution.surface, views, sure)


def _evidence(photo: HeadPhoto, model: HeadModel) -> LandmarkEvidence | ContourEvidence:
    if isinstance(photo, FaceLandmarks):
        return landmark_evidence(photo, model)
    if isinstance(photo, tuple):
        contour, scale = photo
        instance_of(Scale)("photos", scale)
    else:
        contour, scale = photo, None
    instance_of(ProfileContour)("photos", contour)
    return contour_evidence(contour, model, scale)


def _with_distances(
    evidence: Sequence[LandmarkEvidence | ContourEvidence], distances_mm: Sequence[float | None]
) -> list[LandmarkEvidence | ContourEvidence]:
    """Give each photo's first camera its distance."""
    if len(distances_mm) != len(evidence):
        raise ParameterError("head_distances", count=len(distances_mm), photos=len(evidence))
    far = [
        None if distance is None else finite("distances_mm", distance, _NEAREST_MM)
        for distance in distances_mm
    ]
    return [
        replace(item, camera=replace(item.camera, distance_mm=distance))
        for item, distance in zip(evidence, far, strict=True)
    ]


def _check_expressions(photos: Sequence[HeadPhoto]) -> None:
    """Refuse photos of one head whose expressions differ so much that no head fits them all."""
    faces = [
        (number, photo)
        for number, photo in enumerate(photos, start=1)
        if isinstance(photo, FaceLandmarks) and photo.blendshapes
    ]
    for name in TOLD_EXPRESSIONS:
        scores = sorted((photo.blendshapes.get(name, 0.0), number) for number, photo in faces)
        if scores and scores[-1][0] - scores[0][0] > MOST_DIFFERENCE:
            raise HeadFitError("head_expressions_differ", first=scores[-1][1], second=scores[0][1])
