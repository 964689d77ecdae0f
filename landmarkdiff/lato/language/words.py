"""From a plan to words: what a plan says, so that the same words make the same plan."""

from __future__ import annotations

from decimal import Decimal

from landmarkdiff.lato.language.concepts import effect_of
from landmarkdiff.procedures.plan import PlannedEffect, Side, SurgicalPlan
from landmarkdiff.procedures.procedure import procedures
from landmarkdiff.texts import Texts

__all__ = ["effect_phrase", "plan_words", "title_of", "value_phrase"]

#: What stands between two effects.
_BETWEEN = "; "


def plan_words(plan: SurgicalPlan, language: str = "en", *, digits: int | None = None) -> str:
    """Return a plan in words that :func:`~landmarkdiff.lato.language.understand` reads back.

    Every effect that changes something is named with its whole value, and every one that was
    switched off with 0, so that nothing follows an effect that did not follow it here.

    Parameters
    ----------
    plan : SurgicalPlan
    language : str
        Code of the language.
    digits : int, optional
        Digits after the decimal sign, where people read it; all of them if it is left out, as it
        takes for the same plan to be read back.

    Examples
    --------
    >>> from landmarkdiff.procedures.planning import make_plan
    >>> plan = make_plan("rhinoplasty", face, intensity=0, effects={"tip_rotation": 4})
    >>> plan_words(plan, "de")
    'Nasenspitzenrotation +4,0°'
    """
    texts = Texts.load(language)
    said = [
        effect_phrase(item, plan.side_of(item), texts, digits)
        for item in plan.effects
        if item.value or _followed(item, plan)
    ]
    off = [f"{title_of(key, texts)} 0" for key in plan.switched_off]
    return _BETWEEN.join(said + off)


def _followed(item: PlannedEffect, plan: SurgicalPlan) -> bool:
    """Whether an effect of value 0 would follow another one if it were not named."""
    driver = item.effect.coupled_to
    return driver is not None and any(
        other.key == f"{item.procedure}.{driver.driver}" and other.value for other in plan.effects
    )


def effect_phrase(item: PlannedEffect, side: Side, texts: Texts, digits: int | None = None) -> str:
    """Return one effect with its value and, where it has sides, the side."""
    phrase = value_phrase(item.key, item.value, texts, digits)
    if side == "both" or item.effect.midline or item.procedure == "otoplasty":
        return phrase
    return f"{phrase} ({texts.side(side)})"


def value_phrase(key: str, value: float, texts: Texts, digits: int | None = None) -> str:
    """Return an effect with a value, in its unit."""
    unit = effect_of(key).unit
    whole = max(-int(Decimal(repr(value)).normalize().as_tuple().exponent), 1)
    said = texts.quantity(value, unit, whole if digits is None else digits, signed=True)
    return f"{title_of(key, texts)} {said}"


def title_of(key: str, texts: Texts) -> str:
    """Return the title of an effect; with its procedure where two effects have the same."""
    name, _, effect = key.partition(".")
    title = texts.effect(name, effect)
    shared = any(
        texts.effect(other, each.name) == title and f"{other}.{each.name}" != key
        for other, preset in procedures().items()
        for each in preset.effects
    )
    return texts.effect_label(key) if shared else title
