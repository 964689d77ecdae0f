"""DICOM photographs, by value."""

from __future__ import annotations

import io

import numpy as np
import pydicom
import pytest
from photo_samples import dicom, encoded, noise, smooth
from PIL import Image
from pydicom.pixels import get_encoder
from pydicom.uid import (
    JPEG2000,
    MPEG4HP41,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from landmarkdiff.errors import PhotoError, PhotoTooLargeError, UnsupportedPhotoError
from landmarkdiff.photo import PhotoLimits, read_photo

RGB = noise(40, 52)


def _ycc(array: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(array).convert("YCbCr"))


def test_rgb_comes_back_exactly():
    photo = read_photo(dicom(RGB, "RGB"))
    assert photo.format == "DICOM"
    assert photo.notices == ()
    np.testing.assert_array_equal(photo.pixels, RGB)


def test_implicit_syntax():
    content = dicom(RGB, "RGB", syntax=ImplicitVRLittleEndian)
    np.testing.assert_array_equal(read_photo(content).pixels, RGB)


def test_separate_planes():
    planes = np.ascontiguousarray(RGB.transpose(2, 0, 1))
    content = dicom(planes, "RGB", shape=RGB.shape, PlanarConfiguration=1)
    np.testing.assert_array_equal(read_photo(content).pixels, RGB)


def test_ybr_full_becomes_rgb():
    pixels = read_photo(dicom(_ycc(smooth()), "YBR_FULL")).pixels
    assert np.abs(pixels.astype(int) - smooth()).max() <= 3


def test_ybr_full_422_becomes_rgb():
    gray = np.full((16, 20, 3), 128, np.uint8)
    gray[..., 0] = 77
    packed = gray.reshape(-1, 2, 3)
    stored = np.stack([packed[:, 0, 0], packed[:, 1, 0], packed[:, 0, 1], packed[:, 0, 2]], axis=-1)
    content = dicom(np.ascontiguousarray(stored), "YBR_FULL_422", shape=(16, 20, 3))
    np.testing.assert_array_equal(read_photo(content).pixels, np.full((16, 20, 3), 77))


@pytest.mark.parametrize(
    ("photometric", "elements", "dtype", "values", "expected"),
    [
        ("MONOCHROME2", {}, np.uint8, (0, 100, 255), (0, 100, 255)),
        ("MONOCHROME1", {}, np.uint8, (0, 100, 255), (255, 155, 0)),
        ("MONOCHROME2", {}, np.uint16, (0, 32896, 65535), (0, 128, 255)),
        ("MONOCHROME2", {"bits": 12}, np.uint16, (0, 2048, 4095), (0, 128, 255)),
        ("MONOCHROME2", {}, np.int16, (-32768, 0, 32767), (0, 128, 255)),
        (
            "MONOCHROME2",
            {"bits": 12, "WindowCenter": "1000.5", "WindowWidth": "1001"},
            np.uint16,
            (500, 1000, 1500),
            (0, 128, 255),
        ),
        (
            "MONOCHROME2",
            {
                "bits": 12,
                "WindowCenter": "0.5",
                "WindowWidth": "1001",
                "RescaleSlope": "1",
                "RescaleIntercept": "-1000",
            },
            np.uint16,
            (500, 1000, 1500),
            (0, 128, 255),
        ),
    ],
)
def test_gray(photometric, elements, dtype, values, expected):
    stored = np.zeros((16, 18), dtype)
    stored[0, :3] = values
    pixels = read_photo(dicom(stored, photometric, **elements)).pixels
    np.testing.assert_allclose(pixels[0, :3, 0], expected, atol=1)
    np.testing.assert_array_equal(pixels[..., 0], pixels[..., 2])


@pytest.mark.parametrize("wide", [False, True])
def test_palette(wide):
    indices = np.tile(np.arange(4, dtype=np.uint8), (16, 5))
    scale, kind = (257, np.uint16) if wide else (1, np.uint8)
    colours = np.array([(0, 10, 200), (50, 60, 70), (255, 255, 0), (1, 2, 3)], np.uint16) * scale
    table = np.zeros((256, 3), kind)
    table[:4] = colours
    elements = {}
    for channel, name in enumerate(("Red", "Green", "Blue")):
        elements[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16 if wide else 8]
        data = np.ascontiguousarray(table[:, channel]).tobytes()
        elements[f"{name}PaletteColorLookupTableData"] = data
    pixels = read_photo(dicom(indices, "PALETTE COLOR", **elements)).pixels
    np.testing.assert_array_equal(pixels[3, :4], (colours // scale).astype(np.uint8))


@pytest.mark.parametrize("photometric", ["YBR_FULL_422", "RGB"])
def test_baseline_jpeg(photometric):
    frame = encoded(smooth(), "JPEG", quality=98, subsampling=0)
    content = dicom(
        None, photometric, syntax=JPEGBaseline8Bit, frames=[frame], shape=smooth().shape
    )
    assert np.abs(read_photo(content).pixels.astype(int) - smooth()).max() <= 6


@pytest.mark.parametrize(("syntax", "tolerance"), [(JPEG2000Lossless, 0), (JPEG2000, 8)])
def test_jpeg_2000(syntax, tolerance):
    options = {} if tolerance == 0 else {"irreversible": True, "quality_layers": [4]}
    frame = encoded(smooth(), "JPEG2000", no_jp2=True, mct=1, **options)
    content = dicom(None, "YBR_RCT", syntax=syntax, frames=[frame], shape=smooth().shape)
    assert np.abs(read_photo(content).pixels.astype(int) - smooth()).max() <= tolerance


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_run_length_encoded_gray(dtype):
    gray = (RGB[..., 0].astype(dtype) * (257 if dtype == np.uint16 else 1)).astype(dtype)
    options = {
        "rows": 40,
        "columns": 52,
        "samples_per_pixel": 1,
        "number_of_frames": 1,
        "photometric_interpretation": "MONOCHROME2",
        "pixel_representation": 0,
        "bits_allocated": 8 * gray.itemsize,
        "bits_stored": 8 * gray.itemsize,
    }
    frame = get_encoder(RLELossless).encode(gray, **options)
    content = dicom(
        None,
        "MONOCHROME2",
        syntax=RLELossless,
        frames=[frame],
        shape=(40, 52, 1),
        BitsAllocated=8 * gray.itemsize,
        BitsStored=8 * gray.itemsize,
    )
    np.testing.assert_array_equal(read_photo(content).pixels[..., 1], RGB[..., 0])


def test_run_length_encoded_rgb():
    options = {
        "rows": 40,
        "columns": 52,
        "samples_per_pixel": 3,
        "number_of_frames": 1,
        "photometric_interpretation": "RGB",
        "pixel_representation": 0,
        "bits_allocated": 8,
        "bits_stored": 8,
        "planar_configuration": 0,
    }
    frame = get_encoder(RLELossless).encode(RGB, **options)
    content = dicom(None, "RGB", syntax=RLELossless, frames=[frame], shape=RGB.shape)
    np.testing.assert_array_equal(read_photo(content).pixels, RGB)


def test_of_several_frames_the_first():
    frames = np.stack([RGB, 255 - RGB])
    photo = read_photo(dicom(frames, "RGB", shape=RGB.shape, NumberOfFrames=2))
    np.testing.assert_array_equal(photo.pixels, RGB)
    assert [n.code for n in photo.notices] == ["photo_first_frame"]


def test_the_budget_is_checked_before_the_pixels():
    content = dicom(RGB, "RGB", Rows=60000, Columns=60000)
    with pytest.raises(PhotoTooLargeError, match="60000 x 60000"):
        read_photo(content)


def test_the_budget_counts_bytes():
    deep = np.zeros((100, 100), np.uint16)
    limits = PhotoLimits(max_decoded_bytes=29_999)
    with pytest.raises(PhotoTooLargeError):
        read_photo(dicom(deep, "MONOCHROME2"), limits=limits)


def test_a_stream_larger_than_its_header_is_refused():
    frame = encoded(noise(400, 400), "JPEG")
    content = dicom(None, "RGB", syntax=JPEGBaseline8Bit, frames=[frame], shape=(40, 40, 3))
    with pytest.raises(PhotoError, match="contradicts its header"):
        read_photo(content)


def test_what_is_not_read_is_named():
    with pytest.raises(UnsupportedPhotoError, match="CMYK"):
        read_photo(dicom(RGB, "CMYK"))
    video = dicom(None, "RGB", syntax=MPEG4HP41, frames=[b"x" * 9], shape=RGB.shape)
    assert MPEG4HP41.endswith("4.102")
    for content, name in ((video, "MPEG-4"), (video.replace(b"4.102", b"4.112"), "JPEG XL")):
        with pytest.raises(UnsupportedPhotoError, match=name):
            read_photo(content)


def test_a_file_without_a_picture():
    dataset = pydicom.dcmread(io.BytesIO(dicom(RGB, "RGB")))
    del dataset.PixelData
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    with pytest.raises(UnsupportedPhotoError, match="holds no picture"):
        read_photo(buffer.getvalue())


def test_big_endian_gray():
    gray = np.zeros((16, 18), ">u2")
    gray[0, :3] = (0, 32896, 65535)
    dataset = pydicom.dcmread(io.BytesIO(dicom(gray, "MONOCHROME2")))
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, implicit_vr=False, little_endian=False, force_encoding=True)
    np.testing.assert_array_equal(read_photo(buffer.getvalue()).pixels[0, :3, 0], (0, 128, 255))
