"""STL for the printer: binary, millimetres, one closed body."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import numpy as np

from landmarkdiff.arguments import checked, instance_of, named_values, optional
from landmarkdiff.head.export.facts import GENERATOR
from landmarkdiff.head.shell import closed_shell
from landmarkdiff.head.simulation import HeadSimulation

__all__ = ["encode_stl"]

_HEADER_BYTES = 80
_RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


@checked(head=instance_of(HeadSimulation), values=optional(named_values))
def encode_stl(head: HeadSimulation, values: Mapping[str, float] | None = None) -> bytes:
    """Return the simulated head as binary STL: millimetres, y up, closed at the neck.

    Parameters
    ----------
    head : HeadSimulation
    values : mapping of float, optional
        By effect key, in the unit of each effect; as planned by default. An empty one gives the
        head before.
    """
    vertices, triangles = closed_shell(head.simulated(values))
    corners = vertices[triangles]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(across, axis=1, keepdims=True)
    records = np.zeros(len(triangles), _RECORD)
    records["normal"] = across / np.maximum(length, 1e-12)
    records["corners"] = corners
    # The header has no room for the whole sentence; it must not begin with "solid".
    said = f"SIMULATION of a discussed goal, not a prediction; mm; {GENERATOR}"
    header = said.encode("ascii")[:_HEADER_BYTES].ljust(_HEADER_BYTES)
    return header + struct.pack("<I", len(records)) + records.tobytes()
