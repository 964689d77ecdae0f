"""What of a plan decides mask, control points and light: all but the values of its effects."""

from __future__ import annotations

import weakref
from collections.abc import Hashable
from functools import lru_cache

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.procedures.plan import PlannedEffect, SurgicalPlan

__all__ = ["PlanPattern", "plan_pattern"]

#: So many patterns are kept to be found again as the same object, which is the fastest to compare,
#: and so many plans whose pattern was asked for.
_KEPT_PATTERNS, _RECENT_PLANS = 64, 4


class PlanPattern:
    """What of a plan does not depend on its values.

    It is hashed once: what is kept with a photo is looked up by it a dozen times for each picture.
    """

    __slots__ = ("_facts", "_hash")

    def __init__(self, facts: Hashable) -> None:
        self._facts = facts
        self._hash = hash(facts)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PlanPattern) and self._facts == other._facts


def plan_pattern(plan: SurgicalPlan, flags: ClinicalFlags) -> PlanPattern:
    """What of a plan decides mask and control points: all but the values."""
    for known, known_flags, pattern in tuple(_RECENT):
        if known() is plan and known_flags == flags:
            return pattern
    procedures = tuple(
        (item.name, item.mask, item.fixed, item.stretches) for item in plan.procedures
    )
    found = _pattern_of((plan.side, flags, procedures, tuple(_way(item) for item in plan.effects)))
    _RECENT[:] = [(weakref.ref(plan), flags, found), *_RECENT[: _RECENT_PLANS - 1]]
    return found


#: The plans whose pattern was asked for last, and their flags.
_RECENT: list[tuple[weakref.ref[SurgicalPlan], ClinicalFlags, PlanPattern]] = []


@lru_cache(_KEPT_PATTERNS)
def _pattern_of(facts: Hashable) -> PlanPattern:
    return PlanPattern(facts)


def _way(item: PlannedEffect) -> Hashable:
    """What of an effect decides how it moves the mesh: all but the value."""
    effect = item.effect
    return (
        item.key,
        item.side,
        tuple(effect.landmarks.items()),
        tuple(effect.follow.items()),
        effect.direction,
        effect.axis,
        effect.measure,
        effect.band.high,
        effect.falloff_mm,
        effect.carries_teeth,
        effect.parts,
        effect.fold,
    )
