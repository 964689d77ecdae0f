"""HEIC: from bytes to a :class:`Raster`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from landmarkdiff.errors import UnsupportedPhotoError
from landmarkdiff.photo.decode import bytes_or_none, check_coded_size
from landmarkdiff.photo.exif import read_exif_facts
from landmarkdiff.photo.iso_media import read_iso_facts
from landmarkdiff.photo.raster import Raster
from landmarkdiff.photo.signal import signal_of_profile
from landmarkdiff.photo.source import CountedReader, PhotoLimits

__all__ = ["decode_heic"]


def decode_heic(data: bytes, limits: PhotoLimits) -> Raster:
    """Decode the primary picture of a HEIC file, which its decoder turns upright itself.

    Parameters
    ----------
    data : bytes
        The file.
    limits : PhotoLimits
        Budget.

    Returns
    -------
    Raster
        Orientation 1.
    """
    check_coded_size(data, "HEIC")
    boxes = read_iso_facts(data)
    if boxes.coding not in {None, "hvc1"}:
        raise UnsupportedPhotoError("picture_coding", format="HEIF", coding=boxes.coding)
    picture = _opened(data, limits, deep=False)
    profile = bytes_or_none(picture.info.get("icc_profile"))
    signal = signal_of_profile(profile) or boxes.signal
    if boxes.signal is not None and boxes.signal.high_range:
        # The curves of a profile end at white; what codes say of a high range stands above them.
        profile, signal = None, boxes.signal
    deep = signal is not None and signal.high_range and picture.info.get("bit_depth", 8) > 8
    if deep:
        picture = _opened(data, limits, deep=True)
    pixels = memoryview(picture.data)
    width, height = picture.size
    # The size in the header can differ from what was coded.
    limits.check_size(width, height)
    mode, stride = picture.mode.split(";")[0], picture.stride

    def samples(top: int, bottom: int) -> NDArray[np.uint16]:
        rows = np.frombuffer(pixels[top * stride : bottom * stride], np.uint16)
        rows = rows.reshape(bottom - top, stride // 2)[:, : width * len(mode)]
        return rows.reshape(bottom - top, width, len(mode))

    def rows(top: int, bottom: int) -> Image.Image:
        if deep:
            levels = (samples(top, bottom) >> 8).astype(np.uint8)
            return Image.frombytes(mode, (width, bottom - top), levels.tobytes())
        strip = pixels[top * stride : bottom * stride]
        return Image.frombytes(mode, (width, bottom - top), bytes(strip), "raw", mode, stride)

    facts = read_exif_facts(bytes_or_none(picture.info.get("exif")) or b"")
    upright = replace(facts, orientation=1)
    return Raster(
        (width, height),
        rows,
        mode,
        profile,
        upright,
        signal=boxes.signal or facts.signal,
        samples=samples if deep else None,
        pixel_aspect=boxes.pixel_aspect,
    )


def _opened(data: bytes, limits: PhotoLimits, *, deep: bool) -> Any:
    import pillow_heif

    file = pillow_heif.open_heif(CountedReader(data), convert_hdr_to_8bit=not deep)
    picture = file[file.primary_index]
    bands = len(picture.mode.split(";")[0])
    limits.check_size(*picture.size, bytes_per_pixel=bands * (2 if deep else 1))
    return picture
