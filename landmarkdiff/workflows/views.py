"""The five standard views: photos that find their places, and what each still lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from types import MappingProxyType

from landmarkdiff.analysis.view import describe_view
from landmarkdiff.errors import FaceUnusableError, LandmarkDiffError, NoFaceError, ParameterError
from landmarkdiff.inference import PreparedFace
from landmarkdiff.landmarks.coarse import Glance
from landmarkdiff.landmarks.quality import MAXIMUM_RESIDUAL
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.notices import Notice
from landmarkdiff.photo import Photo
from landmarkdiff.profile import NO_CORRECTIONS, ProfileCorrections

__all__ = [
    "EXPECTED_VIEWS",
    "ExpectedView",
    "Verdict",
    "ViewPhoto",
    "ViewSet",
    "assign_views",
    "expected_view",
    "judge_view",
    "sort_views",
]


@dataclass(frozen=True)
class ExpectedView:
    """One of the five standard views, and the yaw that a photo of it should measure.

    ``yaw`` and ``tolerance`` are degrees; yaw is positive when the head is turned toward the
    patient's left, so that the camera sees the right side.
    """

    name: str
    yaw: float
    tolerance: float

    @property
    def title(self) -> str:
        """Name for people."""
        return self.name.replace("_", " ")

    @property
    def profile(self) -> bool:
        """Whether it is one of the two profiles."""
        return abs(self.yaw) == 90.0

    def accepts(self, yaw: float) -> bool:
        """Tell whether a measured yaw lies in the range."""
        return abs(yaw - self.yaw) <= self.tolerance


#: The five views, sorted by yaw. The side is the patient's side that the camera sees.
EXPECTED_VIEWS = (
    ExpectedView("left_profile", -90.0, 25.0),
    ExpectedView("left_three_quarter", -45.0, 20.0),
    ExpectedView("frontal", 0.0, 15.0),
    ExpectedView("right_three_quarter", 45.0, 20.0),
    ExpectedView("right_profile", 90.0, 25.0),
)
#: A face that the mesh misses or misreads, turned by so much (degrees), is taken for a profile.
_SEEN_TURNED_DEG = 9.0
#: Heads tilted farther (degrees) are not compared with the detector's six points.
_UPRIGHT_DEG = 30.0


def expected_view(name: str) -> ExpectedView:
    """Return the view of this name, or raise ParameterError."""
    for view in EXPECTED_VIEWS:
        if view.name == name:
            return view
    raise ParameterError("unknown_view", name=name, views=[view.name for view in EXPECTED_VIEWS])


def assign_views(yaws: Sequence[float]) -> list[ExpectedView]:
    """Return which view each of up to five photos is, from their yaws sorted upward, degrees.

    The order is kept and the sum of differences is least, so a profile that measures as 40
    degrees still falls to the profile when a three-quarter photo measures less.

    >>> [view.name for view in assign_views([-2.0, 33.0, 40.0])]
    ['frontal', 'right_three_quarter', 'right_profile']
    """
    return list(
        min(
            combinations(EXPECTED_VIEWS, len(yaws)),
            key=lambda views: sum(
                abs(view.yaw - yaw) for view, yaw in zip(views, yaws, strict=True)
            ),
        )
    )


@dataclass(frozen=True, eq=False)
class ViewPhoto:
    """One photo of a patient, and what was found in it.

    Attributes
    ----------
    photo : Photo
    prepared : PreparedFace or None
        None where the mesh found no face, as in many profiles.
    seen : Glance or None
        What the face detector alone saw.
    failure : LandmarkDiffError or None
        Why neither a mesh nor a profile's contour was read.
    placed : ProfileCorrections
        Points of a profile that a hand has placed in it, which ``prepared`` follows.
    """

    photo: Photo
    prepared: PreparedFace | None
    seen: Glance | None = None
    failure: LandmarkDiffError | None = None
    placed: ProfileCorrections = NO_CORRECTIONS

    @property
    def from_the_side(self) -> bool:
        """Whether a profile's contour was read, not the mesh."""
        return isinstance(self.prepared, PreparedProfile)

    @property
    def measurable(self) -> bool:
        """Whether a mesh that can be believed, or a profile's contour, was read in it."""
        if self.prepared is None or self.misread:
            return False
        return self.from_the_side or self.prepared.landmarks.pose.residual <= MAXIMUM_RESIDUAL

    @property
    def misread(self) -> bool:
        """Whether the mesh contradicts what the detector saw of the same face."""
        if self.prepared is None or self.seen is None or self.from_the_side:
            return False
        face = self.prepared.landmarks
        x, y, width, height = self.seen.box
        left, top, across, down = face.box
        same = (
            left <= x + width / 2 <= left + across
            and top <= y + height / 2 <= top + down
            and abs(face.pose.roll) < _UPRIGHT_DEG
        )
        return same and self.seen.contradicts(face.pose.yaw)

    @property
    def measured_yaw(self) -> float | None:
        """Yaw of the mesh in degrees, where there is one that can be believed."""
        if self.prepared is None or self.misread:
            return None
        return self.prepared.landmarks.pose.yaw

    @property
    def yaw(self) -> float | None:
        """The best that is known of the yaw, degrees: measured, or 90 for a profile seen."""
        if self.measured_yaw is not None or self.seen is None:
            return self.measured_yaw
        rough = self.seen.yaw
        if abs(rough) < _SEEN_TURNED_DEG:
            return rough
        return 90.0 if rough > 0 else -90.0

    def refusal(self, expected: ExpectedView | None) -> LandmarkDiffError | None:
        """Why this photo is shown without a simulation in that place; None where it is not.

        What was read in it decides, not the place: a photo that is simulated alone is simulated
        here, too.
        """
        if self.prepared is not None:
            return FaceUnusableError("view_without_turn") if self.misread else None
        if self.failure is not None and self.failure.code != "no_face":
            return self.failure
        if expected is not None and expected.profile and self.seen:
            return FaceUnusableError("profile_without_mesh")
        return NoFaceError("no_face_in_view")


@dataclass(frozen=True)
class Verdict:
    """Whether a photo is the view it stands for.

    Attributes
    ----------
    accepted : bool
        It meets the view, as far as that can be measured.
    simulated : bool
        The plan can be shown in it; profiles are shown as they are.
    notices : tuple of Notice
        What to mend or to mind, most important first.
    """

    accepted: bool
    simulated: bool
    notices: tuple[Notice, ...]


@dataclass(frozen=True, eq=False)
class ViewSet:
    """Photos of one patient in their places. Every change gives a new set.

    Attributes
    ----------
    places : mapping of str to ViewPhoto
        By the name of the view, in the order of ``EXPECTED_VIEWS``.
    unplaced : tuple of ViewPhoto
        Photos in which nothing tells the view.
    """

    places: Mapping[str, ViewPhoto] = field(default_factory=lambda: MappingProxyType({}))
    unplaced: tuple[ViewPhoto, ...] = ()

    def __len__(self) -> int:
        return len(self.places) + len(self.unplaced)

    def __iter__(self) -> Iterator[tuple[ExpectedView | None, ViewPhoto]]:
        """Each photo with its view, placed ones first."""
        for view in EXPECTED_VIEWS:
            if view.name in self.places:
                yield view, self.places[view.name]
        for photo in self.unplaced:
            yield None, photo

    @property
    def missing(self) -> tuple[ExpectedView, ...]:
        """Views without a photo."""
        return tuple(view for view in EXPECTED_VIEWS if view.name not in self.places)

    def put(self, name: str, photo: ViewPhoto) -> ViewSet:
        """Put a photo into a place; one that stood there goes."""
        expected_view(name)
        rest = tuple(other for other in self.unplaced if other is not photo)
        return self._with({**self.places, name: photo}, rest)

    def add(self, photo: ViewPhoto) -> ViewSet:
        """Put a photo into the free place that its yaw is nearest to.

        Without a yaw, or when all places are taken, it stays unplaced.
        """
        yaw, free = photo.yaw, self.missing
        if yaw is None or not free:
            return self._with(self.places, (*self.unplaced, photo))
        nearest = min(free, key=lambda view: abs(view.yaw - yaw))
        return self._with({**self.places, nearest.name: photo}, self.unplaced)

    def remove(self, name: str) -> ViewSet:
        """Empty a place; nothing happens where it is empty."""
        expected_view(name)
        kept = {other: photo for other, photo in self.places.items() if other != name}
        return self._with(kept, self.unplaced)

    def exchange(self, first: str, second: str) -> ViewSet:
        """Let the photos of two places change seats; either place may be empty."""
        kept = {n: p for n, p in self.places.items() if n not in (first, second)}
        for old, new in ((first, second), (second, first)):
            expected_view(old)
            if old in self.places:
                kept[new] = self.places[old]
        return self._with(kept, self.unplaced)

    def exchange_photo(self, old: ViewPhoto, new: ViewPhoto) -> ViewSet:
        """Let another reading stand for a photo, in its place.

        One that had no place gets the free one that its yaw, now known, is nearest to.
        """
        if any(photo is old for photo in self.unplaced):
            rest = tuple(photo for photo in self.unplaced if photo is not old)
            return self._with(self.places, rest).add(new)
        places = {name: new if photo is old else photo for name, photo in self.places.items()}
        return self._with(places, self.unplaced)

    def without_unplaced(self) -> ViewSet:
        """Drop the photos that have no place."""
        return self._with(self.places, ())

    def verdicts(self) -> dict[str, Verdict]:
        """Judge every placed photo, by the name of its view."""
        return {view.name: judge_view(photo, view) for view, photo in self if view is not None}

    def _with(self, places: Mapping[str, ViewPhoto], unplaced: tuple[ViewPhoto, ...]) -> ViewSet:
        if len(places) + len(unplaced) > len(EXPECTED_VIEWS):
            raise _too_many(len(places) + len(unplaced))
        ordered = {view.name: places[view.name] for view in EXPECTED_VIEWS if view.name in places}
        return replace(self, places=MappingProxyType(ordered), unplaced=unplaced)


def _too_many(count: int) -> ParameterError:
    return ParameterError("too_many_photos", count=count, most=len(EXPECTED_VIEWS))


def sort_views(photos: Sequence[ViewPhoto]) -> ViewSet:
    """Give up to five photos, in any order, their places by yaw.

    Raises
    ------
    ParameterError
        There are more photos than views.
    """
    if len(photos) > len(EXPECTED_VIEWS):
        raise _too_many(len(photos))
    known = [(photo.yaw, photo) for photo in photos]
    ordered = sorted(((yaw, p) for yaw, p in known if yaw is not None), key=lambda item: item[0])
    views = assign_views([yaw for yaw, _ in ordered])
    places = {view.name: photo for view, (_, photo) in zip(views, ordered, strict=True)}
    return ViewSet(MappingProxyType(places), tuple(p for yaw, p in known if yaw is None))


#: Notices of landmarks after which a photo of a view is better taken again.
_TOLD_OF_A_VIEW = frozenset(
    {
        *("mesh_misfit", "face_cut", "face_small"),
        *("photo_blurred", "photo_dark", "photo_stretched"),
    }
)


def judge_view(photo: ViewPhoto, expected: ExpectedView) -> Verdict:
    """Tell whether a photo is the expected view, and how to mend it if it is not.

    The notices are ``view_no_face``, ``view_other_side``, ``view_turn``, ``view_to_profile``
    and ``view_profile_as_it_is``, and those of the landmarks.
    """
    simulated = photo.refusal(expected) is None
    if photo.yaw is None:
        return Verdict(accepted=False, simulated=False, notices=(Notice.of("view_no_face"),))
    wrong = _wrong_turn(photo, photo.yaw, expected)
    if photo.prepared is None or photo.misread or not simulated:
        told = (Notice.of("view_profile_as_it_is"),) if expected.profile else ()
        if wrong is None and not expected.profile:
            wrong = Notice.of("view_no_face")
        notices = told if wrong is None else (wrong,)
        return Verdict(accepted=wrong is None, simulated=False, notices=notices)
    face = photo.prepared.landmarks
    usable = face.pose.residual <= MAXIMUM_RESIDUAL
    further = [notice for notice in describe_view(face)[1] if notice.code == "tilt_head"]
    further += [notice for notice in face.notices if notice.code in _TOLD_OF_A_VIEW]
    first = () if wrong is None else (wrong,)
    return Verdict(accepted=wrong is None and usable, simulated=usable, notices=(*first, *further))


def _wrong_turn(photo: ViewPhoto, yaw: float, expected: ExpectedView) -> Notice | None:
    """What is wrong with the turn of the head, or None."""
    if expected.yaw * yaw < 0 and abs(yaw) > 15.0:
        return Notice.of("view_other_side", side="left" if yaw < 0 else "right")
    side = "left" if expected.yaw > yaw else "right"
    if expected.profile:
        reached = photo.seen is not None and photo.seen.in_profile
        if reached or abs(photo.yaw or 0.0) == 90.0 or expected.accepts(yaw):
            return None
        return Notice.of("view_to_profile", side=side)
    if expected.accepts(yaw):
        return None
    return Notice.of("view_turn", degrees=round(abs(expected.yaw - yaw)), side=side)
