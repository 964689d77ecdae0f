"""From the photos of a fitted head to its texture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray, IndexArray
from landmarkdiff.head.fitted import FittedHead, FittedView
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.head.texture.blend import Layer, blended, filled, matched
from landmarkdiff.head.texture.eyes import whole_eye
from landmarkdiff.head.texture.openings import Opening
from landmarkdiff.head.texture.person import person_around
from landmarkdiff.head.texture.register import places_in_photo, shape_in_photo
from landmarkdiff.head.texture.sampling import colours_of
from landmarkdiff.head.texture.shown import DepthView, shown_share
from landmarkdiff.head.texture.texels import Texels, texels
from landmarkdiff.head.topology import HeadTopology
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import LANDMARK_LINES
from landmarkdiff.profile import ProfileContour

__all__ = ["HeadTexture", "TexturePhoto", "head_texture"]

#: Skin this deep within the opening of an eye or the mouth of a photo is not what it shows, mm.
_NO_SKIN_MM = {"left_eye": 0.5, "right_eye": 0.5, "mouth": 0.15}
#: Where a mouth is open by more than twice this, mm, teeth shine so far onto its lips.
_OPEN_MM, _TEETH_MM = 0.8, 0.9
#: An ear of which a photo shows less than this share is not taken from it.
_LEAST_OF_EAR = 0.45
#: Colours of what no photo of a closed mouth shows, in the shadow of the lips, sRGB.
_TEETH, _MOUTH = (158, 128, 118), (122, 62, 60)
#: Landmarks of the pupils.
_PUPILS = {"right_eye": 468, "left_eye": 473}
#: Nostrils and the floor of the nose lie so near to the subnasale on the average head, mm.
_NOSTRILS_MM = 17.0
#: Rounds by which the edge of what is seen is smoothed along the mesh.
_SMOOTHED = 3
#: What a photo shows well, it shows; the viewer's plain grey takes over below.
_SEEN_WELL = 0.35


@dataclass(frozen=True, eq=False)
class TexturePhoto:
    """A photo that a head was fitted to.

    Attributes
    ----------
    pixels : (H, W, 3) uint8 array
        RGB, upright.
    evidence : FaceLandmarks or ProfileContour
        What was fitted.
    """

    pixels: ImageArray
    evidence: FaceLandmarks | ProfileContour


@dataclass(frozen=True, eq=False)
class HeadTexture:
    """What the photos show of a head's surface.

    Attributes
    ----------
    pixels : (size, size, 3) uint8 array
        RGB; its place (u, v) of the topology, v downward.
    seen : (V,) float32 array
        How well a photo shows the surface at each vertex, 0 (in none) to 1.
    """

    pixels: ImageArray
    seen: Float32Array


def head_texture(head: FittedHead, photos: Sequence[TexturePhoto], size: int = 1024) -> HeadTexture:
    """Return the texture of a head from all its photos.

    Each texel is looked up in every photo that shows it; photos are weighted by the angle at which
    they see the surface, matched in colour and blended in two bands. Eyes come from one photo, and
    go on behind the lids.

    Parameters
    ----------
    head : FittedHead
    photos : sequence of TexturePhoto
        In the order in which the head was fitted to them.
    size : int
        Width and height of the texture.

    Raises
    ------
    WeightsMissingError, WeightsCorruptError, WeightsError
        The network that tells a person from what is behind is not there.
    """
    topology = head.surface.topology
    by_kind = _texels_by_kind(topology, size)
    views = [_ViewOfHead(head, view, photo) for view, photo in zip(head.views, photos, strict=True)]
    straightest = int(np.argmax([view.camera.sight[2] for view in views]))
    layers = matched([view.skin(by_kind[_SKIN]) for view in views], straightest, size)
    colours, weight = blended(layers, size)
    known = np.clip(weight / 0.2, 0.0, 1.0)
    seen = np.max([view.seen for view in views], axis=0)
    of_eyes: list[IndexArray] = []
    for part, number in _EYES.items():
        own = by_kind[number]
        shown = _eye(views, own, part)
        if shown is not None:
            of_eyes.append(topology.parts[part])
            colours.reshape(-1, 3)[own.place] = shown
            known.reshape(-1)[own.place] = 1.0
    for number, colour in ((_TOOTH, _TEETH), (_INSIDE, _MOUTH)):
        place = by_kind[number].place
        colours.reshape(-1, 3)[place] = colour
        known.reshape(-1)[place] = 1.0
    seen = _closed(seen, head)
    for part in ("upper_teeth", "lower_teeth", "tongue", "inside"):
        seen[topology.parts[part]] = 1.0
    for part in _EYES:
        seen[topology.parts[part]] = 0.0
    for vertices in of_eyes:
        seen[vertices] = 1.0
    whole = filled(colours, known)
    pixels = np.clip(whole + 0.5, 0.0, 255.0).astype(np.uint8)
    return HeadTexture(pixels, np.asarray(seen[topology.twin], np.float32))


def _closed(seen: FloatArray, head: FittedHead) -> FloatArray:
    """Close gaps of a few edges and the nostrils, whose colours are filled in; smooth the edge."""
    topology = head.surface.topology
    first, second = topology.edges.T
    out = seen[topology.twin]
    floor = head.model.landmarks.anatomical(head.model.mean)["subnasale"]
    near = np.linalg.norm(head.model.mean - floor, axis=1) < _NOSTRILS_MM
    out[near] = np.maximum(out[near], np.median(out[near]))
    for step in (np.maximum, np.maximum, np.minimum, np.minimum):
        before = out.copy()
        step.at(out, first, before[second])
        step.at(out, second, before[first])
    out = np.maximum(out, seen[topology.twin])
    number = np.bincount(np.concatenate([first, second]), minlength=len(out))
    for _ in range(_SMOOTHED):
        total = np.bincount(first, out[second], len(out)) + np.bincount(
            second, out[first], len(out)
        )
        out = np.where(number > 0, (out + total / np.maximum(number, 1)) / 2, out)
    return np.asarray(out[topology.twin])


#: Kinds of triangles.
_SKIN, _TOOTH, _INSIDE = 0, 3, 4
_EYES = {"left_eye": 1, "right_eye": 2}


@lru_cache(maxsize=2)
def _texels_by_kind(topology: HeadTopology, size: int) -> dict[int, Texels]:
    whole = texels(topology, size)
    kind = _kinds(topology)[whole.triangle]
    return {number: whole.only(kind == number) for number in (_SKIN, 1, 2, _TOOTH, _INSIDE)}


def _kinds(topology: HeadTopology) -> NDArray[np.int8]:
    kind = np.zeros(len(topology.triangles), np.int8)
    kind[topology.triangles_of("inside")] = _INSIDE
    kind[topology.triangles_of("tongue")] = _INSIDE
    for part, number in _EYES.items():
        kind[topology.triangles_of(part)] = number
    kind[topology.triangles_of("upper_teeth")] = _TOOTH
    kind[topology.triangles_of("lower_teeth")] = _TOOTH
    return kind


class _ViewOfHead:
    """One photo of the head, ready to be asked for any texels."""

    def __init__(self, head: FittedHead, view: FittedView, photo: TexturePhoto) -> None:
        self.head, self.camera, self.photo = head, view.camera, photo
        shape = shape_in_photo(head, photo.evidence)
        surface = HeadSurface(head.surface.topology, shape)
        places = places_in_photo(head, view, photo.evidence, shape)
        before = self.camera.project(shape)
        before[:, :2] = (before[:, :2] - self.camera.shift) / self.camera.px_per_mm
        before[:, 2] /= self.camera.px_per_mm
        self.facing = surface.normals @ self.camera.sight
        #: Of every vertex: place in the photo, place before the camera, facing.
        self.of_vertices = np.column_stack([places, before, self.facing])
        self._depth = DepthView.of(surface, self.camera)
        self._person = person_around(photo.pixels, places)
        self._openings = _openings(photo.evidence, self.camera.px_per_mm)
        share = self._shown(self.of_vertices.astype(np.float32))
        self.seen = np.clip(share / _SEEN_WELL, 0.0, 1.0)
        self._hidden: BoolArray = np.zeros(len(share), np.bool_)
        for part in ("left_ear", "right_ear"):
            ear = head.surface.topology.parts[part]
            if self.seen[ear].mean() < _LEAST_OF_EAR:
                self.seen[ear], self._hidden[ear] = 0.0, True

    def _shown(self, at: Float32Array) -> Float32Array:
        return shown_share(
            self._depth,
            at[:, 2:5],
            at[:, 5],
            at[:, :2],
            self._person,
            self.photo.pixels.shape[:2],
            self.camera.px_per_mm,
        )

    def skin(self, own: Texels) -> Layer:
        """What the photo gives to the skin."""
        hidden: BoolArray = np.logical_or(self._hidden, self.facing <= 0.0)
        turned = self.head.surface.topology.triangles
        free = np.logical_not(np.asarray(hidden[turned].any(axis=1), np.bool_))
        front = own.only(free[own.triangle])
        at = front.at(self.of_vertices)
        weight = self._shown(at)
        weight *= at[:, 5] ** 2
        near = weight > 0
        place, at, weight = front.place[near], at[near], weight[near]
        for name, opening in self._openings.items():
            limit = _NO_SKIN_MM[name]
            if name == "mouth" and opening.depth_mm.max() > _OPEN_MM:
                limit = -_TEETH_MM
            weight[opening.at(at[:, :2]) > limit] = 0.0
        colours = colours_of(self.photo.pixels, at[:, :2], self.camera.px_per_mm)
        return Layer(place, colours, weight)

    def eye(self, own: Texels, part: str) -> tuple[float, Float32Array] | None:
        """How straight the photo shows an eye, and its colours; None where it does not."""
        opening = self._openings.get(part)
        vertices = self.head.surface.topology.parts[part]
        straight = float(self.facing[vertices].max())
        if opening is None or straight <= 0.0:
            return None
        at = own.at(self.of_vertices)
        depth = np.where(at[:, 5] > 0.1, opening.at(at[:, :2]), np.float32(-1.0))
        points = own.at(self.head.surface.vertices)
        pupil = self._pupil(part)
        colours = colours_of(self.photo.pixels, at[:, :2], self.camera.px_per_mm)
        whole, known = whole_eye(colours, np.asarray(depth, np.float32), points, pupil)
        if not known.any():
            return None
        area = float((depth > 0.0).sum())
        return area, whole

    def _pupil(self, part: str) -> FloatArray:
        held = self.head.model.landmarks
        return np.asarray(held.points(self.head.surface.vertices)[_PUPILS[part]])


def _openings(evidence: FaceLandmarks | ProfileContour, px_per_mm: float) -> dict[str, Opening]:
    if not isinstance(evidence, FaceLandmarks):
        return {}
    rings = {"left_eye": "left_eye", "right_eye": "right_eye", "mouth": "inner_lips"}
    return {
        name: Opening.of(evidence.points[list(LANDMARK_LINES[line]), :2], px_per_mm)
        for name, line in rings.items()
    }


def _eye(views: Sequence[_ViewOfHead], own: Texels, part: str) -> Float32Array | None:
    """The colours of an eyeball from the photo that shows most of it."""
    found = [shown for view in views if (shown := view.eye(own, part)) is not None]
    return max(found, key=lambda shown: shown[0])[1] if found else None
