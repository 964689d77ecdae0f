"""Colours that no ICC profile describes: converted, in the order in which a file means them."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from coded_samples import (
    avif,
    chromaticities,
    colour_difference,
    heif16,
    levels,
    png_with,
    stored_in,
)
from photo_samples import DISPLAY_P3, encoded, heic, png16, rgb_profile
from PIL import Image, ImageCms

from landmarkdiff.errors import UnsupportedPhotoError
from landmarkdiff.photo import read_photo
from landmarkdiff.photo.signal import ADOBE_RGB, SRGB, Curve, Signal, pq_stored
from landmarkdiff.photo.tone_map import PeakMeter, SignalConversion

P3 = Signal.of_codes(12, 13)
BT2020 = Signal.of_codes(9, 14)
PQ = Signal.of_codes(9, 16)
HLG = Signal.of_codes(9, 18)
LINEAR = Signal(curve=Curve("power", 1.0))
CICP_PQ, CICP_P3 = bytes([9, 16, 0, 1]), bytes([12, 13, 0, 1])
ADOBE_GAMMA = struct.pack(">I", 45471)


@pytest.fixture(scope="module")
def photo(grace_hopper):
    return np.ascontiguousarray(grace_hopper[80:400, 120:400])


def _png(signal, photo, *chunks, bits=8):
    values = levels(stored_in(signal, photo), bits)
    return png_with(encoded(values, "PNG") if bits == 8 else png16(values), *chunks)


@pytest.mark.parametrize(
    ("signal", "bits", "chunks"),
    [
        pytest.param(P3, 8, [(b"cICP", CICP_P3)], id="cicp-p3"),
        pytest.param(BT2020, 16, [(b"cICP", bytes([9, 14, 0, 1]))], id="cicp-bt2020"),
        pytest.param(
            ADOBE_RGB,
            8,
            [(b"gAMA", ADOBE_GAMMA), (b"cHRM", chromaticities(ADOBE_RGB))],
            id="chrm-adobe",
        ),
        pytest.param(P3, 8, [(b"cHRM", chromaticities(P3))], id="chrm-alone"),
        pytest.param(LINEAR, 16, [(b"gAMA", struct.pack(">I", 100_000))], id="gama-linear"),
        pytest.param(SRGB, 8, [(b"gAMA", struct.pack(">I", 45_455))], id="gama-of-srgb"),
        pytest.param(SRGB, 8, [(b"cICP", bytes([1, 13, 0, 1]))], id="cicp-srgb"),
        pytest.param(
            P3,
            8,
            [(b"gAMA", struct.pack(">I", 100_000)), (b"sRGB", b"\0"), (b"cICP", CICP_P3)],
            id="cicp-before-srgb-before-gama",
        ),
        pytest.param(
            SRGB,
            8,
            [(b"gAMA", struct.pack(">I", 100_000)), (b"sRGB", b"\0")],
            id="srgb-before-gama",
        ),
        pytest.param(SRGB, 8, [(b"cICP", bytes([200, 13, 0, 1]))], id="cicp-unknown"),
        pytest.param(SRGB, 8, [(b"cICP", bytes([12, 13, 6, 1]))], id="cicp-not-rgb"),
    ],
)
def test_png_chunks(photo, signal, bits, chunks):
    read = read_photo(_png(signal, photo, *chunks, bits=bits))
    assert colour_difference(read.pixels, photo) <= 1.0
    assert read.notices == ()


def test_a_profile_stands_above_the_gamma_of_a_png_and_below_its_codes(photo):
    profile = {"icc_profile": rgb_profile(DISPLAY_P3)}
    in_p3 = encoded(levels(stored_in(P3, photo)), "PNG", **profile)
    with_gamma = png_with(in_p3, (b"gAMA", struct.pack(">I", 100_000)))
    assert colour_difference(read_photo(with_gamma).pixels, photo) <= 1.0
    plain = png_with(encoded(photo, "PNG", **profile), (b"cICP", bytes([1, 13, 0, 1])))
    np.testing.assert_array_equal(read_photo(plain).pixels, photo)


def test_narrow_range(photo):
    values = (16 + 219 * stored_in(SRGB, photo)) / 255
    content = png_with(encoded(levels(values), "PNG"), (b"cICP", bytes([1, 13, 0, 0])))
    assert colour_difference(read_photo(content).pixels, photo) <= 1.0


def test_deep_linear_gray():
    gray = np.tile(np.arange(256, dtype=np.uint8), (20, 1))
    content = png16(levels(stored_in(LINEAR, gray[..., None].repeat(3, axis=2))[..., 0], 16))
    read = read_photo(png_with(content, (b"gAMA", struct.pack(">I", 100_000))))
    np.testing.assert_array_equal(read.pixels[..., 1], gray)


@pytest.mark.parametrize(("coding", "words"), [(b"avc1", "AVC"), (b"j2k1", "JPEG 2000")])
def test_heif_of_another_coding_is_named(photo, coding, words):
    with pytest.raises(UnsupportedPhotoError, match=words):
        read_photo(heic(photo).replace(b"hvc1", coding))


def test_primaries_of_no_display_are_ignored_with_a_notice(photo):
    content = png_with(encoded(photo, "PNG"), (b"cHRM", bytes(32)))
    read = read_photo(content)
    np.testing.assert_array_equal(read.pixels, photo)
    assert [notice.code for notice in read.notices] == ["photo_profile_ignored"]


@pytest.mark.parametrize(("signal", "code"), [(PQ, 16), (HLG, 18)], ids=["pq", "hlg"])
def test_a_high_range_is_tone_mapped(photo, signal, code):
    values = stored_in(signal, photo)
    png = png_with(png16(levels(values, 16)), (b"cICP", bytes([9, code, 0, 1])))
    for content, most in ((png, 1.0), (heif16(values, 9, code), 4.0), (avif(values, 9, code), 4.0)):
        read = read_photo(content)
        assert [notice.code for notice in read.notices] == ["photo_tone_mapped"]
        assert colour_difference(read.pixels, photo) <= most


def test_highlights_are_brought_below_white_in_their_order():
    ramp = np.tile(np.geomspace(1, 4000, 256)[None, :, None] / 10_000, (32, 1, 3))
    content = png_with(png16(levels(pq_stored(ramp), 16)), (b"cICP", bytes([1, 16, 0, 1])))
    row = read_photo(content).pixels[5, :, 1].astype(int)
    nits = np.geomspace(1, 4000, 256)
    assert (np.diff(row) >= 0).all()
    assert row[np.searchsorted(nits, 3900)] >= 250
    # Diffuse white keeps below the highlights, and what is dark stays as it is.
    assert 200 <= row[np.searchsorted(nits, 203)] <= 240
    dark = np.searchsorted(nits, 20)
    expected = 255 * (1.055 * (nits[dark] / 203) ** (1 / 2.4) - 0.055)
    assert abs(row[dark] - expected) <= 2


def test_single_bright_pixels_do_not_darken_a_picture(photo):
    values = stored_in(PQ, photo)
    values[:4, :4] = 1.0
    content = png_with(png16(levels(values, 16)), (b"cICP", CICP_PQ))
    assert colour_difference(read_photo(content).pixels[8:], photo[8:]) <= 1.0


def test_transparency_of_a_high_range_goes_on_white(photo):
    values = levels(np.dstack([stored_in(PQ, photo), np.ones(photo.shape[:2])]), 16)
    values[:40, :, 3] = 0
    read = read_photo(png_with(png16(values), (b"cICP", CICP_PQ)))
    assert (read.pixels[:40] == 255).all()
    assert colour_difference(read.pixels[40:], photo[40:]) <= 1.0


def test_a_profile_that_names_pq_is_tone_mapped(photo):
    profile = bytearray(rgb_profile(DISPLAY_P3))
    (count,) = struct.unpack_from(">I", profile, 128)
    tag = b"cicp\0\0\0\0" + CICP_PQ
    # One more entry moves what the others point to by its twelve bytes.
    for index in range(count):
        (start,) = struct.unpack_from(">I", profile, 136 + 12 * index)
        struct.pack_into(">I", profile, 136 + 12 * index, start + 12)
    struct.pack_into(">I", profile, 128, count + 1)
    entry = struct.pack(">4sII", b"cicp", len(profile) + 12, 12)
    profile[132 + 12 * count : 132 + 12 * count] = entry
    profile += tag
    struct.pack_into(">I", profile, 0, len(profile))
    content = encoded(levels(stored_in(PQ, photo)), "PNG", icc_profile=bytes(profile))
    read = read_photo(content)
    assert "photo_tone_mapped" in [notice.code for notice in read.notices]
    assert colour_difference(read.pixels, photo) <= 4.0


@pytest.mark.parametrize("tile", [0, 128])
@pytest.mark.parametrize(("primaries", "transfer"), [(12, 13), (1, 13), (2, 2)])
def test_heif_colours_by_nclx(photo, primaries, transfer, tile):
    signal = Signal.of_codes(primaries, transfer)
    content = heic(
        levels(stored_in(signal, photo)),
        quality=98,
        chroma=444,
        color_primaries=primaries,
        transfer_characteristics=transfer,
        tile_size=tile,
    )
    read = read_photo(content)
    assert colour_difference(read.pixels, photo) <= 1.5
    assert read.notices == ()


def test_codes_of_a_high_range_stand_above_a_profile(photo):
    content = avif(stored_in(PQ, photo), 9, 16, icc_profile=rgb_profile(DISPLAY_P3))
    read = read_photo(content)
    assert [notice.code for notice in read.notices] == ["photo_tone_mapped"]
    assert colour_difference(read.pixels, photo) <= 4.0


def test_avif_colours_by_nclx(photo):
    assert colour_difference(read_photo(avif(stored_in(P3, photo), 12, 13)).pixels, photo) <= 1.5
    assert read_photo(avif(photo / 255, 1, 13)).format == "AVIF"


def _exif(space=None, index=None, **main):
    exif = Image.Exif()
    for tag, value in main.items():
        exif[int(tag[1:], 16)] = value
    camera = exif.get_ifd(0x8769)
    if space is not None:
        camera[0xA001] = space
    if index is not None:
        camera[0xA005] = {1: index}
    return exif.tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "TIFF", "PNG"])
@pytest.mark.parametrize(
    ("space", "index", "signal"),
    [
        (65535, "R03", ADOBE_RGB),
        (2, None, ADOBE_RGB),
        (None, "R03", ADOBE_RGB),
        (1, "R98", SRGB),
        (1, "R03", SRGB),
        (65535, None, SRGB),
    ],
)
def test_adobe_rgb_by_exif(photo, kind, space, index, signal):
    if kind == "TIFF" and signal is ADOBE_RGB:
        space = 2  # Pillow writes no interoperability directory into a TIFF
    options = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}
    content = encoded(
        levels(stored_in(signal, photo)), kind, exif=_exif(space, index), **options.get(kind, {})
    )
    assert colour_difference(read_photo(content).pixels, photo) <= 1.0


def test_primaries_in_exif(photo):
    rational = {"x013E": P3.white, "x013F": tuple(v for point in P3.primaries for v in point)}
    content = encoded(
        levels(stored_in(P3, photo)),
        "JPEG",
        quality=100,
        subsampling=0,
        exif=_exif(65535, **rational),
    )
    assert colour_difference(read_photo(content).pixels, photo) <= 1.0


def test_a_profile_stands_above_exif(photo):
    content = encoded(
        levels(stored_in(P3, photo)),
        "JPEG",
        quality=100,
        subsampling=0,
        exif=_exif(65535, "R03"),
        icc_profile=rgb_profile(DISPLAY_P3),
    )
    assert colour_difference(read_photo(content).pixels, photo) <= 1.0


def test_cielab():
    photo = np.full((32, 32, 3), (180, 120, 90), np.uint8)
    convert = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    lab = ImageCms.applyTransform(Image.fromarray(photo), convert)
    np.testing.assert_allclose(
        read_photo(encoded(lab, "TIFF")).pixels[9, 9], (180, 120, 90), atol=3
    )


@pytest.mark.parametrize("primaries", [1, 4, 5, 6, 7, 8, 9, 11, 12, 22])
@pytest.mark.parametrize("transfer", [1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
def test_white_and_black_stay(primaries, transfer):
    conversion = SignalConversion(Signal.of_codes(primaries, transfer))
    ends = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)
    np.testing.assert_allclose(conversion.apply(ends)[0, 1], 255, atol=1)
    assert conversion.apply(ends)[0, 0].max() <= 30  # a logarithmic curve has no black


def test_unknown_codes():
    assert Signal.of_codes(0, 13) is None
    assert Signal.of_codes(1, 17) is None
    assert Signal.of_codes(2, 2) == SRGB


def test_the_peak_of_a_picture():
    meter = PeakMeter(PQ)
    meter.add(np.full((100, 100, 3), round(0.75 * 65535), np.uint16))
    # PQ 0.75 is 983 cd/m2 (BT.2100).
    assert meter.peak == pytest.approx(983 / 203, rel=0.02)
