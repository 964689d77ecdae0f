"""Arrays behind a JSON header in one piece of bytes, as the scripts of the page read them.

Layout: four letters that name the kind, version and length of the header (both little-endian
uint32), the header (UTF-8 JSON, padded with spaces so that the arrays start at a multiple of 8),
then the arrays at the offsets that ``header["arrays"]`` names: ``{name: {dtype, shape, offset}}``,
offsets in bytes from the header's end, each a multiple of 8. What reads it is
``ui/static/live/packed_arrays.js``.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["pack_arrays", "unpack_arrays"]

#: Bytes before the header: the kind, the version, the header's length.
_PREFIX = 12
_ALIGNMENT = 8


def pack_arrays(
    kind: bytes, version: int, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> bytes:
    r"""Return a header and arrays as bytes.

    Parameters
    ----------
    kind : bytes
        Four letters.
    version : int
        Of what the header and the arrays mean.
    header : mapping
        JSON-ready, without ``arrays``.
    arrays : mapping of arrays
        Of any shape; written little-endian in C order.

    Examples
    --------
    >>> packed = pack_arrays(b"TEST", 1, {"unit": "mm"}, {"place": np.zeros(3, np.float32)})
    >>> packed[:8], len(packed) % 8
    (b'TEST\x01\x00\x00\x00', 0)
    """
    places: dict[str, Any] = {}
    body = bytearray()
    for name, array in arrays.items():
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        places[name] = {
            "dtype": array.dtype.name,
            "shape": list(array.shape),
            "offset": len(body),
        }
        body += little.tobytes()
        body += b"\0" * (-len(body) % _ALIGNMENT)
    text = json.dumps({**header, "arrays": places}, separators=(",", ":")).encode()
    text += b" " * (-(len(text) + _PREFIX) % _ALIGNMENT)
    return kind + struct.pack("<II", version, len(text)) + text + bytes(body)


def unpack_arrays(
    kind: bytes, version: int, packed: NDArray[np.uint8]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the header, without ``arrays``, and the arrays of what :func:`pack_arrays` packed.

    Parameters
    ----------
    kind : bytes
    version : int
    packed : (n,) uint8 array
        The arrays are views of it.

    Raises
    ------
    ValueError
        It is of another kind or version, or not whole.

    Examples
    --------
    >>> packed = pack_arrays(b"TEST", 1, {"unit": "mm"}, {"place": np.zeros(3, np.float32)})
    >>> unpack_arrays(b"TEST", 1, np.frombuffer(packed, np.uint8))
    ({'unit': 'mm'}, {'place': array([0., 0., 0.], dtype=float32)})
    """
    prefix = packed[:_PREFIX].tobytes()
    if len(prefix) < _PREFIX or prefix[:4] != kind:
        raise ValueError(f"not packed arrays of the kind {kind!r}: {prefix[:4]!r}")
    found, length = struct.unpack("<II", prefix[4:])
    if found != version:
        raise ValueError(f"packed arrays of version {found}, expected {version}")
    start = _PREFIX + length
    header = json.loads(packed[_PREFIX:start].tobytes())
    arrays = {}
    for name, place in header.pop("arrays").items():
        dtype = np.dtype(place["dtype"]).newbyteorder("<")
        shape = tuple(place["shape"])
        first = start + place["offset"]
        size = math.prod(shape) * dtype.itemsize
        part = packed[first : first + size]
        if len(part) != size:
            raise ValueError(f"packed array {name} ends early")
        arrays[name] = np.asarray(part).view(dtype).reshape(shape)
    return header, arrays
