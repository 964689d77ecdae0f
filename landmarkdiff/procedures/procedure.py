"""Procedure presets: the types, and the loader that validates every preset file.

A preset is a YAML file (``presets/*.yaml`` or a user's own). It lists effects in millimetres or
degrees of soft tissue, each with the landmarks that carry it, its direction in the face frame,
its band and where the numbers come from. Only the patient's right side and the midline are
written down; the left side follows from the mirror map of the mesh.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from landmarkdiff.arguments import checked, path_like, plain_text
from landmarkdiff.data_files import YamlError, parse_foreign_yaml, parse_yaml
from landmarkdiff.errors import EffectError, PresetError, UnknownProcedureError
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, sides, topology
from landmarkdiff.notices import Reason

__all__ = [
    "Axis",
    "Band",
    "Effect",
    "Evidence",
    "MaskPart",
    "Procedure",
    "load_procedure_file",
    "procedure",
    "procedure_names",
    "procedures",
]

#: Slug of names of procedures and effects: they are typed on command lines and used in paths.
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,47}$")]
Vector = tuple[float, float, float]
#: A preset file larger than this is not one.
MAX_PRESET_BYTES = 1 << 20
TYPICAL_INTENSITY = 60.0
FULL_INTENSITY = 100.0
#: The built-in presets, one ``NAME.yaml`` each.
PRESETS = resources.files("landmarkdiff.procedures") / "presets"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Band(_Strict):
    """Published or textbook size of an effect, in its unit.

    ``typical`` is the change at intensity 60, ``high`` at 100; ``low`` is the weak end of the
    band. ``reverse``, when given, is how far the effect may go the other way.
    """

    typical: float
    low: float
    high: float
    reverse: float = 0.0
    kind: Literal["sd", "range", "general"]

    @model_validator(mode="after")
    def _ordered(self) -> Band:
        sign = 1.0 if self.high > 0 else -1.0
        if not 0.0 <= self.low * sign <= self.typical * sign <= self.high * sign or not self.high:
            raise ValueError("low, typical and high must grow away from zero on one side of it")
        if self.reverse * sign > 0:
            raise ValueError("reverse must lie on the other side of zero than high")
        return self

    def at(self, intensity: float) -> float:
        """Return the effect at ``intensity`` (0 to 100): linear to 60 and from 60 to 100."""
        if intensity <= TYPICAL_INTENSITY:
            return self.typical * intensity / TYPICAL_INTENSITY
        share = (intensity - TYPICAL_INTENSITY) / (FULL_INTENSITY - TYPICAL_INTENSITY)
        return self.typical + share * (self.high - self.typical)

    def contains(self, value: float) -> bool:
        """Tell whether ``value`` lies between the reverse end and the high end."""
        ends = sorted((self.reverse, self.high))
        slack = 1e-9 * (1.0 + abs(value))
        return ends[0] - slack <= value <= ends[1] + slack

    def scaled(self, factor: float) -> Band:
        """Return the band in another unit (percent of a measurement becoming millimetres)."""
        return self.model_copy(
            update={
                name: getattr(self, name) * factor for name in ("typical", "low", "high", "reverse")
            }
        )


class Evidence(_Strict):
    """Where the numbers of an effect come from.

    ``status`` is ``found`` (read in an abstract or page) or ``general`` (textbook knowledge
    without a source at hand).
    """

    status: Literal["found", "general"]
    source: str
    note: str = ""


class Axis(_Strict):
    """Anatomical axis of a rotation, in the face frame.

    It passes through the mean of the landmarks ``through`` (closed under the mirror map); a
    positive angle turns right-handed about ``direction``.
    """

    through: tuple[int, ...]
    direction: Vector


class Coupling(_Strict):
    """An effect that follows another one in proportion to its typical change."""

    driver: Slug
    reason: str


class Effect(_Strict):
    """One named effect of a procedure.

    Attributes
    ----------
    unit : {"mm", "deg"}
        Unit of the planned value. Of soft tissue at the skin surface.
    percent_of : str or None
        Name of a measurement; the band is then in percent of it, and becomes millimetres in
        the plan of a patient.
    measure : {"per_side", "total"}
        Whether the value is what each side moves, or the change of a width that both sides
        share equally.
    direction : 3 floats
        Of a shift: lateral (away from the midline), up, forward; unit length after loading.
    axis : Axis
        Of a rotation.
    landmarks : mapping of int to float
        Carrying landmarks with their share of the effect (0 to 1], both sides.
    anatomy : tuple of str
        The anatomical groups that the landmarks belong to; the loader checks it.
    falloff_mm : float
        Distance from a carrying landmark at which its influence has ended.
    by_intensity : bool
        Whether the intensity drives it; otherwise it acts only when asked for by name.
    carries_teeth : bool
        Whether visible (upper) teeth move with it.
    """

    name: Slug
    title: str
    sign: str
    unit: Literal["mm", "deg"]
    percent_of: str | None = None
    measure: Literal["per_side", "total"] = "per_side"
    band: Band
    evidence: Evidence
    direction: Vector | None = None
    axis: Axis | None = None
    landmarks: dict[int, Annotated[float, Field(gt=0.0, le=1.0)]] = Field(min_length=1)
    anatomy: tuple[str, ...] = Field(min_length=1)
    falloff_mm: float = Field(gt=1.0, le=60.0)
    coupled_to: Coupling | None = None
    by_intensity: bool = True
    carries_teeth: bool = False

    @field_validator("landmarks")
    @classmethod
    def _both_sides(cls, landmarks: dict[int, float]) -> dict[int, float]:
        return dict(sorted(_mirror_closure(landmarks).items()))

    @field_validator("direction")
    @classmethod
    def _unit_length(cls, direction: Vector | None) -> Vector | None:
        return None if direction is None else _normalised(direction)

    @model_validator(mode="after")
    def _consistent(self) -> Effect:
        if (self.unit == "deg") != (self.axis is not None) or (self.unit == "mm") != (
            self.direction is not None
        ):
            raise ValueError("an effect in mm needs a direction, an effect in deg needs an axis")
        if self.unit == "deg" and self.percent_of is not None:
            raise ValueError("percent_of is for effects in mm")
        groups = ANATOMICAL_GROUPS
        unknown = [name for name in self.anatomy if name not in groups]
        if unknown:
            raise ValueError(
                f"anatomy {unknown} is not among the anatomical groups: {', '.join(sorted(groups))}"
            )
        members = set().union(*(groups[name].points for name in self.anatomy))
        strays = sorted(set(self.landmarks) - members)
        if strays:
            raise ValueError(f"landmarks {strays} lie in none of the groups {list(self.anatomy)}")
        return self

    @property
    def midline(self) -> bool:
        """Whether a landmark of the midline carries the effect, so that it has no sides."""
        return any(sides()[index] == 0 for index in self.landmarks)


class MaskPart(_Strict):
    """One part of the surgical mask: the hull of anatomical groups, whole or per side."""

    groups: tuple[str, ...] = Field(min_length=1)
    span: Literal["whole", "per_side"]

    @field_validator("groups")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in names if name not in ANATOMICAL_GROUPS]
        if unknown:
            raise ValueError(
                f"groups {unknown} are not among {', '.join(sorted(ANATOMICAL_GROUPS))}"
            )
        return names


class Procedure(_Strict):
    """A procedure preset.

    Attributes
    ----------
    fixed : tuple of int
        Landmarks that this procedure leaves where they are even inside the falloff.
    limits : tuple of str
        What the picture cannot show, in the words of the product.
    prompt, negative_prompt : str
        For the diffusion modes.
    """

    name: Slug
    title: str
    summary: str
    limits: tuple[str, ...] = ()
    prompt: str
    negative_prompt: str
    mask: tuple[MaskPart, ...] = Field(min_length=1)
    fixed: tuple[int, ...] = ()
    effects: tuple[Effect, ...] = Field(min_length=1)

    @field_validator("fixed")
    @classmethod
    def _fixed_both_sides(cls, fixed: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(_mirror_closure(dict.fromkeys(fixed, 1.0))))

    @model_validator(mode="after")
    def _coherent(self) -> Procedure:
        names = [effect.name for effect in self.effects]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"effects are listed twice: {', '.join(twice)}")
        for effect in self.effects:
            driver = effect.coupled_to.driver if effect.coupled_to else None
            if driver is not None and (driver == effect.name or driver not in names):
                raise ValueError(f"{effect.name} is coupled to {driver!r}, which is not an effect")
            clash = sorted(set(self.fixed) & set(effect.landmarks))
            if clash:
                raise ValueError(f"landmarks {clash} of {effect.name} are fixed as well")
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
    def landmarks(self) -> tuple[int, ...]:
        """All carrying landmarks of the procedure, sorted."""
        return tuple(sorted(set().union(*(effect.landmarks for effect in self.effects))))


def _mirror_closure(landmarks: dict[int, float]) -> dict[int, float]:
    mirror = topology().mirror
    out_of_range = [index for index in landmarks if not 0 <= index < len(mirror)]
    if out_of_range:
        raise ValueError(f"landmarks {out_of_range} are not between 0 and {len(mirror) - 1}")
    closed = dict(landmarks)
    for index, share in landmarks.items():
        partner = int(mirror[index])
        if closed.setdefault(partner, share) != share:
            raise ValueError(f"landmarks {index} and {partner} mirror each other but differ")
    return closed


def _normalised(direction: Vector) -> Vector:
    length = sum(part * part for part in direction) ** 0.5
    if length < 1e-6:
        raise ValueError("the direction has no length")
    if abs(length - 1.0) < 1e-12:  # a direction read back from a plan stays the same to the bit
        return direction
    x, y, z = (part / length for part in direction)
    return x, y, z


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
        if path.stat().st_size > MAX_PRESET_BYTES:
            raise PresetError("preset_too_large", file=path.name)
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise PresetError(
            "preset_unreadable", name=path.name, problem=Reason("not_utf8")
        ) from error
    except (OSError, ValueError) as error:  # a name with a zero in it is a ValueError
        problem = error.strerror if isinstance(error, OSError) else str(error)
        raise PresetError("preset_unreadable", name=path.name, problem=problem) from error
    try:
        data = parse_foreign_yaml(text)
    except YamlError as error:
        raise PresetError(
            "preset_not_yaml", file=path.name, problem=str(error).splitlines()[0]
        ) from error
    return _validated(data, path.name)


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
    shown = "" if isinstance(value, dict | list) else f" (got {value!r})"
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        message = "this key is unknown"
    return f"{name}: {'.'.join(location) or 'preset'}{shown}: {message}"


def procedures() -> dict[str, Procedure]:
    """All built-in presets by name, in the order of their names."""
    return {name: _built_in(name) for name in procedure_names()}


@cache
def procedure_names() -> tuple[str, ...]:
    """Names of the built-in procedures: those of their files, none of which is read."""
    files = [file.name for file in PRESETS.iterdir() if file.name.endswith(".yaml")]
    return tuple(sorted(name.removesuffix(".yaml") for name in files))


@checked(name=plain_text)
def procedure(name: str) -> Procedure:
    """Return the built-in preset ``name``; UnknownProcedureError lists the known ones."""
    if name in procedure_names():
        return _built_in(name)
    code = "otoplasty" if name == "otoplasty" else "unknown_procedure"
    raise UnknownProcedureError(code, name=name, procedures=procedure_names())


@cache
def _built_in(name: str) -> Procedure:
    file = PRESETS / f"{name}.yaml"
    return _validated(parse_yaml(file.read_text(encoding="utf-8")), file.name)
