"""Plans without number, each within its evidence bands, drawn from a seed.

What a pair does is decided in two draws. The *pattern* (procedures, effects, side, flags) is that
of a whole run of pairs, whose mask, splines and light are then worked out once; the *values* are
each pair's own. A draw is a function of the seed and the numbers alone, so that any pair can be
made again on any machine, in any order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.clinical.zones import KELOID_ZONES
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.live_model import with_values
from landmarkdiff.procedures.band import Band
from landmarkdiff.procedures.effect import EARS, moves_ear
from landmarkdiff.procedures.plan import PlannedEffect, Side, SurgicalPlan
from landmarkdiff.procedures.planning import Setting, make_plan
from landmarkdiff.procedures.procedure import procedure, procedures
from landmarkdiff.synthetic.sample import Recipe

__all__ = [
    "Draft",
    "Pattern",
    "draft",
    "draw_pattern",
    "drawn_names",
    "generator_of",
    "moves_ears",
    "plan_of",
    "recipe_of",
]

#: Share of the pairs with one procedure, two and three.
COMBINATIONS = (0.7, 0.22, 0.08)
#: Share that acts on both sides, on the patient's left and on the right.
SIDES: Mapping[Side, float] = {"both": 0.7, "left": 0.15, "right": 0.15}
#: Share of patterns in which a flag limits the plan.
FLAGGED = 0.1
#: An effect takes part so often; the first that is drawn always does.
TAKING_PART = 0.7
#: Of the effects that can go both ways so many go the other one.
OTHER_WAY = 0.4
#: A change smaller than this share of the band's end is none.
LEAST_SHARE = 0.1

Purpose = Literal["pattern", "values", "dropout", "augmentation", "noise", "order"]
_PURPOSES: Mapping[Purpose, int] = {
    "pattern": 1,
    "values": 2,
    "dropout": 3,
    "augmentation": 4,
    "noise": 5,
    "order": 6,
}


def generator_of(seed: int, purpose: Purpose, number: int) -> np.random.Generator:
    """Return the random numbers of one pair (or run) for one purpose.

    >>> a, b = (generator_of(7, "values", 3).random() for _ in range(2))
    >>> a == b, a == generator_of(7, "noise", 3).random()
    (True, False)
    """
    return np.random.Generator(np.random.Philox(key=[seed, (_PURPOSES[purpose] << 56) | number]))


@dataclass(frozen=True)
class Pattern:
    """What a run of pairs does, whatever the values.

    Attributes
    ----------
    procedures : tuple of str
        The first keeps a landmark that two of them move.
    effects : tuple of str
        Keys ``procedure.effect`` that take part.
    side : {"both", "left", "right"}
    flags : ClinicalFlags
    """

    procedures: tuple[str, ...]
    effects: tuple[str, ...]
    side: Side
    flags: ClinicalFlags


@dataclass(frozen=True)
class Draft:
    """A recipe before it meets a face: how far each effect goes.

    Attributes
    ----------
    pattern : Pattern
    shares : mapping of str to float
        Of the band: 1 is its high end, -1 its reverse end.
    difficulty : float
        0 to 1.
    """

    pattern: Pattern
    shares: Mapping[str, float]
    difficulty: float


@cache
def _offered(name: str) -> tuple[tuple[str, float], ...]:
    """Effects of a procedure with what the other way is worth, as a share of the band's end."""
    preset = procedure(name)
    return tuple(
        (f"{name}.{effect.name}", -effect.band.reverse / effect.band.high)
        for effect in preset.effects
        if effect.coupled_to is None
        and (effect.landmarks or effect.fold or moves_ear(effect))
        and effect.needs is None
    )


@cache
def _ear_of(key: str) -> str | None:
    """Side of the ear that an effect moves; None where it moves none."""
    name, _, effect = key.partition(".")
    parts = procedure(name).effect(effect).parts
    return next((EARS[part] for part in parts if part in EARS), None)


@cache
def drawn_names() -> tuple[str, ...]:
    """Names of the procedures that are drawn: those that photos can show."""
    return tuple(name for name, preset in procedures().items() if preset.in_photos)


def moves_ears(pattern: Pattern) -> bool:
    """Tell whether a pattern moves ears, so that it hangs on what a photo shows of them."""
    return any(_ear_of(key) is not None for key in pattern.effects)


def draw_pattern(seed: int, run: int, ears: Collection[str] = ("right", "left")) -> Pattern:
    """Draw what the pairs of a run do; procedures are drawn alike often.

    Parameters
    ----------
    seed, run : int
    ears : collection of str
        Sides of the ears that a photo shows. A procedure that has none of them to move on the side
        that is drawn gives its place to the next one; another pattern stays as it is.
    """
    rng = generator_of(seed, "pattern", run)
    names = drawn_names()
    count = 1 + int(rng.choice(len(COMBINATIONS), p=COMBINATIONS))
    order = rng.permutation(len(names))
    side = tuple(SIDES)[int(rng.choice(len(SIDES), p=list(SIDES.values())))]
    shown = {None, *(ear for ear in ears if side in ("both", ear))}
    offered = {
        names[place]: [key for key, _ in _offered(names[place]) if _ear_of(key) in shown]
        for place in order
    }
    chosen = tuple(name for name, keys in offered.items() if keys)[:count]
    effects: list[str] = []
    for name in chosen:
        keys = offered[name]
        taken = rng.random(len(keys)) < TAKING_PART
        taken[rng.integers(len(keys))] = True
        effects += [key for key, own in zip(keys, taken, strict=True) if own]
    return Pattern(chosen, tuple(effects), side, _draw_flags(rng))


def _draw_flags(rng: np.random.Generator) -> ClinicalFlags:
    if rng.random() >= FLAGGED:
        return ClinicalFlags()
    kind = int(rng.integers(4))
    if kind == 0:
        side: Literal["left", "right"] = "left" if rng.random() < 0.5 else "right"
        return ClinicalFlags(bells_palsy=True, bells_palsy_side=side)
    if kind == 1:
        zones = tuple(KELOID_ZONES)
        return ClinicalFlags(keloid_prone=True, keloid_regions=[zones[rng.integers(len(zones))]])
    # On a photo without patches the flag changes nothing.
    return ClinicalFlags(vitiligo=True) if kind == 3 else ClinicalFlags(ehlers_danlos=True)


def draft(pattern: Pattern, seed: int, number: int) -> Draft:
    """Draw how far each effect of a pattern goes in one pair."""
    rng = generator_of(seed, "values", number)
    shares = {}
    for name in pattern.procedures:
        for key, reverse in _offered(name):
            size, other, way = LEAST_SHARE + (1.0 - LEAST_SHARE) * rng.random(), rng.random(), 1.0
            if reverse > 0.0 and other < OTHER_WAY:
                way = -1.0
            if key in pattern.effects:
                shares[key] = float(way * size)
    return Draft(pattern, shares, _difficulty(pattern, shares))


def _difficulty(pattern: Pattern, shares: Mapping[str, float]) -> float:
    """0 to 1: mostly how far the plan goes, then how much comes together in it."""
    size = float(np.mean([abs(share) for share in shares.values()]))
    more = (len(pattern.procedures) - 1) / (len(COMBINATIONS) - 1)
    limited = float(pattern.side != "both" or bool(pattern.flags))
    return round(0.6 * size + 0.3 * more + 0.1 * limited, 4)


def plan_of(pattern: Pattern, face: FaceLandmarks) -> SurgicalPlan:
    """Return the plan of a pattern on a face, its effects at the ends of their bands."""
    settings: dict[str, Setting] = {}
    for name in pattern.procedures:
        for key, _ in _offered(name):
            settings[key] = "on" if key in pattern.effects else "off"
    return make_plan(pattern.procedures, face, intensity=100.0, effects=settings, side=pattern.side)


def recipe_of(drafted: Draft, plan: SurgicalPlan, *, seed: int, number: int, person: str) -> Recipe:
    """Return the recipe of a draft: its plan with values in mm, degrees and percent.

    Parameters
    ----------
    drafted : Draft
    plan : SurgicalPlan
        Of its pattern, as :func:`plan_of` makes it on the person's face.
    seed, number : int
    person : str
    """
    values: dict[str, float] = {}
    bands = {item.key: item.effect.band for item in plan.effects}
    for key, share in drafted.shares.items():
        if key in bands:  # a procedure named before may have taken all of its landmarks
            band = bands[key]
            values[key] = share * (band.high if share > 0.0 else -band.reverse)
    for item in plan.effects:
        if item.key not in values:
            values[item.key] = _coupled(item, values, bands)
    return Recipe(
        number=number,
        seed=seed,
        person=person,
        procedure=plan.name,
        plan=with_values(plan, values),
        flags=drafted.pattern.flags,
        difficulty=drafted.difficulty,
    )


def _coupled(item: PlannedEffect, values: Mapping[str, float], bands: Mapping[str, Band]) -> float:
    """Value of an effect that follows another one, kept within its own band."""
    if item.effect.coupled_to is None:
        return 0.0
    driver = f"{item.procedure}.{item.effect.coupled_to.driver}"
    if driver not in values:
        return 0.0
    band = item.effect.band
    return band.clamped(band.typical * values[driver] / bands[driver].typical)
