"""The parametric head: an average, directions in which people differ, units of expression.

The shapes are artists' directions of the MakeHuman project (CC0), not statistics of people. The
prior is therefore our own: a normal distribution on the share of each direction, whose spreads
give facial measurements the standard deviations that anthropometry found (see
``docs/concepts/head.md``), and a smooth random displacement for what no direction holds.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray, IndexArray
from landmarkdiff.head.atlas import TextureAtlas, texture_atlas
from landmarkdiff.head.kept import derived_from, packed_head, unpacked_head
from landmarkdiff.head.landmark_map import LandmarkMap, landmark_map
from landmarkdiff.head.neck import firmly_held
from landmarkdiff.head.shapes import Shapes
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.head.topology import HeadTopology
from landmarkdiff.runtime.threads import one_blas_thread
from landmarkdiff.weights import DerivedFacts, derived, obtain, read, sums

__all__ = ["HEAD_WEIGHTS", "HeadModel", "head_model", "read_head_model"]

#: Name of the head in the weights store.
HEAD_WEIGHTS = "makehuman_head"

#: The average head is this much larger than the file's, so that its eyes lie 62 mm apart
#: (interpupillary distance of adults, Dodgson 2004: mean 63 mm, both sexes together).
_SIZE = 1.045
#: The midline jumps no farther than this from lip to lip.
_LIP_GAP_MM = 8.0


@dataclass(frozen=True, eq=False)
class HeadModel:
    """An average head and how heads differ.

    Attributes
    ----------
    topology : HeadTopology
    mean : (V, 3) float64 array
        The average head in the face frame, mm.
    identity : (K, V, 3) float32 array
        Displacement by one standard deviation of each direction of shape, mm.
    identity_names : tuple of str
    expression : (E, V, 3) float32 array
        Displacement by each unit of expression at its full score, mm.
    expression_names : tuple of str
        ARKit's names, as MediaPipe's blendshapes have them.
    landmarks : LandmarkMap
        Where the 478 landmarks and the anatomical points lie.
    source : str or None
        Sum of the file and the code that it was derived by; None: nothing derived from it is kept.
    """

    topology: HeadTopology
    mean: FloatArray
    identity: NDArray[np.float32]
    identity_names: tuple[str, ...]
    expression: NDArray[np.float32]
    expression_names: tuple[str, ...]
    landmarks: LandmarkMap
    source: str | None = None

    def surface(
        self,
        identity: FloatArray | Mapping[str, float] | None = None,
        expression: Mapping[str, float] | None = None,
    ) -> HeadSurface:
        """Return the head with these shares, in standard deviations, and this expression.

        Parameters
        ----------
        identity : (K,) float64 array or mapping of direction to share, optional
        expression : mapping of unit to score in [0, 1], optional

        Raises
        ------
        KeyError
            A name is not of the model.
        """
        vertices = self.mean.copy()
        if isinstance(identity, Mapping):
            for name, share in identity.items():
                if name not in self.identity_names:
                    raise KeyError(name)
                vertices += share * self.identity[self.identity_names.index(name)]
        elif identity is not None:
            vertices += np.tensordot(identity, self.identity, axes=1)
        for name, score in (expression or {}).items():
            if name not in self.expression_names:
                raise KeyError(name)
            vertices += score * self.expression[self.expression_names.index(name)]
        return HeadSurface(self.topology, vertices)


@cache
def head_model() -> HeadModel:
    """Return the embedded head from the weights store, fetching it where that is allowed.

    Raises
    ------
    WeightsMissingError, WeightsCorruptError, WeightsError
        As of :func:`landmarkdiff.weights.obtain`.
    """
    place = obtain(HEAD_WEIGHTS)
    source = derived_from(sums(HEAD_WEIGHTS)[HEAD_WEIGHTS])

    def made() -> DerivedFacts:
        with one_blas_thread():  # the last bits do not depend on the machine that keeps them
            model = read_head_model(io.BytesIO(read(HEAD_WEIGHTS)))
        arrays = {name: getattr(model, name) for name in ("mean", "identity", "expression")}
        names = {name: getattr(model, name) for name in ("identity_names", "expression_names")}
        return packed_head(model.topology, arrays, names)

    topology, arrays, names = unpacked_head(derived("head", source, made, place.parent))
    return HeadModel(
        topology=topology,
        mean=arrays["mean"],
        identity=arrays["identity"],
        identity_names=names["identity_names"],
        expression=arrays["expression"],
        expression_names=names["expression_names"],
        landmarks=landmark_map(),
        source=source,
    )


def read_head_model(source: Path | BinaryIO, points: LandmarkMap | None = None) -> HeadModel:
    """Read the compact head that :mod:`landmarkdiff.weights.makehuman` makes.

    ``source`` is its file, or that opened; ``points`` are its landmarks where they are not the
    embedded ones.
    """
    with np.load(source) as file:
        held = {
            name.removesuffix(".npy"): file[name] for name in file.files if "LICENSE" not in name
        }
    held = _with_clean_neck(held)
    shapes = Shapes(held)
    names = [name.decode() for name in held["part_names"].tolist()]
    of_quads = held["parts"][held["quads"]].max(axis=1)
    eyes = (of_quads == names.index("right_eye"), of_quads == names.index("left_eye"))
    atlas = texture_atlas(held["quads"], held["uv_quads"], held["uv"] / 1e5, eyes)
    average = held["vertices"] / 100.0 + shapes.average_macro()
    average = (average + average[held["mirror"].astype(np.intp)] * (-1.0, 1.0, 1.0)) / 2
    face = held["parts"] == 0
    face &= average[:, 2] > np.quantile(average[face, 2], 0.35)
    of_identity, directions = shapes.directions()
    directions = _without_rigid(directions, average, face)
    units, expressions = shapes.expressions()
    parts = {name: np.flatnonzero(held["parts"] == number) for number, name in enumerate(names)}
    parts |= shapes.regions(held["parts"] == 0, atlas)
    used = {name: np.intersect1d(members, held["quads"]) for name, members in parts.items()}
    topology = _topology(held, atlas, used, average)
    points = points or landmark_map()
    mean, turn = points.in_face_frame(average * _SIZE)
    turn = turn * _SIZE
    return HeadModel(
        topology=topology,
        mean=mean[atlas.vertex],
        identity=_turned(directions, turn, atlas.vertex),
        identity_names=of_identity,
        expression=_turned(expressions, turn, atlas.vertex),
        expression_names=units,
        landmarks=points,
    )


def _with_clean_neck(held: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Take the faces away that hang loose at the cut of the neck; every vertex keeps its number."""
    skin = (held["parts"][held["quads"]] == 0).all(axis=1)
    kept = ~skin
    kept[skin] = firmly_held(held["quads"][skin])
    return {**held, "quads": held["quads"][kept], "uv_quads": held["uv_quads"][kept]}


def _turned(
    directions: NDArray[np.float32], turn: FloatArray, vertex: IndexArray
) -> NDArray[np.float32]:
    """Turn directions into the face frame, one row for each vertex of the texture."""
    return np.asarray((directions @ turn.astype(np.float32))[:, vertex])


def _without_rigid(
    directions: NDArray[np.float32], average: FloatArray, face: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Take from each direction what moves or turns the face as a whole: that is the pose's."""
    centred = average - average[face].mean(axis=0)
    modes = [np.tile(axis, (len(average), 1)) for axis in np.eye(3)]
    modes += [np.cross(axis, centred) for axis in np.eye(3)]
    basis = np.stack(modes)
    of_face = np.linalg.pinv(basis[:, face].reshape(6, -1)).astype(np.float32)
    fitted = directions[:, face].reshape(len(directions), -1) @ of_face
    directions -= np.tensordot(fitted, basis.astype(np.float32), axes=1)
    return directions


def _topology(
    held: Mapping[str, NDArray[Any]],
    atlas: TextureAtlas,
    parts: Mapping[str, IndexArray],
    average: FloatArray,
) -> HeadTopology:
    """Triangles, doubled vertices, parts and the midline."""
    count = len(atlas.vertex)
    own = np.arange(len(average))
    mirror = held["mirror"].astype(np.intp)
    twin = np.concatenate([own, atlas.vertex[len(average) :]]).astype(np.intp)
    doubled = {
        name: np.flatnonzero(np.isin(atlas.vertex, members)) for name, members in parts.items()
    }
    mirrored = np.empty(count, np.intp)
    mirrored[: len(average)] = mirror
    for vertex in range(len(average), count):
        mirrored[vertex] = _mirror_twin(atlas, mirror, vertex)
    return HeadTopology(
        triangles=atlas.triangles,
        uv=atlas.uv,
        twin=twin,
        mirror=mirrored,
        parts=doubled,
        midline=_midline(atlas.triangles[: 2 * len(held["quads"])], twin, mirror, parts, average),
    )


def _mirror_twin(atlas: TextureAtlas, mirror: IndexArray, vertex: int) -> int:
    """Of the twins of the mirror partner, the one that lies opposite in the texture."""
    partners = np.flatnonzero(atlas.vertex == mirror[atlas.vertex[vertex]])
    here = atlas.uv[vertex] * (-1.0, 1.0) + (1.0, 0.0)
    return int(partners[np.linalg.norm(atlas.uv[partners] - here, axis=1).argmin()])


def _midline(
    triangles: IndexArray,
    twin: IndexArray,
    mirror: IndexArray,
    parts: Mapping[str, IndexArray],
    average: FloatArray,
) -> IndexArray:
    """Walk the vertices that are their own mirror partners from the crown down the front."""
    own = mirror == np.arange(len(mirror))
    skin = np.zeros(len(mirror), np.bool_)
    skin[parts["skin"]] = True
    middle = own & skin
    corners = twin[triangles]
    pairs = np.concatenate([corners[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    pairs = np.unique(np.sort(pairs[middle[pairs].all(axis=1)], axis=1), axis=0)
    linked: dict[int, set[int]] = {}
    for first, second in pairs.tolist():
        linked.setdefault(first, set()).add(second)
        linked.setdefault(second, set()).add(first)
    inside = set(parts["inside"].tolist())
    crown = int(max((v for v in linked), key=lambda v: average[v, 1]))
    path, seen = [crown], {crown}
    while True:
        here = average[path[-1]]
        ahead = [v for v in linked[path[-1]] if v not in seen and v not in inside]
        if not ahead:  # the line between the lips, or the end
            below = [v for v in linked if v not in seen | inside and average[v, 1] < here[1]]
            ahead = [v for v in below if np.linalg.norm(average[v] - here) < _LIP_GAP_MM]
            if not ahead:
                break
            chosen = min(ahead, key=lambda v: np.linalg.norm(average[v] - here))
        else:
            chosen = max(ahead, key=lambda v: average[v, 2])
        path.append(chosen)
        seen.add(chosen)
    return np.array(path, np.intp)
