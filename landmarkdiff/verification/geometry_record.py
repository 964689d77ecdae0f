"""What the guard did about one picture: attempts and the final verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from landmarkdiff.configuration import GuardSettings
from landmarkdiff.verification.geometry import GuardReading

__all__ = ["GuardRecord"]

RecordVerdict = Literal["passed", "refused"]


@dataclass(frozen=True)
class GuardRecord:
    """The guard's part of a result.

    Attributes
    ----------
    attempts : int
        How often the picture was painted; 0 where no network painted.
    deviation_mm, limit_mm, noise_mm : float or None
        Of the last attempt; see :class:`~landmarkdiff.verification.GuardReading`.
    verdict : {"passed", "refused"} or None
        None where there was nothing to guard.
    reason : str or None
        Why it was refused: ``moved``, ``unreadable``, ``identity`` or ``outside``; or why there
        is no verdict.
    history : tuple of mapping
        Facts of every attempt, ready for JSON: its strength, its reading, the similarity to the
        person, why it was refused.
    """

    attempts: int
    deviation_mm: float | None
    limit_mm: float
    noise_mm: float | None
    verdict: RecordVerdict | None
    reason: str | None = None
    history: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def of(
        cls,
        reading: GuardReading,
        *,
        attempts: int,
        verdict: RecordVerdict,
        reason: str | None,
        history: tuple[Mapping[str, Any], ...],
    ) -> GuardRecord:
        """Return the record of a picture whose last attempt gave ``reading``."""
        return cls(
            attempts=attempts,
            deviation_mm=reading.deviation_mm,
            limit_mm=reading.limit_mm,
            noise_mm=reading.noise_mm,
            verdict=verdict,
            reason=reason,
            history=history,
        )

    @classmethod
    def not_run(cls, reason: str, settings: GuardSettings) -> GuardRecord:
        """Return the record of a picture that no network painted."""
        return cls(0, None, settings.limit_mm, None, None, reason)

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON-ready data."""
        shown: dict[str, Any] = {
            key: round(value, 4) if isinstance(value, float) else value
            for key, value in vars(self).items()
        }
        return {**shown, "history": [dict(attempt) for attempt in self.history]}
