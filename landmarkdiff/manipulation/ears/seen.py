"""The ears of a prepared photo: where each is seen and how far it stands out, or why it is not."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from landmarkdiff.arrays import FloatArray, ImageArray, IndexArray
from landmarkdiff.errors import HeadFitError
from landmarkdiff.head.fit.fit_head import fit_head
from landmarkdiff.head.fitted import FittedHead
from landmarkdiff.head.model import HEAD_WEIGHTS
from landmarkdiff.head.raster import rasterize
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.head.texture.person import person_around
from landmarkdiff.head.texture.register import places_in_photo, shape_in_photo
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import topology
from landmarkdiff.manipulation.ears.behind import is_plain
from landmarkdiff.manipulation.ears.outline import (
    EarOutline,
    SkinColour,
    cheek_colour,
    find_outline,
    lab_of,
    skin_scene,
)
from landmarkdiff.manipulation.ears.turned import (
    WIDEST,
    EarSide,
    EarTurns,
    ear_guide,
    ear_root,
    registered_ear,
)
from landmarkdiff.manipulation.grid import smoothstep
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.profile.contour import Silhouette
from landmarkdiff.profile.outline import Scene
from landmarkdiff.profile.windows import PhotoPyramid
from landmarkdiff.runtime.threads import one_blas_thread
from landmarkdiff.weights import locate

__all__ = [
    "EAR_FILES",
    "EarCause",
    "EarFinding",
    "EarInPhoto",
    "EarSide",
    "ears_in_photo",
    "going_along",
]

#: Why an ear is not simulated in a photo.
EarCause = Literal[
    "ear_before_hair", "ear_covered", "ear_cut", "ear_turned_away", "ear_unclear",
    "ear_without_head",
]  # fmt: skip

#: Files without which no ear is looked for.
EAR_FILES = (HEAD_WEIGHTS, "selfie_segmentation", "face_detection_full_range")
#: The window around an ear reaches so far beyond the head's outline of it, mm.
_ROOM_MM = 18.0
#: Where less shows of what the head has of an ear, it is turned away or lies behind the face.
_LEAST_SHOWN = 0.6
#: Share of the ear's height along which the outline must be seen, and share of the outline within
#: which there must be skin.
_LEAST_HEIGHT, _LEAST_BARE = 0.65, 0.6
#: An ear that is seen less far beside the face is hidden by it, mm.
_LEAST_WIDTH_MM = 4.0
#: The outline is no surer than this, mm; one that is less sure is none.
_MOST_SPREAD_MM = 0.6
#: Points nearer to the photo's border are cut off, pixels.
_BORDER_PX = 2.0
#: Toward an end of the outline, where hair or skin begins, the ear moves less: over so many times
#: the width that it has there, at least the first, mm, and at most that share of the outline.
_FADING, _LEAST_FADING_MM, _MOST_FADING = 1.8, 1.0, 0.4
#: A point of the outline moves farther than one beside it by at most this share of their distance.
_STEEPEST = 0.7


@dataclass(frozen=True, eq=False)
class EarInPhoto:
    """An ear that is seen in a photo.

    Attributes
    ----------
    side : {"right", "left"}
        The patient's.
    points : (n, 2) float64 array
        Its outline from the upper root over the helix to the lobe, image frame, pixels.
    spread_mm : float
        Standard deviation across the outline.
    root : (2, 2) float64 array
        Upper and lower end of the line on which the ear stands on the head, pixels.
    lateral : (2,) float64 array
        Unit vector across that line, away from the face, image frame.
    widths : (n,) float64 array
        How far each point of the outline lies beside that line, pixels.
    shares : (n,) float64 array
        How far each goes along with the ear, 0 to 1: not where hair or the face begins.
    width_px : float
        Of the widest part.
    surface : HeadSurface
        The fitted head with this ear as far out as in the photo, face frame, mm. A left ear is the
        right one of the mirrored photo's head, so that a photo and its mirror image agree.
    head : FittedHead
    head_lateral : (2,) float64 array
        ``lateral`` in the photo that the head was fitted to.
    px_per_mm : float
    skin : Scene
        Likeness of the person's skin around the ear.
    """

    side: EarSide
    points: FloatArray
    spread_mm: float
    root: FloatArray
    lateral: FloatArray
    widths: FloatArray
    shares: FloatArray
    width_px: float
    surface: HeadSurface
    head: FittedHead
    head_lateral: FloatArray
    px_per_mm: float
    skin: Scene

    @property
    def ways(self) -> FloatArray:
        """Way of the outline when the ear becomes narrower by its whole width: (n, 2) pixels."""
        return np.asarray(-(self.widths * self.shares)[:, None] * self.lateral)

    @property
    def members(self) -> IndexArray:
        """Vertices of the ear."""
        return self.surface.topology.parts["right_ear"]

    def to_dict(self) -> dict[str, Any]:
        """Return what ``result.json`` says of the ear."""
        return {
            "outline": np.round(self.points, 2).tolist(),
            "uncertainty_mm": round(self.spread_mm, 3),
            "beside_the_face_mm": round(self.width_px / self.px_per_mm, 2),
        }

    def mirrored(self, width: int) -> EarInPhoto:
        """Return the ear in the mirrored photo of that width, pixels: the other one."""
        flip, shift = np.array([-1.0, 1.0]), np.array([width - 1.0, 0.0])
        mask = np.ascontiguousarray(self.skin.mask[:, ::-1])
        corner = self.skin.corner * flip + shift - (mask.shape[1] - 1.0, 0.0)
        return replace(
            self,
            side="left" if self.side == "right" else "right",
            points=self.points * flip + shift,
            root=self.root * flip + shift,
            lateral=self.lateral * flip,
            skin=replace(self.skin, mask=mask, lab=self.skin.lab[:, ::-1], corner=corner),
        )


@dataclass(frozen=True, eq=False)
class EarFinding:
    """What a photo shows of one ear.

    Attributes
    ----------
    side : {"right", "left"}
    ear : EarInPhoto or None
    cause : str or None
        Why there is none: ``ear_before_hair`` (strands or something else beside it could not be
        carried on behind it), ``ear_covered`` (hair or something else over it), ``ear_cut`` (by the
        photo's border), ``ear_turned_away`` (behind the face), ``ear_unclear`` (no edge against
        what is behind it), ``ear_without_head`` (the files are not there, or no head fits).
    """

    side: EarSide
    ear: EarInPhoto | None = None
    cause: EarCause | None = None


def ears_in_photo(prepared: PreparedFace) -> dict[str, EarFinding]:
    """Return what a photo of the face shows of both ears, by side, found once.

    Parameters
    ----------
    prepared : PreparedFace
        Frontal or oblique.
    """
    found: dict[str, EarFinding] = prepared.once("ears", lambda: _found(prepared))
    return found


def _found(prepared: PreparedFace) -> dict[str, EarFinding]:
    face = prepared.landmarks
    sides: tuple[EarSide, ...] = ("right", "left")
    if any(locate(name) is None for name in EAR_FILES):
        return {side: EarFinding(side, cause="ear_without_head") for side in sides}
    right = _right_ear(prepared.image, face)
    left = _right_ear(np.ascontiguousarray(prepared.image[:, ::-1]), _mirrored(face))
    ear = left.ear and left.ear.mirrored(face.image_width)
    return {"right": right, "left": EarFinding("left", ear, left.cause)}


def _mirrored(face: FaceLandmarks) -> FaceLandmarks:
    """The landmarks of the mirrored photo."""
    pose, mirror = face.pose, topology().mirror
    across = np.diag([-1.0, 1.0, 1.0])
    turned = replace(pose, rotation=across @ pose.rotation @ across, yaw=-pose.yaw, roll=-pose.roll)
    points = face.points[mirror] * (-1.0, 1.0, 1.0) + (face.image_width - 1.0, 0.0, 0.0)
    swapped = {"Left": "Right", "Right": "Left"}
    scores = {
        re.sub("Left|Right", lambda found: swapped[found[0]], name): score
        for name, score in face.blendshapes.items()
    }
    noise = None if face.noise_px is None else face.noise_px[mirror]
    return replace(face, points=points, pose=turned, blendshapes=scores, noise_px=noise)


def _right_ear(photo: ImageArray, face: FaceLandmarks) -> EarFinding:
    """What a photo shows of the right ear."""
    with one_blas_thread():
        try:
            head = fit_head([face])
        except HeadFitError:
            return EarFinding("right", cause="ear_without_head")
        places = places_in_photo(head, head.views[0], face, shape_in_photo(head, face))
        person = person_around(photo, places)
        return _looked_for("right", PhotoPyramid(photo), face, head, places, person)


def _looked_for(
    side: EarSide,
    pyramid: PhotoPyramid,
    face: FaceLandmarks,
    head: FittedHead,
    places: FloatArray,
    person: Silhouette,
) -> EarFinding:
    """Look for one ear."""
    scale = head.views[0].camera.px_per_mm
    members = head.surface.topology.parts[f"{side}_ear"]
    root = ear_root(head, places, side)
    ear = registered_ear(head, head.surface.vertices[members], root, side)
    lateral = _lateral(root, ear)
    guide = ear_guide(ear, root, lateral)
    if _shown(head, places, members) < _LEAST_SHOWN:
        return EarFinding(side, cause="ear_turned_away")
    photo = pyramid.photo
    last = np.array(photo.shape[1::-1]) - 1.0
    if ((guide < 0) | (guide > last)).any(axis=1).mean() > 1.0 - _LEAST_HEIGHT:
        return EarFinding(side, cause="ear_cut")
    skin = cheek_colour(photo, face, scale)
    scene = _scene_around(guide, photo, person, skin, scale)
    facing = 1 if lateral[0] < 0 else -1
    outline = find_outline(pyramid, scene, guide, facing, scale, skin)
    points = outline.points
    if cause := _doubt(outline, root, last):
        return EarFinding(side, cause=cause)
    widths = np.maximum((points - root[0]) @ lateral, 0.0)
    width = float(np.quantile(widths, WIDEST))
    if width < _LEAST_WIDTH_MM * scale:
        return EarFinding(side, cause="ear_turned_away")
    shares = going_along(points, widths, scale)
    if not is_plain(scene, points, shares * widths, facing, scale):
        return EarFinding(side, cause="ear_before_hair")
    surface = EarTurns(head, side, root, lateral).as_far_out(width)
    spread = max(outline.spread_mm, 0.12 / scale)
    found = EarInPhoto(
        side, points, spread, root, lateral, widths, shares, width,
        surface, head, lateral, scale, scene,
    )  # fmt: skip
    return EarFinding(side, found)


def _scene_around(
    guide: FloatArray, photo: ImageArray, person: Silhouette, skin: SkinColour, scale: float
) -> Scene:
    """What lies around an expected outline (n, 2), in pixels."""
    last = np.array(photo.shape[1::-1]) - 1.0
    low = np.clip(np.floor(guide.min(axis=0) - _ROOM_MM * scale), 0, last).astype(int)
    high = np.clip(np.ceil(guide.max(axis=0) + _ROOM_MM * scale), 0, last).astype(int) + 1
    window = lab_of(photo[low[1] : high[1], low[0] : high[0]])
    return skin_scene(window, low.astype(np.float64), person, skin)


def _doubt(outline: EarOutline, root: FloatArray, last: FloatArray) -> EarCause | None:
    """Why an outline is not that of an ear, if it is not."""
    points = outline.points
    if len(points) and not ((points > _BORDER_PX) & (points < last - _BORDER_PX)).all():
        return "ear_cut"
    height = float(np.hypot(*(root[1] - root[0])))
    along = points @ ((root[1] - root[0]) / height)
    seen = float(np.ptp(along)) / height if len(points) else 0.0
    if outline.bare < _LEAST_BARE:
        return "ear_covered"
    if seen < _LEAST_HEIGHT or outline.spread_mm > _MOST_SPREAD_MM:
        return "ear_unclear"
    return None


def _lateral(root: FloatArray, ear: FloatArray) -> FloatArray:
    """Unit vector across the root's line toward the ear, (2,)."""
    down = (root[1] - root[0]) / np.hypot(*(root[1] - root[0]))
    across = np.array([-down[1], down[0]])
    return np.asarray(across if ((ear - root[0]) @ across).mean() > 0 else -across)


def _shown(head: FittedHead, places: FloatArray, members: IndexArray) -> float:
    """Share of the ear, as the camera would see it alone, that the head leaves free."""
    topology = head.surface.topology
    camera = head.views[0].camera
    own = np.zeros(topology.vertex_count, np.bool_)
    own[members] = True
    of_ear = np.asarray(own[topology.triangles].all(axis=1), np.bool_)
    # Two pixels a millimetre tell the shares well enough.
    zoom = 2.0 / camera.px_per_mm
    low = places[members].min(axis=0) - 2.0
    small = (places - low) * zoom
    width, height = np.ceil(small[members].max(axis=0) + 2.0).astype(int)
    depth = camera.project(head.surface.vertices)[:, 2]
    alone = rasterize(small, depth, topology.triangles[of_ear], int(height), int(width))
    whole = rasterize(small, depth, topology.triangles, int(height), int(width))
    free = int(np.count_nonzero(whole.covered & of_ear[np.maximum(whole.triangle, 0)]))
    return free / max(int(np.count_nonzero(alone.covered)), 1)


def going_along(points: FloatArray, widths: FloatArray, scale: float) -> FloatArray:
    """How far the outline's points go along: less beside an end that does not meet the face."""
    way = np.concatenate([[0.0], np.hypot(*np.diff(points, axis=0).T).cumsum()])
    shares = np.ones(len(points))
    for away, end in ((way, widths[0]), (way[-1] - way, widths[-1])):
        fading = float(
            np.clip(_FADING * end, _LEAST_FADING_MM * scale, _MOST_FADING * float(way[-1]))
        )
        shares *= smoothstep(away.astype(np.float32), 0.0, fading)
    # Where the outline turns back on itself, nothing moves far beside what stays.
    apart = np.hypot(*(points[:, None] - points).transpose(2, 0, 1))
    ways = shares * widths
    held = np.minimum(ways, (ways + _STEEPEST * apart).min(axis=1))
    return np.asarray(np.where(widths > 0, held / np.maximum(widths, 1e-9), 0.0))
