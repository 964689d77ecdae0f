"""A request as it is written on a command line, in texts and files."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from landmarkdiff.clinical import parse_flags
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import ParameterError, PlanError, ProcedureError
from landmarkdiff.procedures import Procedure, SurgicalPlan, load_procedure_file, procedure
from landmarkdiff.procedures.planning import DEFAULT_INTENSITY, parse_effects
from landmarkdiff.procedures.procedure import procedures as built_in
from landmarkdiff.profile import parse_profile_points
from landmarkdiff.weights import LICENCE_POLICIES
from landmarkdiff.workflows.request import Intensity, SimulationRequest

__all__ = ["parse_intensity", "read_configuration", "read_request"]

_DEVICES = ("auto", "cuda", "cuda:N", "mps", "cpu")


def read_configuration(
    path: Path | None = None, device: str | None = None, policy: str | None = None
) -> Configuration:
    """Read the configuration of the repainting modes as a command line names it.

    Parameters
    ----------
    path : Path, optional
        Its file; by default the one that ``LANDMARKDIFF_CONFIG`` names, or the built-in values.
    device : str, optional
        ``auto``, ``cuda``, ``cuda:N``, ``mps`` or ``cpu``, instead of the file's.
    policy : {"commercial", "research"}, optional
        Licence policy, instead of the file's.

    Raises
    ------
    ParameterError
    """
    configuration = Configuration.load(path)
    if device is not None:
        try:
            configuration = configuration.with_device(device)
        except ParameterError:
            raise ParameterError("unknown_device", device=device, devices=_DEVICES) from None
    if policy is not None:
        if policy not in LICENCE_POLICIES:
            raise ParameterError("unknown_licence_policy", name=policy, names=LICENCE_POLICIES)
        data = {**configuration.model_dump(), "licence_policy": policy}
        configuration = Configuration.from_dict(data)
    return configuration


def read_request(
    *,
    procedures: Sequence[str] = (),
    intensity: Sequence[str] = (),
    effects: Sequence[str] = (),
    flags: Sequence[str] = (),
    plan_file: Path | None = None,
    preset_files: Sequence[Path] = (),
    side: str | None = None,
    profile_points: Sequence[str] = (),
    by_effects: bool = False,
    **others: Any,
) -> SimulationRequest:
    """Read a request as it is written on a command line.

    Parameters
    ----------
    procedures : sequence of str
        Names of built-in procedures or of those in ``preset_files``. Without any, and without a
        plan, the preset files' own procedures are meant.
    intensity : sequence of str
        ``60``, or ``NAME=60`` for each procedure.
    effects : sequence of str
        ``NAME=VALUE`` pairs.
    flags : sequence of str
        Clinical flags, as :func:`landmarkdiff.clinical.parse_flags` reads them.
    plan_file : Path, optional
        A saved plan. Options that make a plan may repeat what it says, not contradict it.
    preset_files : sequence of Path
        A user's own presets; one with the name of a built-in procedure replaces it.
    side : str, optional
    profile_points : sequence of str
        ``NAME=X,Y`` pairs.
    by_effects : bool
        Where no procedure is named, take those whose effects are given, at intensity 0: nothing
        else moves then.
    **others
        Further fields of :class:`SimulationRequest`.

    Raises
    ------
    LandmarkDiffError
        One sentence on what is wrong and how to mend it.
    """
    if side not in (None, "both", "left", "right"):
        raise ParameterError("unknown_side", value=side, sides=("both", "left", "right"))
    if by_effects and effects and plan_file is None and not (procedures or preset_files):
        procedures = _owners(effects)
        intensity = intensity or ("0",)
    levels = parse_intensity(intensity)
    plan = None
    chosen: Sequence[Procedure] = ()
    if plan_file is None:
        chosen = _named(procedures, preset_files)
    else:
        plan = SurgicalPlan.from_file(plan_file)
        _check_agreement(
            plan, procedures, levels if intensity else None, side, [*effects, *preset_files]
        )
    return SimulationRequest(
        procedures=tuple(chosen),
        intensity=levels,
        effects=parse_effects(effects),
        plan=plan,
        flags=parse_flags(flags),
        side=side or "both",  # type: ignore[arg-type]  # checked above
        profile_points=parse_profile_points(profile_points),
        **others,
    )


def _named(procedures: Sequence[str], preset_files: Sequence[Path]) -> Sequence[Procedure]:
    own = {preset.name: preset for preset in map(load_procedure_file, preset_files)}
    if len(own) < len(preset_files):
        raise ProcedureError("preset_given_twice")
    unused = [name for name in own if name not in procedures] if procedures else []
    if unused:
        raise ProcedureError("preset_without_procedure", procedures=unused, procedure=unused[0])
    return [own.get(name) or procedure(name) for name in procedures] or list(own.values())


def _owners(pairs: Sequence[str]) -> list[str]:
    """Return the built-in procedures of some effects; none of an effect that several have."""
    owners: dict[str, None] = {}
    for name in parse_effects(pairs):
        found = [
            preset.name
            for preset in built_in().values()
            if any(
                name in (effect.name, f"{preset.name}.{effect.name}") for effect in preset.effects
            )
        ]
        if len(found) == 1:
            owners[found[0]] = None
    return list(owners)


def _check_agreement(
    plan: SurgicalPlan,
    procedures: Sequence[str],
    levels: Intensity | None,
    side: str | None,
    making: Sequence[object],
) -> None:
    """A plan file decides everything; an option beside it may repeat it, not contradict it."""
    own = {item.name: item.intensity for item in plan.procedures}
    if levels is not None and not isinstance(levels, Mapping):
        levels = dict.fromkeys(own, levels)
    for option, agrees, value in (
        ("--procedure", not procedures or list(procedures) == list(own), plan.name),
        ("--intensity", levels is None or levels.items() <= own.items(), f"{plan.intensity:g}"),
        ("--side", side in (None, plan.side), plan.side),
        ("--effect or --preset-file", not making, plan.name),
    ):
        if not agrees:
            raise PlanError("option_contradicts_plan", option=option, value=value)


def parse_intensity(words: Sequence[str]) -> Intensity:
    """Read ``60``, or one ``NAME=60`` per procedure; nothing is the default of 60.

    >>> parse_intensity(["rhinoplasty=40", "lip_lift=80"])
    {'rhinoplasty': 40.0, 'lip_lift': 80.0}
    """
    if not words:
        return DEFAULT_INTENSITY
    levels: dict[str, float] = {}
    for word in words:
        name, _, text = word.rpartition("=")
        try:
            level = float(text)
        except ValueError:
            level = math.nan
        if not math.isfinite(level) or name in levels:
            raise ParameterError("intensity_not_understood", words=" ".join(words))
        levels[name.strip()] = level
    if "" not in levels:
        return levels
    if len(levels) > 1:
        raise ParameterError("intensity_mixed", words=" ".join(words))
    return levels[""]
