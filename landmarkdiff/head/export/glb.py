"""GLB: one file to turn in any viewer, with a morph target for each effect (glTF 2.0, Khronos).

Positions and targets are 16-bit whole numbers (KHR_mesh_quantization), which a node scales to
metres: a step is 1/65,534 of the head's longest side, 0.005 mm, far below what is known of it. The
material is unlit (KHR_materials_unlit): the light is the photo's.
"""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arguments import checked, instance_of, whole_in
from landmarkdiff.arrays import FloatArray
from landmarkdiff.head.export.facts import GENERATOR, effect_facts, statement
from landmarkdiff.head.export.texture import encode_texture
from landmarkdiff.head.simulation import HeadEffect, HeadSimulation

__all__ = ["encode_glb"]

#: Bytes that a file may have, so that it opens on a telephone.
LIMIT = 4_000_000
#: Names of the numbers' types and of what a view is for, as glTF counts them.
_SHORT, _UNSIGNED_SHORT, _UNSIGNED_INT = 5122, 5123, 5125
_VERTICES, _INDICES = 34962, 34963
_MM_PER_M = 1000.0


class _Buffer:
    """The binary part of a file, and the views and accessors on it as they are added."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []

    def add_view(self, data: bytes, **facts: int) -> int:
        """Add bytes; return the number of their view."""
        self.views.append(
            {"buffer": 0, "byteOffset": len(self.body), "byteLength": len(data), **facts}
        )
        self.body += data + b"\0" * (-len(data) % 4)
        return len(self.views) - 1

    def add_steps(self, steps: NDArray[np.int16]) -> int:
        """Add (V, 3) vectors in steps; return the number of their accessor."""
        # Each vertex has to begin at a multiple of four bytes.
        padded = np.zeros((len(steps), 4), "<i2")
        padded[:, :3] = steps
        view = self.add_view(padded.tobytes(), byteStride=8, target=_VERTICES)
        return self._add_accessor(
            view,
            _SHORT,
            "VEC3",
            len(steps),
            min=steps.min(axis=0).tolist(),
            max=steps.max(axis=0).tolist(),
        )

    def add_uv(self, uv: FloatArray) -> int:
        """Add (V, 2) places in the texture, 0 to 1."""
        data = np.round(65535.0 * np.clip(uv, 0.0, 1.0)).astype("<u2").tobytes()
        view = self.add_view(data, byteStride=4, target=_VERTICES)
        return self._add_accessor(view, _UNSIGNED_SHORT, "VEC2", len(uv), normalized=True)

    def add_triangles(self, triangles: NDArray[np.intp]) -> int:
        """Add (T, 3) numbers of vertices."""
        short = triangles.max() < 0xFFFF  # the last number of a type is kept for other uses
        kind, code = ("<u2", _UNSIGNED_SHORT) if short else ("<u4", _UNSIGNED_INT)
        view = self.add_view(triangles.astype(kind).tobytes(), target=_INDICES)
        return self._add_accessor(view, code, "SCALAR", triangles.size)

    def _add_accessor(self, view: int, code: int, shape: str, count: int, **facts: Any) -> int:
        accessor = {"bufferView": view, "componentType": code, "count": count, "type": shape}
        self.accessors.append({**accessor, **facts})
        return len(self.accessors) - 1


@checked(head=instance_of(HeadSimulation), limit=whole_in(100_000, 1_000_000_000))
def encode_glb(head: HeadSimulation, *, limit: int = LIMIT) -> bytes:
    """Return a head as GLB: metres, y up, the face toward +z, the plan applied by its weights.

    Each morph target is the displacement at the end of the effect's band, and its weight the
    planned part of that, so that the weights as they come show the plan exactly and 0 the head
    before.

    Parameters
    ----------
    head : HeadSimulation
    limit : int
        Bytes; the texture is made coarser to keep to it.
    """
    topology, vertices = head.surface.topology, head.surface.vertices
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    centre = (low + high) / 2.0
    step = float((high - low).max()) / 65534.0
    buffer = _Buffer()
    attributes = {
        "POSITION": buffer.add_steps(_in_steps(vertices - centre, step)),
        "TEXCOORD_0": buffer.add_uv(topology.uv),
    }
    indices = buffer.add_triangles(topology.triangles)
    targets = [
        {"POSITION": buffer.add_steps(_in_steps(_target(effect), step))} for effect in head.effects
    ]
    primitive = {"attributes": attributes, "indices": indices, "material": 0}
    mesh: dict[str, Any] = {"name": "head", "primitives": [primitive]}
    if targets:
        primitive["targets"] = targets
        mesh["weights"] = [effect.value / effect.full for effect in head.effects]
        mesh["extras"] = {"targetNames": [effect.key for effect in head.effects]}
    node = {
        "name": "simulation",
        "mesh": 0,
        "scale": [step / _MM_PER_M] * 3,
        "translation": (centre / _MM_PER_M).tolist(),
    }
    document = {**_frame(head), "meshes": [mesh], "nodes": [node]}
    # The texture has what is left of the limit: 2 kB are for the last entries of the document.
    left = limit - len(buffer.body) - len(json.dumps(document)) - 2000
    left -= sum(len(json.dumps(each)) for each in [*buffer.views, *buffer.accessors])
    image = buffer.add_view(encode_texture(head, left))
    document["images"] = [{"bufferView": image, "mimeType": "image/jpeg", "name": "texture"}]
    document |= {"bufferViews": buffer.views, "accessors": buffer.accessors}
    document["buffers"] = [{"byteLength": len(buffer.body)}]
    return _packed(document, bytes(buffer.body))


def _target(effect: HeadEffect) -> FloatArray:
    """Displacement at the end of the band, such that the planned part of it is the plan's."""
    if effect.value == 0.0:
        return effect.at(effect.full)
    return effect.at(effect.value) * (effect.full / effect.value)


def _in_steps(vectors: FloatArray, step: float) -> NDArray[np.int16]:
    return np.asarray(np.clip(np.round(vectors / step), -32767, 32767), np.int16)


def _frame(head: HeadSimulation) -> dict[str, Any]:
    """All of the document that is the same for every head, and the plan."""
    material = {
        "name": "skin",
        "doubleSided": True,
        "pbrMetallicRoughness": {
            "baseColorTexture": {"index": 0},
            "metallicFactor": 0.0,
            "roughnessFactor": 1.0,
        },
        "extensions": {"KHR_materials_unlit": {}},
    }
    extras = {"simulation": True, "statement": statement(), "plan": effect_facts(head)}
    return {
        "asset": {"version": "2.0", "generator": GENERATOR, "extras": extras},
        "extensionsUsed": ["KHR_materials_unlit", "KHR_mesh_quantization"],
        "extensionsRequired": ["KHR_mesh_quantization"],
        "scene": 0,
        "scenes": [{"name": "SIMULATION", "nodes": [0]}],
        "materials": [material],
        "textures": [{"sampler": 0, "source": 0}],
        # Linear, with mipmaps; held at the edges.
        "samplers": [{"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}],
    }


def _packed(document: dict[str, Any], body: bytes) -> bytes:
    """The container: a head of 12 bytes, the document, the binary part."""
    text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    chunks += struct.pack("<I4s", len(body), b"BIN\0") + body
    return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks
