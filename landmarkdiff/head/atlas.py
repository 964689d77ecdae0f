"""How the head's skin is laid out in its texture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import BoolArray, FloatArray, IndexArray

__all__ = ["TextureAtlas", "texture_atlas"]

#: Middle of the face in the file's layout, between eyes and nose, and the farthest skin from it.
_CENTRE, _REACH = np.array([0.893, 0.486]), 0.345
#: The face is drawn this much larger than the file has it, the back of the head smaller.
_ENLARGED = 2.6
#: Share of the texture's height that the head takes; the rest is for eyes, mouth and lids.
_HEAD_SHARE = 0.86
#: Corners of the box of the right eye's front half, and of its back half; the left eye's lie
#: opposite.
_EYE = ((0.355, 0.87), (0.495, 1.0))
_BACK_OF_EYE = ((0.355, 0.985), (0.367, 0.998))


@dataclass(frozen=True, eq=False)
class TextureAtlas:
    """Vertices as the texture wants them: one for every place in it.

    Attributes
    ----------
    vertex : (V,) int array
        The file's vertex that each one is; the first ones are the file's own, in order.
    uv : (V, 2) float64 array
        Texture coordinates in [0, 1], the second one downward.
    triangles : (T, 3) int array
    inside : bool array
        Of the file's vertices those within the mouth and behind the lids.
    """

    vertex: IndexArray
    uv: FloatArray
    triangles: IndexArray
    inside: BoolArray


def texture_atlas(
    file_quads: NDArray[Any],
    file_uv_quads: NDArray[Any],
    uv: FloatArray,
    eyes: tuple[BoolArray, BoolArray],
) -> TextureAtlas:
    """Lay out the texture, and double the vertices on its seams.

    Parameters
    ----------
    file_quads, file_uv_quads : (Q, 4) int arrays
        Vertices and texture coordinates of each face.
    uv : (U, 2) float64 array
        The file's texture coordinates, the second one upward.
    eyes : tuple of two (Q,) bool arrays
        Faces of the patient's right and of the left eyeball.
    """
    quads, uv_quads = np.asarray(file_quads, np.intp), np.asarray(file_uv_quads, np.intp)
    count = int(quads.max()) + 1
    centre = uv[uv_quads].mean(axis=1)
    head = (centre[:, 0] > 0.63) & (centre[:, 1] > 0.145) & (centre[:, 1] < 0.85)
    neck = (centre[:, 0] > 0.2) & (centre[:, 0] < 0.6)
    laid = _laid_out(uv, uv_quads, head, neck)
    for eye, mirrored in zip(eyes, (False, True), strict=True):
        _lay_eye(laid, uv, uv_quads[eye], mirrored=mirrored)
    pairs = np.stack([quads.ravel(), uv_quads.ravel()], axis=1)
    unique, place = np.unique(pairs, axis=0, return_inverse=True)
    first = np.ones(len(unique), np.bool_)
    first[1:] = unique[1:, 0] != unique[:-1, 0]
    number = np.where(first, unique[:, 0], 0)
    number[~first] = count + np.arange(int((~first).sum()))
    vertex = np.empty(count + int((~first).sum()), np.intp)
    vertex[:count] = np.arange(count)
    vertex[number] = unique[:, 0]
    places = np.zeros((len(vertex), 2))
    places[number] = laid[unique[:, 1]]
    corners = number[place.reshape(quads.shape)]
    triangles = np.concatenate([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]])
    inside = np.ones(count, np.bool_)
    inside[quads[head | neck]] = False
    return TextureAtlas(vertex, places, triangles, inside)


def _laid_out(uv: FloatArray, uv_quads: IndexArray, head: BoolArray, neck: BoolArray) -> FloatArray:
    """Enlarge the face within the head's island and put it on top, neck and insides below."""
    of_head, of_neck = np.zeros((2, len(uv)), np.bool_)
    of_head[uv_quads[head]] = True
    of_neck[uv_quads[neck]] = True
    away = uv - _CENTRE
    radius = np.linalg.norm(away, axis=1, keepdims=True) / _REACH
    spread = away * (1 + _ENLARGED) / (1 + _ENLARGED * radius)
    # The file lays the head on its side: the chin is right, the patient's left is up. Here it
    # stands as a camera sees it.
    turned = spread[:, ::-1]
    placed = np.empty_like(uv)
    placed[of_head] = _fitted(turned[of_head], (0.0, 0.0), (1.0, _HEAD_SHARE))
    for own, left, right in ((of_neck, 0.0, 0.345), (~of_head & ~of_neck, 0.655, 1.0)):
        upright = uv[own] * (1.0, -1.0)
        placed[own] = _fitted(upright, (left, _HEAD_SHARE + 0.01), (right, 1.0))
    return placed


def _lay_eye(laid: FloatArray, uv: FloatArray, uv_quads: IndexArray, *, mirrored: bool) -> None:
    """Give an eyeball a box of its own: the file has its front half and its back half as discs.

    The front half fills the box; the back half, which nobody sees, lies in a corner of it.
    """
    own = np.unique(uv_quads)
    front = uv[own, 1] > (uv[own, 1].min() + uv[own, 1].max()) / 2
    for half, low, high in ((front, *_EYE), (~front, *_BACK_OF_EYE)):
        left, right = (1.0 - high[0], 1.0 - low[0]) if mirrored else (low[0], high[0])
        upright = uv[own[half]] * (1.0, -1.0)
        laid[own[half]] = _fitted(upright, (left, low[1]), (right, high[1]))


def _fitted(places: FloatArray, low: tuple[float, float], high: tuple[float, float]) -> FloatArray:
    """Scale and move places into a box, each axis by itself."""
    least, most = places.min(axis=0), places.max(axis=0)
    return np.asarray(low + (places - least) / (most - least) * (np.array(high) - low))
