"""What a repainted picture shows at one place that the warp does not: a spot, a scar, another eye.

Registration tells where structures went. Something new of a few millimetres moves nothing, so the
colours themselves are compared here, with the displacement undone: the difference of every
channel between two Gaussian scales, since light and skin tone may change over a whole cheek and
pores below a millimetre (docs/concepts/guard.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray, ImageArray
from landmarkdiff.verification.structures import StructureRegistration

__all__ = ["Alteration", "largest_alteration"]

#: What is smaller is texture, what is wider is light and tone (Gaussian scales, mm).
FINEST_MM = 0.7
COARSEST_MM = 5.0
#: By channel: blue is the noisiest of a photo and coarsest in its file, and seen least.
CHANNELS = np.array([1.0, 1.0, 0.75], np.float32)
#: Cells beyond the mask count this much: what lies there is not pasted.
LEAST_WEIGHT = 1e-3


@dataclass(frozen=True)
class Alteration:
    """The largest local difference between two pictures.

    Attributes
    ----------
    levels : float
        Of the channel in which it is largest (blue counts three quarters), grey levels of 0 to
        255, times the mask's value there.
    place : (2,) float64 array
        Where, in pixels of the photo.
    """

    levels: float
    place: FloatArray


def largest_alteration(
    start: ImageArray, painted: ImageArray, registration: StructureRegistration
) -> Alteration:
    """Return the largest difference of a few millimetres once the displacement is undone.

    Parameters
    ----------
    start, painted : (H, W, 3) uint8 arrays, RGB
    registration : StructureRegistration
        Of the two.

    Returns
    -------
    Alteration

    Examples
    --------
    >>> import cv2
    >>> from landmarkdiff.inference import LandmarkDiffPipeline
    >>> from landmarkdiff.verification import register_structure
    >>> result = LandmarkDiffPipeline().generate(portrait, "rhinoplasty", 60, verify=False)
    >>> x, y = result.target.points[4, :2].round().astype(int).tolist()  # the tip of the nose
    >>> radius = round(1.5 / result.target.scale.mm_per_px)
    >>> spotted = cv2.circle(result.warped.copy(), (x, y), radius, (20, 15, 15), -1)
    >>> pictures = result.warped, spotted
    >>> found = register_structure(*pictures, result.surgical_mask, result.target)
    >>> largest_alteration(*pictures, found).levels > 40
    True
    """
    first, second = registration.cells(start), registration.undone(registration.cells(painted))
    weight = np.maximum(registration.coverage, LEAST_WEIGHT)
    difference = second - first
    band = _mean(difference, weight, FINEST_MM / registration.cell_mm) - _mean(
        difference, weight, COARSEST_MM / registration.cell_mm
    )
    size = (CHANNELS * np.abs(band)).max(axis=2) * registration.coverage
    row, column = np.unravel_index(int(np.argmax(size)), size.shape)
    place = registration.photo_point(np.array([column, row], np.float64))
    return Alteration(float(size[row, column]), place)


def _mean(values: Float32Array, weight: Float32Array, sigma: float) -> Float32Array:
    """Return the mean of (h, w, 3) values in a Gaussian window, as far as the mask shows them."""
    total = cv2.GaussianBlur(values * weight[..., None], (0, 0), sigma)
    return np.asarray(total / cv2.GaussianBlur(weight, (0, 0), sigma)[..., None], np.float32)
