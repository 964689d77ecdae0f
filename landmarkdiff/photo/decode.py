"""JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF and JPEG 2000: from bytes to a :class:`Raster`.

The decoders are called by class, never through a registry, so no other format can be reached
by any content; each is asked for its size before it decodes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from landmarkdiff.errors import PhotoTooLargeError
from landmarkdiff.notices import Notice, Reason
from landmarkdiff.photo.exif import read_exif_facts
from landmarkdiff.photo.iso_media import read_iso_facts
from landmarkdiff.photo.jpeg import check_jpeg_coding, check_jpeg_scans, check_tiff_jpeg_scans
from landmarkdiff.photo.png import read_png_facts
from landmarkdiff.photo.raster import Raster, unit_levels
from landmarkdiff.photo.source import CountedReader, PhotoLimits
from landmarkdiff.photo.square import aspect_of_densities
from landmarkdiff.photo.tiff import TiffFile, check_tiff_coding

__all__ = ["bytes_or_none", "check_coded_size", "decode_raster", "open_and_load"]


class _StoredTiff(TiffImagePlugin.TiffImageFile):
    """A TIFF as stored: Pillow would turn it upright itself and parse all its directories."""

    def load_end(self) -> None:
        pass


_CLASSES: dict[str, type[ImageFile.ImageFile]] = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "JPEG 2000": Jpeg2KImagePlugin.Jpeg2KImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "TIFF": _StoredTiff,
    "WebP": WebPImagePlugin.WebPImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
}

#: Decoders that hold several copies of the picture, or full-width integers, at their peak.
_COPIES = {"WebP": 2.0, "JPEG 2000": 4.0, "AVIF": 3.0}

#: Measured on noise: libde265 takes 1 s for 19 MB, OpenJPEG 1 s for 7 MB, dav1d 1 s for 9 MB.
_MAX_CODED_BYTES = {"HEIC": 64_000_000, "JPEG 2000": 24_000_000, "AVIF": 32_000_000}

_NUMERIC_MODES = {"I", "F", "I;16", "I;16B", "I;16L", "I;16N"}

# Pillow keeps only the high byte of these; reading them in the other byte order gives the low.
_NATIVE = "L" if sys.byteorder == "little" else "B"
_LOW_BYTE = {
    f"{bands};16{order}": f"{bands};16{'L' if (_NATIVE if order == 'N' else order) == 'B' else 'B'}"
    for bands in ("RGB", "RGBA", "RGBa", "RGBX", "CMYK")
    for order in "LBN"
}


def decode_raster(
    data: bytes, name: str, limits: PhotoLimits, *, tiff: TiffFile | None = None
) -> Raster:
    """Decode a file of one of the formats that Pillow reads.

    Parameters
    ----------
    data : bytes
        The file.
    name : str
        Its format, as :func:`landmarkdiff.photo.sniff.detect_format` names it.
    limits : PhotoLimits
        Budget.
    tiff : TiffFile, optional
        The directories of a TIFF.

    Returns
    -------
    Raster
        First frame, or largest page.

    Raises
    ------
    PhotoError
        Beyond the budget, or refused from its header. What the decoders raise passes through.
    """
    if tiff is not None:
        check_tiff_coding(tiff)
        data = tiff.starting_with_photo(data)
    image, low = open_and_load(data, name, limits, tiff=tiff)
    # Without its file object, so that cropping cannot start a second decoding; and before the
    # frames are asked for, because a GIF answers by leaving its first frame.
    picture = image._new(image.im)
    info = dict(image.info)
    facts = read_exif_facts(data if tiff else bytes_or_none(info.get("exif")) or b"")
    # The number of frames would take a walk through all of them; whether there are more is enough.
    more = tiff.other_pictures if tiff else bool(getattr(image, "is_animated", False))
    largest = tiff is not None and tiff.photo is not tiff.pages[0]
    code = "photo_largest_page" if largest else "photo_first_frame"
    notices = [Notice.of(code, format=name)] if more else []
    raster = Raster(picture.size, _plain_rows(picture), picture.mode, None, facts, notices)
    raster.profile = bytes_or_none(info.get("icc_profile"))
    if picture.mode in _NUMERIC_MODES:
        raster.rows, notice = _numeric_rows(picture, image)
        raster.mode = "L"
        if name == "PNG":
            raster.samples = _gray_samples(picture)
        notices += [notice] if notice else []
    elif low is not None:
        raster.samples = _merged_samples(picture, low._new(low.im))
        raster.rows = _rounded_rows(raster.samples, picture.mode)
    _describe(raster, data, name, info)
    return raster


def _describe(raster: Raster, data: bytes, name: str, info: dict[Any, Any]) -> None:
    """Add what the file says of its colours, apart from a profile, and of its pixels."""
    facts = raster.facts
    raster.signal = facts.signal
    raster.pixel_aspect = facts.pixel_aspect
    if name == "PNG":
        png = read_png_facts(data)
        raster.pixel_aspect = png.pixel_aspect
        if png.described:
            raster.signal = png.signal
        if png.ignores_profile:
            raster.profile = None
        if png.damaged:
            reason = Reason.of("profile_damaged")
            raster.notices.append(Notice.of("photo_profile_ignored", reason=reason))
    elif name == "JPEG" and "jfif_density" in info:
        raster.pixel_aspect = aspect_of_densities(info, "jfif_density")
    elif name in {"BMP", "JPEG 2000"}:
        raster.pixel_aspect = aspect_of_densities(info, "dpi")
    elif name == "GIF" and data[12]:
        raster.pixel_aspect = (data[12] + 15) / 64
    elif name == "AVIF":
        boxes = read_iso_facts(data)
        raster.signal, raster.pixel_aspect = boxes.signal or facts.signal, boxes.pixel_aspect
        if boxes.signal is not None and boxes.signal.high_range:
            raster.profile = None


def open_and_load(
    data: bytes,
    name: str,
    limits: PhotoLimits,
    *,
    tiff: TiffFile | None = None,
    draft: str | None = None,
) -> tuple[ImageFile.ImageFile, ImageFile.ImageFile | None]:
    """Check a file's header against the budget and decode it.

    Parameters
    ----------
    data : bytes
        File or stream.
    name : str
        Format.
    limits : PhotoLimits
        Budget.
    tiff : TiffFile, optional
        The directories of a TIFF.
    draft : str, optional
        Mode in which a JPEG in colour is to be decoded, as :meth:`PIL.Image.Image.draft` takes
        it.

    Returns
    -------
    tuple of (ImageFile, ImageFile or None)
        The picture, and for 16-bit colour its low bytes as a second picture.

    Raises
    ------
    PhotoError
        Beyond the budget.
    """
    check_coded_size(data, name)
    if name == "WebP":
        # Its decoder allocates whole canvases as soon as the file is opened.
        limits.check_size(*_webp_size(data), bytes_per_pixel=3 * _COPIES[name])
    if name == "JPEG":
        draft = check_jpeg_coding(data) or draft
    image = _CLASSES[name](CountedReader(data))
    low_mode = _low_byte_mode(image)
    depth = 2 if low_mode or "16" in image.mode else 4 if image.mode in {"I", "F"} else 1
    per_pixel = max(3, depth * len(image.getbands())) * _COPIES.get(name, 1.0)
    limits.check_size(*image.size, bytes_per_pixel=per_pixel)
    if name == "JPEG":
        check_jpeg_scans(data, *image.size)
    if tiff is not None and tiff.photo.jpeg:
        check_tiff_jpeg_scans(data, *image.size, pieces=tiff.photo.pieces)
    if draft is not None:
        image.draft(draft, image.size)
    low = None
    if low_mode:
        low = _CLASSES[name](CountedReader(data))
        low.tile = [_with_raw_mode(tile, low_mode) for tile in low.tile]
        low.load()
    image.load()
    return image, low


def check_coded_size(data: bytes, name: str) -> None:
    """Refuse a stream whose decoder would need longer than a photo ever does.

    Raises
    ------
    PhotoTooLargeError
        More coded bytes than a photo of that format has.
    """
    most = _MAX_CODED_BYTES.get(name)
    if most is not None and len(data) > most:
        raise PhotoTooLargeError(
            "picture_file_too_large",
            format=name,
            megabytes=len(data) / 1e6,
            most=most / 1e6,
        )


def bytes_or_none(value: object) -> bytes | None:
    """Return what a decoder gives as bytes; None when it is empty or something else."""
    return value if isinstance(value, bytes) and value else None


def _plain_rows(picture: Image.Image) -> Callable[[int, int], Image.Image]:
    return lambda top, bottom: picture.crop((0, top, picture.width, bottom))


def _gray_samples(picture: Image.Image) -> Callable[[int, int], NDArray[np.uint16]]:
    def samples(top: int, bottom: int) -> NDArray[np.uint16]:
        rows = np.asarray(picture.crop((0, top, picture.width, bottom)))
        return rows.astype(np.uint16)[..., None]

    return samples


def _merged_samples(
    high: Image.Image, low: Image.Image
) -> Callable[[int, int], NDArray[np.uint16]]:
    def samples(top: int, bottom: int) -> NDArray[np.uint16]:
        box = (0, top, high.width, bottom)
        deep = np.asarray(high.crop(box)).astype(np.uint16) << 8
        return np.asarray(deep | np.asarray(low.crop(box)))

    return samples


def _rounded_rows(
    samples: Callable[[int, int], NDArray[np.uint16]], mode: str
) -> Callable[[int, int], Image.Image]:
    def rows(top: int, bottom: int) -> Image.Image:
        deep = samples(top, bottom)
        # round(value / 257), which maps 65535 to 255, without leaving 16 bit
        high, low = deep >> 8, (deep & 255).astype(np.int16)
        step = low - high.astype(np.int16)
        levels = (high + (step > 128) - (step < -128)).astype(np.uint8)
        return Image.frombytes(mode, (deep.shape[1], bottom - top), levels.tobytes())

    return rows


def _numeric_rows(
    picture: Image.Image, source: ImageFile.ImageFile
) -> tuple[Callable[[int, int], Image.Image], Notice | None]:
    bits, inverted = 16, False
    if isinstance(source, TiffImagePlugin.TiffImageFile):
        bits = int(source.tag_v2.get(258, (16,))[0])
        inverted = source.tag_v2.get(262) == 0
    notice = None
    low, high = 0.0, float((1 << bits) - 1)
    if picture.mode in {"I", "F"} and bits != 16:
        low, high = _guessed_range(picture)
    if picture.mode in {"I", "F"} and (low, high) not in {(0.0, 1.0), (0.0, 255.0), (0.0, 65535.0)}:
        notice = Notice.of("photo_brightness_scaled", low=low, high=high)

    def rows(top: int, bottom: int) -> Image.Image:
        values: NDArray[np.generic] = np.asarray(picture.crop((0, top, picture.width, bottom)))
        return Image.fromarray(unit_levels(values, low, high, inverted=inverted))

    return rows, notice


def _guessed_range(picture: Image.Image) -> tuple[float, float]:
    # Nothing in the file says what white is: the usual conventions first, then the extremes.
    lowest, highest = np.inf, -np.inf
    for top in range(0, picture.height, 64):
        box = (0, top, picture.width, min(top + 64, picture.height))
        values = np.asarray(picture.crop(box))
        finite = values[np.isfinite(values)]
        lowest = min(lowest, float(finite.min(initial=np.inf)))
        highest = max(highest, float(finite.max(initial=-np.inf)))
    if lowest > highest:
        return 0.0, 1.0
    if lowest >= 0:
        conventions = (1.0, 255.0, 65535.0) if picture.mode == "F" else (255.0, 65535.0)
        for white in conventions:
            if highest <= white:
                return 0.0, white
    return lowest, highest


def _low_byte_mode(image: ImageFile.ImageFile) -> str | None:
    modes = {_raw_mode(tile) for tile in image.tile}
    return _LOW_BYTE.get(modes.pop()) if len(modes) == 1 else None


def _raw_mode(tile: ImageFile._Tile) -> str:
    first = tile.args[0] if isinstance(tile.args, tuple) and tile.args else tile.args
    return first if isinstance(first, str) else ""


def _with_raw_mode(tile: ImageFile._Tile, mode: str) -> ImageFile._Tile:
    args = (mode, *tile.args[1:]) if isinstance(tile.args, tuple) else mode
    return tile._replace(args=args)


def _webp_size(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        return (
            1 + int.from_bytes(data[24:27], "little"),
            1 + int.from_bytes(data[27:30], "little"),
        )
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return (
        int.from_bytes(data[26:28], "little") & 0x3FFF,
        int.from_bytes(data[28:30], "little") & 0x3FFF,
    )
