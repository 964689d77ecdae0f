"""How close a picture comes to the truth."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def psnr(picture: NDArray, truth: NDArray) -> float:
    """Peak signal-to-noise ratio, dB."""
    error = picture.astype(np.float64) - truth
    return float(10 * np.log10(255**2 / (error**2).mean()))


def structural_similarity(picture: NDArray, truth: NDArray) -> float:
    """Mean structural similarity of the luminance (Wang et al. 2004, Gaussian window of 1.5)."""
    one, two = (
        cv2.cvtColor(image.astype(np.float32), cv2.COLOR_RGB2GRAY).astype(np.float64)
        for image in (picture, truth)
    )

    def mean(values: NDArray) -> NDArray:
        return cv2.GaussianBlur(values, (11, 11), 1.5)

    means = mean(one), mean(two)
    variances = mean(one * one) - means[0] ** 2, mean(two * two) - means[1] ** 2
    covariance = mean(one * two) - means[0] * means[1]
    first, second = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    above = (2 * means[0] * means[1] + first) * (2 * covariance + second)
    below = (means[0] ** 2 + means[1] ** 2 + first) * (variances[0] + variances[1] + second)
    return float((above / below).mean())


def sharpness(picture: NDArray) -> float:
    """Standard deviation of the Laplacian of the luminance."""
    luminance = cv2.cvtColor(picture.astype(np.float32), cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(luminance, cv2.CV_32F).std())
