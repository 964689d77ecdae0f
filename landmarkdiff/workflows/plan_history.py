"""The steps of a consultation's plan, and a plan that is kept beside it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from landmarkdiff.errors import ParameterError
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["MOST_STEPS", "PlanHistory"]

#: As many as the page lets one undo.
MOST_STEPS = 100


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
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    past: tuple[ConsultationSettings, ...] = Field((), max_length=MOST_STEPS)
    future: tuple[ConsultationSettings, ...] = Field((), max_length=MOST_STEPS)
    kept: ConsultationSettings | None = None

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
