"""Sample files, made when the tests run."""

from __future__ import annotations

import io
import struct

import cv2
import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

VL_PHOTOGRAPH = "1.2.840.10008.5.1.4.1.1.77.1.4"


def noise(height: int = 40, width: int = 50, seed: int = 0) -> np.ndarray:
    """RGB noise: any wrong byte order, plane or rotation shows."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def smooth(height: int = 64, width: int = 96) -> np.ndarray:
    """A picture that lossy formats keep within a few levels."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [255 * x / width, 255 * y / height, 128 + 60 * np.sin((x + y) / 20)]
    return np.stack(planes, axis=-1).astype(np.uint8)


def encoded(image: Image.Image | np.ndarray, kind: str, **options: object) -> bytes:
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png16(array: np.ndarray) -> bytes:
    """16-bit PNG: gray, RGB or RGBA."""
    order = {3: [2, 1, 0], 4: [2, 1, 0, 3]}.get(array.shape[2]) if array.ndim == 3 else None
    stored = array if order is None else np.ascontiguousarray(array[..., order])
    return cv2.imencode(".png", stored)[1].tobytes()


def tiff_lzw16(array: np.ndarray) -> bytes:
    """16-bit RGB TIFF, LZW, so that libtiff decodes it."""
    return cv2.imencode(".tiff", np.ascontiguousarray(array[..., ::-1]))[1].tobytes()


def tiff_raw(
    array: np.ndarray,
    order: str = "<",
    *,
    photometric: int | None = None,
    extra: list[tuple[int, int, int, int]] | None = None,
) -> bytes:
    """Uncompressed TIFF of any byte order; ``extra`` holds (tag, type, count, value)."""
    height, width = array.shape[:2]
    samples = array.shape[2] if array.ndim == 3 else 1
    body = array.astype(array.dtype.newbyteorder(order)).tobytes()
    kind = {"u": 1, "i": 2, "f": 3}[array.dtype.kind]
    bits = array.dtype.itemsize * 8
    if photometric is None:
        photometric = 2 if samples == 3 else 1
    tags = [
        *((256, 4, 1, width), (257, 4, 1, height), (259, 3, 1, 1), (262, 3, 1, photometric)),
        *((273, 4, 1, 8), (277, 3, 1, samples), (278, 4, 1, height), (279, 4, 1, len(body))),
        *(extra or []),
    ]
    after = 8 + len(body)
    bits_at, format_at = after, after + 2 * samples
    tail = struct.pack(f"{order}{2 * samples}H", *([bits] * samples + [kind] * samples))
    if samples == 1:
        tags += [(258, 3, 1, bits), (339, 3, 1, kind)]
    else:
        tags += [(258, 3, samples, bits_at), (339, 3, samples, format_at)]
    directory = struct.pack(order + "H", len(tags))
    for tag, type_, count, value in sorted(tags):
        packed = (
            struct.pack(order + "HH", value, 0)
            if type_ == 3 and count == 1
            else struct.pack(order + "I", value)
        )
        directory += struct.pack(order + "HHI", tag, type_, count) + packed
    directory += struct.pack(order + "I", 0)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", after + len(tail))
    return head + body + tail + directory


def exif_block(orientation: int | None = None, focal: int | None = None) -> bytes:
    """EXIF with orientation, focal length, and the things that must not reach an output."""
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    exif[0x010F] = "SecretMaker"
    exif[0x0131] = "SecretSoftware"
    exif[0x9C9D] = "SecretAuthor".encode("utf-16-le")
    sub = exif.get_ifd(0x8769)
    if focal is not None:
        sub[0xA405] = focal
    sub[0xA431] = "SecretSerial"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (52.0, 31.0, 12.0)
    return exif.tobytes()


def heic(array: np.ndarray, **options: object) -> bytes:
    import pillow_heif

    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(array)).save(buffer, **{"quality": 90, **options})
    return buffer.getvalue()


def dicom(
    array: np.ndarray | None,
    photometric: str,
    *,
    syntax: str = ExplicitVRLittleEndian,
    frames: list[bytes] | None = None,
    shape: tuple[int, int, int] | None = None,
    bits: int | None = None,
    **elements: object,
) -> bytes:
    """DICOM photograph: native from ``array``, or encapsulated from ``frames``."""
    height, width, samples = shape or (*array.shape[:2], array.shape[2] if array.ndim == 3 else 1)
    dataset = pydicom.Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = VL_PHOTOGRAPH
    dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.SOPClassUID = VL_PHOTOGRAPH
    dataset.PatientName = "Secret^Patient"
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = height, width, samples
    dataset.PhotometricInterpretation = photometric
    size = 1 if array is None else array.dtype.itemsize
    dataset.BitsAllocated = 8 * size
    dataset.BitsStored = bits or 8 * size
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(array is not None and array.dtype.kind == "i")
    if samples > 1:
        dataset.PlanarConfiguration = 0
    if frames is not None:
        dataset.PixelData = encapsulate(frames)
        dataset["PixelData"].is_undefined_length = True
        dataset["PixelData"].VR = "OB"
    else:
        dataset.PixelData = array.tobytes() + b"\0" * (array.nbytes % 2)
        dataset["PixelData"].VR = "OB" if size == 1 else "OW"
    for name, value in elements.items():
        setattr(dataset, name, value)
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def rgb_profile(
    colorants: list[tuple[float, float, float]], *, gamma: float | None = None
) -> bytes:
    """ICC profile from D50 colorants; sRGB's tone curve unless ``gamma`` is given."""

    def fixed(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    def xyz(values: tuple[float, float, float]) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(fixed(v) for v in values)

    if gamma is None:
        curve = b"para\0\0\0\0\0\3\0\0" + b"".join(
            fixed(v) for v in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
        )
    else:
        curve = b"para\0\0\0\0\0\0\0\0" + fixed(gamma)
    text = b"mluc\0\0\0\0\0\0\0\1\0\0\0\x0cenUS\0\0\0\x08\0\0\0\x1c\0T\0e\0s\0t"
    tags = {b"desc": text, b"wtpt": xyz((0.9642, 1.0, 0.8249))}
    if colorants:
        for name, values in zip((b"r", b"g", b"b"), colorants, strict=True):
            tags[name + b"XYZ"] = xyz(values)
            tags[name + b"TRC"] = curve
    else:
        tags[b"kTRC"] = curve
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        padded = content + b"\0" * (-len(content) % 4)
        table += struct.pack(">4sII", name, start + len(body), len(padded))
        body += padded
    space = b"RGB " if colorants else b"GRAY"
    header = struct.pack(
        ">I4s4s4s4s4s12s4s4s",
        start + len(body),
        b"\0\0\0\0",
        b"\4\x20\0\0",
        b"mntr",
        space,
        b"XYZ ",
        b"\x07\xea\0\1\0\1\0\0\0\0\0\0",
        b"acsp",
        b"\0\0\0\0",
    )
    header += b"\0" * 24 + b"".join(fixed(v) for v in (0.9642, 1.0, 0.8249))
    return header.ljust(128, b"\0") + table + body


DISPLAY_P3 = [
    (0.51512, 0.24120, -0.00105),
    (0.29198, 0.69225, 0.04189),
    (0.15710, 0.06657, 0.78407),
]
SRGB = [(0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410)]
