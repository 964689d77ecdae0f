"""Procedure presets: the types, and the loader that validates every preset file.

A preset is a YAML file (``presets/*.yaml`` or a user's own). It lists effects in millimetres or
degrees of soft tissue, each with the landmarks that carry it, its direction in the face frame,
its band and where the numbers come from. Only the patient's right side and the midline are
written down; the left side follows from the mirror map of the mesh.
"""

from __future__ import annotations

import errno
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from landmarkdiff.arguments import checked, path_like, plain_text
from landmarkdiff.data_files import (
    YamlError,
    parse_foreign_yaml,
    parse_yaml,
    read_foreign_text,
    yaml_problem,
)
from landmarkdiff.errors import EffectError, PresetError, UnknownProcedureError
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS
from landmarkdiff.measurements import length_names
from landmarkdiff.notices import Reason
from landmarkdiff.procedures.effect import (
    Effect,
    known_folds,
    mirror_closure,
    moves_ear,
)
from landmarkdiff.procedures.ends import Ends
from landmarkdiff.procedures.goal import Goal, beyond_band
from landmarkdiff.procedures.limit import Limit
from landmarkdiff.procedures.strict import Line, Slug, Strict, Text

__all__ = [
    "MaskPart",
    "Procedure",
    "load_procedure_file",
    "photo_procedure_names",
    "procedure",
    "procedure_names",
    "procedures",
]

#: A preset file larger than this is not one.
MAX_PRESET_BYTES = 1 << 20
#: Longest value of a preset that an error repeats.
_LONGEST_VALUE = 120
#: More effects than these no surgeon plans, and no page has the sliders for.
MOST_EFFECTS = 100
#: The built-in presets, one ``NAME.yaml`` each.
PRESETS = resources.files("landmarkdiff.procedures") / "presets"


class MaskPart(Strict):
    """One part of the surgical mask: the hull of anatomical groups.

    It spans both sides as a whole, or has a hull of its own for each, or is joined: whole unless
    one side alone is treated.
    """

    groups: tuple[str, ...] = Field(min_length=1)
    span: Literal["whole", "per_side", "joined"]

    @field_validator("groups")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in names if name not in ANATOMICAL_GROUPS]
        if unknown:
            raise ValueError(
                f"groups {unknown} are not among {', '.join(sorted(ANATOMICAL_GROUPS))}"
            )
        return names


class Procedure(Strict):
    """A procedure preset.

    Attributes
    ----------
    fixed : tuple of int
        Landmarks that this procedure leaves where they are even inside the falloff. An effect
        that acts only by name may carry some of them: they stay until it is asked for.
    limits : tuple of Limit
        What the picture cannot show: each a text, or a text with the views in which it holds.
    stretches : tuple of str
        Folds of the skin that soften as far as the plan stretches the skin across them, names of
        ``FOLD_LINES``.
    carried_by : tuple of str
        Procedures that move the bone which this one reshapes. Where both move a landmark their
        displacements are added up; of any other two procedures the first keeps it.
    ends : mapping of str to (word, word)
        By the name of an effect: what a negative value does, and what a positive one does.
    prompt, negative_prompt : str
        For the diffusion modes.
    goals : tuple of Goal
        What the app offers to choose from, beside the typical change of all effects.
    """

    name: Slug
    title: Line
    summary: Line
    limits: tuple[Limit, ...] = ()
    prompt: Text
    negative_prompt: Text
    mask: tuple[MaskPart, ...] = ()
    fixed: tuple[int, ...] = ()
    stretches: tuple[str, ...] = ()
    carried_by: tuple[Slug, ...] = ()
    ends: dict[Slug, Ends] = Field(default_factory=dict)
    effects: tuple[Effect, ...] = Field(min_length=1, max_length=MOST_EFFECTS)
    goals: tuple[Goal, ...] = ()

    @field_validator("stretches")
    @classmethod
    def _folds(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return known_folds(names)

    @field_validator("fixed")
    @classmethod
    def _fixed_both_sides(cls, fixed: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(mirror_closure(dict.fromkeys(fixed, 1.0))))

    @model_validator(mode="after")
    def _coherent(self) -> Procedure:
        names = [effect.name for effect in self.effects]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"effects are listed twice: {', '.join(twice)}")
        strange = sorted(self.ends.keys() - set(names))
        if strange:
            raise ValueError(f"ends are given of {', '.join(strange)}, which is not an effect")
        led = {effect.name for effect in self.effects if effect.coupled_to}
        for effect in self.effects:
            driver = effect.coupled_to.driver if effect.coupled_to else None
            if driver is not None and (driver == effect.name or driver not in names):
                raise ValueError(f"{effect.name} is coupled to {driver!r}, which is not an effect")
            if driver in led:
                raise ValueError(f"{effect.name} is coupled to {driver!r}, which is coupled itself")
            if effect.landmarks and not self.mask:
                raise ValueError(f"{effect.name} has landmarks, so the preset needs a mask")
            clash = sorted(set(self.fixed) & (effect.landmarks.keys() | effect.follow.keys()))
            if clash and effect.by_intensity:
                raise ValueError(f"landmarks {clash} of {effect.name} are fixed as well")
        return self

    @model_validator(mode="after")
    def _goals_of_effects(self) -> Procedure:
        effects = {effect.name: effect for effect in self.effects}
        names = [goal.name for goal in self.goals]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"goals are listed twice: {', '.join(twice)}")
        for goal in self.goals:
            for name, share in goal.effects.items():
                if name not in effects:
                    raise ValueError(f"the goal {goal.name} names {name!r}, which is not an effect")
                if beyond_band(effects[name], share):
                    raise ValueError(
                        f"the goal {goal.name} takes {name} beyond its band ({share:g} of typical)"
                    )
        return self

    def effect(self, name: str) -> Effect:
        """Return the effect ``name``; EffectError lists the known ones."""
        for effect in self.effects:
            if effect.name == name:
                return effect
        raise EffectError(
            "effect_not_in_procedure",
            procedure=self.name,
            effect=name,
            effects=[effect.name for effect in self.effects],
        )

    @property
    def on_mesh(self) -> bool:
        """Whether a photo's mesh has landmarks of it."""
        return bool(self.landmarks)

    @property
    def in_photos(self) -> bool:
        """Whether photos show it: those that the mesh has, or ears where they are seen."""
        return self.on_mesh or any(moves_ear(effect) for effect in self.effects)

    @property
    def landmarks(self) -> tuple[int, ...]:
        """All carrying landmarks of the procedure, sorted."""
        return tuple(sorted(set().union(*(effect.landmarks for effect in self.effects))))


@checked(path=path_like)
def load_procedure_file(path: str | Path) -> Procedure:
    """Read and validate one preset file.

    Raises
    ------
    PresetError
        Naming the file, the key, the value and what is allowed.
    """
    path = Path(path)
    try:
        text = read_foreign_text(path, MAX_PRESET_BYTES)
    except UnicodeDecodeError as error:
        raise PresetError(
            "preset_unreadable", name=path.name, problem=Reason("not_utf8")
        ) from error
    except (OSError, ValueError) as error:  # a name with a zero in it is a ValueError
        if isinstance(error, OSError) and error.errno == errno.EFBIG:
            raise PresetError("preset_too_large", file=path.name) from error
        problem = error.strerror if isinstance(error, OSError) else str(error)
        raise PresetError("preset_unreadable", name=path.name, problem=problem) from error
    try:
        data = parse_foreign_yaml(text)
    except YamlError as error:
        raise PresetError("preset_not_yaml", file=path.name, problem=yaml_problem(error)) from error
    preset = _validated(data, path.name)
    for effect in preset.effects:
        length = effect.percent_of
        if length is not None and length not in length_names():
            problem = (
                f"{path.name}: effects.{effect.name}.percent_of (got {_shortened(repr(length))}): "
                f"Input should be a length among {', '.join(length_names())}"
            )
            raise PresetError("preset_invalid", problem=problem)
    return preset


def _validated(data: Any, name: str) -> Procedure:
    if not isinstance(data, dict):
        raise PresetError("preset_not_mapping", file=name, keys=list(Procedure.model_fields))
    try:
        return Procedure.model_validate(data)
    except ValidationError as error:
        raise PresetError("preset_invalid", problem=_first_problem(error, name, data)) from error


def _first_problem(error: ValidationError, name: str, data: Any) -> str:
    problem = error.errors(include_url=False, include_context=False)[0]
    location = [str(part) for part in problem["loc"] if part != "[key]"]
    if len(location) > 1 and location[0] == "effects" and location[1].isdigit():
        effect = data["effects"][int(location[1])]
        if isinstance(effect, dict) and "name" in effect:
            location[1] = str(effect["name"])
    value = problem["input"]
    shown = "" if isinstance(value, dict | list) else f" (got {_shortened(repr(value))})"
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        message = "this key is unknown"
    return f"{name}: {'.'.join(location) or 'preset'}{shown}: {message}"


def _shortened(value: str) -> str:
    return value if len(value) <= _LONGEST_VALUE else value[: _LONGEST_VALUE - 3] + "..."


def procedures() -> dict[str, Procedure]:
    """All built-in presets by name, in the order of their names."""
    return {name: _built_in(name) for name in procedure_names()}


@cache
def procedure_names() -> tuple[str, ...]:
    """Names of the built-in procedures: those of their files, none of which is read."""
    files = [file.name for file in PRESETS.iterdir() if file.name.endswith(".yaml")]
    return tuple(sorted(name.removesuffix(".yaml") for name in files))


def photo_procedure_names() -> tuple[str, ...]:
    """Names of those that move what the mesh of a photo has; the others show on a head only."""
    return tuple(name for name, preset in procedures().items() if preset.on_mesh)


@checked(name=plain_text)
def procedure(name: str) -> Procedure:
    """Return the built-in preset ``name``; UnknownProcedureError lists the known ones."""
    if name in procedure_names():
        return _built_in(name)
    raise UnknownProcedureError("unknown_procedure", name=name, procedures=procedure_names())


@cache
def _built_in(name: str) -> Procedure:
    file = PRESETS / f"{name}.yaml"
    return _validated(parse_yaml(file.read_text(encoding="utf-8")), file.name)
