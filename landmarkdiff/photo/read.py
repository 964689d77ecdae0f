"""Reading a photo: whatever the file, an upright sRGB array or one clear sentence."""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from landmarkdiff.errors import PhotoError, PhotoTooLargeError
from landmarkdiff.notices import Notice
from landmarkdiff.photo.decode import decode_raster
from landmarkdiff.photo.quiet import decoders_kept_quiet
from landmarkdiff.photo.raster import Raster, upright_rgb
from landmarkdiff.photo.sniff import CAMERA_RAW, detect_format
from landmarkdiff.photo.source import PhotoLimits, load_source
from landmarkdiff.photo.square import believable, squared, squared_size
from landmarkdiff.photo.tiff import TiffFile, read_tiff

__all__ = ["Photo", "PhotoLimits", "read_photo"]

#: What Pillow, libheif and pydicom raise on damaged files, found by mutating files of every
#: format: truncated data (OSError, EOFError, struct and zlib errors), fields out of range
#: (ValueError, OverflowError, ZeroDivisionError), fields absent or of another type (KeyError,
#: IndexError, AttributeError, TypeError), headers refused (SyntaxError, RuntimeError,
#: NotImplementedError), nesting without end (RecursionError).
DECODER_ERRORS = (
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    BufferError,
    RuntimeError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo as every later stage sees it.

    Attributes
    ----------
    pixels : ndarray
        H×W×3 uint8 sRGB, upright, contiguous.
    stem : str
        File name without folder and extension, safe to use as a folder name.
    format : str
        What the content was: ``"JPEG"``, ``"HEIC"``, ...
    exif_orientation : int
        EXIF orientation (1 to 8) that was applied; 1 for formats that turn themselves.
    focal_length_35mm : float or None
        35 mm equivalent focal length in millimetres.
    notices : tuple of Notice
        What was decided while reading.
    sha256 : str
        Of the content of the file.
    """

    pixels: NDArray[np.uint8]
    stem: str
    format: str
    exif_orientation: int = 1
    focal_length_35mm: float | None = None
    notices: tuple[Notice, ...] = ()
    sha256: str = ""


def read_photo(
    source: str | Path | bytes | BinaryIO,
    *,
    limits: PhotoLimits = PhotoLimits(),  # noqa: B008
) -> Photo:
    """Read a photo.

    The content decides the type. JPEG, PNG, WebP, TIFF, BMP, GIF, HEIC, AVIF, JPEG 2000, DICOM
    and, where rawpy is installed, camera raw are read, at 8 and 16 bit, gray, palette, CMYK, with
    transparency (put on white), in all eight EXIF orientations; colours are converted to sRGB,
    pixels made square. Of several frames the first is read, of a TIFF the largest page.

    Parameters
    ----------
    source : str, Path, bytes or binary file
        The photo.
    limits : PhotoLimits
        Budget, checked from the header before decoding.

    Returns
    -------
    Photo
        Pixels and the few facts that are kept; no other metadata.

    Raises
    ------
    UnsupportedPhotoError
        The content is of a type that is not read.
    PhotoTooLargeError
        The file or the decoded picture is beyond the budget.
    PhotoError
        The source cannot be opened, or it is damaged or smaller than 16 px a side.
    ParameterError
        The source is neither a path nor bytes nor an open file.

    Examples
    --------
    >>> from landmarkdiff import weights
    >>> photo = read_photo(weights.obtain("grace_hopper"))
    >>> photo.pixels.shape, photo.pixels.dtype.name, photo.format
    ((600, 512, 3), 'uint8', 'JPEG')
    """
    data, stem = load_source(source, limits)
    name = detect_format(data)
    tiff = read_tiff(data) if name == "TIFF" else None
    if tiff is not None and tiff.raw is not None:
        name = CAMERA_RAW
    try:
        with decoders_kept_quiet(standard_error=name in {"TIFF", CAMERA_RAW}):
            raster = _decode(data, name, limits, tiff)
            pixels = _square(upright_rgb(raster), raster, limits)
    except Image.DecompressionBombError as failure:
        raise PhotoTooLargeError("photo_decodes_too_large", name=stem) from failure
    except MemoryError as failure:
        raise PhotoTooLargeError("photo_needs_memory", name=stem) from failure
    except DECODER_ERRORS as failure:
        raise PhotoError("photo_damaged", format=name, name=stem) from failure
    return Photo(
        pixels=pixels,
        stem=stem,
        format=name,
        exif_orientation=raster.facts.orientation,
        focal_length_35mm=raster.facts.focal_length_35mm,
        notices=tuple(raster.notices),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _square(pixels: NDArray[np.uint8], raster: Raster, limits: PhotoLimits) -> NDArray[np.uint8]:
    aspect = believable(raster.pixel_aspect)
    if aspect == 1:
        return pixels
    if raster.facts.orientation >= 5:
        aspect = 1 / aspect
    width, height = squared_size(pixels.shape[1], pixels.shape[0], aspect)
    limits.check_size(width, height)
    raster.notices.append(
        Notice.of("photo_pixels_squared", aspect=aspect, width=width, height=height)
    )
    return squared(pixels, aspect)


def _decode(data: bytes, name: str, limits: PhotoLimits, tiff: TiffFile | None) -> Raster:
    if name == CAMERA_RAW:
        from landmarkdiff.photo.raw import decode_raw

        return decode_raw(data, tiff.raw if tiff else None, limits)
    if name == "HEIC":
        from landmarkdiff.photo.heif import decode_heic

        return decode_heic(data, limits)
    if name == "DICOM":
        from landmarkdiff.photo.dicom import decode_dicom

        return decode_dicom(data, limits)
    return decode_raster(data, name, limits, tiff=tiff)
