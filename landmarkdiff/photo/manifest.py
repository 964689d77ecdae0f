"""The manifest inside a picture: JSON in a PNG text chunk or in JPEG comments."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from landmarkdiff.errors import OutputError, PhotoError
from landmarkdiff.photo.source import PhotoLimits, load_source

__all__ = ["jpeg_comments", "json_text", "png_text_chunk", "read_manifest"]

_KEYWORD = b"landmarkdiff"
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_MANIFEST_BYTES = 64 * 1024 * 1024

# A JPEG segment's length field counts to 65535; longer manifests take several comments.
_COMMENT_BYTES = 65_000
_COMMENT_HEAD = struct.Struct(">12sHH")
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}


def json_text(data: Any, *, indent: int | None = None) -> str:
    """Return data as JSON, keys in their own order.

    Parameters
    ----------
    data : object
        Mappings, lists, strings, numbers, booleans, None; NumPy scalars and arrays too.
    indent : int, optional
        Spaces per level; by default one line.

    Raises
    ------
    OutputError
        A value is NaN, infinite or not JSON.
    """
    try:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False, indent=indent, default=_plain)
        text.encode("utf-8")
    except (ValueError, TypeError, RecursionError) as failure:
        raise OutputError("data_not_json", problem=str(failure)) from failure
    return text


def png_text_chunk(manifest: Mapping[str, Any]) -> bytes:
    """Return a PNG ``iTXt`` chunk that holds the manifest."""
    text = json_text(manifest).encode("utf-8")
    body = _KEYWORD + b"\0\1\0\0\0" + zlib.compress(text)
    checksum = zlib.crc32(b"iTXt" + body)
    return struct.pack(">I", len(body)) + b"iTXt" + body + struct.pack(">I", checksum)


def jpeg_comments(manifest: Mapping[str, Any]) -> bytes:
    """Return JPEG comment segments that hold the manifest.

    Raises
    ------
    OutputError
        The manifest is not JSON, or larger than the segments can count.
    """
    text = zlib.compress(json_text(manifest).encode("utf-8"))
    parts = [text[i : i + _COMMENT_BYTES] for i in range(0, len(text), _COMMENT_BYTES)]
    if len(parts) > 0xFFFF:
        raise OutputError("manifest_too_large", bytes=len(text))
    segments = []
    for number, part in enumerate(parts, start=1):
        body = _COMMENT_HEAD.pack(_KEYWORD, number, len(parts)) + part
        segments.append(b"\xff\xfe" + struct.pack(">H", len(body) + 2) + body)
    return b"".join(segments)


def read_manifest(source: str | Path | bytes | BinaryIO) -> dict[str, Any] | None:
    """Read the manifest back from a picture that was written with one.

    Parameters
    ----------
    source : str, Path, bytes or binary file
        A PNG or JPEG file.

    Returns
    -------
    dict or None
        The manifest; None when the file holds none.

    Raises
    ------
    PhotoError
        The file cannot be read, or its manifest is damaged.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from landmarkdiff.photo import write_png
    >>> with TemporaryDirectory() as folder:
    ...     write_png(Path(folder) / "after.png", portrait, manifest={"simulation": True})
    ...     read_manifest(Path(folder) / "after.png")
    {'simulation': True}
    """
    data, name = load_source(source, PhotoLimits())
    try:
        if data.startswith(_PNG_SIGNATURE):
            packed = _from_png(data)
        elif data.startswith(b"\xff\xd8"):
            packed = b"".join(_from_jpeg(data))
        else:
            packed = b""
        if not packed:
            return None
        inflater = zlib.decompressobj()
        text = inflater.decompress(packed, _MAX_MANIFEST_BYTES)
        if not inflater.eof:
            raise ValueError("cut short or too large")
        manifest = json.loads(text)
        if not isinstance(manifest, dict):
            raise ValueError("not an object")
    except (ValueError, struct.error, zlib.error, RecursionError) as failure:
        raise PhotoError("manifest_damaged", name=name) from failure
    return manifest


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def _from_png(data: bytes) -> bytes:
    position = len(_PNG_SIGNATURE)
    head = _KEYWORD + b"\0\1\0\0\0"
    while position + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        start = position + 8
        if kind == b"iTXt" and data.startswith(head, start):
            body = data[start : start + length]
            (checksum,) = struct.unpack_from(">I", data, start + length)
            if zlib.crc32(kind + body) != checksum:
                raise ValueError("checksum")
            return body[len(head) :]
        position = start + length + 4
    return b""


def _from_jpeg(data: bytes) -> Iterator[bytes]:
    position, expected = 2, 1
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xDA:
            break
        if marker in _WITHOUT_LENGTH:
            position += 2
            continue
        (length,) = struct.unpack_from(">H", data, position + 2)
        body = data[position + 4 : position + 2 + length]
        if marker == 0xFE and body.startswith(_KEYWORD) and len(body) > _COMMENT_HEAD.size:
            _, number, _ = _COMMENT_HEAD.unpack_from(body)
            if number != expected:
                raise ValueError("comments out of order")
            expected += 1
            yield body[_COMMENT_HEAD.size :]
        position += 2 + max(2, length)
