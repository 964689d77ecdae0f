"""From a decoded picture of any kind to upright sRGB, a strip of rows at a time.

Working in strips keeps the peak at the decoder's own buffer plus the result: every conversion
(16 bit, profile, alpha, rotation) happens on a few rows, which are written straight to their
place in the upright array.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from landmarkdiff.notices import Notice
from landmarkdiff.photo.colour import ProfileConversion, lab_to_srgb, profile_conversion
from landmarkdiff.photo.exif import ExifFacts
from landmarkdiff.photo.signal import Signal, signal_of_profile
from landmarkdiff.photo.tone_map import PeakMeter, SignalConversion

__all__ = ["Raster", "mapped_rows", "unit_levels", "upright_rgb"]

_STRIP_PIXELS = 1 << 20

#: Rows from one to another as RGB, and their alpha.
Converter = Callable[[int, int], tuple[Image.Image, Image.Image | None]]


@dataclass
class Raster:
    """A decoded picture, not yet upright and not yet RGB.

    Attributes
    ----------
    size : tuple of int
        Width and height in pixels, as stored.
    rows : callable
        ``rows(top, bottom)`` returns those rows as an 8-bit Pillow image.
    mode : str
        Pillow mode of what ``rows`` returns.
    profile : bytes or None
        Embedded ICC profile.
    facts : ExifFacts
        Orientation still to be applied, and focal length.
    notices : list of Notice
        What the decoder had to decide.
    signal : Signal or None
        What the numbers mean where no profile says it; None is sRGB.
    samples : callable or None
        ``samples(top, bottom)`` returns those rows as (H, W, C) uint16 of full scale, alpha
        last, for decoders that have more than 8 bits.
    pixel_aspect : float or None
        Width of a pixel over its height, as stored; None when the file does not say it.
    """

    size: tuple[int, int]
    rows: Callable[[int, int], Image.Image]
    mode: str
    profile: bytes | None = None
    facts: ExifFacts = field(default_factory=ExifFacts)
    notices: list[Notice] = field(default_factory=list)
    signal: Signal | None = None
    samples: Callable[[int, int], NDArray[np.uint16]] | None = None
    pixel_aspect: float | None = None


def upright_rgb(raster: Raster) -> NDArray[np.uint8]:
    """Return the picture upright, in sRGB, on white.

    Parameters
    ----------
    raster : Raster
        Decoded picture; notices about profile and transparency are added to it.

    Returns
    -------
    ndarray
        H×W×3 uint8 RGB, contiguous.
    """
    width, height = raster.size
    turned = raster.facts.orientation >= 5
    upright = np.empty((width, height, 3) if turned else (height, width, 3), np.uint8)
    stored = _as_stored(upright, raster.facts.orientation)
    step = max(16, _STRIP_PIXELS // width)
    strips = [(top, min(top + step, height)) for top in range(0, height, step)]
    convert = _converter(raster, strips)
    transparent = False
    for top, bottom in strips:
        rgb, alpha = convert(top, bottom)
        if alpha is not None and alpha.getextrema() != (255, 255):
            transparent = True
            white = Image.new("RGB", rgb.size, (255, 255, 255))
            white.paste(rgb, mask=alpha)
            rgb = white
        stored[top:bottom] = np.asarray(rgb)
    if transparent:
        raster.notices.append(Notice.of("photo_transparent"))
    return upright


def unit_levels(
    values: NDArray[np.generic], low: float, high: float, *, inverted: bool = False
) -> NDArray[np.uint8]:
    """Scale gray values of any type so that ``low`` is 0 and ``high`` 255, rounded.

    Parameters
    ----------
    values : ndarray
        Gray values, any shape and number type; NaN counts as ``low``.
    low, high : float
        Black and white.
    inverted : bool
        Whether ``low`` is white instead.

    Returns
    -------
    ndarray
        uint8, same shape.
    """
    span = high - low
    if not np.isfinite(span) or span <= 0:
        span = 1.0
    scaled = (values.astype(np.float32) - np.float32(low)) * np.float32(255.0 / span)
    scaled = np.clip(np.nan_to_num(scaled, nan=0.0, posinf=255.0, neginf=0.0), 0.0, 255.0)
    levels: NDArray[np.uint8] = np.rint(scaled).astype(np.uint8)
    return np.subtract(255, levels, dtype=np.uint8) if inverted else levels


def _converter(raster: Raster, strips: list[tuple[int, int]]) -> Converter:
    """Return what makes RGB and alpha of the rows from one to another."""
    profile = _profile_conversion(raster)
    signal = signal_of_profile(raster.profile)
    if signal is None and profile is None:
        signal = raster.signal
    if signal is None or raster.mode == "CMYK":
        return lambda top, bottom: _split_alpha(raster.rows(top, bottom), profile)
    conversion = SignalConversion(signal)
    if signal.high_range:
        meter = PeakMeter(signal)
        for top, bottom in strips:
            # A quarter of the pixels tells the peak as well.
            meter.add(_samples(raster, top, bottom)[0][::2, ::2])
        conversion = SignalConversion(signal, meter.peak)
        raster.notices.append(Notice.of("photo_tone_mapped", curve=signal.curve.kind))
    elif conversion.changes_nothing():
        return lambda top, bottom: _split_alpha(raster.rows(top, bottom), None)

    def converted(top: int, bottom: int) -> tuple[Image.Image, Image.Image | None]:
        samples, alpha = _samples(raster, top, bottom)
        return Image.fromarray(conversion.apply(samples)), alpha

    return converted


def _samples(
    raster: Raster, top: int, bottom: int
) -> tuple[NDArray[np.uint8] | NDArray[np.uint16], Image.Image | None]:
    """Return rows as (H, W, 3) samples of 8 or 16 bit, and their alpha."""
    if raster.samples is None:
        rgb, alpha = _split_alpha(raster.rows(top, bottom), None)
        return np.asarray(rgb), alpha
    deep = raster.samples(top, bottom)
    alpha = None
    if deep.shape[2] in {2, 4}:
        alpha = Image.fromarray((deep[..., -1] >> 8).astype(np.uint8))
        deep = deep[..., :-1]
    return np.broadcast_to(deep, (*deep.shape[:2], 3)), alpha


def _profile_conversion(raster: Raster) -> ProfileConversion | None:
    bands = raster.mode if raster.mode in {"L", "CMYK"} else "RGB"
    bands = "L" if raster.mode in {"1", "LA", "La"} else bands
    conversion, reason = profile_conversion(raster.profile, bands)
    if reason:
        raster.notices.append(Notice.of("photo_profile_ignored", reason=reason))
    if bands == "CMYK" and conversion is None:
        raster.notices.append(Notice.of("photo_inks_without_profile"))
    return conversion


def _split_alpha(
    image: Image.Image, conversion: ProfileConversion | None
) -> tuple[Image.Image, Image.Image | None]:
    alpha = None
    if image.mode in {"RGBa", "La"}:
        image = image.convert("RGBA" if image.mode == "RGBa" else "LA")
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        if image.mode not in {"RGBA", "LA"}:
            image = image.convert("RGBA")
        alpha = image.getchannel("A")
        image = image.convert("RGB" if image.mode == "RGBA" else "L")
    if image.mode == "LAB":
        return lab_to_srgb(image), alpha
    if conversion is not None:
        if image.mode != conversion.mode:
            image = image.convert(conversion.mode)
        image = conversion.apply(image)
    return (image if image.mode == "RGB" else image.convert("RGB")), alpha


def _as_stored(upright: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    # A view of the upright array that has the stored rows and columns: writing a stored row
    # into it turns the picture without another copy.
    views = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: upright[:, ::-1].transpose(1, 0, 2),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: upright[::-1].transpose(1, 0, 2),
    }
    return views[orientation]


def mapped_rows(
    array: NDArray[np.generic], picture_of: Callable[[NDArray[np.generic]], Image.Image]
) -> Callable[[int, int], Image.Image]:
    """Return the ``rows`` of a :class:`Raster` whose picture is an array.

    Parameters
    ----------
    array : ndarray
        H×W or H×W×3 samples.
    picture_of : callable
        Makes an 8-bit picture of some rows of it.
    """
    return lambda top, bottom: picture_of(array[top:bottom])
