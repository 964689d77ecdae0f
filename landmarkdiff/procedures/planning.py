"""From a preset, an intensity and this patient's measurements to a plan in millimetres."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from landmarkdiff.errors import EffectError, OutOfBandError, ParameterError, ProcedureError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.measurements import measure
from landmarkdiff.procedures.plan import (
    Conflict,
    PlannedEffect,
    PlannedProcedure,
    Side,
    SurgicalPlan,
)
from landmarkdiff.procedures.procedure import FULL_INTENSITY, Effect, Procedure, procedure

__all__ = ["DEFAULT_INTENSITY", "MAX_UNLOCKED_INTENSITY", "Setting", "make_plan", "parse_effects"]

DEFAULT_INTENSITY = 60.0
#: Unlocked, the intensity may go this far; the line from 60 to 100 goes on.
MAX_UNLOCKED_INTENSITY = 200.0

SWITCHES: Mapping[str, Literal["on", "off"]] = {"on": "on", "off": "off"}
#: A value in the effect's unit, or the effect switched on or off.
Setting = float | Literal["on", "off"]


def make_plan(
    procedures: str | Procedure | Sequence[str | Procedure],
    face: FaceLandmarks,
    *,
    intensity: float | Mapping[str, float] = DEFAULT_INTENSITY,
    effects: Mapping[str, Setting] | None = None,
    side: Side = "both",
    unlock: bool = False,
) -> SurgicalPlan:
    """Make the plan of one or more procedures for one patient.

    Parameters
    ----------
    procedures : name, Procedure, or a sequence of them
        Where two of them move the same landmark, the first keeps it and the conflict is
        listed in the plan; displacements of two procedures are never added up.
    face : FaceLandmarks
        Gives the measurements that bands in percent refer to.
    intensity : float or mapping of procedure name to float
        0 to 100: 60 is the typical published change, 100 the upper end of the band. Unlocked,
        up to 200.
    effects : mapping of str to float, "on" or "off", optional
        Replaces what the intensity gives for these effects (mm or degrees). Names may be
        qualified as ``procedure.effect``.
    side : {"both", "left", "right"}
        The patient's side to act on.
    unlock : bool
        Allow values beyond the bands; they carry ``in_band: false``.

    Raises
    ------
    ParameterError
        Intensity or side is outside its range.
    EffectError
        No procedure of the plan has the effect, or several have it.
    OutOfBandError
        A value is beyond its band and ``unlock`` is not set.

    Examples
    --------
    >>> plan = make_plan("rhinoplasty", face, intensity=60)
    >>> plan.effects[0].name, plan.effects[0].value
    ('tip_rotation', 4.94)
    """
    if side not in ("both", "left", "right"):
        raise ParameterError("unknown_side", value=side, sides=("both", "left", "right"))
    presets = _resolve(procedures)
    settings = _settings_by_effect(presets, effects or {})
    planned: list[PlannedEffect] = []
    switched_off: list[str] = []
    listed: list[PlannedProcedure] = []
    for preset in presets:
        level = _level(preset.name, intensity, unlock=unlock)
        own = {name: value for (owner, name), value in settings.items() if owner == preset.name}
        chosen, off = _effects_of(preset, level, own, face, unlock=unlock)
        planned.extend(chosen)
        switched_off.extend(off)
        listed.append(
            PlannedProcedure(
                name=preset.name,
                title=preset.title,
                intensity=level,
                mask=preset.mask,
                fixed=preset.fixed,
                limits=preset.limits,
                prompt=preset.prompt,
                negative_prompt=preset.negative_prompt,
            )
        )
    kept, conflicts = _without_conflicts(planned)
    return SurgicalPlan(
        procedures=tuple(listed),
        side=side,
        unlocked=unlock,
        effects=kept,
        switched_off=tuple(switched_off),
        conflicts=conflicts,
    )


def parse_effects(pairs: Sequence[str]) -> dict[str, Setting]:
    """Read ``NAME=VALUE`` pairs; VALUE is a number, ``on`` or ``off``.

    >>> parse_effects(["tip_rotation=3.5", "dorsal_hump=off"])
    {'tip_rotation': 3.5, 'dorsal_hump': 'off'}
    """
    settings: dict[str, Setting] = {}
    for pair in pairs:
        name, separator, text = pair.partition("=")
        name, text = name.strip(), text.strip().lower()
        if not separator or not name or not text:
            raise EffectError("effect_not_a_pair", pair=pair)
        if name in settings:
            raise EffectError("effect_given_twice", effect=name)
        if text in SWITCHES:
            settings[name] = SWITCHES[text]
            continue
        try:
            settings[name] = float(text)
        except ValueError:
            raise EffectError("effect_not_a_number", effect=name, value=text) from None
    return settings


def _resolve(procedures: str | Procedure | Sequence[str | Procedure]) -> list[Procedure]:
    single = isinstance(procedures, str | Procedure)
    given = [procedures] if single else list(procedures)
    presets = [item if isinstance(item, Procedure) else procedure(str(item)) for item in given]
    if not presets:
        raise ProcedureError("plan_without_procedure")
    names = [preset.name for preset in presets]
    if len(set(names)) < len(names):
        raise ProcedureError("procedure_given_twice", procedures=names)
    return presets


def _settings_by_effect(
    presets: Sequence[Procedure], effects: Mapping[str, Setting]
) -> dict[tuple[str, str], Setting]:
    settings: dict[tuple[str, str], Setting] = {}
    for name, setting in effects.items():
        owners = [
            (preset.name, effect.name)
            for preset in presets
            for effect in preset.effects
            if name in (effect.name, f"{preset.name}.{effect.name}")
        ]
        if not owners:
            raise EffectError(
                "effect_not_in_plan",
                name=name,
                effects=[effect.name for preset in presets for effect in preset.effects],
            )
        if len(owners) > 1:
            raise EffectError(
                "effect_of_several",
                effect=name,
                effects=[f"{owner}.{effect}" for owner, effect in owners],
            )
        if not isinstance(setting, str) and not math.isfinite(setting):
            raise EffectError("effect_not_finite", effect=name, value=setting)
        settings[owners[0]] = setting
    return settings


def _level(name: str, intensity: float | Mapping[str, float], *, unlock: bool) -> float:
    level = intensity.get(name, DEFAULT_INTENSITY) if isinstance(intensity, Mapping) else intensity
    limit = MAX_UNLOCKED_INTENSITY if unlock else FULL_INTENSITY
    if isinstance(level, bool) or not isinstance(level, int | float) or not 0 <= level <= limit:
        raise ParameterError("intensity_out_of_range", value=level, high=limit)
    return float(level)


def _effects_of(
    preset: Procedure,
    level: float,
    settings: Mapping[str, Setting],
    face: FaceLandmarks,
    *,
    unlock: bool,
) -> tuple[list[PlannedEffect], list[str]]:
    """Return the planned effects of one preset, drivers before what is coupled to them."""
    planned: dict[str, PlannedEffect] = {}
    off: list[str] = []
    for effect in sorted(preset.effects, key=lambda item: item.coupled_to is not None):
        setting = settings.get(effect.name, "on" if effect.by_intensity else None)
        if setting is None:
            continue
        if setting == "off":
            off.append(f"{preset.name}.{effect.name}")
            continue
        resolved = _in_millimetres(effect, face)
        driver = effect.coupled_to.driver if effect.coupled_to else None
        if not isinstance(setting, str):
            value, origin = float(setting), "explicit"
        elif driver is not None:
            if driver not in planned:  # what it follows is off, so there is nothing to follow
                continue
            lead = planned[driver]
            value = resolved.band.typical * lead.value / lead.effect.band.typical
            if lead.in_band:
                value = _clamped(value, resolved)
            origin = "coupled"
        else:
            value, origin = resolved.band.at(level), "intensity"
        in_band = resolved.band.contains(value)
        if not in_band and not unlock:
            raise _beyond_band(resolved, value)
        planned[effect.name] = PlannedEffect(
            procedure=preset.name,
            value=value,
            in_band=in_band,
            origin=origin,
            effect=resolved,
        )
    order = [effect.name for effect in preset.effects]
    return sorted(planned.values(), key=lambda item: order.index(item.name)), off


def _beyond_band(effect: Effect, value: float) -> OutOfBandError:
    low, high = sorted((effect.band.reverse, effect.band.high))
    return OutOfBandError(
        "effect_beyond_band",
        effect=effect.name,
        value=value,
        unit=effect.unit,
        low=low,
        high=high,
    )


def _clamped(value: float, effect: Effect) -> float:
    low, high = sorted((effect.band.reverse, effect.band.high))
    return min(max(value, low), high)


def _in_millimetres(effect: Effect, face: FaceLandmarks) -> Effect:
    """Return the effect with its band in mm or degrees for this patient."""
    if effect.percent_of is None:
        return effect
    name = effect.percent_of
    reference = face.once(("measured", name), lambda: measure(face, name, any_view=True).value)
    if reference is None or reference <= 0:
        raise ProcedureError(
            "measurement_hidden", effect=effect.name, measurement=effect.percent_of
        )
    return effect.model_copy(update={"band": effect.band.scaled(reference / 100.0)})


def _without_conflicts(
    planned: Sequence[PlannedEffect],
) -> tuple[tuple[PlannedEffect, ...], tuple[Conflict, ...]]:
    if len({item.procedure for item in planned}) < 2:
        return tuple(planned), ()
    owner: dict[int, PlannedEffect] = {}
    kept: list[PlannedEffect] = []
    conflicts: list[Conflict] = []
    for item in planned:
        free: dict[int, float] = {}
        for landmark, share in item.effect.landmarks.items():
            holder = owner.setdefault(landmark, item)
            if holder.procedure == item.procedure:
                free[landmark] = share
            else:
                conflicts.append(Conflict(landmark=landmark, kept=holder.key, dropped=item.key))
        if free:
            effect = item.effect.model_copy(update={"landmarks": free})
            kept.append(item.model_copy(update={"effect": effect}))
    return tuple(kept), tuple(conflicts)
