"""Bit depths, colour models, profiles and transparency, by value."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_samples import (
    DISPLAY_P3,
    SRGB,
    encoded,
    heic,
    noise,
    png16,
    rgb_profile,
    tiff_lzw16,
    tiff_raw,
)
from PIL import Image

from landmarkdiff.photo import read_photo
from landmarkdiff.photo.raster import unit_levels

DEEP = np.random.default_rng(1).integers(0, 65536, (40, 50, 3)).astype(np.uint16)
DEEP[0, :4, 0] = (0, 128, 129, 65535)


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.rint(values.astype(np.float64) / 257).astype(np.uint8)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(lambda: png16(DEEP), id="png"),
        pytest.param(lambda: tiff_lzw16(DEEP), id="tiff-lzw"),
        pytest.param(lambda: tiff_raw(DEEP, "<"), id="tiff-little-endian"),
        pytest.param(lambda: tiff_raw(DEEP, ">"), id="tiff-big-endian"),
    ],
)
def test_16_bit_colour_is_rounded_not_cut(content):
    np.testing.assert_array_equal(read_photo(content()).pixels, _rounded(DEEP))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(png16, lambda g: g, id="png"),
        pytest.param(lambda g: tiff_raw(g, "<"), lambda g: g, id="tiff-little-endian"),
        pytest.param(lambda g: tiff_raw(g, ">"), lambda g: g, id="tiff-big-endian"),
        pytest.param(
            lambda g: tiff_raw(g, "<", photometric=0), lambda g: 65535 - g, id="tiff-white-is-zero"
        ),
    ],
)
def test_16_bit_gray_is_scaled_not_clipped(content, expected):
    gray = np.ascontiguousarray(DEEP[..., 0])
    pixels = read_photo(content(gray)).pixels
    np.testing.assert_array_equal(pixels, np.stack([_rounded(expected(gray))] * 3, axis=-1))


def test_16_bit_alpha_goes_on_white():
    rgba = np.full((20, 20, 4), 65535, np.uint16)
    rgba[..., 0] = 0
    rgba[:10, :, 3] = 0
    pixels = read_photo(png16(rgba)).pixels
    np.testing.assert_array_equal(pixels[5, 5], (255, 255, 255))
    np.testing.assert_array_equal(pixels[15, 5], (0, 255, 255))


@pytest.mark.parametrize(
    ("values", "expected", "scaled"),
    [
        (np.array([0.0, 0.25, 0.5, 1.0], np.float32), (0, 64, 128, 255), False),
        (np.array([0.0, 64.0, 128.0, 255.0], np.float32), (0, 64, 128, 255), False),
        (np.array([-1.0, -0.5, 0.0, 1.0], np.float32), (0, 64, 128, 255), True),
        (np.array([0.0, np.nan, 0.5, 1.0], np.float32), (0, 0, 128, 255), False),
    ],
)
def test_float_tiff(values, expected, scaled):
    photo = read_photo(tiff_raw(np.tile(values, (16, 8))))
    np.testing.assert_allclose(photo.pixels[0, :4, 0], expected, atol=1)
    codes = [notice.code for notice in photo.notices]
    assert codes == (["photo_brightness_scaled"] if scaled else [])


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_one_bit(kind):
    board = Image.fromarray(((np.indices((20, 20)).sum(0) % 2) * 255).astype(np.uint8))
    pixels = read_photo(encoded(board.convert("1"), kind)).pixels
    np.testing.assert_array_equal(pixels[0, :4, 1], (0, 255, 0, 255))


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "GIF"])
def test_palette(kind):
    picture = Image.new("P", (20, 20), 1)
    picture.putpalette([0, 0, 0, 10, 200, 30])
    np.testing.assert_array_equal(read_photo(encoded(picture, kind)).pixels[3, 3], (10, 200, 30))


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("RGBA", (200, 100, 0, 255), (200, 100, 0)),
        ("RGBA", (200, 100, 0, 128), (227, 177, 127)),
        ("RGBA", (200, 100, 0, 0), (255, 255, 255)),
        ("LA", (100, 128), (177, 177, 177)),
    ],
)
def test_transparency_goes_on_white(mode, colour, expected):
    photo = read_photo(encoded(Image.new(mode, (20, 20), colour), "PNG"))
    np.testing.assert_allclose(photo.pixels[5, 5], expected, atol=1)
    opaque = colour[-1] == 255
    assert [n.code for n in photo.notices] == ([] if opaque else ["photo_transparent"])


def test_a_transparent_palette_entry_goes_on_white():
    picture = Image.new("P", (20, 20), 0)
    picture.paste(1, (0, 0, 20, 10))
    picture.putpalette([250, 0, 0, 10, 200, 30])
    pixels = read_photo(encoded(picture, "PNG", transparency=0)).pixels
    np.testing.assert_array_equal(pixels[2, 2], (10, 200, 30))
    np.testing.assert_array_equal(pixels[15, 2], (255, 255, 255))


@pytest.mark.parametrize("kind", ["TIFF", "JPEG"])
@pytest.mark.parametrize(
    ("inks", "expected"),
    [
        ((0, 0, 0, 0), (255, 255, 255)),
        ((0, 255, 255, 0), (255, 0, 0)),
        ((0, 0, 0, 255), (0, 0, 0)),
        ((255, 0, 0, 128), (0, 127, 127)),
    ],
)
def test_inks(kind, inks, expected):
    # Pillow writes CMYK JPEG as Adobe does: inverted, with its marker.
    photo = read_photo(encoded(Image.new("CMYK", (20, 20), inks), kind))
    np.testing.assert_allclose(photo.pixels[5, 5], expected, atol=3)
    assert [n.code for n in photo.notices] == ["photo_inks_without_profile"]


# Display P3 -> sRGB, from the published matrix between their linear values (CSS Color 4).
P3_TO_SRGB = np.array(
    [
        [1.2249401, -0.2249404, 0.0],
        [-0.0420569, 1.0420571, 0.0],
        [-0.0196376, -0.0786361, 1.0982735],
    ]
)


def _p3_in_srgb(colour: tuple[int, int, int]) -> np.ndarray:
    encoded_values = np.array(colour) / 255
    linear = np.where(
        encoded_values <= 0.04045, encoded_values / 12.92, ((encoded_values + 0.055) / 1.055) ** 2.4
    )
    linear = np.clip(P3_TO_SRGB @ linear, 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize(
    "colour",
    [(200, 150, 120), (90, 60, 50), (255, 0, 0), (0, 255, 0), (128, 128, 128), (255, 255, 255)],
)
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG", "WEBP", "HEIC"])
def test_display_p3_becomes_srgb(kind, colour):
    profile = rgb_profile(DISPLAY_P3)
    picture = np.full((32, 32, 3), colour, np.uint8)
    if kind == "HEIC":
        content = heic(picture, quality=100, chroma=444, icc_profile=profile)
    else:
        options = {"JPEG": {"quality": 100}, "WEBP": {"lossless": True}}.get(kind, {})
        content = encoded(picture, kind, icc_profile=profile, **options)
    photo = read_photo(content)
    tolerance = 4 if kind in {"HEIC", "JPEG"} else 2
    np.testing.assert_allclose(photo.pixels[9, 9], _p3_in_srgb(colour), atol=tolerance)
    assert photo.notices == ()


def test_an_srgb_profile_changes_nothing():
    content = encoded(noise(), "PNG", icc_profile=rgb_profile(SRGB))
    np.testing.assert_array_equal(read_photo(content).pixels, noise())


def test_a_linear_gray_profile_is_applied():
    picture = Image.new("L", (20, 20), 55)
    content = encoded(picture, "PNG", icc_profile=rgb_profile([], gamma=1.0))
    # 55 / 255 of the light is sRGB level 128.
    np.testing.assert_allclose(read_photo(content).pixels[3, 3], (128, 128, 128), atol=1)


def test_a_profile_and_transparency_together():
    picture = Image.new("RGBA", (20, 20), (200, 150, 120, 255))
    picture.putpixel((0, 0), (200, 150, 120, 0))
    photo = read_photo(encoded(picture, "PNG", icc_profile=rgb_profile(DISPLAY_P3)))
    np.testing.assert_allclose(photo.pixels[9, 9], _p3_in_srgb((200, 150, 120)), atol=2)
    np.testing.assert_array_equal(photo.pixels[0, 0], (255, 255, 255))


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        (b"this is not a profile", "damaged"),
        (rgb_profile(DISPLAY_P3)[:300], "damaged"),
        (rgb_profile([], gamma=2.2), "for GRAY colours"),
    ],
)
def test_a_profile_that_cannot_be_used_is_ignored_with_a_notice(profile, reason):
    photo = read_photo(encoded(noise(), "PNG", icc_profile=profile))
    np.testing.assert_array_equal(photo.pixels, noise())
    assert [n.code for n in photo.notices] == ["photo_profile_ignored"]
    assert reason in photo.notices[0].text


@given(st.integers(0, 65535))
def test_unit_levels_round_to_the_nearest(value):
    levels = unit_levels(np.array([value], np.uint16), 0, 65535)
    assert levels[0] == round(value / 257)
