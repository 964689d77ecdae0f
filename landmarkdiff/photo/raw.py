"""Camera raw: developed by LibRaw where rawpy is installed, and otherwise named as what it is."""

from __future__ import annotations

import io
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from landmarkdiff.errors import UnsupportedPhotoError
from landmarkdiff.notices import Notice
from landmarkdiff.photo.exif import read_exif_facts
from landmarkdiff.photo.raster import Raster, mapped_rows
from landmarkdiff.photo.sniff import raw_kind
from landmarkdiff.photo.source import PhotoLimits

__all__ = ["decode_raw"]

#: The curve of sRGB: its power and the slope of its toe.
_SRGB_CURVE = (2.4, 12.92)


def decode_raw(data: bytes, kind: str | None, limits: PhotoLimits) -> Raster:
    """Develop a camera raw file: the whole picture of the sensor, never the preview in it.

    The camera's own white balance is used and nothing is brightened, so that the same light
    gives the same picture.

    Parameters
    ----------
    data : bytes
        The file.
    kind : str or None
        Which raw it is, where the directories told; None for those that are no TIFF.
    limits : PhotoLimits
        Budget.

    Raises
    ------
    UnsupportedPhotoError
        rawpy is not installed, or cannot develop this file.
    PhotoTooLargeError
        Beyond the budget.
    """
    kind = kind or raw_kind(data)
    if find_spec("rawpy") is None:
        raise UnsupportedPhotoError("raw_needs_package", content=kind, package="rawpy")
    pixels = _developed(data, kind, limits)
    height, width = pixels.shape[:2]
    facts = read_exif_facts(data)
    raster = Raster((width, height), mapped_rows(pixels, Image.fromarray), "RGB")
    # LibRaw turns the picture upright, makes its pixels square and gives sRGB.
    raster.facts = type(facts)(focal_length_35mm=facts.focal_length_35mm)
    raster.notices = [Notice.of("photo_developed", content=kind)]
    return raster


def _developed(data: bytes, kind: str, limits: PhotoLimits) -> NDArray[np.uint8]:
    import rawpy

    try:
        with rawpy.imread(io.BytesIO(data)) as raw:
            sizes: Any = raw.sizes
            limits.check_size(sizes.width, sizes.height)
            pixels = raw.postprocess(
                use_camera_wb=True,
                no_auto_bright=True,
                output_bps=8,
                output_color=rawpy.ColorSpace.sRGB,
                gamma=_SRGB_CURVE,
            )
    except rawpy.LibRawError as failure:
        raise UnsupportedPhotoError("raw_not_developed", content=kind) from failure
    developed: NDArray[np.uint8] = np.ascontiguousarray(
        np.broadcast_to(pixels, (*pixels.shape[:2], 3))
    )
    return developed
