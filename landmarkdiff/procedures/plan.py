"""The surgical plan: named effects in millimetres and degrees for one patient.

A plan carries its own geometry (landmarks, directions, falloff), so a saved plan means the
same after a preset has changed, and in every view.
"""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from landmarkdiff.data_files import JsonError, parse_foreign_json, read_foreign_text
from landmarkdiff.errors import PlanError
from landmarkdiff.landmarks.face import ViewClass
from landmarkdiff.notices import Reason
from landmarkdiff.procedures.effect import Effect, known_folds
from landmarkdiff.procedures.limit import Limit, limits_in
from landmarkdiff.procedures.manual import MOST_PUSHES, Push
from landmarkdiff.procedures.procedure import MaskPart
from landmarkdiff.procedures.strict import Slug, Strict, Text, known_landmarks

__all__ = ["Conflict", "PlannedEffect", "PlannedProcedure", "Side", "SurgicalPlan"]

#: A plan file larger than this is not one.
MAX_PLAN_BYTES = 4 << 20
Side = Literal["both", "left", "right"]
#: ``procedure.effect``.
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,47}\.[a-z][a-z0-9_]{1,47}$")]


class PlannedEffect(Strict):
    """One effect with its value for this patient.

    Attributes
    ----------
    procedure : str
        Name of the procedure it belongs to.
    value : float
        Planned change, in ``effect.unit`` (mm or degrees), of soft tissue.
    in_band : bool
        Whether the value lies within the effect's band.
    origin : {"intensity", "explicit", "coupled"}
        What set the value.
    effect : Effect
        The effect with its band in the unit of the value.
    side : {"both", "left", "right"} or None
        The patient's side that it alone acts on; None: that of the plan.
    """

    procedure: Slug
    value: float
    in_band: bool
    origin: Literal["intensity", "explicit", "coupled"]
    effect: Effect
    side: Side | None = None

    @model_serializer(mode="wrap")
    def _as_before(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out a side that is the plan's: hashes of plans stay as they were."""
        data: dict[str, Any] = written(self)
        if self.side is None:
            data.pop("side", None)
        return data

    @model_validator(mode="after")
    def _honest(self) -> PlannedEffect:
        if self.in_band != self.effect.band.contains(self.value):
            raise ValueError("in_band does not agree with the value and its band")
        if not abs(self.value) <= self.effect.band.farthest:
            raise ValueError("the value is beyond what an unlocked plan may hold")
        return self

    @property
    def name(self) -> str:
        """Name of the effect within its procedure."""
        return self.effect.name

    @property
    def key(self) -> str:
        """Unique name in the plan: ``procedure.effect``."""
        return f"{self.procedure}.{self.effect.name}"


class PlannedProcedure(Strict):
    """What a plan keeps of a procedure beside its effects."""

    name: Slug
    title: Text
    intensity: float = Field(ge=0.0, le=200.0)
    mask: tuple[MaskPart, ...]
    fixed: tuple[int, ...] = ()
    limits: tuple[Limit, ...] = ()
    stretches: tuple[str, ...] = ()
    prompt: Text = ""
    negative_prompt: Text = ""

    @field_validator("fixed")
    @classmethod
    def _on_the_mesh(cls, fixed: tuple[int, ...]) -> tuple[int, ...]:
        known_landmarks(fixed)
        return fixed

    @field_validator("stretches")
    @classmethod
    def _folds(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return known_folds(names)

    @model_serializer(mode="wrap")
    def _as_before(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out stretched folds where there are none: hashes of plans stay as they were."""
        data: dict[str, Any] = written(self)
        if not self.stretches:
            data.pop("stretches", None)
        return data


class Conflict(Strict):
    """A landmark that two procedures move; the first one named in the plan keeps it."""

    landmark: int
    kept: Key
    dropped: Key

    @field_validator("landmark")
    @classmethod
    def _on_the_mesh(cls, landmark: int) -> int:
        known_landmarks([landmark])
        return landmark


class SurgicalPlan(Strict):
    """Named effects in mm and degrees, in the patient's own face frame.

    Attributes
    ----------
    side : {"both", "left", "right"}
        The patient's side that the plan acts on. Effects of the midline have no sides.
    unlocked : bool
        Whether values beyond the bands were allowed.
    switched_off : tuple of str
        Keys of effects that were switched off.
    manual : tuple of Push
        What was pushed by hand, in its order, after the effects. Such a plan has format 2.
    """

    format: Literal[1, 2] = 1
    procedures: tuple[PlannedProcedure, ...] = Field(min_length=1)
    side: Side = "both"
    unlocked: bool = False
    effects: tuple[PlannedEffect, ...]
    switched_off: tuple[Key, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    manual: tuple[Push, ...] = Field((), max_length=MOST_PUSHES)

    @model_validator(mode="after")
    def _coherent(self) -> SurgicalPlan:
        names = [item.name for item in self.procedures]
        keys = [item.key for item in self.effects]
        twice = sorted({each for each in (*names, *keys) if (names + keys).count(each) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} is there twice")
        strange = sorted({item.procedure for item in self.effects} - set(names))
        if strange:
            raise ValueError(f"effects are of {', '.join(strange)}, which is not in the plan")
        return self

    @model_validator(mode="after")
    def _format_of_pushes(self) -> SurgicalPlan:
        if (self.format == 2) != bool(self.manual):
            raise ValueError("a plan has format 2 if it has pushes by hand, and 1 otherwise")
        return self

    @model_serializer(mode="wrap")
    def _as_before(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out pushes where there are none: hashes of plans stay as they were."""
        data: dict[str, Any] = written(self)
        if not self.manual:
            data.pop("manual", None)
        return data

    def with_manual(self, pushes: Sequence[Push]) -> SurgicalPlan:
        """Return the plan with these pushes by hand instead of its own."""
        update = {"manual": tuple(pushes), "format": 2 if pushes else 1}
        return self.model_copy(update=update)

    @property
    def name(self) -> str:
        """Name of the procedure, or of all of them joined by ``+``."""
        return "+".join(item.name for item in self.procedures)

    @property
    def intensity(self) -> float:
        """Intensity of the first procedure, 0 to 100."""
        return self.procedures[0].intensity

    @property
    def hash(self) -> str:
        """SHA-256 of the plan's canonical JSON: equal plans have equal hashes anywhere."""
        canonical = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def limits_in(self, *views: ViewClass) -> tuple[str, ...]:
        """Return what pictures of these views cannot show of the plan, in English, each once."""
        return limits_in((limit for item in self.procedures for limit in item.limits), views)

    def side_of(self, planned: PlannedEffect) -> Side:
        """Return the side that one of its effects acts on."""
        return planned.side or self.side

    def side_of_procedure(self, name: str) -> Side:
        """Return the side on which a procedure of it changes anything."""
        sides = {self.side_of(item) for item in self.effects if item.procedure == name}
        return sides.pop() if len(sides) == 1 else "both" if sides else self.side

    def label(self, planned: PlannedEffect) -> str:
        """Name of an effect in reports: qualified when the plan has several procedures."""
        return planned.key if len(self.procedures) > 1 else planned.name

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON-ready data."""
        return self.model_dump(mode="json")

    def to_json(self) -> str:
        """Return the plan as JSON text."""
        return json.dumps(self.to_dict(), indent=1)

    @classmethod
    def from_dict(cls, data: Any) -> SurgicalPlan:
        """Read a plan back; PlanError names the first wrong key."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_context=False)[0]
            where = ".".join(str(part) for part in problem["loc"]) or "plan"
            message = problem["msg"].removeprefix("Value error, ")
            raise PlanError("plan_invalid", where=where, problem=message) from error

    @classmethod
    def from_json(cls, text: str) -> SurgicalPlan:
        """Read a plan from JSON text; PlanError says what is wrong."""
        try:
            data = parse_foreign_json(text)
        except JsonError as error:
            raise PlanError("plan_not_json", problem=str(error)) from None
        return cls.from_dict(data)

    @classmethod
    def from_file(cls, path: str | Path) -> SurgicalPlan:
        """Read a plan file; PlanError says what is wrong."""
        path = Path(path)
        try:
            return cls.from_json(read_foreign_text(path, MAX_PLAN_BYTES))
        except (OSError, UnicodeDecodeError) as error:
            if isinstance(error, OSError) and error.errno == errno.EFBIG:
                raise PlanError("plan_file_too_large", file=path.name) from error
            problem = error.strerror if isinstance(error, OSError) else Reason("not_utf8")
            raise PlanError("plan_file_unreadable", name=path.name, problem=problem) from error
