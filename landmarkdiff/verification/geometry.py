"""Whether a repainted picture still shows the plan, and nothing that the warp does not show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray, ImageArray, IndexArray
from landmarkdiff.configuration import GuardSettings
from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import topology
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.verification.alterations import Alteration, largest_alteration
from landmarkdiff.verification.structures import StructureRegistration, register_structure

__all__ = ["GuardReading", "read_guard"]


#: Below this correlation of structures inside the mask the pictures do not belong together:
#: midway between repainted skin (0.96 and more) and another face (0.47 and less).
LEAST_CORRELATION = 0.8
#: A landmark whose noise would ask for more than this multiple of the limit is not read in that
#: direction: where nothing is to be seen, nothing can be said.
WIDEST_LIMIT = 2.0
#: Where the median landmark would ask for more than this multiple, the picture cannot be
#: registered.
WIDEST_MEDIAN = 1.75
#: A landmark of the plan is read where the mask gives it at least this much, and any other point
#: of the mesh where the mask is solid: what the plan leaves alone must stay, too.
LEAST_COVERAGE = 0.25
SOLID_COVERAGE = 0.5


@dataclass(frozen=True)
class GuardReading:
    """How far a picture has left the plan.

    Attributes
    ----------
    deviation_mm : float or None
        Displacement against the plan, mm, at the landmark where it is largest for its noise;
        None when the pictures could not be registered.
    noise_mm : float or None
        Median noise of the landmarks, mm.
    limit_mm : float
        The limit there, mm: the settings', or ``noise_factor`` times the landmark's noise.
    verdict : {"kept", "moved", "altered", "unreadable"}
    landmark : int or None
        Which landmark that is.
    correlation : float or None
        Of the structures inside the mask, -1 to 1, once the displacement is undone.
    altered_levels : float or None
        Largest difference of a few millimetres that no displacement explains, grey levels of 0
        to 255; None when the pictures could not be registered.
    altered_landmark : int or None
        The landmark next to it.
    altered_mm : float or None
        How far from that landmark it is, mm.
    """

    deviation_mm: float | None
    noise_mm: float | None
    limit_mm: float
    verdict: Literal["kept", "moved", "altered", "unreadable"]
    landmark: int | None = None
    correlation: float | None = None
    altered_levels: float | None = None
    altered_landmark: int | None = None
    altered_mm: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the picture keeps the plan."""
        return self.verdict == "kept"

    def to_dict(self) -> dict[str, Any]:
        """Return the reading as JSON-ready data."""
        return {
            key: round(value, 4) if isinstance(value, float) else value
            for key, value in vars(self).items()
        }


def read_guard(
    start: ImageArray,
    painted: ImageArray,
    mask: SurgicalMask,
    face: FaceLandmarks,
    landmarks: IndexArray,
    settings: GuardSettings,
    readable: BoolArray | None = None,
) -> GuardReading:
    """Register a repainted picture with the warp of the plan, and judge it.

    Parameters
    ----------
    start : (H, W, 3) uint8 array, RGB
        The warped photo.
    painted : (H, W, 3) uint8 array, RGB
        What was painted over it, raw or finished.
    mask : SurgicalMask
    face : FaceLandmarks
        Where the plan moved the landmarks: the face in ``start``.
    landmarks : (n,) int array
        The landmarks that carry the plan.
    settings : GuardSettings
    readable : (478,) bool array, optional
        Landmarks that can be read in this view.

    Returns
    -------
    GuardReading

    Raises
    ------
    ParameterError
        If the two pictures differ in size or are not the mask's.

    Examples
    --------
    >>> from landmarkdiff.configuration import GuardSettings
    >>> from landmarkdiff.inference import LandmarkDiffPipeline
    >>> result = LandmarkDiffPipeline().generate(portrait, "rhinoplasty", 60, verify=False)
    >>> seen = (result.surgical_mask, result.target, np.array([1, 4]), GuardSettings())
    >>> read_guard(result.warped, result.warped, *seen).verdict
    'kept'
    >>> lower = np.roll(result.warped, 2, axis=0)  # as if painted 1.5 mm too low
    >>> read_guard(result.warped, lower, *seen).verdict
    'moved'
    """
    expected = (mask.image_height, mask.image_width, 3)
    if start.shape != expected or painted.shape != expected:
        raise ParameterError(
            "guard_picture_size",
            shape=str(start.shape),
            shape2=str(painted.shape),
            expected=str(expected),
        )
    chosen = _chosen(mask, face, landmarks, readable)
    registration = register_structure(start, painted, mask, face) if chosen.size else None
    if registration is None:
        return GuardReading(None, None, settings.limit_mm, "unreadable")
    found = _read(registration, face.points[chosen, :2], settings)
    noise = float(np.median(found.noise))
    correlation = registration.correlation
    if not (np.isfinite(correlation) and np.isfinite(noise) and np.isfinite(found.share).all()):
        # Numbers that are none compare as false everywhere, and would pass.
        return GuardReading(None, None, settings.limit_mm, "unreadable")
    too_noisy = settings.noise_factor * noise > WIDEST_MEDIAN * settings.limit_mm
    if correlation < LEAST_CORRELATION or too_noisy:
        return GuardReading(None, noise, settings.limit_mm, "unreadable", correlation=correlation)
    worst = int(np.argmax(found.share))
    alteration = largest_alteration(start, painted, registration)
    beside, away = _next_to(alteration, face)
    return GuardReading(
        deviation_mm=float(found.deviation[worst]),
        noise_mm=noise,
        limit_mm=float(found.limit[worst]),
        verdict=_verdict(float(found.share[worst]), alteration, settings),
        landmark=int(chosen[worst]),
        correlation=correlation,
        altered_levels=alteration.levels,
        altered_landmark=beside,
        altered_mm=away,
    )


def _verdict(
    share: float, alteration: Alteration, settings: GuardSettings
) -> Literal["kept", "moved", "altered"]:
    """Judge what could be registered: first what no displacement explains, then where it went."""
    if alteration.levels > settings.altered_levels:
        return "altered"
    return "moved" if share > 1.0 else "kept"


def _next_to(alteration: Alteration, face: FaceLandmarks) -> tuple[int, float]:
    """Return the landmark of the mesh next to an alteration, and how far away it is, mm."""
    mesh = face.points[: len(topology().vertices_mm), :2]
    away = np.hypot(*(mesh - alteration.place).T)
    nearest = int(np.argmin(away))
    return nearest, float(away[nearest]) * face.scale.mm_per_px


def _chosen(
    mask: SurgicalMask, face: FaceLandmarks, landmarks: IndexArray, readable: BoolArray | None
) -> IndexArray:
    """Return the landmarks to be read: the plan's, and the mesh where the mask is solid."""
    least = np.full(len(face.points), SOLID_COVERAGE)
    # The irises follow the gaze, not the plan.
    least[len(topology().vertices_mm) :] = np.inf
    least[np.asarray(landmarks, np.intp)] = LEAST_COVERAGE
    usable = mask.at(face.points[:, :2]) >= least
    return np.flatnonzero(usable if readable is None else usable & readable)


@dataclass(frozen=True)
class _Read:
    """What the registration says of each landmark.

    Attributes
    ----------
    noise : (n,) array
        Root mean square over the two directions, mm.
    deviation, limit, share : (n,) arrays
        Displacement in the directions that can be read, its limit, and their quotient.
    """

    noise: FloatArray
    deviation: FloatArray
    limit: FloatArray
    share: FloatArray


def _read(
    registration: StructureRegistration, points: FloatArray, settings: GuardSettings
) -> _Read:
    """Judge every landmark against its own noise, along and across what is seen there.

    Along an edge nothing can be seen, across it everything: so each of the two principal
    directions of the noise has its own limit.
    """
    shift, covariance = registration.at(points)
    variance, axes = np.linalg.eigh(covariance)
    deviation = np.sqrt(np.maximum(variance, 0.0))
    limits = np.maximum(settings.limit_mm, settings.noise_factor * deviation)
    seen = limits <= WIDEST_LIMIT * settings.limit_mm
    along = np.where(seen, np.einsum("nij,ni->nj", axes, shift), 0.0)
    share = np.sqrt(((along / limits) ** 2).sum(axis=1))
    length = np.sqrt((along**2).sum(axis=1))
    still = share < 1e-9
    return _Read(
        noise=np.sqrt(np.maximum(variance, 0.0).mean(axis=1)),
        deviation=length,
        limit=np.where(still, settings.limit_mm, length / np.where(still, 1.0, share)),
        share=share,
    )
