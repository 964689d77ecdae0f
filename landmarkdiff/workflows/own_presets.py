"""The surgeon's own presets and defaults.

They hold no patient's data: a preset is a name, procedures, and for each effect its share of
the typical change, which is a change in millimetres or degrees wherever the band is in these, and
follows the patient's own measure where the band is in percent of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.procedures.goal import beyond_band
from landmarkdiff.procedures.planning import MAX_UNLOCKED_INTENSITY, Setting, make_plan
from landmarkdiff.procedures.procedure import procedure, procedure_names
from landmarkdiff.workflows.settings import MOST_PROCEDURES, ConsultationSettings

__all__ = [
    "LONGEST_NAME",
    "MOST_PRESETS",
    "OwnPreset",
    "UserPresets",
    "first_problem",
    "preset_name",
]

LONGEST_NAME = 60
MOST_PRESETS = 50


def preset_name(name: str) -> str:
    """Return the name of a preset without blanks around it.

    Raises
    ------
    ParameterError
        It is empty, longer than 60 characters, or holds line breaks or other controls.
    """
    plain = name.strip()
    if not 0 < len(plain) <= LONGEST_NAME or not plain.isprintable():
        raise ParameterError("own_preset_name", longest=LONGEST_NAME)
    return plain


def _printable(name: str) -> str:
    if name != name.strip() or not name.isprintable():
        raise ValueError("a name is one line without blanks around it")
    return name


def _known(name: str) -> str:
    if name not in procedure_names():
        raise ValueError(f"{name!r} is not a procedure")
    return name


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Known = Annotated[str, AfterValidator(_known)]


class OwnPreset(_Strict):
    """A plan to use again.

    Attributes
    ----------
    name : str
        In the surgeon's words, at most 60 characters.
    procedures : tuple of str
    intensity : mapping of procedure to float
        0 to 100, unlocked to 200.
    effects : mapping of ``procedure.effect`` to float, "on" or "off"
        A number is the share of the typical change.
    side : {"both", "left", "right"}
    sides : mapping of ``procedure.effect`` to side
        Effects that alone act on another side.
    unlock : bool
    """

    name: Annotated[str, AfterValidator(_printable)] = Field(min_length=1, max_length=LONGEST_NAME)
    procedures: tuple[Known, ...] = Field(min_length=1, max_length=MOST_PROCEDURES)
    intensity: dict[str, Annotated[float, Field(ge=0.0, le=MAX_UNLOCKED_INTENSITY)]]
    effects: dict[str, float | Literal["on", "off"]] = Field(default_factory=dict)
    side: Literal["both", "left", "right"] = "both"
    sides: dict[str, Literal["both", "left", "right"]] = Field(default_factory=dict)
    unlock: bool = False

    @model_validator(mode="after")
    def _of_its_procedures(self) -> OwnPreset:
        if set(self.intensity) != set(self.procedures):
            raise ValueError("intensity names every procedure and no other")
        if not self.unlock and max(self.intensity.values()) > 100.0:
            raise ValueError("an intensity above 100 needs unlock")
        for key, share in self.effects.items():
            name, _, own = key.partition(".")
            effects = (
                {effect.name: effect for effect in procedure(name).effects}
                if (name in self.procedures)
                else {}
            )
            if own not in effects:
                raise ValueError(f"{key!r} is not an effect of these procedures")
            if isinstance(share, float) and not self.unlock and beyond_band(effects[own], share):
                raise ValueError(f"{key} is beyond its band, which needs unlock")
        return self

    @classmethod
    def of(cls, name: str, settings: ConsultationSettings, face: FaceLandmarks) -> OwnPreset:
        """Return the plan of settings as a preset; what belongs to the patient is left out.

        Raises
        ------
        ParameterError
            The name cannot be one, or the plan has values that no preset may have.
        """
        typical = _typical(settings.procedures, settings.effects, face)
        effects: dict[str, Setting] = {
            key: value if isinstance(value, str) else value / typical[key]
            for key, value in settings.effects.items()
            if key in typical or isinstance(value, str)
        }
        data = {
            "name": preset_name(name),
            "procedures": settings.procedures,
            "intensity": {key: settings.intensity.get(key, 60.0) for key in settings.procedures},
            "effects": {
                key: value
                for key, value in effects.items()
                if key.partition(".")[0] in settings.procedures
            },
            "side": settings.side,
            "sides": {
                key: side
                for key, side in settings.sides.items()
                if key.partition(".")[0] in settings.procedures
            },
            "unlock": settings.unlock,
        }
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise ParameterError("own_preset_plan", problem=first_problem(error)) from None

    def plan(self, face: FaceLandmarks) -> dict[str, Any]:
        """Return the fields of settings that it sets, effects in mm or degrees for this face."""
        typical = _typical(self.procedures, self.effects, face)
        effects = {
            key: share if isinstance(share, str) else round(share * typical[key], 9)
            for key, share in self.effects.items()
        }
        return {**self.model_dump(mode="json", exclude={"name"}), "effects": effects}


def _typical(
    names: tuple[str, ...], effects: Mapping[str, Setting], face: FaceLandmarks
) -> dict[str, float]:
    """Return the typical change of the effects with a number, mm or degrees for this face."""
    found = {}
    for name in names:
        given = {key for key, value in effects.items() if not isinstance(value, str)}
        asked: dict[str, Setting] = {
            effect.name: 0.0 if f"{name}.{effect.name}" in given else "off"
            for effect in procedure(name).effects
        }
        for item in make_plan(name, face, effects=asked).effects:
            found[item.key] = item.effect.band.typical
    return found


class UserPresets(_Strict):
    """What one user keeps.

    Attributes
    ----------
    procedure : str or None
        The one that the page opens with.
    presets : tuple of OwnPreset
        In their order.
    lost : tuple of str
        Names of what stands in the file and cannot be read, presets or the procedure.
    """

    procedure: Known | None = None
    presets: tuple[OwnPreset, ...] = Field((), max_length=MOST_PRESETS)
    lost: tuple[str, ...] = Field((), exclude=True)

    @model_validator(mode="after")
    def _names_once(self) -> UserPresets:
        names = [preset.name for preset in self.presets]
        if len(set(names)) < len(names):
            raise ValueError("two presets have the same name")
        return self

    def preset(self, name: str) -> OwnPreset:
        """Return the preset ``name``; ParameterError where there is none."""
        for preset in self.presets:
            if preset.name == name:
                return preset
        raise ParameterError(
            "own_preset_unknown", name=name, presets=[preset.name for preset in self.presets]
        )

    def saving(self, preset: OwnPreset) -> UserPresets:
        """Return these with another preset; one of the same name gives way."""
        others = [one for one in self.presets if one.name != preset.name]
        if len(others) >= MOST_PRESETS:
            raise ParameterError("own_presets_full", most=MOST_PRESETS)
        place = next((i for i, one in enumerate(self.presets) if one.name == preset.name), None)
        others.insert(len(others) if place is None else place, preset)
        return self.model_copy(update={"presets": tuple(others)})

    def renaming(self, name: str, other: str) -> UserPresets:
        """Return these with a preset under another name; ParameterError where that is taken."""
        plain = preset_name(other)
        renamed = self.preset(name).model_copy(update={"name": plain})
        if plain != name and any(one.name == plain for one in self.presets):
            raise ParameterError("own_preset_taken", name=plain)
        presets = tuple(renamed if one.name == name else one for one in self.presets)
        return self.model_copy(update={"presets": presets})

    def removing(self, name: str) -> UserPresets:
        """Return these without a preset; ParameterError where there is none."""
        gone = self.preset(name)
        return self.model_copy(
            update={"presets": tuple(one for one in self.presets if one is not gone)}
        )

    def beginning_with(self, name: str | None) -> UserPresets:
        """Return these with another procedure to open with; None takes the program's own."""
        return self.model_copy(update={"procedure": None if name is None else procedure(name).name})


def first_problem(error: ValidationError) -> str:
    """Return what is wrong first, with its place, in pydantic's words."""
    problem = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in problem["loc"])
    message = problem["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message
