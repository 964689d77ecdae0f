"""The mask with an irregular border, for blending repainted skin."""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import Float32Array
from landmarkdiff.errors import ParameterError
from landmarkdiff.manipulation.mask import SurgicalMask

__all__ = ["blend_mask"]

#: Boundary noise of the blend mask at 512 pixels, and the size of its waves (pixels).
BOUNDARY_NOISE_PX = (2.0, 4.0)
BOUNDARY_WAVE_PX = 24.0


def blend_mask(mask: SurgicalMask, seed: int) -> Float32Array:
    """Return the mask with an irregular border, for blending repainted skin.

    The border wanders by 2 to 4 pixels at 512 (in proportion at other sizes), so that no
    smooth seam betrays it. Where the surgical mask is zero, this one is too.

    Parameters
    ----------
    mask : SurgicalMask
    seed : int
        Equal seeds give equal masks.

    Returns
    -------
    (H, W) float32 array in [0, 1]

    Examples
    --------
    >>> from landmarkdiff.manipulation.deformation import deform
    >>> from landmarkdiff.manipulation.mask import surgical_mask
    >>> from landmarkdiff.procedures.planning import make_plan
    >>> plan = make_plan("lip_lift", face, intensity=60)
    >>> mask = surgical_mask(plan, face, deform(plan, face))
    >>> blend = blend_mask(mask, seed=0)
    >>> blend.shape, bool(blend[mask.full() == 0].max() == 0.0)
    ((600, 512), True)
    """
    if seed < 0:
        raise ParameterError("seed_negative", value=seed)
    random = np.random.default_rng(seed)
    full = mask.full()
    height, width = full.shape
    unit = min(height, width) / 512.0
    amplitude = random.uniform(*BOUNDARY_NOISE_PX) * unit
    cells = (
        max(2, round(height / (BOUNDARY_WAVE_PX * unit))),
        max(2, round(width / (BOUNDARY_WAVE_PX * unit))),
    )
    noise = [
        cv2.resize(
            random.uniform(-1.0, 1.0, cells).astype(np.float32),
            (width, height),
            interpolation=cv2.INTER_CUBIC,
        )
        for _ in range(2)
    ]
    xs = np.arange(width, dtype=np.float32) + np.float32(amplitude) * noise[0]
    ys = np.arange(height, dtype=np.float32)[:, None] + np.float32(amplitude) * noise[1]
    wandered = cv2.remap(full, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(np.where(full > 0, wandered, 0).astype(np.float32) / np.float32(255.0))
