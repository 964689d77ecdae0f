"""How far an effect goes: its published band, and what an intensity goes to at most."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from landmarkdiff.procedures.strict import Strict

__all__ = [
    "CEILING_UNITS",
    "FULL_INTENSITY",
    "LEAST_SIZE",
    "TYPICAL_INTENSITY",
    "Band",
    "Ceiling",
    "FullLips",
]

TYPICAL_INTENSITY = 60.0
FULL_INTENSITY = 100.0
#: Unlocked, a value may go so many times as far as the farther end of its band; the intensity
#: goes to about twice the end. Beyond, no face is left to simulate.
UNLOCKED_TIMES = 5.0
#: Sizes of an effect between which whatever is computed from them stays finite, in any unit.
LEAST_SIZE, MOST_SIZE = 1e-6, 1000.0
Size = Annotated[float, Field(ge=-MOST_SIZE, le=MOST_SIZE)]
#: The unit of an effect that changes what a ceiling is of.
CEILING_UNITS = {
    "mrd1": "mm",
    "tip_above_alar_base": "deg",
    "bridge_behind_line": "mm",
    "vermilion_growth": "mm",
    "brow_lid_growth": "mm",
}


class Band(Strict):
    """Published or textbook size of an effect, in its unit.

    ``typical`` is the change at intensity 60, ``high`` at 100; ``low`` is the weak end of the
    band. ``reverse``, when given, is how far the effect may go the other way.
    """

    typical: Size
    low: Size
    high: Size
    reverse: Size = 0.0
    kind: Literal["sd", "range", "general"]

    @model_validator(mode="after")
    def _ordered(self) -> Band:
        sign = 1.0 if self.high > 0 else -1.0
        if not 0.0 <= self.low * sign <= self.typical * sign <= self.high * sign or not self.high:
            raise ValueError("low, typical and high must grow away from zero on one side of it")
        if self.reverse * sign > 0:
            raise ValueError("reverse must lie on the other side of zero than high")
        return self

    def at(self, intensity: float) -> float:
        """Return the effect at ``intensity`` (0 to 100): linear to 60 and from 60 to 100."""
        if intensity <= TYPICAL_INTENSITY:
            return self.typical * intensity / TYPICAL_INTENSITY
        share = (intensity - TYPICAL_INTENSITY) / (FULL_INTENSITY - TYPICAL_INTENSITY)
        return self.typical + share * (self.high - self.typical)

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the largest value of the band: its reverse end and its high one."""
        return min(self.reverse, self.high), max(self.reverse, self.high)

    def contains(self, value: float) -> bool:
        """Tell whether ``value`` lies between the two ends."""
        low, high = self.ends
        slack = 1e-9 * (1.0 + abs(value))
        return low - slack <= value <= high + slack

    def clamped(self, value: float, *, unlocked: bool = False) -> float:
        """Return the nearest value that a plan may have, unlocked or within the band."""
        low, high = (-self.farthest, self.farthest) if unlocked else self.ends
        return min(max(value, low), high)

    @property
    def farthest(self) -> float:
        """How far an unlocked value may go in either direction, in the band's unit."""
        return UNLOCKED_TIMES * max(abs(self.high), abs(self.reverse))

    def scaled(self, factor: float) -> Band:
        """Return the band in another unit (percent of a measurement becoming millimetres)."""
        return self.model_copy(
            update={
                name: getattr(self, name) * factor for name in ("typical", "low", "high", "reverse")
            }
        )


class FullLips(Strict):
    """What a ceiling of growth comes down to where the red is much of an upper lip already.

    Attributes
    ----------
    most : float
        Percent, as that of the ceiling.
    share : 2 floats
        Of the height of the upper lip that is red: up to the first one the ceiling's own ``most``
        holds, from the second one on this one, and between them what lies between.
    """

    most: float = Field(gt=0.0, le=MOST_SIZE)
    share: tuple[float, float]

    @field_validator("share")
    @classmethod
    def _rising(cls, share: tuple[float, float]) -> tuple[float, float]:
        if not 0.0 < share[0] < share[1] < 1.0:
            raise ValueError("the shares of a lip rise from above 0 to below 1")
        return share


class Ceiling(Strict):
    """How far an intensity takes a patient at most: a published change is of those who had room.

    What is asked for by value is not held back.

    Attributes
    ----------
    measurement : {"mrd1", "tip_above_alar_base", "bridge_behind_line", "vermilion_growth", \
"brow_lid_growth"}
        What the effect changes: the height of the upper lid over the pupil, that of the tip of the
        nose over the base of its alae, how far its bridge lies behind the line from its root to
        its tip, by how much of its height the red of the upper lip grows, or by how much of the
        height of the brow over the upper lid the brow rises.
    most : float
        What an intensity brings that to at most, mm; of a growth percent, and of the red at the end
        of the band and less in proportion below.
    full_lips : FullLips or None
        Of a growth: what that comes down to where a lip is full already.
    room : float or None
        How far that lets an intensity go, in the effect's unit and without a sign, once it is a
        patient's.
    """

    measurement: Literal[
        "mrd1", "tip_above_alar_base", "bridge_behind_line", "vermilion_growth", "brow_lid_growth"
    ]
    most: Size
    full_lips: FullLips | None = None
    room: float | None = Field(None, ge=0.0)

    @model_validator(mode="after")
    def _grows(self) -> Ceiling:
        if self.of_growth and self.most <= 0.0:
            raise ValueError("what grows, grows to more than 0 percent")
        if self.full_lips is not None and self.measurement != "vermilion_growth":
            raise ValueError("full_lips is for a ceiling of vermilion_growth")
        return self

    @model_serializer(mode="wrap")
    def _as_before(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what says nothing, so that the hashes of plans stay what they were."""
        data: dict[str, Any] = written(self)
        if self.full_lips is None:
            data.pop("full_lips", None)
        return data

    @property
    def of_growth(self) -> bool:
        """Whether ``most`` is percent of what grows with the effect, and not a place."""
        return self.measurement.endswith("_growth")

    def held(self, band: Band) -> Band:
        """Return a band as far as the room goes; where red grows, all of it in proportion."""
        if self.room is None:
            return band
        ends = {"typical": band.typical, "high": band.high}
        if self.measurement == "vermilion_growth":
            share = min(1.0, self.room / abs(band.high))
            return band.model_copy(update={name: share * end for name, end in ends.items()})
        held = {name: math.copysign(min(abs(end), self.room), end) for name, end in ends.items()}
        return band.model_copy(update=held)
