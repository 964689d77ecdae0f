"""What a patient asks for, in the terms of a procedure's effects: goals to choose from."""

from __future__ import annotations

from pydantic import Field, field_validator

from landmarkdiff.procedures.effect import Effect
from landmarkdiff.procedures.strict import Line, Slug, Strict

__all__ = ["Goal", "beyond_band"]


class Goal(Strict):
    """One goal of a procedure, such as a refined tip: some of its effects, each to some extent.

    Attributes
    ----------
    title : str
        As one says it to a patient.
    effects : mapping of str to float
        Effects of the procedure with their share of the typical change: 1 is the typical change,
        a negative share goes the other way, as far as the band allows it.
    """

    name: Slug
    title: Line
    effects: dict[str, float] = Field(min_length=1)

    @field_validator("effects")
    @classmethod
    def _some_way(cls, effects: dict[str, float]) -> dict[str, float]:
        if not all(effects.values()):
            raise ValueError("the share of a goal is a number other than 0")
        return effects


def beyond_band(effect: Effect, share: float) -> bool:
    """Tell whether a share of the typical change lies outside the band of an effect.

    Bands in percent of a measurement need no patient for it: typical change and ends scale alike.
    """
    return not effect.band.contains(share * effect.band.typical)
