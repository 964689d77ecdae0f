"""Looking for faces: the whole photo first, then parts of it and quarter turns.

A face that stands upright mostly scores 0.90 or more with MediaPipe's detector, one that lies
or hangs at most 0.85 (35 photos), and the landmark network can draw an upright face onto a
hanging one. So a head tilted beyond 60 degrees, or a low score with a mesh that does not fit
well, makes the search try the other three quarter turns as well.

Of 837 pictures of upright faces 26 scored low; in 13 of these the mesh fitted. No mesh on 475
hanging faces fitted: where its presence was 0.99 or more, its residual was 5.1 % or more and the
face lay tilted back by 16 degrees or more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.landmarks.networks import DETECTOR_PIXELS, LANDMARK_PIXELS, FaceNetworks
from landmarkdiff.landmarks.pose import fit_pose
from landmarkdiff.landmarks.region import Region, View, sample
from landmarkdiff.landmarks.topology import topology

__all__ = ["MINIMUM_PRESENCE", "REGION_FACTOR", "FaceSearch", "FoundFace", "bounding_box"]


#: Side of the landmark region over the side of the face box (MediaPipe's).
REGION_FACTOR = 1.5
#: Below this probability of the landmark network there is no face (MediaPipe's default).
MINIMUM_PRESENCE = 0.5
#: In a turned photo, or in a part of one, the networks are led astray more easily.
MINIMUM_PRESENCE_ELSEWHERE = 0.9
#: Scores above this belong to upright faces.
_UPRIGHT_SCORE = 0.88
_UPRIGHT_ROLL = math.radians(60.0)
#: With a lower score a face is upright where its mesh fits as no mesh on a hanging face does: by
#: the landmark network's probability, residual (percent of the inter-ocular distance) and pitch
#: (degrees).
_FITTING_PRESENCE = 0.99
_FITTING_RESIDUAL = 4.5
_FITTING_PITCH_DEG = 15.0
#: A turned view has to score this much better than the upright one.
_MARGIN = 0.03
#: Regions that overlap more than this are one face.
_SAME_FACE = 0.3
#: Proportions beyond which a picture may be a sheet or a group.
_WIDE, _HIGH = 1.4, 1.6
#: A face narrower than the second number, as a share of the picture's shorter side, may be one of a
#: group whose others the detector misses in the whole picture (128 pixels): it looks at halves, and
#: at quarters. Of 25 groups of three to five, put together from portraits, 13 were found whole
#: without them, and all with them.
_PARTS_FOR_SMALL = ((2, 0.16), (4, 0.12))
#: No more candidates than this are looked at, largest first.
_MAXIMUM_FACES = 16


@dataclass(frozen=True)
class FoundFace:
    """One face: where it was seen, and its landmarks in the photo from one look.

    Attributes
    ----------
    view : View
    region : Region
        In the view's pixels.
    score : float
        The detector's.
    points : (478, 3) float64 array
        In photo pixels; the mean of a mirrored pair of passes when the search was paired.
    presence : float
        The landmark network's.
    """

    view: View
    region: Region
    score: float
    points: FloatArray
    presence: float


@dataclass(frozen=True)
class _Sighting:
    region: Region
    score: float


class FaceSearch:
    """Finds the faces of a photo.

    Parameters
    ----------
    networks : FaceNetworks
    """

    def __init__(self, networks: FaceNetworks) -> None:
        self._networks = networks

    def find(
        self, image: ImageArray, *, paired: bool, everywhere: bool = True
    ) -> tuple[list[FoundFace], int]:
        """Return the faces, largest first, and the turn (degrees) that showed them.

        Parameters
        ----------
        image : (H, W, 3) uint8 array
            RGB.
        paired : bool
            Search the mirrored photo too and average, so that the result is mirror-true.
        everywhere : bool
            Where the whole photo shows no upright face, look at parts and quarter turns too.
        """
        height, width = image.shape[:2]
        upright = View.turned(width, height, 0)
        faces = self._search(image, upright, _whole(upright), paired=paired)
        if _may_hold_several(upright):
            faces = self._with_others(image, upright, faces, _along(upright), paired=paired)
        if faces and _is_upright(faces[0]):
            return self._with_smaller(image, upright, faces, paired=paired), 0
        if not everywhere:
            return [], 0
        if not faces:
            faces = self._search(image, upright, _parts(upright, 2), paired=paired)
        best, turn = faces, 0
        for degrees in (90, 270, 180):
            view = View.turned(width, height, degrees)
            others = self._search(image, view, _whole(view), paired=paired)
            if _best_score(others) > _best_score(best) + (_MARGIN if turn == 0 else 0.0):
                best, turn = others, degrees
        if not best:
            best = self._search(image, upright, _parts(upright, 4), paired=paired)
        if turn == 0:
            best = self._with_smaller(image, upright, best, paired=paired)
        return best, turn if best and not _stands_upright(best[0].points) else 0

    def _with_smaller(
        self, image: ImageArray, view: View, faces: list[FoundFace], *, paired: bool
    ) -> list[FoundFace]:
        """Add the others of a group where the largest face is a small part of the picture."""
        for share, smaller in _PARTS_FOR_SMALL:
            if faces and _breadth(faces[0], view) < smaller:
                parts = _parts(view, share)[1:]
                faces = self._with_others(image, view, faces, parts, paired=paired)
        return faces

    def _with_others(
        self,
        image: ImageArray,
        view: View,
        faces: list[FoundFace],
        windows: list[Region],
        *,
        paired: bool,
    ) -> list[FoundFace]:
        """Add what the whole picture is too coarse for: the others of a sheet, or of a group."""
        more = self._search(image, view, windows, paired=paired)
        others = [
            other
            for other in more
            if all(_box_overlap(other.points, face.points) <= _SAME_FACE for face in faces)
        ]
        return sorted([*faces, *others], key=lambda face: -_box_area(face.points))

    def look(
        self, image: ImageArray, view: View, region: Region, *, centred: bool
    ) -> tuple[FloatArray, float]:
        """Run the landmark network once.

        Parameters
        ----------
        image : (H, W, 3) uint8 array
            RGB.
        view : View
        region : Region
            In the view's pixels.
        centred : bool
            See :func:`landmarkdiff.landmarks.region.sample`.

        Returns
        -------
        (478, 3) float64 array
            The landmarks in photo pixels, left and right put right in a mirrored view.
        float
            Presence.
        """
        crop = sample(image, view, region, LANDMARK_PIXELS, replicate=True, centred=centred)
        points, presence = self._networks.landmarks(crop)
        matrix = region.matrix(LANDMARK_PIXELS)
        points[:, :2] = points[:, :2] @ matrix[:2, :2].T + matrix[:2, 2]
        points[:, 2] *= region.size / LANDMARK_PIXELS
        points = view.points_to_photo(points)
        return (points[topology().mirror] if view.mirrored else points), presence

    def _search(
        self, image: ImageArray, view: View, windows: list[Region], *, paired: bool
    ) -> list[FoundFace]:
        mirror = view.mirror()
        sightings = self._sightings(image, view, windows)
        if paired:
            seen = self._sightings(image, mirror, windows)
            turned_back = [replace(s, region=s.region.mirror(view.width)) for s in seen]
            sightings = _paired(sightings, turned_back)
        sightings.sort(key=lambda sighting: -sighting.region.size)
        plain = len(windows) == 1 and view.turn == 0
        minimum = MINIMUM_PRESENCE if plain else MINIMUM_PRESENCE_ELSEWHERE
        faces: list[FoundFace] = []
        for sighting in sightings[:_MAXIMUM_FACES]:
            region = sighting.region
            points, presence = self.look(image, view, region, centred=paired)
            if paired:
                twin_region = region.mirror(view.width)
                twin, twin_presence = self.look(image, mirror, twin_region, centred=True)
                points, presence = (points + twin) / 2, (presence + twin_presence) / 2
            known = any(_box_overlap(points, face.points) > 0.5 for face in faces)
            if presence >= minimum and not known:
                faces.append(FoundFace(view, region, sighting.score, points, presence))
        return sorted(faces, key=lambda face: -_box_area(face.points))

    def _sightings(self, image: ImageArray, view: View, windows: list[Region]) -> list[_Sighting]:
        """Run the face detector on each window; of overlapping finds the best stays."""
        found = [s for window in windows for s in self._detect(image, view, window)]
        kept: list[_Sighting] = []
        for sighting in sorted(found, key=lambda sighting: -sighting.score):
            if all(_overlap(sighting.region, other.region) <= _SAME_FACE for other in kept):
                kept.append(sighting)
        return kept

    def _detect(self, image: ImageArray, view: View, window: Region) -> Iterator[_Sighting]:
        crop = sample(image, view, window, DETECTOR_PIXELS, replicate=False)
        corner = np.array([window.x, window.y]) - window.size / 2
        for candidate in self._networks.detect(crop):
            box = candidate.box.reshape(2, 2) * window.size + corner
            x, y = box.mean(axis=0)
            across, down = candidate.keypoints[1] - candidate.keypoints[0]
            size = float(np.ptp(box, axis=0).max()) * REGION_FACTOR
            region = Region(float(x), float(y), size, float(np.arctan2(down, across)))
            yield _Sighting(region, candidate.score)


def bounding_box(points: FloatArray) -> tuple[float, float, float, float]:
    """Return x, y, width and height (pixels) of points (n, 2 or more)."""
    x, y = points[:, :2].min(axis=0)
    width, height = np.ptp(points[:, :2], axis=0)
    return float(x), float(y), float(width), float(height)


def _stands_upright(points: FloatArray) -> bool:
    """Whether the eye line lies nearer to level than to any other quarter turn."""
    across, down = points[263, :2] - points[33, :2]
    return bool(abs(math.atan2(down, across)) < math.radians(45.0))


def _is_upright(face: FoundFace) -> bool:
    if abs(face.region.angle) > _UPRIGHT_ROLL:
        return False
    return face.score >= _UPRIGHT_SCORE or _mesh_fits(face)


def _mesh_fits(face: FoundFace) -> bool:
    if face.presence < _FITTING_PRESENCE or not _stands_upright(face.points):
        return False
    pose = fit_pose(face.points)
    return pose.residual <= _FITTING_RESIDUAL and abs(pose.pitch) <= _FITTING_PITCH_DEG


def _best_score(faces: list[FoundFace]) -> float:
    return max((face.score for face in faces), default=0.0)


def _whole(view: View) -> list[Region]:
    """The square around the whole view."""
    return [Region(view.width / 2, view.height / 2, float(max(view.width, view.height)), 0.0)]


def _parts(view: View, share: int) -> list[Region]:
    """Squares of one ``share``-th of the view, half overlapping, and one larger than the view.

    The detector sees faces of about a tenth of its input up to about three quarters: the
    parts find smaller ones, the larger square finds one that fills the photo.
    """
    longest = max(view.width, view.height)
    side = longest / share
    centres = []
    for length in (view.width, view.height):
        count = max(math.ceil(2 * length / side) - 1, 1)
        ends = (side / 2, length - side / 2) if length > side else (length / 2, length / 2)
        centres.append(np.linspace(*ends, count))
    parts = [Region(float(x), float(y), side, 0.0) for y in centres[1] for x in centres[0]]
    return [replace(_whole(view)[0], size=1.6 * longest), *parts]


def _breadth(face: FoundFace, view: View) -> float:
    """Width of a face as a share of the view's shorter side."""
    return bounding_box(face.points)[2] / min(view.width, view.height)


def _may_hold_several(view: View) -> bool:
    """Wider than photos of one person are, or as high as two of them."""
    return view.width > _WIDE * view.height or view.height > _HIGH * view.width


def _along(view: View) -> list[Region]:
    """Squares along the longer side, half overlapping."""
    side, longest = min(view.width, view.height), max(view.width, view.height)
    places = np.linspace(side / 2, longest - side / 2, math.ceil(2 * longest / side) - 1)
    across = view.width >= view.height
    return [
        Region(float(at), side / 2, side, 0.0) if across else Region(side / 2, float(at), side, 0.0)
        for at in places
    ]


def _paired(first: list[_Sighting], second: list[_Sighting]) -> list[_Sighting]:
    """Average the sightings in a photo with those in its mirror image, best match first.

    A face seen in only one of the two stays as it is; exchanging the two changes nothing.
    """
    matches = [
        (_overlap(a.region, b.region), i, j)
        for i, a in enumerate(first)
        for j, b in enumerate(second)
    ]
    left_first, left_second = dict(enumerate(first)), dict(enumerate(second))
    merged = []
    for overlap, i, j in sorted(matches, key=lambda match: -match[0]):
        if overlap > _SAME_FACE and i in left_first and j in left_second:
            a, b = left_first.pop(i), left_second.pop(j)
            merged.append(_Sighting(_mean(a.region, b.region), (a.score + b.score) / 2))
    return merged + list(left_first.values()) + list(left_second.values())


def _mean(a: Region, b: Region) -> Region:
    apart = math.remainder(b.angle - a.angle, 2 * math.pi)
    return Region((a.x + b.x) / 2, (a.y + b.y) / 2, (a.size + b.size) / 2, a.angle + apart / 2)


def _overlap(a: Region, b: Region) -> float:
    """Share of two upright squares that is common (intersection over union)."""
    reach = (a.size + b.size) / 2
    narrow = min(a.size, b.size)
    width = min(max(reach - abs(a.x - b.x), 0.0), narrow)
    height = min(max(reach - abs(a.y - b.y), 0.0), narrow)
    shared = width * height
    return shared / (a.size**2 + b.size**2 - shared)


def _box_area(points: FloatArray) -> float:
    _, _, width, height = bounding_box(points)
    return width * height


def _box_overlap(a: FloatArray, b: FloatArray) -> float:
    """Share of the smaller box that both have: a nose within a face is not a second face."""
    low = np.maximum(a[:, :2].min(axis=0), b[:, :2].min(axis=0))
    high = np.minimum(a[:, :2].max(axis=0), b[:, :2].max(axis=0))
    shared = float(np.clip(high - low, 0, None).prod())
    return shared / max(min(_box_area(a), _box_area(b)), 1e-9)
