"""What is planned so far, and what one clause sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.lato.language.concepts import effect_of
from landmarkdiff.lato.language.moves import Refusal
from landmarkdiff.lato.language.piece import Piece
from landmarkdiff.notices import Reason
from landmarkdiff.procedures.effect import Effect
from landmarkdiff.procedures.patient_band import for_patient
from landmarkdiff.procedures.plan import PlannedEffect, Side

__all__ = ["EARS", "Edit", "Present", "require_side", "said_side", "wanted_sides"]

#: The ears, of which each is an effect of its own.
EARS: Mapping[str, Side] = {
    "otoplasty.right_ear_setback": "right",
    "otoplasty.left_ear_setback": "left",
}


@dataclass(frozen=True)
class Edit:
    """What is said of one effect.

    Attributes
    ----------
    key : str
    value : float or None
        In the unit of the effect; None takes it back.
    side : {"both", "left", "right"} or None
        None of an effect without sides.
    relative : bool
        Whether it refers to what was planned before.
    loose : bool
        Whether neither a number nor a degree was said.
    follows : bool
        Whether it only says what another effect brings about: how far is decided by that one.
    """

    key: str
    value: float | None
    side: Side | None
    relative: bool = False
    loose: bool = False
    follows: bool = False


@dataclass
class Present:
    """What is planned so far: the plan that was given, and what was said since.

    Attributes
    ----------
    face : FaceLandmarks
        Gives the measurements that bands in percent refer to.
    planned : mapping of str to PlannedEffect
        The effects of the plan that was given, by their key.
    values : dict of str to float
        Values that are not 0.
    sides : dict of str to Side
    said : list of str
        Effects of the clause before.
    edited : set of str
        Effects of all clauses before.
    loose : set of str
        Of these, those that these words plan first, and without a number or a degree.
    """

    face: FaceLandmarks
    planned: Mapping[str, PlannedEffect]
    values: dict[str, float]
    sides: dict[str, Side | None]
    said: list[str] = field(default_factory=list)
    edited: set[str] = field(default_factory=set)
    loose: set[str] = field(default_factory=set)
    resolved: dict[str, Effect] = field(default_factory=dict)

    def owners(self) -> set[str]:
        """Return the procedures of which something is planned."""
        return {key.partition(".")[0] for key in self.values}

    def effect(self, key: str) -> Effect:
        """Return an effect with its band in this patient's unit.

        Raises
        ------
        ProcedureError
            The photo hides what the band refers to.
        """
        if key in self.planned:
            return self.planned[key].effect
        if key not in self.resolved:
            self.resolved[key] = for_patient(effect_of(key), self.face)
        return self.resolved[key]


def said_side(piece: Piece) -> Side | None:
    """Return the side that a piece names; None when it names none."""
    sides = set(piece.sides)
    if not sides:
        return None
    if len(sides) > 1:
        return "both"
    side = sides.pop()
    return "left" if side == "left" else "right" if side == "right" else "both"


def wanted_sides(piece: Piece) -> tuple[Side, ...]:
    """Return the sides of ears that a piece is about: both where it names none."""
    said = said_side(piece)
    return (said,) if said in ("left", "right") else ("left", "right")


def require_side(keys: Sequence[str], piece: Piece, present: Present) -> None:
    """An effect has one value: less of it on one side of two cannot be planned."""
    said = said_side(piece)
    for key in keys:
        own = key in EARS  # each is an effect of its own
        if said in ("left", "right") and not own and present.sides.get(key) not in (said, None):
            raise Refusal(Reason.of("words_side_open"))
