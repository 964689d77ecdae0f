"""Mutated files of every format: read, or refused by our own errors, and nothing printed."""

from __future__ import annotations

import os
import random

import numpy as np
import pytest
from coded_samples import avif, chromaticities, dng, heif16, png_with, tiff_pages
from coded_streams import STREAMS
from photo_samples import (
    DISPLAY_P3,
    dicom,
    encoded,
    exif_block,
    heic,
    noise,
    png16,
    rgb_profile,
    smooth,
    tiff_lzw16,
    tiff_raw,
)
from PIL import Image
from pydicom.pixels import get_encoder
from pydicom.uid import JPEG2000, JPEGBaseline8Bit, JPEGLosslessSV1, JPEGLSLossless, RLELossless

from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.photo import PhotoLimits, read_photo
from landmarkdiff.photo.signal import ADOBE_RGB

#: Raise it to search longer.
MUTATIONS = int(os.environ.get("PHOTO_FUZZ_MUTATIONS", "120"))

SMALL = smooth(24, 32)
LIMITS = PhotoLimits(max_decoded_bytes=30_000_000)


def _rle() -> bytes:
    frame = get_encoder(RLELossless).encode(
        SMALL,
        rows=24,
        columns=32,
        samples_per_pixel=3,
        number_of_frames=1,
        photometric_interpretation="RGB",
        pixel_representation=0,
        bits_allocated=8,
        bits_stored=8,
        planar_configuration=0,
    )
    return dicom(None, "RGB", syntax=RLELossless, frames=[frame], shape=SMALL.shape)


def _jpeg_dicom(kind: str, syntax: str) -> bytes:
    options = {"no_jp2": True} if kind == "JPEG2000" else {}
    frame = encoded(SMALL, kind, **options)
    return dicom(None, "RGB", syntax=syntax, frames=[frame], shape=SMALL.shape)


def _palette_dicom() -> bytes:
    tables = {}
    for name in ("Red", "Green", "Blue"):
        tables[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 8]
        tables[f"{name}PaletteColorLookupTableData"] = bytes(range(256))
    return dicom(np.ascontiguousarray(SMALL[..., 0]), "PALETTE COLOR", **tables)


P3 = {"icc_profile": rgb_profile(DISPLAY_P3)}
EXIF = {"exif": exif_block(6, 50)}
PALETTE = Image.fromarray(SMALL).quantize(64)
TWO = {"save_all": True, "append_images": [Image.new("RGB", (32, 24))]}

SEEDS = {
    "jpeg": lambda: encoded(SMALL, "JPEG", **P3, **EXIF),
    "jpeg-progressive": lambda: encoded(SMALL, "JPEG", progressive=True),
    "jpeg-inks": lambda: encoded(Image.new("CMYK", (24, 24), (9, 99, 0, 0)), "JPEG"),
    "png": lambda: encoded(SMALL, "PNG", **P3, **EXIF),
    "png-palette": lambda: encoded(PALETTE, "PNG", transparency=3),
    "png-16": lambda: png16(noise(24, 24).astype(np.uint16) * 257),
    "png-animated": lambda: encoded(SMALL, "PNG", **TWO),
    "webp": lambda: encoded(SMALL, "WEBP", **P3, **EXIF),
    "webp-lossless": lambda: encoded(SMALL, "WEBP", lossless=True),
    "webp-animated": lambda: encoded(SMALL, "WEBP", **TWO),
    "gif": lambda: encoded(PALETTE, "GIF"),
    "gif-animated": lambda: encoded(SMALL, "GIF", **TWO),
    "bmp": lambda: encoded(SMALL, "BMP"),
    "bmp-palette": lambda: encoded(PALETTE, "BMP"),
    "tiff": lambda: encoded(SMALL, "TIFF", **P3),
    "tiff-lzw": lambda: encoded(SMALL, "TIFF", compression="tiff_lzw"),
    "tiff-jpeg": lambda: encoded(SMALL, "TIFF", compression="jpeg"),
    "tiff-pages": lambda: encoded(SMALL, "TIFF", **TWO),
    "tiff-16": lambda: tiff_lzw16(SMALL.astype(np.uint16) * 257),
    "tiff-16-big": lambda: tiff_raw(SMALL.astype(np.uint16) * 257, ">"),
    "tiff-float": lambda: tiff_raw(SMALL[..., 0].astype(np.float32)),
    "tiff-inks": lambda: encoded(Image.new("CMYK", (24, 24)), "TIFF"),
    "tiff-subdirectories": lambda: tiff_pages(
        {"pixels": SMALL[::2, ::2].copy(), "tags": {254: (4, [1])}},
        {"pixels": SMALL},
        sub=({"pixels": SMALL},),
    ),
    "png-codes": lambda: png_with(
        png16(noise(24, 24).astype(np.uint16) * 257), (b"cICP", bytes([9, 16, 0, 1]))
    ),
    "png-chromaticities": lambda: png_with(
        encoded(SMALL, "PNG"),
        (b"gAMA", bytes([0, 0, 0xB1, 0x8F])),
        (b"cHRM", chromaticities(ADOBE_RGB)),
        (b"pHYs", bytes([0, 0, 0, 3, 0, 0, 0, 4, 0])),
    ),
    "avif": lambda: avif(SMALL / 255, 12, 13),
    "jpeg-2000": lambda: encoded(SMALL, "JPEG2000"),
    "raw": lambda: dng(smooth(64, 64)),
    "heic-pq": lambda: heif16(SMALL / 255, 9, 16),
    "dicom-lossless": lambda: dicom(
        None,
        "MONOCHROME2",
        syntax=JPEGLosslessSV1,
        frames=[STREAMS["lossless_12"]],
        shape=(24, 32, 1),
        bits=12,
        BitsAllocated=16,
    ),
    "dicom-jpeg-ls": lambda: dicom(
        None, "RGB", syntax=JPEGLSLossless, frames=[STREAMS["jpeg_ls"]], shape=SMALL.shape
    ),
    "dicom-bare": lambda: dicom(SMALL, "RGB")[132:],
    "heic": lambda: heic(SMALL, **P3),
    "dicom": lambda: dicom(SMALL, "RGB"),
    "dicom-ybr": lambda: dicom(SMALL, "YBR_FULL"),
    "dicom-16": lambda: dicom(SMALL[..., 0].astype(np.uint16), "MONOCHROME1", bits=12),
    "dicom-palette": _palette_dicom,
    "dicom-rle": _rle,
    "dicom-jpeg": lambda: _jpeg_dicom("JPEG", JPEGBaseline8Bit),
    "dicom-jpeg-2000": lambda: _jpeg_dicom("JPEG2000", JPEG2000),
}

_EXTREMES = (
    b"\0",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"\x7f\xff\xff\xff",
)


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Flip, overwrite, remove, repeat or cut; most damage near the header."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        if not data:
            break
        reach = len(data) if chance.random() < 0.5 else min(len(data), 400)
        at = chance.randrange(reach)
        kind = chance.randrange(6)
        if kind == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data[at] = chance.randrange(256)
        elif kind == 2:
            piece = chance.choice(_EXTREMES)
            data[at : at + len(piece)] = piece
        elif kind == 3:
            del data[at : at + chance.randrange(1, 9)]
        elif kind == 4:
            data[at:at] = data[at : at + chance.randrange(1, 40)]
        else:
            del data[max(at, len(data) // 4) :]
    return bytes(data)


@pytest.mark.parametrize("seed", SEEDS)
def test_mutations_end_in_a_photo_or_a_sentence(seed, capfd):
    content = SEEDS[seed]()
    assert read_photo(content, limits=LIMITS).pixels.dtype == np.uint8
    chance = random.Random(seed)  # noqa: S311
    for number in range(MUTATIONS):
        damaged = mutated(content, chance)
        try:
            photo = read_photo(damaged, limits=LIMITS)
        except LandmarkDiffError as error:
            assert "\n" not in str(error)
        except BaseException as error:
            raise AssertionError(f"{seed}, mutation {number}: {error!r}") from error
        else:
            assert photo.pixels.ndim == 3
            assert photo.pixels.nbytes <= LIMITS.max_decoded_bytes
    assert capfd.readouterr() == ("", "")
