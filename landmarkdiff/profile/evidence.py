"""Which view a photo shows, judged by what the detector, the mesh and the contour say of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from landmarkdiff.errors import NoFaceError, ProfileError
from landmarkdiff.notices import Reason
from landmarkdiff.profile.contour import ProfileContour, ProfileSide, TracedContour
from landmarkdiff.profile.covers import MENTON
from landmarkdiff.profile.faces import SeenFace
from landmarkdiff.profile.outline import CORE

__all__ = [
    "MESH_YAW",
    "OBLIQUE_YAW",
    "ViewEvidence",
    "ViewKind",
    "confirmed",
    "evidence_of",
    "far_turned",
    "is_profile",
    "refusal_of",
    "view_by_turn",
    "why_unclear",
]

#: A contour that is less like a profile than this is none; see ``likeness.py``.
_MOST_DISTANCE = 3.0
#: The model holds one family of heads, and others lie farther from it: up to here where the
#: detector sees the head turned to the contour's own side, and so much of the way is an edge that
#: is seen and free.
_MOST_OF_OTHERS, _OTHERS_FREE = 4.0, 0.88
#: Share of the way from glabella to neck along which the edge must be seen, and shares that may be
#: covered, and be unclear where no colour and no bulge tells of a thing: a person's own profile may
#: be unlike all that the model knows, and is marked.
_LEAST_SEEN = 0.9
_MOST_COVERED, _MOST_UNCLEAR = 0.25, 0.35
#: Of a contour that is not like a profile so much that is covered is the reason.
_COVERED_UNLIKE = 0.1
#: A contour this good is a profile whatever the detector's points say.
_SURE_DISTANCE, _SURE_SEEN = 2.6, 0.97
#: Way of the nose from the middle of the ears, widths of the box: at 90 degrees were it a sine;
#: up to which a face is frontal.
_FULL_TURN = 0.72
_FRONTAL_TURN = 0.25
#: Sum of scores from which the detector's points are trusted.
_CLEAR_SCORE = 1.5
#: A mesh turned less than this, degrees, whose yaw the detector confirms to within so much, needs
#: no contour. Beyond it profiles have been read as obliques.
MESH_YAW = 35.0
_AGREEMENT = 0.17
#: From this turn on the detector sees the head turned. A profile that the mesh reads as a slight
#: oblique is turned more to the detector than to the mesh: it is not confirmed beyond so much.
_TURNED, _TURNED_AGREEMENT = 0.4, 0.1
#: Up to here, degrees, a confirmed mesh outweighs a contour less like a profile than this.
OBLIQUE_YAW = 56.0
_OBLIQUE_DISTANCE = 2.3

ViewKind = Literal["frontal", "three_quarter", "profile", "unclear"]


@dataclass(frozen=True, eq=False)
class ViewEvidence:
    """What a photo shows of a head, and what speaks for it.

    Attributes
    ----------
    kind : {"frontal", "three_quarter", "profile", "unclear"}
        ``unclear`` where neither a face from the front nor a profile is certain: such a photo is
        to be refused with ``refusal``.
    side : {"left_profile", "right_profile"} or None
        Of a profile.
    contour : ProfileContour or None
        Of a profile, if it could be found.
    refusal : ProfileError, NoFaceError or None
        Why there is no contour, though the view is a profile or unclear.
    turn : float or None
        Way of the nose to the right of the middle of the ears as the full-range detector marked
        them, widths of the face; None where it saw no face.
    face_score : float
        Sum of the detector's scores over its passes; above 1.5 its points are trusted.
    mesh_yaw : float or None
        Yaw of the mesh that was given, degrees.
    distance : float or None
        How unlike a profile the best contour is; below 3 it is one, up to 4 where the detector
        sees a profile too.
    seen : float or None
        Share of its way along which an edge is seen, 0 to 1.
    """

    kind: ViewKind
    side: ProfileSide | None
    contour: ProfileContour | None
    refusal: ProfileError | NoFaceError | None
    turn: float | None
    face_score: float
    mesh_yaw: float | None
    distance: float | None
    seen: float | None

    @property
    def whatever_mesh(self) -> bool:
        """Whether this is a profile whatever a mesh, of which nothing is known, would say."""
        if self.kind != "profile" or self.turn is None or self.distance is None:
            return False
        return self.distance < _OBLIQUE_DISTANCE or abs(self.turn) > _told(OBLIQUE_YAW) + _AGREEMENT

    @property
    def mesh_denied(self) -> bool:
        """Whether the detector clearly sees the head turned, and the mesh far less."""
        if self.turn is None or self.mesh_yaw is None or self.face_score < _CLEAR_SCORE:
            return False
        told = _told(self.mesh_yaw)
        return abs(self.turn) > _TURNED and abs(self.turn - told) > 2 * _AGREEMENT

    @property
    def turned_face(self) -> bool:
        """Whether the detector clearly sees a face that is turned to the side."""
        return (
            self.turn is not None and self.face_score >= _CLEAR_SCORE and abs(self.turn) > _TURNED
        )

    def mirrored(self, width: int) -> ViewEvidence:
        """Return what the mirrored photo of that width, pixels, shows."""
        sides: dict[ProfileSide | None, ProfileSide] = {
            "left_profile": "right_profile",
            "right_profile": "left_profile",
        }
        return replace(
            self,
            side=sides.get(self.side),
            contour=None if self.contour is None else self.contour.mirrored(width),
            turn=None if self.turn is None else -self.turn,
            mesh_yaw=None if self.mesh_yaw is None else -self.mesh_yaw,
        )


def _told(yaw: float) -> float:
    """Way of the nose at a yaw, degrees, as the detector would tell it."""
    return _FULL_TURN * math.sin(math.radians(yaw))


def confirmed(face: SeenFace, yaw: float, limit: float) -> bool:
    """Whether a clear detection tells the mesh's own turn, which is below a limit, degrees."""
    if face.score < _CLEAR_SCORE or abs(yaw) >= limit:
        return False
    told = _told(yaw)
    if abs(yaw) < MESH_YAW and abs(face.turn) > max(_TURNED, abs(told) + _TURNED_AGREEMENT):
        return False
    return abs(face.turn - told) < _AGREEMENT


def far_turned(face: SeenFace) -> bool:
    """Whether the detector sees a head turned so far that it tells no slight turn of a mesh."""
    return abs(face.turn) > max(_TURNED, _told(MESH_YAW) + _TURNED_AGREEMENT)


def view_by_turn(face: SeenFace) -> ViewKind:
    """View of a face whose mesh is confirmed."""
    return "frontal" if abs(face.turn) < _FRONTAL_TURN else "three_quarter"


def is_profile(traced: TracedContour, face: SeenFace | None, yaw: float | None) -> bool:
    """Whether a contour is that of a profile, seen or partly hidden."""
    distance, seen = traced.likeness.distance, traced.seen
    oblique = face is not None and yaw is not None and confirmed(face, yaw, OBLIQUE_YAW)
    if seen < 0.5 or (oblique and distance >= _OBLIQUE_DISTANCE):
        return False
    looks = 1 if traced.contour.side == "left_profile" else -1
    turn = 0.0 if face is None else -looks * face.turn
    if distance > _MOST_DISTANCE:
        free = seen * (1.0 - traced.covered)
        return distance <= _MOST_OF_OTHERS and turn > _TURNED and free > _OTHERS_FREE
    if distance < _SURE_DISTANCE and seen > _SURE_SEEN:
        return True
    return face is None or face.score < _CLEAR_SCORE or turn > _FRONTAL_TURN


def refusal_of(
    traced: TracedContour, told: float = _MOST_COVERED, most: float = _MOST_UNCLEAR
) -> ProfileError | None:
    """What keeps the contour of a profile from being used.

    ``told`` may be covered; ``most`` may be unclear where nothing else lies before the face.
    """
    contour = traced.contour
    nearest = traced.likeness.nearest
    first, last = int(nearest[CORE.start]), int(nearest[CORE.stop])
    menton = min(last, int(nearest[MENTON]))
    kinds: dict[str, int] = {}
    things = False
    for cover in contour.covers:
        # A neck that is in doubt leaves the face to work with.
        end = menton if cover.kind == "unclear" else last
        before = cover.first <= menton and cover.last >= first
        things |= before and cover.kind not in ("unclear", "beard")
        inside = min(cover.last, end) - max(cover.first, first) + 1
        if inside > 0:
            kinds[cover.kind] = kinds.get(cover.kind, 0) + inside
    if kinds.get("border", 0) > 0.02 * (last - first):
        return ProfileError("profile_cut")
    kinds.pop("beard", None)  # moves with the skin; its own border is what is seen
    kinds.pop("glasses", None)  # never hide more than the root of the nose; the rest says its place
    if sum(kinds.values()) > (told if things else most) * (last - first):
        worst = max(kinds, key=lambda kind: kinds[kind])
        return ProfileError(
            "profile_covered", cover=Reason.of(f"cover_{worst}"), hidden_parts=contour.covered_parts
        )
    if traced.seen < _LEAST_SEEN:
        return ProfileError("profile_ambiguous", percent=round(100 * (1 - traced.seen)))
    return None


def why_unclear(face: SeenFace | None, traced: TracedContour | None) -> ProfileError | NoFaceError:
    """Why a photo shows neither a face from the front nor a profile."""
    if face is None:
        return NoFaceError("no_face")
    if abs(face.turn) < _FRONTAL_TURN and face.score >= _CLEAR_SCORE:
        return ProfileError("profile_not_shown")
    if traced is not None and traced.seen < _LEAST_SEEN:
        return ProfileError("profile_ambiguous", percent=round(100 * (1 - traced.seen)))
    if traced is not None and abs(face.turn) > _TURNED:
        hidden = refusal_of(traced, _COVERED_UNLIKE, _COVERED_UNLIKE)
        if hidden is not None:
            return hidden
    return ProfileError("profile_not_found")


def evidence_of(
    kind: ViewKind,
    face: SeenFace | None,
    yaw: float | None,
    traced: TracedContour | None = None,
    refusal: ProfileError | NoFaceError | None = None,
) -> ViewEvidence:
    """Put together what speaks for a view; a contour that is refused is left out."""
    profile = traced is not None and kind == "profile"
    return ViewEvidence(
        kind=kind,
        side=traced.contour.side if traced is not None and profile else None,
        contour=traced.contour if traced is not None and profile and refusal is None else None,
        refusal=refusal,
        turn=None if face is None else face.turn,
        face_score=0.0 if face is None else face.score,
        mesh_yaw=yaw,
        distance=None if traced is None else traced.likeness.distance,
        seen=None if traced is None else traced.seen,
    )
