"""The head as the viewer in the browser reads it: one piece of bytes, sent once.

It travels as :func:`landmarkdiff.numerics.pack_arrays` writes it, with the letters ``LDHD``;
``ui/static/head/payload.js`` reads it. Lengths are millimetres in the face frame.

Header: ``effects`` (``key``, ``unit``, ``value`` as planned, ``knots``), and whatever the caller
adds. Arrays:

- ``vertices`` (V, 3) float32 and ``triangles`` (T, 3) uint32, before;
- ``uv`` (V, 2) float32, v downwards, and ``texture`` (bytes) uint8, a JPEG;
- ``seen`` (V,) uint8, 255 where a photo shows the surface well, 0 where none does;
- ``twin`` (V,) uint32, the first vertex at the same place;
- ``midline`` (m,) uint32, the midsagittal profile from the crown to the neck;
- ``neck`` (r,) uint32, the open edge of the neck, around;
- for effect number ``i`` the vertices that it moves, ``moved{i}`` (n,) uint32, and by how much at
  each knot, ``displacements{i}`` (k, n, 3) float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arguments import checked, instance_of
from landmarkdiff.head.shell import neck_edge
from landmarkdiff.head.simulation import HeadSimulation
from landmarkdiff.numerics import pack_arrays
from landmarkdiff.photo import encode_jpeg

__all__ = ["encode_payload"]

MAGIC = b"LDHD"
VERSION = 1
#: Between this quality and 100 a texture looks the same on the turned head.
_JPEG_QUALITY = 92
#: Nobody sees, and no reading shows, that a vertex moves by less.
_LEAST_MM = 5e-4


@checked(head=instance_of(HeadSimulation))
def encode_payload(head: HeadSimulation, **header: Any) -> bytes:
    """Return the head as the viewer reads it; ``header`` entries (JSON-ready) are added.

    The texture is the larger part: 0.2 to 1.5 MB of a photo, beside 0.25 MB of surface and about
    0.05 MB for each effect.
    """
    surface = head.surface
    topology = surface.topology
    arrays: dict[str, NDArray[Any]] = {
        "vertices": surface.vertices.astype(np.float32),
        "triangles": topology.triangles.astype(np.uint32),
        "uv": topology.uv.astype(np.float32),
        "texture": np.frombuffer(encode_jpeg(head.texture, quality=_JPEG_QUALITY), np.uint8),
        "seen": np.round(255.0 * np.clip(head.seen, 0.0, 1.0)).astype(np.uint8),
        "twin": topology.twin.astype(np.uint32),
        "midline": topology.midline.astype(np.uint32),
        "neck": np.array(neck_edge(surface), np.uint32),
    }
    listed = []
    for number, effect in enumerate(head.effects):
        moved = np.flatnonzero(np.abs(effect.displacements).max(axis=(0, 2)) > _LEAST_MM)
        arrays[f"moved{number}"] = moved.astype(np.uint32)
        arrays[f"displacements{number}"] = effect.displacements[:, moved].astype(np.float32)
        listed.append(
            {
                "key": effect.key,
                "unit": effect.unit,
                "value": effect.value,
                "knots": effect.knots.tolist(),
            }
        )
    return pack_arrays(MAGIC, VERSION, {"effects": listed, **header}, arrays)
