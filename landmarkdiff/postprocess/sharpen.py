"""Step 4: unsharp masking of the lightness, inside the mask."""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import Float32Array
from landmarkdiff.notices import Reason
from landmarkdiff.postprocess.lab import lab_of, shifted
from landmarkdiff.postprocess.region import MaskRegion
from landmarkdiff.postprocess.step import Canvas, StepContext, StepOutcome, StepReport

__all__ = ["NAME", "sharpen", "sharpened_lightness"]


NAME = "sharpen"
#: Standard deviation of the blur in pixels of the network (of the photo, where those are larger):
#: what is sharpened are its finest details, which the decoder of a latent model draws too softly.
SIGMA = 1.0


def sharpen(canvas: Canvas, context: StepContext) -> StepOutcome:
    """Sharpen L of CIELAB; a and b stay, so that no edge gets a coloured fringe."""
    settings = context.configuration.postprocess.sharpen
    if not settings.enabled:
        return StepOutcome.skipped(canvas, NAME, Reason("switched_off"))
    if settings.amount == 0.0:
        return StepOutcome.skipped(canvas, NAME, Reason("amount_zero"))
    sigma = SIGMA * max(canvas.pixel, 1.0)
    region = MaskRegion.of(canvas, margin=int(3.0 * sigma) + 1)
    if region is None:
        return StepOutcome.skipped(canvas, NAME, Reason("nothing_painted"))
    picture = canvas.picture.copy()
    goal = region.of_picture(picture)
    lightness = np.empty(region.share.shape, np.float32)
    for rows in region.strips():
        lightness[rows] = lab_of(goal[rows])[..., 0]
    gain = sharpened_lightness(lightness, settings.amount, sigma) - lightness
    gain[~region.inside] = 0.0
    for rows in region.strips():
        change = np.zeros((*gain[rows].shape, 3), np.float32)
        change[..., 0] = gain[rows]
        # A pixel whose a and b sRGB cannot show at the new L keeps the old one.
        goal[rows] = shifted(goal[rows], change, colour_kept=True)
    return StepOutcome(picture, StepReport(NAME, True))


def sharpened_lightness(lightness: Float32Array, amount: float, sigma: float) -> Float32Array:
    """Return ``lightness`` (h, w) plus ``amount`` times what a blur of ``sigma`` pixels takes."""
    blurred = cv2.GaussianBlur(lightness, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(lightness + np.float32(amount) * (lightness - blurred), np.float32)
