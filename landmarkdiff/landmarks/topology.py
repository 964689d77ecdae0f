"""Topology of the 478-point mesh: edges, regions, mirror map, canonical shape.

``data/topology.json`` is written by ``scripts/make_topology.py`` from MediaPipe's own files;
``data/anatomy.json`` names the anatomical groups. Both load at first use. Left and right are
always the patient's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np

from landmarkdiff.arrays import FloatArray, IndexArray

__all__ = [
    "ANATOMICAL_GROUPS",
    "FOLD_LINES",
    "LANDMARK_LINES",
    "LANDMARK_REGIONS",
    "STRUCTURES",
    "AnatomicalGroup",
    "Topology",
    "mirror_points",
    "sides",
    "topology",
]


@dataclass(frozen=True)
class Topology:
    """Everything fixed about the mesh.

    Attributes
    ----------
    vertices_mm : (468, 3) float64 array
        Canonical (average) face in millimetres, axes of the face frame: x toward the patient's
        left, y up, z toward the camera; MediaPipe's own origin inside the head.
    uv : (468, 2) float64 array
        Texture coordinates of the canonical face, 0 to 1, v up.
    triangles : (898, 3) array
        Triangles of the canonical mesh; eyes and mouth are filled.
    tiles : (852, 3) array
        Triangles of MediaPipe's tessellation; eyes and mouth are open.
    edges : (1322, 2) array
        Undirected edges of the tessellation (MediaPipe lists them as 2,556 directed ones).
    contours : mapping of str to (n, 2) array
        MediaPipe's contour groups by its own names: FACE_OVAL, LEFT_EYE, LEFT_EYEBROW,
        LEFT_IRIS, LIPS, NOSE, RIGHT_EYE, RIGHT_EYEBROW, RIGHT_IRIS.
    mirror : (478,) array
        Partner of each point on the other side; a midline point is its own.
    midline : (28,) array
        Points that are their own partner.
    fit_weights : (468,) float64 array
        MediaPipe's weights for fitting the canonical mesh; zero for most points.
    blendshape_points : (146,) array
        Points that the expression network reads.
    blendshape_names : tuple of str
        Names of the 52 expression scores.
    """

    vertices_mm: FloatArray
    uv: FloatArray
    triangles: IndexArray
    tiles: IndexArray
    edges: IndexArray
    contours: Mapping[str, IndexArray]
    mirror: IndexArray
    midline: IndexArray
    fit_weights: FloatArray
    blendshape_points: IndexArray
    blendshape_names: tuple[str, ...]


@cache
def topology() -> Topology:
    """Return the topology; read once per process, its arrays cannot be written."""
    record = _read("topology.json")
    mirror = _indices(record["mirror"])
    weights = np.zeros(len(record["vertices_cm"]))
    for index, weight in record["fit_weights"].items():
        weights[int(index)] = weight
    return Topology(
        vertices_mm=_frozen(np.array(record["vertices_cm"], np.float64) * 10.0),
        uv=_frozen(np.array(record["uv"], np.float64)),
        triangles=_indices(record["triangles"]),
        tiles=_indices(record["tiles"]),
        edges=_indices(record["edges"]),
        contours=MappingProxyType(
            {name: _indices(edges) for name, edges in record["contours"].items()}
        ),
        mirror=mirror,
        midline=_indices(np.flatnonzero(mirror == np.arange(mirror.size))),
        fit_weights=_frozen(weights),
        blendshape_points=_indices(record["blendshape_points"]),
        blendshape_names=tuple(record["blendshape_names"]),
    )


def mirror_points(indices: Iterable[int]) -> list[int]:
    """Return the partners of some points, in the same order.

    >>> mirror_points([33, 4])
    [263, 4]
    """
    partner = topology().mirror
    return [int(partner[index]) for index in indices]


@cache
def sides() -> IndexArray:
    """Return the patient's side of each point: (478,) int, -1 right, 0 midline, +1 left.

    >>> sides()[[33, 4, 263]].tolist()
    [-1, 0, 1]
    """
    mesh = topology()
    side = np.zeros(mesh.mirror.size, np.intp)
    side[: len(mesh.vertices_mm)] = np.sign(mesh.vertices_mm[:, 0])
    side[468:473], side[473:478] = -1, 1
    side[mesh.midline] = 0
    return _indices(side)


@dataclass(frozen=True)
class AnatomicalGroup:
    """Points of one anatomical structure.

    Attributes
    ----------
    right, left : tuple of int
        The patient's sides; ``left[k]`` is the mirror partner of ``right[k]``.
    midline : tuple of int
    """

    right: tuple[int, ...]
    left: tuple[int, ...]
    midline: tuple[int, ...]

    @property
    def points(self) -> tuple[int, ...]:
        """All points: midline, right, left."""
        return self.midline + self.right + self.left


@cache
def _anatomical_groups() -> Mapping[str, AnatomicalGroup]:
    return MappingProxyType(
        {
            name: AnatomicalGroup(
                right=tuple(sides["right"]),
                left=tuple(mirror_points(sides["right"])),
                midline=tuple(sides["midline"]),
            )
            for name, sides in _read("anatomy.json")["groups"].items()
        }
    )


@cache
def _lines() -> Mapping[str, tuple[int, ...]]:
    lines = {name: tuple(points) for name, points in _read("anatomy.json")["lines"].items()}
    return MappingProxyType({**lines, "left_eye": tuple(mirror_points(lines["right_eye"]))})


@cache
def _fold_lines() -> Mapping[str, tuple[int, ...]]:
    return MappingProxyType(
        {name: tuple(points) for name, points in _read("anatomy.json")["folds"].items()}
    )


@cache
def _structures() -> Mapping[str, tuple[str, ...]]:
    listed = _read("anatomy.json")["structures"]
    return MappingProxyType({name: tuple(groups) for name, groups in listed.items()})


@cache
def _landmark_regions() -> Mapping[str, tuple[int, ...]]:
    contours = topology().contours
    regions = {
        region: tuple(sorted(set(contours[name].ravel().tolist())))
        for region, name in _CONTOUR_REGIONS.items()
    }
    # MediaPipe's iris groups are the rims; the pupil centres belong to the region.
    regions["left_iris"] = (473, *regions["left_iris"])
    regions["right_iris"] = (468, *regions["right_iris"])
    groups = _anatomical_groups()
    jaw = {p for name in ("jaw_border", "chin_border", "jowl") for p in groups[name].points}
    regions["jawline"] = tuple(sorted(jaw))
    return MappingProxyType({name: regions[name] for name in _REGION_NAMES})


_CONTOUR_REGIONS = {
    "left_eye": "LEFT_EYE",
    "right_eye": "RIGHT_EYE",
    "left_eyebrow": "LEFT_EYEBROW",
    "right_eyebrow": "RIGHT_EYEBROW",
    "nose": "NOSE",
    "lips": "LIPS",
    "left_iris": "LEFT_IRIS",
    "right_iris": "RIGHT_IRIS",
    "face_oval": "FACE_OVAL",
}
_REGION_NAMES = ("jawline", *_CONTOUR_REGIONS)


class _Lazy(Mapping[str, Any]):
    """A read-only mapping that is read from its file at first use."""

    def __init__(self, load: Any, description: str) -> None:
        self._load = load
        self.__doc__ = description

    def __getitem__(self, key: str) -> Any:
        return self._load()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._load())

    def __len__(self) -> int:
        return len(self._load())

    def __repr__(self) -> str:
        return repr(dict(self._load()))


#: Name -> points, tuple of int. Contours are MediaPipe's own sets (lips 40 points, nose 24,
#: face oval 36, each brow 10, each eye 16, each iris 5); MediaPipe has no jawline, so that one
#: is the union of the anatomical groups jaw_border, chin_border and jowl.
LANDMARK_REGIONS: Mapping[str, tuple[int, ...]] = _Lazy(
    _landmark_regions, "Regions of the face: name to landmark indices."
)

#: Name -> :class:`AnatomicalGroup`, read by eye on labelled photos; mirror-closed.
ANATOMICAL_GROUPS: Mapping[str, AnatomicalGroup] = _Lazy(
    _anatomical_groups, "Anatomical groups: name to right, left and midline indices."
)


#: Name -> points in the order of a line: the rings around the ``right_eye``, the ``left_eye``,
#: between the lips (``inner_lips``) and, point for point beside that, around them
#: (``outer_lips``), closed by themselves; the ``midline`` from the forehead to the chin; the
#: ``mouth_corners``, right and left.
LANDMARK_LINES: Mapping[str, tuple[int, ...]] = _Lazy(
    _lines, "Lines of the face: name to landmark indices in their order."
)

#: Name -> points in the order of the line near which a fold of the skin may lie, on the patient's
#: right side.
FOLD_LINES: Mapping[str, tuple[int, ...]] = _Lazy(
    _fold_lines, "Lines of folds: name to landmark indices in their order."
)

#: Name -> the anatomical groups of a whole structure (``nose``).
STRUCTURES: Mapping[str, tuple[str, ...]] = _Lazy(
    _structures, "Structures of the face: name to anatomical groups."
)


@cache
def _read(name: str) -> Any:
    place = files("landmarkdiff.landmarks") / "data" / name
    return json.loads(place.read_text(encoding="utf-8"))


def _frozen(array: FloatArray) -> FloatArray:
    array.setflags(write=False)
    return array


def _indices(values: Any) -> IndexArray:
    array = np.array(values, np.intp)
    array.setflags(write=False)
    return array
