"""From a plan to words: what a plan says, so that the same words make the same plan."""

from __future__ import annotations

from decimal import Decimal

from landmarkdiff.procedures.plan import PlannedEffect, Side, SurgicalPlan
from landmarkdiff.procedures.procedure import procedures
from landmarkdiff.texts import Texts

__all__ = ["effect_phrase", "plan_words", "title_of"]

#: What stands between two effects.
_BETWEEN = "; "


def plan_words(plan: SurgicalPlan, language: str = "en") -> str:
    """Return a plan in words that :func:`~landmarkdiff.lato.language.understand` reads back.

    Every effect that changes something is named with its whole value, and every one that was
    switched off with 0, so that nothing follows an effect that did not follow it here.

    Parameters
    ----------
    plan : SurgicalPlan
    language : str
        Code of the language.

    Examples
    --------
    >>> from landmarkdiff.procedures.planning import make_plan
    >>> plan = make_plan("rhinoplasty", face, intensity=0, effects={"tip_rotation": 4})
    >>> plan_words(plan, "de")
    'Nasenspitzenrotation +4,0°'
    """
    texts = Texts.load(language)
    said = [
        effect_phrase(item, plan.side_of(item), texts)
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


def effect_phrase(item: PlannedEffect, side: Side, texts: Texts) -> str:
    """Return one effect with its value and, where it has sides, the side."""
    value = _quantity(item.value, item.effect.unit, texts)
    phrase = f"{title_of(item.key, texts)} {value}"
    if side == "both" or item.effect.midline or item.procedure == "otoplasty":
        return phrase
    return f"{phrase} ({texts.side(side)})"


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


def _quantity(value: float, unit: str, texts: Texts) -> str:
    """Return a value with all of its digits, one at least."""
    digits = max(-int(Decimal(repr(value)).normalize().as_tuple().exponent), 1)
    return texts.quantity(value, unit, digits, signed=True)
