"""Pixels that are not square, as each format tells it; the picture is made square by enlarging."""

from __future__ import annotations

import io
import struct

import cv2
import numpy as np
import pytest
from coded_samples import png_with
from photo_samples import dicom, encoded, smooth, tiff_raw
from PIL import Image

from landmarkdiff.errors import PhotoTooLargeError
from landmarkdiff.photo import PhotoLimits, read_photo

WHOLE = smooth(96, 128)
#: The picture with three quarters of its columns: every pixel is 4/3 as wide as high.
NARROW = cv2.resize(WHOLE, (96, 96), interpolation=cv2.INTER_AREA)


def _exif(across, down, orientation=1):
    exif = Image.Exif()
    exif[0x0112], exif[0x011A], exif[0x011B] = orientation, across, down
    return exif.tobytes()


def _jpeg(pixels, unit, across, down):
    content = bytearray(encoded(pixels, "JPEG", quality=98, subsampling=0))
    start = content.index(b"JFIF\0") + 7
    struct.pack_into(">BHH", content, start, unit, across, down)
    return bytes(content)


def _without_jfif(content):
    start = content.index(b"\xff\xe0")
    (length,) = struct.unpack_from(">H", content, start + 2)
    return content[:start] + content[start + 2 + length :]


def _gif(pixels, byte):
    content = bytearray(encoded(Image.fromarray(pixels).quantize(256), "GIF"))
    content[12] = byte
    return bytes(content)


def _bmp(pixels, across, down):
    content = bytearray(encoded(pixels, "BMP"))
    struct.pack_into("<ii", content, 38, across, down)
    return bytes(content)


def _heif(pixels, ratio):
    import pillow_heif

    file = pillow_heif.from_pillow(Image.fromarray(pixels))
    file[0].info["pixel_aspect_ratio"] = ratio
    buffer = io.BytesIO()
    file.save(buffer, quality=95, chroma=444)
    return buffer.getvalue()


FILES = {
    "jpeg-aspect": lambda: _jpeg(NARROW, 0, 3, 4),
    "jpeg-per-inch": lambda: _jpeg(NARROW, 1, 225, 300),
    "jpeg-exif": lambda: _without_jfif(
        encoded(NARROW, "JPEG", quality=98, subsampling=0, exif=_exif(225, 300))
    ),
    "png": lambda: png_with(encoded(NARROW, "PNG"), (b"pHYs", struct.pack(">IIB", 3, 4, 0))),
    "png-per-metre": lambda: png_with(
        encoded(NARROW, "PNG"), (b"pHYs", struct.pack(">IIB", 3000, 4000, 1))
    ),
    "gif": lambda: _gif(NARROW, round(64 * 4 / 3) - 15),
    "bmp": lambda: _bmp(NARROW, 3000, 4000),
    "tiff": lambda: encoded(NARROW, "TIFF", x_resolution=225, y_resolution=300),
    "webp": lambda: encoded(NARROW, "WEBP", lossless=True, exif=_exif(225, 300)),
    "heif": lambda: _heif(NARROW, (4, 3)),
    "dicom-aspect": lambda: dicom(NARROW, "RGB", PixelAspectRatio=[3, 4]),
    "dicom-spacing": lambda: dicom(NARROW, "RGB", PixelSpacing=[0.3, 0.4]),
    "dicom-scanner": lambda: dicom(NARROW, "RGB", NominalScannedPixelSpacing=[0.15, 0.2]),
}


@pytest.mark.parametrize("kind", FILES)
def test_wide_pixels_widen_the_picture(kind):
    photo = read_photo(FILES[kind]())
    assert photo.pixels.shape == WHOLE.shape
    assert [notice.code for notice in photo.notices] == ["photo_pixels_squared"]
    difference = np.abs(photo.pixels.astype(int) - WHOLE)
    assert difference.mean() <= (6 if kind in {"gif", "heif"} else 2)


def test_high_pixels_heighten_it():
    photo = read_photo(_jpeg(smooth(96, 96), 0, 4, 3))
    assert photo.pixels.shape == (128, 96, 3)
    photo = read_photo(dicom(smooth(96, 96), "RGB", PixelAspectRatio=[4, 3]))
    assert photo.pixels.shape == (128, 96, 3)


def test_a_turned_photo_is_stretched_the_other_way():
    content = encoded(NARROW, "TIFF", x_resolution=225, y_resolution=300, tiffinfo={0x0112: 6})
    assert read_photo(content).pixels.shape == (128, 96, 3)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(lambda: _jpeg(NARROW, 1, 300, 300), id="square"),
        pytest.param(lambda: _jpeg(NARROW, 1, 300, 301), id="nearly square"),
        pytest.param(lambda: _jpeg(NARROW, 1, 0, 300), id="zero"),
        pytest.param(lambda: _jpeg(NARROW, 1, 1, 300), id="not to be believed"),
        pytest.param(lambda: encoded(NARROW, "JPEG", exif=_exif(225, 300)), id="jfif says square"),
        pytest.param(lambda: tiff_raw(NARROW), id="nothing said"),
        pytest.param(lambda: dicom(NARROW, "RGB", PixelAspectRatio=[1, 1]), id="dicom"),
    ],
)
def test_what_is_square_stays(content):
    photo = read_photo(content())
    assert photo.pixels.shape == NARROW.shape
    assert photo.notices == ()


def test_the_budget_holds_for_the_enlarged_picture():
    limits = PhotoLimits(max_decoded_bytes=NARROW.size + 100)
    with pytest.raises(PhotoTooLargeError, match="128 x 96"):
        read_photo(FILES["png"](), limits=limits)
