"""The five standard views of one drawn head, as pictures and as files."""

from __future__ import annotations

from functools import cache

from head_portraits import SKINS, Look, portrait
from profile_photos import SIZE, patient

from landmarkdiff.arrays import ImageArray
from landmarkdiff.head import HeadCamera, head_model
from landmarkdiff.photo import encode_png

#: The view, how far the head is turned, degrees, and where its middle lies, shares of the width.
DRAWN = {
    "left_profile": (-90.0, 0.42),
    "right_three_quarter": (36.0, 0.55),
    "frontal": (0.0, 0.5),
    "right_profile": (90.0, 0.58),
    "left_three_quarter": (-36.0, 0.45),
}


@cache
def drawn_view(name: str) -> ImageArray:
    """The head with a hump from a camera 2 m away: (H, W, 3) uint8 RGB."""
    yaw, where = DRAWN[name]
    shift = (SIZE[1] * where, SIZE[0] * 0.44)
    camera = HeadCamera.turned(yaw, px_per_mm=2.4, shift=shift, distance_mm=2000.0)
    return portrait(head_model(), patient(), camera, Look(skin=SKINS[2]), SIZE)


@cache
def drawn_file(name: str) -> bytes:
    """The same as PNG."""
    return encode_png(drawn_view(name))
