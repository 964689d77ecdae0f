"""Portraits in other colours, TIFFs of several pages, camera raw: made when the tests run."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
from photo_samples import encoded

from landmarkdiff.photo.signal import SRGB, Signal, pq_stored

WHITE_NITS = 203.0


def linear(pixels: np.ndarray) -> np.ndarray:
    """Linear light of sRGB pixels."""
    return SRGB.curve.light(pixels / 255.0)


def stored_in(signal: Signal, pixels: np.ndarray) -> np.ndarray:
    """sRGB pixels as numbers from 0 to 1 of another signal, white at 203 cd/m2 in HDR."""
    light = np.clip(linear(pixels) @ np.linalg.inv(signal.to_linear_srgb()).T, 0.0, None)
    kind, number = signal.curve.kind, signal.curve.number
    if kind == "srgb":
        return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    if kind == "power":
        return light ** (1 / number)
    if kind == "bt709":
        return np.where(light < 0.018053968, 4.5 * light, 1.099296827 * light**0.45 - 0.099296827)
    if kind == "pq":
        return pq_stored(light * WHITE_NITS / 10_000)
    shown = light * WHITE_NITS / 1000
    luminance = np.maximum(shown @ signal.to_xyz()[1], 1e-9)
    scene = shown * luminance[..., None] ** (1 / 1.2 - 1)
    bright = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), bright)


def levels(values: np.ndarray, bits: int = 8) -> np.ndarray:
    most = (1 << bits) - 1
    kind = np.uint8 if bits == 8 else np.uint16
    return np.rint(np.clip(values, 0, 1) * most).astype(kind)


def png_with(content: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG with more chunks behind its header."""
    added = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
    return content[:33] + added + content[33:]


def chromaticities(signal: Signal) -> bytes:
    points = (signal.white, *signal.primaries)
    return struct.pack(">8I", *(round(100_000 * value) for point in points for value in point))


def heif16(values: np.ndarray, primaries: int, transfer: int) -> bytes:
    """10-bit HEIF whose colours ``nclx`` alone describes."""
    import pillow_heif

    file = pillow_heif.from_bytes(
        mode="RGB;16", size=values.shape[1::-1], data=levels(values, 16).tobytes()
    )
    buffer = io.BytesIO()
    file.save(
        buffer,
        quality=95,
        chroma=444,
        color_primaries=primaries,
        transfer_characteristics=transfer,
        matrix_coefficients=9,
        full_range_flag=1,
    )
    return buffer.getvalue()


def avif(values: np.ndarray, primaries: int, transfer: int, **options: object) -> bytes:
    content = encoded(levels(values), "AVIF", quality=95, subsampling="4:4:4", **options)
    start = content.index(b"colrnclx") + 8
    return content[:start] + struct.pack(">HH", primaries, transfer) + content[start + 4 :]


def colour_difference(first: np.ndarray, second: np.ndarray) -> float:
    """Mean CIEDE2000 between two pictures."""
    l1, a1, b1 = _lab(first)
    l2, a2, b2 = _lab(second)
    mean_chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(mean_chroma**7 / (mean_chroma**7 + 25.0**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    turn = (h2 - h1 + 180) % 360 - 180
    turn = np.where(c1 * c2 == 0, 0, turn)
    lightness, chroma, hue = (l1 + l2) / 2, (c1 + c2) / 2, (h1 + turn / 2) % 360
    t = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )
    rotation = -np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2)))) * (
        2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    )
    dl = (l2 - l1) / (1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2))
    dc = (c2 - c1) / (1 + 0.045 * chroma)
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * chroma * t)
    return float(np.sqrt(dl**2 + dc**2 + dh**2 + rotation * dc * dh).mean())


def _lab(pixels: np.ndarray) -> list[np.ndarray]:
    lab = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2Lab).astype(np.float64)
    return [lab[..., i] for i in range(3)]


_CODES = {1: "B", 2: "B", 3: "H", 4: "I", 5: "I", 10: "i"}


def tiff_pages(*pages: dict, sub: tuple[dict, ...] = (), head: bytes = b"") -> bytes:
    """Little-endian TIFF.

    A page has ``pixels`` and its tags: number -> (type, list of values); ``sub`` are the pages
    below the first one, ``head`` stands behind the eight bytes of the header.
    """
    body = bytearray(b"II*\0\0\0\0\0" + head)
    body += b"\0" * (len(body) % 2)
    sub_offsets = [_directory(body, page, []) for page in sub]
    for position in sub_offsets:
        _link(body, position, 0)
    place = 4
    for number, page in enumerate(pages):
        start = _directory(body, page, sub_offsets if number == 0 else [])
        struct.pack_into("<I", body, place, start)
        place = _link(body, start, 0)
    return bytes(body)


def _link(body: bytearray, start: int, following: int) -> int:
    (count,) = struct.unpack_from("<H", body, start)
    place = start + 2 + 12 * count
    struct.pack_into("<I", body, place, following)
    return place


def _directory(body: bytearray, page: dict, sub_offsets: list[int]) -> int:
    pixels = page["pixels"]
    height, width = pixels.shape[:2]
    samples = pixels.shape[2] if pixels.ndim == 3 else 1
    data = page.get("data", pixels.tobytes())
    strip = len(body)
    body += data + b"\0" * (len(data) % 2)
    tags = {
        256: (4, [width]),
        257: (4, [height]),
        258: (3, [8 * pixels.itemsize] * samples),
        259: (3, [1]),
        262: (3, [2 if samples == 3 else 1]),
        273: (4, [strip]),
        277: (3, [samples]),
        278: (4, [height]),
        279: (4, [len(data)]),
        **({330: (4, sub_offsets)} if sub_offsets else {}),
        **page.get("tags", {}),
    }
    entries = b""
    for tag, (kind, values) in sorted(tags.items()):
        packed = struct.pack(f"<{len(values)}{_CODES[kind]}", *values)
        count = len(values) // (2 if kind in {5, 10} else 1)
        if len(packed) > 4:
            place = len(body)
            body += packed + b"\0" * (len(packed) % 2)
            packed = struct.pack("<I", place)
        entries += struct.pack("<HHI", tag, kind, count) + packed.ljust(4, b"\0")
    start = len(body)
    body += struct.pack("<H", len(tags)) + entries + b"\0\0\0\0"
    return start


def text_tag(text: str) -> tuple[int, list[int]]:
    return 2, [*text.encode(), 0]


def dng(pixels: np.ndarray, *, orientation: int = 1, preview: np.ndarray | None = None) -> bytes:
    """DNG of a sensor with sRGB's primaries, its preview in the first directory."""
    light = levels(linear(pixels) * 0.98, 16)
    mosaic = light[..., 1].copy()
    mosaic[0::2, 0::2] = light[0::2, 0::2, 0]
    mosaic[1::2, 1::2] = light[1::2, 1::2, 2]
    matrix = np.linalg.inv(SRGB.to_xyz())
    sensor = {
        "pixels": mosaic,
        "tags": {
            254: (4, [0]),
            262: (3, [32803]),
            33421: (3, [2, 2]),
            33422: (1, [0, 1, 1, 2]),
            50714: (3, [0]),
            50717: (3, [round(0.98 * 65535)]),
        },
    }
    small = pixels[::8, ::8].copy() if preview is None else preview
    first = {
        "pixels": small,
        "tags": {
            254: (4, [1]),
            271: text_tag("LandmarkDiff"),
            272: text_tag("Test"),
            274: (3, [orientation]),
            50706: (1, [1, 4, 0, 0]),
            50707: (1, [1, 1, 0, 0]),
            50708: text_tag("LandmarkDiff Test"),
            50721: (10, [n for value in matrix.ravel() for n in (round(value * 10_000), 10_000)]),
            50728: (5, [1, 1, 1, 1, 1, 1]),
            50778: (3, [21]),
        },
    }
    return tiff_pages(first, sub=(sensor,))
