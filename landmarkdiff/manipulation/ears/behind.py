"""Whether what lies beside an ear can be carried on behind it: a wall can, strands of hair cannot.

What an ear lays open was seen by nobody. A plain wall goes on behind it; hair and ornaments that
touch it would be continued as scraps. Along the outline the lightness is therefore compared within
a few millimetres of the ear, where a wall is even.
"""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.profile.edge import outward_normals
from landmarkdiff.profile.outline import Scene

__all__ = ["is_plain"]

#: Looked at so far from the outline, mm: beyond what is mixed with the ear in its edge.
_BESIDE_MM = (1.0, 7.0)
#: Lightness (L*, 0 to 100) that differs by more than this between its outer tenths is not a wall's.
_UNEVEN = 20.0
#: So much of the outline that moves by at least this, mm, may lie before such.
_MOST_UNEVEN, _LEAST_MOVE_MM = 0.2, 1.0


def is_plain(
    scene: Scene, outline: FloatArray, ways: FloatArray, facing: int, px_per_mm: float
) -> bool:
    """Tell whether the background beside an ear's outline can be carried on behind it.

    Parameters
    ----------
    scene : Scene
        The photo around the ear.
    outline : (n, 2) float64 array
        From above to below, image frame, pixels.
    ways : (n,) float64 array
        How far each point moves when the ear is laid on the head, pixels.
    facing : int
        1 where the ear stands out to the left of the picture, else -1.
    px_per_mm : float
    """
    normals = outward_normals(outline, facing)
    deep = np.linspace(*_BESIDE_MM, 13) * px_per_mm
    places = outline[:, None] + normals[:, None] * deep[:, None] - scene.corner
    # Two maps: OpenCV 5.0 reads a single one wrongly when it interpolates linearly.
    across, down = (np.ascontiguousarray(places[..., k], np.float32) for k in (0, 1))
    lightness = np.ascontiguousarray(scene.lab[..., 0])
    seen = cv2.remap(lightness, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    dark, light = np.quantile(seen, (0.1, 0.9), axis=1)
    moving = ways > _LEAST_MOVE_MM * px_per_mm
    if not moving.any():
        return True
    return bool(((light - dark)[moving] > _UNEVEN).mean() <= _MOST_UNEVEN)
