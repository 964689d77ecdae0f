"""The colours of skin along a contour: what shade and shine leave as it is, and what they do to it.

Shade leaves the ratios of a colour. Shine adds the colour of the light, so that they go toward
nothing; light that is thrown from skin to skin takes its colour once more, so that they grow.
"""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray

__all__ = ["LIGHTNESS_SPREAD", "colour_ratios", "shines", "unlike"]

#: Spread of skin along one face: logarithms of red over green and of blue over green; lightness.
_SPREAD, LIGHTNESS_SPREAD = (0.11, 0.16), 12.0
#: Shares of the skin's ratios that shine leaves and glow reaches. On two photos of people and on
#: the photographed skin of a scanned head the dorsum of the nose had 0.45 to 0.6, the shade under
#: its tip up to 1.4.
_SHINE, _GLOW = 0.4, 1.6
#: What lies farther than this beside the way from grey to the skin's ratios, spreads, is neither.
_ASIDE = 2.6


def colour_ratios(lab: FloatArray) -> FloatArray:
    """Return the logarithms of red over green and of blue over green in linear light.

    Parameters
    ----------
    lab : (n, 3) float64 array
        CIELAB.

    Returns
    -------
    (n, 2) float64 array
    """
    rgb = cv2.cvtColor(lab.astype(np.float32)[None], cv2.COLOR_LAB2RGB)[0].astype(np.float64)
    linear = np.clip(rgb, 0, 1) ** 2.2 + 0.008  # the offset keeps noise in black out of the ratio
    logs = np.log(linear)
    return np.stack([logs[:, 0] - logs[:, 1], logs[:, 2] - logs[:, 1]], axis=1)


def unlike(ratios: FloatArray, skin: FloatArray) -> FloatArray:
    """Return how far ratios (n, 2) are from those of the skin, (2,), in spreads: (n,)."""
    return np.asarray(np.hypot(*((ratios - skin) / _SPREAD).T))


def shines(ratios: FloatArray, skin: FloatArray, lighter: FloatArray) -> BoolArray:
    """Tell where skin shines, or glows in the shade.

    Parameters
    ----------
    ratios : (n, 2) float64 array
        Of :func:`colour_ratios`.
    skin : (2,) float64 array
        The same of the skin.
    lighter : (n,) float64 array
        Lightness less that of the skin.

    Returns
    -------
    (n,) bool array
    """
    share = ratios @ skin / max(float(skin @ skin), 1e-9)
    shine = (lighter > 0) & (share > _SHINE) & (share <= 1)
    glow = (lighter < 0) & (share >= 1) & (share < _GLOW)
    aside = unlike(ratios - share[:, None] * skin, np.zeros(2))
    return np.asarray((aside < _ASIDE) & (shine | glow))
