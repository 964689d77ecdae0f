"""From photos to one head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from landmarkdiff.arguments import finite, instance_of
from landmarkdiff.arrays import Float32Array, FloatArray
from landmarkdiff.errors import HeadFitError, ParameterError
from landmarkdiff.head.fit.evidence import ContourEvidence, LandmarkEvidence
from landmarkdiff.head.fit.shape_prior import SIZE_SPREAD, ShapePrior, shape_prior
from landmarkdiff.head.fit.solve import Solution, solve
from landmarkdiff.head.fit.start import contour_evidence, landmark_evidence
from landmarkdiff.head.fitted import FittedHead, FittedView
from landmarkdiff.head.model import HeadModel, head_model
from landmarkdiff.landmarks.face import FaceLandmarks, Scale
from landmarkdiff.profile import ProfileContour
from landmarkdiff.runtime.threads import one_blas_thread

__all__ = ["HeadPhoto", "fit_head"]

#: What a photo brings: landmarks, a contour, or a contour with a scale of its own.
HeadPhoto = FaceLandmarks | ProfileContour | tuple[ProfileContour, Scale]

#: Evidence farther than this from the head (root mean square, mm) is not of this head.
MOST_MISFIT_MM = 3.0
#: The standard deviations that the equations give are so much too small: with this factor 93 to
#: 95 percent of the face lie within the 90 % bands of drawn heads like people, and 80 to 85
#: percent of heads that differ twice as much (benchmarks/head.py).
CALIBRATION = 1.1
#: No camera stands nearer to a face than this, mm.
_NEAREST_MM = 150.0
#: Units of expression that move the profile and that the network tells alike from the front and
#: turned (its pucker differs by up to 0.6 on one still face), and how far photos may differ.
_EXPRESSIONS = ("jawOpen", "mouthSmileLeft", "mouthSmileRight")
_MOST_DIFFERENCE = 0.5


def fit_head(
    photos: Sequence[HeadPhoto],
    model: HeadModel | None = None,
    *,
    distances_mm: Sequence[float | None] | None = None,
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
    evidence = [_evidence(photo, model) for photo in photos]
    if distances_mm is not None:
        evidence = _with_distances(evidence, distances_mm)
    _check_expressions(photos)
    with one_blas_thread():  # the matrices are small: threads would only wait for each other
        prior = shape_prior(model)
        solution = solve(prior, evidence)
    misfit, number = max((misfit, n) for n, misfit in enumerate(solution.misfits_mm, start=1))
    if not misfit <= MOST_MISFIT_MM:
        raise HeadFitError("head_does_not_fit", number=number, misfit=misfit, most=MOST_MISFIT_MM)
    views = tuple(
        FittedView("contour" if isinstance(item, ContourEvidence) else "landmarks", camera, misfit)
        for item, camera, misfit in zip(
            evidence, solution.cameras, solution.misfits_mm, strict=True
        )
    )
    return _fitted(prior, solution, views)


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
    for name in _EXPRESSIONS:
        scores = sorted((photo.blendshapes.get(name, 0.0), number) for number, photo in faces)
        if scores and scores[-1][0] - scores[0][0] > _MOST_DIFFERENCE:
            raise HeadFitError("head_expressions_differ", first=scores[-1][1], second=scores[0][1])


def _fitted(prior: ShapePrior, solution: Solution, views: tuple[FittedView, ...]) -> FittedHead:
    """The head with its uncertainty along the normals."""
    normals = solution.surface.normals.astype(np.float32)
    along = np.einsum("pvc,vc->vp", prior.directions, normals, optimize=True)
    size = len(prior.model.identity)  # its place among the directions
    spread = SIZE_SPREAD * float(np.sqrt(solution.covariance[size, size]))
    return FittedHead(
        model=prior.model,
        surface=solution.surface,
        views=views,
        uncertainty_mm=CALIBRATION * _deviation(along, solution.covariance),
        prior_mm=CALIBRATION * np.sqrt((along**2).sum(axis=1, dtype=np.float64)),
        scale_uncertainty=spread,
    )


def _deviation(along: Float32Array, covariance: FloatArray) -> FloatArray:
    """Standard deviation of every row's combination of the shares."""
    spread = along @ covariance.astype(np.float32)
    return np.asarray(np.sqrt(np.maximum((spread * along).sum(axis=1, dtype=np.float64), 0.0)))
