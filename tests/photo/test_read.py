"""Formats, sources and orientation."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from photo_samples import encoded, exif_block, heic, noise, smooth, tiff_raw
from PIL import Image

from landmarkdiff.errors import ParameterError, PhotoError
from landmarkdiff.photo import PhotoLimits, read_photo


@pytest.mark.parametrize(
    ("kind", "options", "name"),
    [
        ("PNG", {}, "PNG"),
        ("BMP", {}, "BMP"),
        ("TIFF", {}, "TIFF"),
        ("TIFF", {"compression": "tiff_lzw"}, "TIFF"),
        ("TIFF", {"compression": "tiff_adobe_deflate"}, "TIFF"),
        ("WEBP", {"lossless": True, "exact": True}, "WebP"),
    ],
)
def test_lossless_formats_come_back_exactly(kind, options, name):
    photo = read_photo(encoded(noise(), kind, **options))
    assert photo.format == name
    assert photo.exif_orientation == 1
    assert photo.focal_length_35mm is None
    assert photo.notices == ()
    assert photo.pixels.flags.c_contiguous
    assert photo.pixels.flags.writeable
    np.testing.assert_array_equal(photo.pixels, noise())


@pytest.mark.parametrize(
    ("content", "name", "tolerance"),
    [
        (lambda: encoded(smooth(), "JPEG", quality=95), "JPEG", 6),
        (lambda: encoded(smooth(), "JPEG", quality=95, progressive=True), "JPEG", 6),
        (lambda: encoded(smooth(), "WEBP", quality=98), "WebP", 12),
        (lambda: heic(smooth(), quality=98), "HEIC", 12),
        (lambda: encoded(Image.fromarray(smooth()).quantize(256), "GIF"), "GIF", 40),
    ],
)
def test_lossy_formats_come_back_closely(content, name, tolerance):
    photo = read_photo(content())
    assert photo.format == name
    assert np.abs(photo.pixels.astype(int) - smooth()).max() <= tolerance


def test_strips_join_without_a_seam():
    tall = noise(3000, 700)
    np.testing.assert_array_equal(read_photo(encoded(tall, "PNG", compress_level=0)).pixels, tall)


# Where the four corners of the upright picture (red top-left, green top-right, blue
# bottom-left, white bottom-right) are stored for each EXIF orientation.
def _stored_for(orientation: int) -> Image.Image:
    upright = np.zeros((32, 48, 3), np.uint8)
    upright[:16, :24] = (255, 0, 0)
    upright[:16, 24:] = (0, 255, 0)
    upright[16:, :24] = (0, 0, 255)
    upright[16:, 24:] = (255, 255, 255)
    turns = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }
    return Image.fromarray(np.ascontiguousarray(turns[orientation]))


def _corners(pixels: np.ndarray) -> list[tuple[int, ...]]:
    height, width = pixels.shape[:2]
    points = [(y, x) for y in (5, height - 6) for x in (5, width - 6)]
    return [tuple(int(v) for v in pixels[p]) for p in points]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 100, "subsampling": 0}),
        ("PNG", {}),
        ("WEBP", {"lossless": True, "exact": True}),
        ("TIFF", {}),
    ],
)
def test_all_orientations_come_out_upright(kind, options, orientation):
    content = encoded(_stored_for(orientation), kind, exif=exif_block(orientation, 85), **options)
    photo = read_photo(content)
    assert photo.exif_orientation == orientation
    assert photo.focal_length_35mm == 85.0
    assert photo.pixels.shape == (32, 48, 3)
    expected = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
    np.testing.assert_allclose(_corners(photo.pixels), expected, atol=2)


@pytest.mark.parametrize("orientation", [3, 6])
def test_a_compressed_tiff_is_turned_once(orientation):
    content = encoded(
        _stored_for(orientation), "TIFF", compression="tiff_lzw", tiffinfo={0x0112: orientation}
    )
    photo = read_photo(content)
    assert photo.exif_orientation == orientation
    expected = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
    assert _corners(photo.pixels) == expected


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_heic_is_turned_once(orientation):
    import pillow_heif

    buffer = io.BytesIO()
    stored = _stored_for(orientation).resize((96, 64) if orientation < 5 else (64, 96), 0)
    picture = pillow_heif.from_pillow(stored)
    picture.info["exif"] = exif_block(orientation, 50)
    picture.save(buffer, quality=100, chroma=444)
    photo = read_photo(buffer.getvalue())
    assert photo.focal_length_35mm == 50.0
    assert photo.pixels.shape == (64, 96, 3)
    expected = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
    np.testing.assert_allclose(_corners(photo.pixels), expected, atol=6)


def test_big_endian_exif_in_a_tiff():
    content = tiff_raw(noise(), ">", extra=[(0x0112, 3, 1, 3)])
    photo = read_photo(content)
    assert photo.exif_orientation == 3
    np.testing.assert_array_equal(photo.pixels, noise()[::-1, ::-1])


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_out_of_range_is_no_orientation(orientation):
    photo = read_photo(encoded(noise(), "PNG", exif=exif_block(orientation)))
    assert photo.exif_orientation == 1
    np.testing.assert_array_equal(photo.pixels, noise())


@pytest.mark.parametrize(
    ("kind", "name", "options"),
    [
        ("GIF", "GIF", {}),
        ("WEBP", "WebP", {"lossless": True}),
        ("PNG", "PNG", {}),
        ("TIFF", "TIFF", {}),
    ],
)
def test_of_several_frames_the_first(kind, name, options):
    first = Image.new("RGB", (32, 32), (255, 0, 0))
    second = Image.new("RGB", (32, 32), (0, 0, 255))
    content = encoded(first, kind, save_all=True, append_images=[second], **options)
    photo = read_photo(content)
    assert [notice.code for notice in photo.notices] == ["photo_first_frame"]
    assert name in photo.notices[0].text
    np.testing.assert_array_equal(photo.pixels[16, 16], (255, 0, 0))


def test_the_content_decides_not_the_name(tmp_path):
    path = tmp_path / "portrait.jpg"
    path.write_bytes(encoded(noise(), "PNG"))
    photo = read_photo(path)
    assert (photo.format, photo.stem) == ("PNG", "portrait")


def test_every_kind_of_source_gives_the_same(tmp_path):
    content = encoded(noise(), "PNG")
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with path.open("rb") as file:
        sources = [str(path), path, content, bytearray(content), io.BytesIO(content), file]
        photos = [read_photo(source) for source in sources]
    for photo in photos:
        np.testing.assert_array_equal(photo.pixels, noise())
    assert [photo.stem for photo in photos] == ["a", "a", "photo", "photo", "photo", "a"]


@pytest.mark.parametrize("source", [None, 3, io.StringIO("text"), ["a.png"]])
def test_other_sources_are_refused(source):
    with pytest.raises(ParameterError, match="allowed: "):
        read_photo(source)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Müller, Anna.jpg", "Müller_ Anna"),
        ("../../etc/passwd.png", "passwd"),
        ("C:\\patients\\x.png", "x"),
        (".hidden", "hidden"),
        ("-rf.png", "rf"),
        ("a\nb\x1b[31m.png", "ab_31m"),
        ("CON.png", "CON_"),
        ("....png", "photo"),
        ("肖像.png", "肖像"),
        ("x" * 240 + ".png", "x" * 100),
    ],
)
def test_the_stem_is_safe_as_a_folder_name(name, stem):
    file = io.BytesIO(encoded(noise(), "PNG"))
    file.name = name
    assert read_photo(file).stem == stem


def test_the_smallest_side():
    assert read_photo(encoded(noise(16, 16), "PNG")).pixels.shape == (16, 16, 3)
    with pytest.raises(PhotoError, match="at least 16 px a side"):
        read_photo(encoded(noise(15, 400), "PNG"))


def test_a_budget_below_one_byte_is_refused():
    with pytest.raises(ParameterError, match="max_file_bytes"):
        PhotoLimits(max_file_bytes=0)


def test_importing_the_package_loads_no_decoder():
    code = (
        "import sys, landmarkdiff.photo;"
        "heavy = {'PIL', 'numpy', 'cv2', 'pydicom', 'pillow_heif'} & set(sys.modules);"
        "assert not heavy, heavy;"
        "from landmarkdiff.photo import read_photo;"
        "late = {'cv2', 'pydicom', 'pillow_heif'} & set(sys.modules);"
        "assert not late, late"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
