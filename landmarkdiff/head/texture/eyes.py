"""Eyeballs: what the photo shows between the lids, continued behind them."""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray

__all__ = ["whole_eye"]

#: Width of a ring around the pupil of which one colour is taken, mm, and the outermost ring: the
#: white from there on is that ring's.
_RING_MM, _OUTERMOST_MM = 0.35, 8.0
#: Fewer seen texels than this tell nothing of a ring.
_LEAST = 6
#: Behind the lid the eye goes over from the photo to its rings over this depth, mm.
_OVER_MM = 0.9
#: Lids shade the eye at their edge; rings are read from places this deep in the opening, mm.
_CLEAR_MM = 0.8


def whole_eye(
    colours: Float32Array, depth_mm: Float32Array, points: Float32Array, pupil: FloatArray
) -> tuple[Float32Array, BoolArray]:
    """Return the colours of an eyeball, with what the lids hide of it.

    An eye is about the same in every direction from its pupil: pupil, iris and white of which the
    photo shows a part go on as rings.

    Parameters
    ----------
    colours : (n, 3) float32 array
        Of the photo at the eyeball's texels.
    depth_mm : (n,) float32 array
        How deep each lies in the opening between the lids.
    points : (n, 3) float32 array
        The texels on the eyeball, mm.
    pupil : (3,) float64 array
        Its centre on the eyeball, mm.

    Returns
    -------
    colours : (n, 3) float32 array
    known : (n,) bool array
        False throughout where the photo shows too little of the eye.
    """
    away = np.linalg.norm(points - pupil.astype(np.float32), axis=1)
    ring = np.minimum(away, _OUTERMOST_MM) / _RING_MM
    count = int(_OUTERMOST_MM / _RING_MM) + 2
    clear = depth_mm > _CLEAR_MM
    seen = np.bincount(np.rint(ring[clear]).astype(np.intp), minlength=count)
    told = np.flatnonzero(seen >= _LEAST)
    if len(told) < 3:
        return colours, np.zeros(len(colours), np.bool_)
    number = np.rint(ring).astype(np.intp)
    rings = np.stack([np.median(colours[clear & (number == each)], axis=0) for each in told])
    continued = np.stack([np.interp(ring, told, rings[:, c]) for c in range(3)], axis=1)
    share = np.clip(depth_mm / _OVER_MM, 0.0, 1.0)[:, None]
    mixed = colours * share + continued.astype(np.float32) * (1.0 - share)
    return np.asarray(mixed, np.float32), np.ones(len(colours), np.bool_)
