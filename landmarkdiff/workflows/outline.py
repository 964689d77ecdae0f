"""Every effect of a plan's procedures, as a panel of sliders needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.procedures import Procedure, SurgicalPlan, procedure
from landmarkdiff.procedures.ends import Ends, from_left_to_right, mirrored
from landmarkdiff.procedures.plan import PlannedEffect
from landmarkdiff.procedures.planning import MAX_UNLOCKED_INTENSITY, Setting, make_plan

__all__ = ["EffectOutline", "plan_outline"]


@dataclass(frozen=True)
class EffectOutline:
    """One effect of a procedure for this patient, switched on or off.

    Attributes
    ----------
    planned : PlannedEffect
        With its band in the patient's own mm or degrees.
    on : bool
        Whether the plan carries it out.
    by_intensity : bool
        Whether the intensity switches it on; otherwise only its name does.
    dropped : str or None
        Key of the effect that keeps its landmarks, where that switched it off.
    ends : pair of words, or None
        What a negative value does, and what a positive one does.
    """

    planned: PlannedEffect
    on: bool
    by_intensity: bool
    dropped: str | None
    ends: Ends | None = None

    @property
    def key(self) -> str:
        """``procedure.effect``."""
        return self.planned.key

    @property
    def levels(self) -> tuple[tuple[float, float], ...]:
        """Pairs of intensity and value, linear between."""
        marks = (0.0, 60.0, 100.0, MAX_UNLOCKED_INTENSITY)
        return tuple((level, self.planned.effect.at(level)) for level in marks)

    def to_dict(self) -> dict[str, Any]:
        """Return the outline as JSON-ready data."""
        item, effect, band = self.planned, self.planned.effect, self.planned.effect.band
        driver = effect.coupled_to.driver if effect.coupled_to else None
        return {
            "key": item.key,
            "procedure": item.procedure,
            "name": effect.name,
            "unit": effect.unit,
            "measure": effect.measure,
            "mirrored": mirrored(band),
            "ends": None if self.ends is None else from_left_to_right(self.ends, band),
            "value": item.value,
            "in_band": item.in_band,
            "midline": effect.midline,
            "band": {
                "typical": band.typical,
                "low": band.low,
                "high": band.high,
                "reverse": band.reverse,
                "farthest": band.farthest,
                "kind": band.kind,
            },
            "levels": [list(pair) for pair in self.levels],
            "coupled_to": None if driver is None else f"{item.procedure}.{driver}",
            "evidence": effect.evidence.model_dump(),
            "on": self.on,
            "by_intensity": self.by_intensity,
            "dropped": self.dropped,
        }


def plan_outline(
    names: Sequence[str], plan: SurgicalPlan, prepared: PreparedFace
) -> tuple[EffectOutline, ...]:
    """Return every effect of the named procedures, in the presets' order.

    An effect whose band refers to a measurement that this photo hides is left out.
    """
    planned = {item.key: item for item in plan.effects}
    presets = [procedure(name) for name in names]
    everything = _everything(presets, prepared)
    dropped = {conflict.dropped: conflict.kept for conflict in plan.conflicts}
    outline = []
    for preset in presets:
        for effect in preset.effects:
            key = f"{preset.name}.{effect.name}"
            item = planned.get(key) or everything.get(key)
            if item is None:
                continue
            on = key in planned
            kept = None if on else dropped.get(key)
            ends = preset.ends.get(effect.name)
            outline.append(EffectOutline(item, on, effect.by_intensity, kept, ends))
    return tuple(outline)


def _everything(presets: list[Procedure], prepared: PreparedFace) -> Mapping[str, PlannedEffect]:
    """All effects with their bands for this patient, also those that are switched off."""
    found: dict[str, PlannedEffect] = {}
    for preset in presets:
        switches: dict[str, Setting] = {effect.name: "on" for effect in preset.effects}
        try:
            whole = make_plan(preset, prepared.landmarks, effects=switches, unlock=True)
        except LandmarkDiffError:  # the plan itself has said why, if it needed the effect
            continue
        found.update({item.key: item for item in whole.effects})
    return found
