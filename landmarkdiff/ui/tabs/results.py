"""A checked simulation in words: its effects and how it was painted."""

from __future__ import annotations

from dataclasses import dataclass

from landmarkdiff.inference.painting_facts import PaintingFact, painting_facts
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.notices import Reason
from landmarkdiff.procedures.plan import Side
from landmarkdiff.texts import Texts
from landmarkdiff.verification.effect_check import MIN_VISIBLE_SHARE, EffectCheck
from landmarkdiff.verification.push_check import PushCheck

__all__ = ["EffectRow", "PushRow", "effect_rows", "facts_of_painting", "push_rows"]


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
    def of(cls, check: EffectCheck, texts: Texts, side: Side | None) -> EffectRow:
        """Return the row of a checked effect; ``side`` is its own, where it has one."""

        def quantity(value: float | None) -> str:
            return "" if value is None else texts.quantity(value, check.unit, 2, signed=True)

        name = texts.effect(check.procedure, check.name.rpartition(".")[2])
        missing = texts("table.not_measured")
        return cls(
            name=f"{name} ({texts.side(side)})" if side else name,
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
    pairs = zip(prediction.effects, prediction.plan.effects, strict=True)
    return [EffectRow.of(check, texts, planned.side) for check, planned in pairs]


@dataclass(frozen=True)
class PushRow:
    """One push by hand in words; ``achieved`` is empty where ``unmeasured`` says why.

    Attributes
    ----------
    name, radius, planned, applied, achieved, unmeasured : str
    """

    name: str
    radius: str
    planned: str
    applied: str
    achieved: str
    unmeasured: str

    @classmethod
    def of(cls, number: int, check: PushCheck, texts: Texts) -> PushRow:
        """Return the row of a checked push, by its number from 1 on."""
        achieved = check.achieved
        hidden = check.visible < MIN_VISIBLE_SHARE
        return cls(
            name=texts("table.push_both" if check.push.symmetric else "table.push", number=number),
            radius=texts.quantity(check.push.radius, "mm", 0),
            planned=texts.quantity(check.planned, "mm", 2),
            applied=texts.quantity(check.applied, "mm", 2),
            achieved="" if achieved is None else texts.quantity(achieved, "mm", 2),
            unmeasured=texts("table.not_visible" if hidden else "table.not_measured"),
        )


def push_rows(prediction: Prediction, texts: Texts) -> list[PushRow]:
    """Return the rows of what was pushed by hand; none where nothing was."""
    checks = () if prediction.pushed is None else prediction.pushed.checks
    return [PushRow.of(number, check, texts) for number, check in enumerate(checks, start=1)]


def facts_of_painting(prediction: Prediction, texts: Texts) -> tuple[PaintingFact, ...]:
    """Return how a picture was painted; nothing where no network did."""
    return painting_facts(prediction.painting.record, texts) if prediction.paints else ()
