"""From a preset, an intensity and this patient's measurements to a plan in millimetres."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Literal, get_args

import numpy as np

from landmarkdiff.arguments import checked, finite, instance_of, named_values, optional, truth
from landmarkdiff.errors import EffectError, OutOfBandError, ParameterError, ProcedureError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import topology
from landmarkdiff.procedures.band import FULL_INTENSITY
from landmarkdiff.procedures.effect import Effect
from landmarkdiff.procedures.patient_band import for_patient
from landmarkdiff.procedures.plan import (
    Conflict,
    PlannedEffect,
    PlannedProcedure,
    Side,
    SurgicalPlan,
)
from landmarkdiff.procedures.procedure import Procedure, procedure

__all__ = [
    "DEFAULT_INTENSITY",
    "MAX_UNLOCKED_INTENSITY",
    "Setting",
    "check_intensities",
    "check_side",
    "check_unlocked",
    "make_plan",
    "parse_effects",
]

DEFAULT_INTENSITY = 60.0
#: Unlocked, the intensity may go this far; the line from 60 to 100 goes on.
MAX_UNLOCKED_INTENSITY = 200.0

_SWITCHES: Mapping[str, Literal["on", "off"]] = {"on": "on", "off": "off"}
#: A value in the effect's unit, or the effect switched on or off.
Setting = float | Literal["on", "off"]


@checked(
    face=instance_of(FaceLandmarks),
    effects=optional(named_values),
    unlock=truth,
)
def make_plan(
    procedures: str | Procedure | Sequence[str | Procedure],
    face: FaceLandmarks,
    *,
    intensity: float | Mapping[str, float] = DEFAULT_INTENSITY,
    effects: Mapping[str, Setting] | None = None,
    side: Side = "both",
    sides: Mapping[str, Side] | None = None,
    unlock: bool = False,
) -> SurgicalPlan:
    """Make the plan of one or more procedures for one patient.

    Parameters
    ----------
    procedures : name, Procedure, or a sequence of them
        Where two of them move the same landmark, the first keeps it and the conflict is
        listed in the plan; displacements are added up only where one procedure carries the
        bone of the other (``carried_by`` of its preset: a chin goes with its jaw).
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
    sides : mapping of ``procedure.effect`` to side, optional
        Effects that alone act on another side; what is coupled to one goes with it.
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
    check_side(side)
    for own_side in (sides or {}).values():
        check_side(own_side)
    presets = _resolve(procedures)
    known = [f"{preset.name}.{effect.name}" for preset in presets for effect in preset.effects]
    for key in sides or {}:
        if key not in known:
            raise EffectError("effect_not_in_plan", name=key, effects=sorted(known))
    if isinstance(intensity, Mapping):
        check_intensities(intensity, presets)
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
        listed.append(_listed(preset, level))
    carried = {preset.name: preset.carried_by for preset in presets}
    kept, conflicts = _without_conflicts(_on_sides(planned, sides or {}, side), carried)
    return SurgicalPlan(
        procedures=tuple(listed),
        side=side,
        unlocked=unlock,
        effects=kept,
        switched_off=tuple(switched_off),
        conflicts=conflicts,
    )


def _listed(preset: Procedure, level: float) -> PlannedProcedure:
    return PlannedProcedure(
        name=preset.name,
        title=preset.title,
        intensity=level,
        mask=preset.mask,
        fixed=preset.fixed,
        limits=preset.limits,
        stretches=preset.stretches,
        prompt=preset.prompt,
        negative_prompt=preset.negative_prompt,
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
        settings[name] = _read_setting(name, text)
    return settings


def _read_setting(effect: str, setting: object) -> Setting:
    """Return what an effect is set to; a text is read as the command line reads it."""
    if isinstance(setting, str):
        written = setting.strip().lower()
        if written in _SWITCHES:
            return _SWITCHES[written]
        try:
            setting = float(written)
        except ValueError:
            raise EffectError("effect_not_a_number", effect=effect, value=setting) from None
    if isinstance(setting, bool) or not isinstance(setting, Real):
        shown = type(setting).__name__ if not isinstance(setting, bool) else str(setting)
        raise EffectError("effect_not_a_number", effect=effect, value=shown)
    if not math.isfinite(setting):
        raise EffectError("effect_not_finite", effect=effect, value=float(setting))
    return float(setting)


def check_side(side: str) -> None:
    """Raise ParameterError for anything but the patient's sides and both."""
    if not isinstance(side, str) or side not in get_args(Side):
        raise ParameterError("unknown_side", value=str(side), sides=get_args(Side))


def check_intensities(intensity: Mapping[str, float], procedures: Sequence[Procedure]) -> None:
    """Raise ParameterError when an intensity is for a procedure that is not among these."""
    names = [item.name for item in procedures]
    for name in intensity:
        if name not in names:
            raise ParameterError("intensity_without_procedure", name=str(name), procedures=names)


def _resolve(procedures: str | Procedure | Sequence[str | Procedure]) -> list[Procedure]:
    if isinstance(procedures, str | Procedure):
        procedures = [procedures]
    elif not isinstance(procedures, list | tuple):
        raise ParameterError(
            "argument_of_another_type",
            name="procedures",
            kind=type(procedures).__name__,
            types=["a name", "Procedure", "a list or tuple of them"],
        )
    presets = [item if isinstance(item, Procedure) else procedure(item) for item in procedures]
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
        settings[owners[0]] = _read_setting(name, setting)
    return settings


def _level(name: str, intensity: float | Mapping[str, float], *, unlock: bool) -> float:
    level = intensity.get(name, DEFAULT_INTENSITY) if isinstance(intensity, Mapping) else intensity
    level = finite("intensity", level)
    limit = MAX_UNLOCKED_INTENSITY if unlock else FULL_INTENSITY
    if not 0 <= level <= limit:
        raise ParameterError("intensity_out_of_range", value=level, high=limit)
    return level


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
        resolved = for_patient(effect, face)
        driver = effect.coupled_to.driver if effect.coupled_to else None
        if not isinstance(setting, str):
            value, origin = float(setting), "explicit"
        elif driver is not None:
            if driver not in planned:  # what it follows is off, so there is nothing to follow
                continue
            lead = planned[driver]
            value = resolved.band.typical * lead.value / lead.effect.band.typical
            value = resolved.band.clamped(value, unlocked=not lead.in_band)
            origin = "coupled"
        else:
            value, origin = resolved.at(level), "intensity"
        in_band = resolved.band.contains(value)
        if not in_band and not unlock:
            raise _beyond_band(resolved, value)
        check_unlocked(resolved, value)
        planned[effect.name] = PlannedEffect(
            procedure=preset.name,
            value=value,
            in_band=in_band,
            origin=origin,
            effect=resolved,
        )
    order = [effect.name for effect in preset.effects]
    return sorted(planned.values(), key=lambda item: order.index(item.name)), off


def _on_sides(
    planned: Sequence[PlannedEffect], sides: Mapping[str, Side], side: Side
) -> list[PlannedEffect]:
    """Give effects their own side where it is another than the plan's."""
    placed = []
    for item in planned:
        driver = item.effect.coupled_to.driver if item.effect.coupled_to else None
        led = sides.get(f"{item.procedure}.{driver}") if item.origin == "coupled" else None
        own = sides.get(item.key, led)
        apart = own is not None and own != side and not item.effect.midline
        placed.append(item.model_copy(update={"side": own}) if apart else item)
    return placed


def _beyond_band(effect: Effect, value: float) -> OutOfBandError:
    low, high = effect.band.ends
    return OutOfBandError(
        "effect_beyond_band",
        effect=effect.name,
        value=value,
        unit=effect.unit,
        low=low,
        high=high,
    )


def check_unlocked(effect: Effect, value: float) -> None:
    """Raise OutOfBandError for a value that no plan may hold, unlocked or not."""
    farthest = effect.band.farthest
    if not abs(value) <= farthest:
        raise OutOfBandError(
            "effect_beyond_unlocked",
            effect=effect.name,
            value=value,
            unit=effect.unit,
            low=-farthest,
            high=farthest,
        )


def _without_conflicts(
    planned: Sequence[PlannedEffect], carried: Mapping[str, Sequence[str]]
) -> tuple[tuple[PlannedEffect, ...], tuple[Conflict, ...]]:
    if len({item.procedure for item in planned}) < 2:
        return tuple(planned), ()
    holders: dict[int, list[PlannedEffect]] = {}
    kept: list[PlannedEffect] = []
    conflicts: list[Conflict] = []
    for item in planned:
        free: dict[int, float] = {}
        for landmark, share in item.effect.landmarks.items():
            held = holders.setdefault(landmark, [])
            other = next((each for each in held if not _go_together(each, item, carried)), None)
            if other is None:
                held.append(item)
                free[landmark] = share
            else:
                conflicts.append(Conflict(landmark=landmark, kept=other.key, dropped=item.key))
        if free or not item.effect.landmarks:
            left = {"landmarks": free, "follow": _following(item.effect, free)}
            effect = item.effect.model_copy(update=left)
            kept.append(item.model_copy(update={"effect": effect}))
    return tuple(kept), tuple(conflicts)


def _go_together(
    one: PlannedEffect, other: PlannedEffect, carried: Mapping[str, Sequence[str]]
) -> bool:
    """Whether displacements of two effects are added up where both move a landmark."""
    return (
        one.procedure == other.procedure
        or one.procedure in carried[other.procedure]
        or other.procedure in carried[one.procedure]
    )


def _following(effect: Effect, free: Mapping[int, float]) -> dict[int, float]:
    """What still follows where some landmarks of an effect are another procedure's.

    Each goes with the nearest landmark that carries the effect, on the average face: without it,
    it would be drawn over skin that stays.
    """
    vertices = topology().vertices_mm
    carrying = list(effect.landmarks)
    if len(free) == len(carrying):
        return effect.follow
    places = vertices[carrying]
    return {
        point: share
        for point, share in effect.follow.items()
        if carrying[np.linalg.norm(places - vertices[point], axis=1).argmin()] in free
    }
