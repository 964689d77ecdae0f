"""OBJ with its material and texture: three files that belong together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from landmarkdiff.arguments import checked, instance_of, named_values, optional, plain_text
from landmarkdiff.head.export.facts import GENERATOR, effect_facts, statement
from landmarkdiff.head.export.texture import plain_texture
from landmarkdiff.head.simulation import HeadSimulation
from landmarkdiff.photo import encode_jpeg

__all__ = ["encode_obj"]

_JPEG_QUALITY = 92


@checked(head=instance_of(HeadSimulation), name=plain_text, values=optional(named_values))
def encode_obj(
    head: HeadSimulation, name: str = "head", values: Mapping[str, float] | None = None
) -> dict[str, bytes]:
    """Return the simulated head as OBJ, MTL and JPEG by their file names.

    Parameters
    ----------
    head : HeadSimulation
    name : str
        Of the files, without an ending; they name each other.
    values : mapping of float, optional
        By effect key, in the unit of each effect; as planned by default. An empty one gives the
        head before.

    Returns
    -------
    dict of bytes
        ``{name}.obj`` (millimetres, y up), ``{name}.mtl``, ``{name}.jpg``.
    """
    surface = head.simulated(values)
    topology = surface.topology
    said = [f"# {statement()}", f"# {GENERATOR}; millimetres, y up, z out of the face"]
    chosen = head.planned if values is None else values
    for fact in effect_facts(head):
        value = chosen.get(fact["effect"], 0.0)
        said.append(f"# {fact['effect']}: {value:g} {fact['unit']}")
    corners = topology.triangles + 1
    lines = [
        *said,
        f"mtllib {name}.mtl",
        "o SIMULATION",
        *(f"v {x:.4f} {y:.4f} {z:.4f}" for x, y, z in surface.vertices),
        *(f"vt {u:.6f} {1.0 - v:.6f}" for u, v in topology.uv),
        "usemtl skin",
        *(f"f {a}/{a} {b}/{b} {c}/{c}" for a, b, c in corners),
    ]
    material = [
        said[0],
        "newmtl skin",
        "Ka 1 1 1",
        "Kd 1 1 1",
        "Ks 0 0 0",
        "illum 0",
        f"map_Kd {name}.jpg",
    ]
    return {
        f"{name}.obj": _text(lines),
        f"{name}.mtl": _text(material),
        f"{name}.jpg": encode_jpeg(
            np.asarray(plain_texture(head)),
            quality=_JPEG_QUALITY,
            manifest={"simulation": True, "statement": statement()},
        ),
    }


def _text(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode("utf-8")
