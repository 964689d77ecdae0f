"""A checked simulation in words: its effects and how it was painted."""

from __future__ import annotations

from dataclasses import dataclass

from landmarkdiff.inference.painting_facts import PaintingFact, painting_facts
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.notices import Reason
from landmarkdiff.texts import Texts
from landmarkdiff.verification.effects import EffectCheck

__all__ = ["EffectRow", "effect_rows", "facts_of_painting"]


@dataclass(frozen=True)
class EffectRow:
    """One effect: planned, applied and achieved, in words with their units.

    Attributes
    ----------
    name, planned, applied : str
    achieved, noise : str
        Empty where it was not measured.
    unmeasured : str
        Why not.
    in_band : bool
    limited_by : str
        What limited it, separated by commas.
    """

    name: str
    planned: str
    applied: str
    achieved: str
    noise: str
    unmeasured: str
    in_band: bool
    limited_by: str

    @classmethod
    def of(cls, check: EffectCheck, texts: Texts) -> EffectRow:
        """Return the row of a checked effect."""

        def quantity(value: float | None) -> str:
            return "" if value is None else texts.quantity(value, check.unit, 2, signed=True)

        missing = texts("table.not_measured")
        return cls(
            name=texts.effect(check.procedure, check.name.rpartition(".")[2]),
            planned=quantity(check.planned),
            applied=quantity(check.applied),
            achieved=quantity(check.achieved),
            noise="" if check.noise is None else texts.number(check.noise, 2),
            unmeasured=texts.reason(Reason(check.reason)) if check.reason else missing,
            in_band=check.in_band,
            limited_by=", ".join(texts.limiter(cause) for cause in check.limited_by),
        )


def effect_rows(prediction: Prediction, texts: Texts) -> list[EffectRow]:
    """Return the rows of the table of planned, applied and achieved millimetres and degrees."""
    return [EffectRow.of(check, texts) for check in prediction.effects]


def facts_of_painting(prediction: Prediction, texts: Texts) -> tuple[PaintingFact, ...]:
    """Return how a picture was painted; nothing where no network did."""
    return painting_facts(prediction.painting.record, texts) if prediction.paints else ()
