"""What the guard did about one picture: attempts and the final verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from landmarkdiff.configuration import GuardSettings
from landmarkdiff.verification.geometry import GuardReading

__all__ = ["GuardAttempt", "GuardRecord", "Refusal"]

#: Why a painting is refused: it left the plan, shows something that the warp does not, cannot be
#: compared with it, may show somebody else, or changed the picture outside the mask.
Refusal = Literal["moved", "altered", "unreadable", "identity", "outside"]


@dataclass(frozen=True)
class GuardAttempt:
    """One painting and what was found in it.

    Attributes
    ----------
    strength : float
    reading : GuardReading
        Of the raw picture.
    similarity : float or None
        Of the raw picture to the person.
    refused_for : str or None
    """

    strength: float
    reading: GuardReading
    similarity: float | None
    refused_for: Refusal | None

    def to_dict(self) -> dict[str, Any]:
        """Return the attempt as JSON-ready data."""
        return {
            "strength": round(self.strength, 4),
            **self.reading.to_dict(),
            "similarity": None if self.similarity is None else round(self.similarity, 4),
            "refused_for": self.refused_for,
        }


@dataclass(frozen=True)
class GuardRecord:
    """The guard's part of a result.

    Attributes
    ----------
    limit_mm : float
        Of the last attempt, or the settings'.
    limit_levels : float
        The settings' limit of ``altered_levels``, grey levels.
    deviation_mm, noise_mm, altered_levels : float or None
    altered_landmark : int or None
        Of the last attempt; see :class:`~landmarkdiff.verification.GuardReading`.
    verdict : {"passed", "refused"} or None
        None where there was nothing to guard.
    reason : str or None
        Why it was refused, or why there is no verdict (``nothing_painted``, ``too_weak``).
    history : tuple of GuardAttempt
    """

    limit_mm: float
    limit_levels: float
    deviation_mm: float | None = None
    noise_mm: float | None = None
    altered_levels: float | None = None
    altered_landmark: int | None = None
    verdict: Literal["passed", "refused"] | None = None
    reason: Refusal | Literal["nothing_painted", "too_weak"] | None = None
    history: tuple[GuardAttempt, ...] = ()

    @classmethod
    def of(
        cls, reading: GuardReading, history: tuple[GuardAttempt, ...], settings: GuardSettings
    ) -> GuardRecord:
        """Return the record of a picture whose last attempt gave ``reading``."""
        refusal = history[-1].refused_for
        return cls(
            limit_mm=reading.limit_mm,
            limit_levels=settings.altered_levels,
            deviation_mm=reading.deviation_mm,
            noise_mm=reading.noise_mm,
            altered_levels=reading.altered_levels,
            altered_landmark=reading.altered_landmark,
            verdict="passed" if refusal is None else "refused",
            reason=refusal,
            history=history,
        )

    @classmethod
    def not_run(
        cls, reason: Literal["nothing_painted", "too_weak"], settings: GuardSettings
    ) -> GuardRecord:
        """Return the record of a picture that no network painted."""
        return cls(settings.limit_mm, settings.altered_levels, reason=reason)

    @property
    def attempts(self) -> int:
        """How often the picture was painted; 0 where no network painted."""
        return len(self.history)

    @property
    def refused(self) -> bool:
        """Whether the warp is shown instead of what was painted."""
        return self.verdict == "refused"

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON-ready data."""
        shown: dict[str, Any] = {
            key: round(value, 4) if isinstance(value, float) else value
            for key, value in vars(self).items()
        }
        history = [attempt.to_dict() for attempt in self.history]
        return {"attempts": self.attempts, **shown, "history": history}
