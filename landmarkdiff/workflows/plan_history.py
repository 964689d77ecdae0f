"""The steps of a consultation's plan, and a plan that is kept beside it."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from landmarkdiff.errors import ParameterError
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["MOST_STEPS", "PlanHistory"]

#: As many as the page lets one undo.
MOST_STEPS = 100
#: Letters of a name; of the words that can be said at once none is longer.
LONGEST_NAME = 2000


class PlanHistory(BaseModel):
    """What led to the present plan, and what it is compared with.

    Attributes
    ----------
    past : tuple of ConsultationSettings
        The oldest first.
    future : tuple of ConsultationSettings
        Steps that were taken back, the next one last.
    kept : ConsultationSettings or None
        Plan A, where one is kept; the present plan is then plan B.
    names : tuple of str or None
        What each step is called, the present one among them, the oldest first; None of one that is
        called by what it has changed. Empty where all are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    past: tuple[ConsultationSettings, ...] = Field((), max_length=MOST_STEPS)
    future: tuple[ConsultationSettings, ...] = Field((), max_length=MOST_STEPS)
    kept: ConsultationSettings | None = None
    names: tuple[Annotated[str, Field(max_length=LONGEST_NAME)] | None, ...] = ()

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        steps = len(self.past) + 1 + len(self.future)
        if len(self.names) not in (0, steps):
            raise ValueError(f"{len(self.names)} names of {steps} steps")
        return self

    @classmethod
    def from_dict(cls, data: Any) -> PlanHistory:
        """Read a history; ParameterError names the first wrong key."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_context=False)[0]
            where = ".".join(str(part) for part in problem["loc"]) or "history"
            raise ParameterError("settings_invalid", where=where, problem=problem["msg"]) from None

    def to_dict(self) -> dict[str, Any]:
        """Return the history as JSON-ready data."""
        return self.model_dump(mode="json")
