"""DICOM streams: their colours by the colour model of the header, and every kind by its name."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from coded_samples import colour_difference, levels, stored_in
from coded_streams import STREAMS
from photo_samples import dicom, encoded, smooth
from PIL import Image
from pydicom.uid import (
    HTJ2K,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
)

from landmarkdiff.errors import PhotoError, UnsupportedPhotoError
from landmarkdiff.photo import read_photo
from landmarkdiff.photo.signal import ADOBE_RGB, ROMM_RGB

WHOLE = smooth(64, 96)
SMALL = smooth(24, 32)


def _ycc(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).convert("YCbCr"))


def _error(content: bytes, expected: np.ndarray = WHOLE) -> int:
    return int(np.abs(read_photo(content).pixels.astype(int) - expected).max())


def _unmarked(content: bytes) -> bytes:
    """A JPEG without its JFIF and Adobe markers."""
    for marker in (b"\xff\xe0", b"\xff\xee"):
        start = content.find(marker)
        if start == 2:
            length = int.from_bytes(content[start + 2 : start + 4], "big")
            content = content[:start] + content[start + 2 + length :]
    return content


def _rgb_jpeg(pixels: np.ndarray) -> bytes:
    """RGB in the stream itself, as Pillow writes it, with an Adobe marker."""
    content = encoded(pixels, "JPEG", quality=98, keep_rgb=True)
    assert b"Adobe" in content
    return content


def _numbered(content: bytes, start_of_frame: bytes = b"\xff\xc0") -> bytes:
    """The same with the components called 1, 2, 3 instead of R, G, B."""
    for letter, number in zip(b"RGB", (1, 2, 3), strict=True):
        frame = content.index(start_of_frame)
        scan = content.index(b"\xff\xda")
        head, middle, tail = content[: frame + 10], content[frame + 10 : scan], content[scan:]
        middle = middle.replace(bytes([letter, 0x11]), bytes([number, 0x11]), 1)
        names = tail[:12].replace(bytes([letter]), bytes([number]), 1)
        content = head + middle + names + tail[12:]
    return content


def _baseline(frame: bytes, photometric: str) -> bytes:
    return dicom(None, photometric, syntax=JPEGBaseline8Bit, frames=[frame], shape=WHOLE.shape)


def test_rgb_without_a_marker_is_rgb():
    assert _error(_baseline(_numbered(_unmarked(_rgb_jpeg(WHOLE))), "RGB")) <= 6
    assert _error(_baseline(_unmarked(_rgb_jpeg(WHOLE)), "RGB")) <= 6
    assert _error(_baseline(_rgb_jpeg(WHOLE), "RGB")) <= 6


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("photometric", ["YBR_FULL", "YBR_FULL_422", "RGB"])
def test_ycbcr_with_a_jfif_marker_is_ycbcr(photometric, subsampling):
    frame = encoded(WHOLE, "JPEG", quality=98, subsampling=subsampling)
    assert _error(_baseline(frame, photometric)) <= 12


def test_ycbcr_in_components_without_a_marker():
    frame = _unmarked(encoded(WHOLE, "JPEG", quality=98, subsampling=0))
    assert _error(_baseline(frame, "YBR_FULL")) <= 6
    # The header decides, though the components are called R, G, B.
    named = _unmarked(_rgb_jpeg(_ycc(WHOLE)))
    assert _error(_baseline(named, "YBR_FULL")) <= 8


def test_a_stream_alone_decides_without_a_colour_model():
    dataset = pydicom.dcmread(
        io.BytesIO(_baseline(encoded(WHOLE, "JPEG", quality=98, subsampling=0), "RGB"))
    )
    del dataset.PhotometricInterpretation
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    assert _error(buffer.getvalue()) <= 6


@pytest.mark.parametrize(
    ("stored", "photometric", "transform"),
    [
        (_ycc, "YBR_FULL", 0),
        (_ycc, "YBR_FULL_422", 0),
        (lambda pixels: pixels, "RGB", 0),
        (lambda pixels: pixels, "YBR_RCT", 1),
        (lambda pixels: pixels, "RGB", 1),
    ],
)
def test_jpeg_2000_colours(stored, photometric, transform):
    frame = encoded(stored(WHOLE), "JPEG2000", no_jp2=True, mct=transform)
    content = dicom(None, photometric, syntax=JPEG2000Lossless, frames=[frame], shape=WHOLE.shape)
    assert _error(content) <= 3


def test_native_ybr_422_at_full_length():
    assert _error(dicom(_ycc(WHOLE), "YBR_FULL_422")) <= 3


def _without_meta(content: bytes) -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(content))
    buffer = io.BytesIO()
    bare = pydicom.Dataset({element.tag: element for element in dataset})
    pydicom.dcmwrite(buffer, bare, implicit_vr=True, little_endian=True, enforce_file_format=False)
    return buffer.getvalue()


def test_files_without_preamble():
    content = dicom(WHOLE, "RGB")
    assert _error(content[128 + 4 :]) == 0
    bare = _without_meta(content)
    assert bare[:4] == b"\x08\0\x16\0"
    assert _error(bare) == 0


def test_a_missing_colour_model():
    for pixels, photometric in ((WHOLE, "RGB"), (WHOLE[..., 0].copy(), "MONOCHROME2")):
        dataset = pydicom.dcmread(io.BytesIO(dicom(pixels, photometric)))
        del dataset.PhotometricInterpretation
        buffer = io.BytesIO()
        dataset.save_as(buffer, enforce_file_format=True)
        expected = pixels if pixels.ndim == 3 else np.stack([pixels] * 3, axis=-1)
        assert _error(buffer.getvalue(), expected) == 0


IN_COLOUR = {"lossless_rgb", "jpeg_ls", "htj2k"}


def _coded(name: str, syntax: str) -> bytes:
    deep, rgb = name.endswith("12"), name in IN_COLOUR
    return dicom(
        None,
        "RGB" if rgb else "MONOCHROME2",
        syntax=syntax,
        frames=[STREAMS[name]],
        shape=(24, 32, 3 if rgb else 1),
        bits=12 if deep else 8,
        BitsAllocated=16 if deep else 8,
    )


CODED = {
    "lossless_rgb": JPEGLosslessSV1,
    "lossless_8": JPEGLosslessSV1,
    "lossless_12": JPEGLosslessSV1,
    "deep_12": JPEGExtended12Bit,
    "jpeg_ls": JPEGLSLossless,
    "jpeg_ls_12": JPEGLSLossless,
    "htj2k": HTJ2K,
    "htj2k_12": HTJ2K,
}


@pytest.mark.parametrize("name", CODED)
def test_every_kind_of_stream(name):
    expected = SMALL if name in IN_COLOUR else np.stack([SMALL[..., 0]] * 3, axis=-1)
    assert _error(_coded(name, CODED[name]), expected) <= 1


def test_a_window_is_in_the_numbers_of_the_file():
    dataset = pydicom.dcmread(io.BytesIO(_coded("htj2k_12", HTJ2K)))
    dataset.WindowCenter, dataset.WindowWidth = "1000.5", "1001"
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    stored = SMALL[..., 0].astype(float) * 16
    expected = np.clip((stored - 500) / 1000, 0, 1) * 255
    assert _error(buffer.getvalue(), np.stack([expected.round()] * 3, axis=-1)) <= 1


@pytest.mark.parametrize("name", ["lossless_12", "deep_12", "jpeg_ls"])
def test_without_the_package_a_stream_is_named(name, tmp_path):
    path = tmp_path / "a.dcm"
    path.write_bytes(_coded(name, CODED[name]))
    code = (
        "import sys\n"
        "from pydicom.pixels.decoders.base import get_decoder\n"
        f"decoder = get_decoder({str(CODED[name])!r})\n"
        "for plugin in decoder.available_plugins:\n"
        "    decoder.remove_plugin(plugin)\n"
        "from landmarkdiff.errors import UnsupportedPhotoError\n"
        "from landmarkdiff.photo import read_photo\n"
        "try:\n"
        "    read_photo(sys.argv[1])\n"
        "except UnsupportedPhotoError as error:\n"
        "    print(error)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert "landmarkdiff[dicom]" in run.stdout
    assert {"jpeg_ls": "JPEG-LS", "deep_12": "Extended", "lossless_12": "Lossless"}[
        name
    ] in run.stdout


def test_a_stream_of_another_size_is_refused_before_it_is_decoded():
    content = dicom(
        None,
        "MONOCHROME2",
        syntax=JPEGLSLossless,
        frames=[STREAMS["jpeg_ls_12"]],
        shape=(20, 20, 1),
        bits=12,
        BitsAllocated=16,
    )
    with pytest.raises(PhotoError, match="contradicts its header"):
        read_photo(content)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("deep_12", "more than 8 bits"),
        ("lossless_12", "lossless coding"),
        ("jpeg_ls", "JPEG-LS"),
    ],
)
def test_jpegs_that_are_whole_but_not_read(name, words):
    with pytest.raises(UnsupportedPhotoError, match=words):
        read_photo(STREAMS[name])


@pytest.mark.parametrize(
    ("process", "words"), [(0xC9, "arithmetic"), (0xCB, "arithmetic"), (0xC5, "hierarchical")]
)
def test_other_processes_are_named(process, words):
    content = encoded(WHOLE, "JPEG").replace(b"\xff\xc0", bytes([0xFF, process]), 1)
    with pytest.raises(UnsupportedPhotoError, match=words):
        read_photo(content)


@pytest.mark.parametrize("numbered", [False, True])
@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL"])
def test_lossless_colours_without_a_marker(photometric, numbered):
    frame = _unmarked(STREAMS["lossless_rgb"])
    if numbered:
        frame = _numbered(frame, b"\xff\xc3")
    content = dicom(None, photometric, syntax=JPEGLosslessSV1, frames=[frame], shape=SMALL.shape)
    as_ycc = Image.frombytes("YCbCr", (32, 24), SMALL.tobytes()).convert("RGB")
    expected = SMALL if photometric == "RGB" else np.asarray(as_ycc)
    assert _error(content, expected) == 0


@pytest.mark.parametrize(("space", "signal"), [("ADOBERGB", ADOBE_RGB), ("ROMMRGB", ROMM_RGB)])
def test_a_colour_space_by_name(grace_hopper, space, signal):
    photo = np.ascontiguousarray(grace_hopper[100:300, 150:350])
    content = dicom(levels(stored_in(signal, photo)), "RGB", ColorSpace=space)
    assert colour_difference(read_photo(content).pixels, photo) <= 1.5


def test_lossless_jpeg_and_jpeg_2000_are_read():
    gray = np.stack([SMALL[..., 0]] * 3, axis=-1)
    assert _error(STREAMS["lossless_8"], gray) == 0
    assert _error(STREAMS["htj2k"], SMALL) == 0
    for options in ({}, {"no_jp2": True}):
        content = encoded(WHOLE, "JPEG2000", **options)
        photo = read_photo(content)
        assert photo.format == "JPEG 2000"
        np.testing.assert_array_equal(photo.pixels, WHOLE)
