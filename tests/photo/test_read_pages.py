"""TIFFs of several pages, and camera raw among them."""

from __future__ import annotations

import struct
import sys

import numpy as np
import pytest
from coded_samples import colour_difference, dng, text_tag, tiff_pages
from photo_samples import noise, smooth

from landmarkdiff.errors import PhotoError, PhotoTooLargeError, UnsupportedPhotoError
from landmarkdiff.photo import PhotoLimits, read_photo

LARGE, SMALL = noise(96, 120), noise(24, 30, seed=1)
REDUCED = {254: (4, [1])}


def _page(pixels, **tags):
    return {"pixels": pixels, "tags": {int(tag[1:]): value for tag, value in tags.items()}}


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        pytest.param(
            lambda: tiff_pages({"pixels": SMALL, "tags": REDUCED}, _page(LARGE)),
            [],
            id="reduced-first",
        ),
        pytest.param(
            lambda: tiff_pages(_page(SMALL, t255=(3, [2])), _page(LARGE)), [], id="reduced-old-tag"
        ),
        pytest.param(
            lambda: tiff_pages({"pixels": SMALL, "tags": REDUCED}, sub=(_page(LARGE),)),
            [],
            id="large-below",
        ),
        pytest.param(
            lambda: tiff_pages(_page(LARGE), {"pixels": SMALL, "tags": REDUCED}),
            [],
            id="reduced-last",
        ),
        pytest.param(
            lambda: tiff_pages(_page(SMALL), _page(LARGE)),
            ["photo_largest_page"],
            id="large-second",
        ),
        pytest.param(
            lambda: tiff_pages(_page(LARGE), _page(LARGE[::-1].copy())),
            ["photo_first_frame"],
            id="two-alike",
        ),
        pytest.param(
            lambda: tiff_pages(_page(LARGE), _page(noise(100, 130)[..., 0].copy())),
            ["photo_first_frame"],
            id="gray-depth-map",
        ),
        pytest.param(
            lambda: tiff_pages(_page(noise(200, 200)[..., 0].copy(), t254=(4, [4])), _page(LARGE)),
            [],
            id="mask-first",
        ),
    ],
)
def test_the_largest_picture_is_read(content, codes):
    photo = read_photo(content())
    np.testing.assert_array_equal(photo.pixels, LARGE)
    assert [notice.code for notice in photo.notices] == codes


def test_the_orientation_is_that_of_the_page_which_is_read():
    content = tiff_pages(_page(SMALL, t254=(4, [1]), t274=(3, [1])), _page(LARGE, t274=(3, [3])))
    np.testing.assert_array_equal(read_photo(content).pixels, LARGE[::-1, ::-1])


def test_pages_in_a_circle_end():
    content = bytearray(tiff_pages(_page(SMALL), _page(LARGE)))
    (first,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, first)
    (second,) = struct.unpack_from("<I", content, first + 2 + 12 * count)
    (count,) = struct.unpack_from("<H", content, second)
    struct.pack_into("<I", content, second + 2 + 12 * count, first)
    np.testing.assert_array_equal(read_photo(bytes(content)).pixels, LARGE)


RAWS = {
    "NEF": lambda: tiff_pages(
        _page(SMALL, t254=(4, [1]), t271=text_tag("NIKON CORPORATION")),
        sub=(_page(LARGE[..., 0].copy(), t262=(3, [32803]), t259=(3, [34713])),),
    ),
    "ARW": lambda: tiff_pages(
        _page(SMALL, t254=(4, [1]), t271=text_tag("SONY")),
        sub=(_page(LARGE[..., 0].copy(), t262=(3, [32803]), t259=(3, [32767])),),
    ),
    "ARW, the preview alone": lambda: tiff_pages(
        _page(SMALL, t254=(4, [1]), t271=text_tag("SONY"))
    ),
    "PEF": lambda: tiff_pages(
        _page(LARGE[..., 0].copy(), t259=(3, [65535]), t271=text_tag("PENTAX"))
    ),
    "CR2": lambda: tiff_pages(_page(SMALL), head=b"CR\2\0\0\0\0\0"),
    "IIQ": lambda: tiff_pages(_page(SMALL), head=b"IIII"),
    "DNG": lambda: tiff_pages(_page(SMALL, t254=(4, [1]), t50706=(1, [1, 4, 0, 0]))),
    "RAF": lambda: b"FUJIFILMCCD-RAW 0201FF389501X-T5".ljust(500, b"\0"),
    "ORF": lambda: b"IIRO\x08\0\0\0".ljust(500, b"\0"),
    "RW2": lambda: b"IIU\0\x18\0\0\0".ljust(500, b"\0"),
    "CR3": lambda: b"\0\0\0\x18ftypcrx \0\0\0\1crx isom".ljust(500, b"\0"),
}


@pytest.mark.parametrize("kind", RAWS)
def test_camera_raw_is_named_without_rawpy(kind, monkeypatch):
    monkeypatch.setitem(sys.modules, "rawpy", None)
    with pytest.raises(UnsupportedPhotoError, match=r"camera raw .* JPEG or TIFF") as caught:
        read_photo(RAWS[kind]())
    assert caught.value.code == "raw_needs_package"
    assert caught.value.params["content"] == kind.split(",")[0]


@pytest.mark.parametrize("kind", [kind for kind in RAWS if kind != "ARW"])
def test_camera_raw_that_cannot_be_developed(kind):
    # What LibRaw makes of the numbers of the ARW is no preview either.
    with pytest.raises(UnsupportedPhotoError, match="JPEG or TIFF") as caught:
        read_photo(RAWS[kind]())
    assert caught.value.code == "raw_not_developed"


def test_a_raw_file_is_developed_whole(grace_hopper):
    for orientation in (1, 6):
        photo = read_photo(dng(grace_hopper, orientation=orientation))
        assert photo.format == "RAW"
        assert [notice.code for notice in photo.notices] == ["photo_developed"]
        upright = photo.pixels if orientation == 1 else np.rot90(photo.pixels)
        inner = slice(8, -8)
        assert colour_difference(upright[inner, inner], grace_hopper[inner, inner]) <= 3.0


def test_the_budget_of_a_raw_file(grace_hopper):
    with pytest.raises(PhotoTooLargeError):
        read_photo(dng(grace_hopper), limits=PhotoLimits(max_decoded_bytes=900_000))


def test_a_photo_of_a_camera_saved_as_tiff_is_no_raw():
    content = tiff_pages(_page(LARGE, t271=text_tag("Canon")), {"pixels": SMALL, "tags": REDUCED})
    np.testing.assert_array_equal(read_photo(content).pixels, LARGE)


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({259: (3, [50002])}, "JPEG XL"),
        ({259: (3, [52546])}, "JPEG XL"),
        ({259: (3, [50001])}, "WebP"),
        ({259: (3, [34712])}, "JPEG 2000"),
        ({259: (3, [34887])}, "LERC"),
        ({259: (3, [12345])}, "unknown compression"),
        ({258: (3, [32, 32, 32]), 339: (3, [3, 3, 3])}, "floating-point"),
        ({258: (3, [12, 12, 12])}, "number of bits"),
    ],
)
def test_what_is_whole_but_not_read_is_named(tags, words):
    with pytest.raises(UnsupportedPhotoError, match=words):
        read_photo(tiff_pages({"pixels": LARGE, "tags": tags}))


@pytest.mark.parametrize("compression", ["tiff_lzw", "zstd", "lzma", "jpeg"])
def test_compressions(compression):
    from photo_samples import encoded

    photo = read_photo(encoded(smooth(), "TIFF", compression=compression))
    assert np.abs(photo.pixels.astype(int) - smooth()).max() <= (30 if compression == "jpeg" else 0)


def test_a_directory_outside_the_file():
    with pytest.raises(PhotoError, match="cut short"):
        read_photo(b"II*\0" + struct.pack("<I", 1 << 30) + bytes(100))
