"""What is known of one effect of a plan in a finished picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["MIN_VISIBLE_SHARE", "EffectCheck", "EffectLimit"]

#: Below this visible share an effect is not measured in the picture ...
MIN_VISIBLE_SHARE = 0.3
#: ... though so many mm in the picture plane are not said to be nothing (general).
LEAST_SHIFT_MM = 0.5
#: A smaller change of light than this share is not seen beside the photo before (general).
LEAST_LIGHT = 0.03


@dataclass(frozen=True)
class EffectLimit:
    """One thing that limits an effect.

    Attributes
    ----------
    cause : str
    left : float
        The share of the effect that it leaves, 0 to 1.
    zone : str or None
        Where the skin would have folded most.
    """

    cause: str
    left: float
    zone: str | None = None


@dataclass(frozen=True)
class EffectCheck:
    """One effect: planned, applied, and achieved in the finished picture.

    Attributes
    ----------
    name : str
        In the report; with its procedure where a plan has several.
    procedure : str
    unit : {"mm", "deg", "percent"}
        Of the numbers below.
    planned : float
        Value in the plan.
    applied : float
        What the displacement field does, after all limits.
    visible : float
        Share of the displacement that lies in the picture plane of this view, 0 to 1.
    achieved : float or None
        What the picture shows, in its plane: compare it with ``applied * visible``. None with a
        ``reason`` where this view cannot show the effect, or something hides its target.
    reason : str or None
    noise : float or None
        One standard deviation of ``achieved``.
    in_band : bool
        Whether the planned value lies in the band.
    limits : tuple of EffectLimit
        What limits the effect.
    factor : float
        The share of it that the limits leave, 0 to 1.
    shading : float or None
        By how much the effect alone changes the light on 0.5 cm2 of skin, a share of it: apart
        from the millimetres, which move nothing where they point at the camera. None where the
        light does not follow the surface.
    """

    name: str
    procedure: str
    unit: str
    planned: float
    applied: float
    visible: float
    achieved: float | None
    reason: str | None
    noise: float | None
    in_band: bool
    limits: tuple[EffectLimit, ...]
    factor: float
    shading: float | None = None

    @property
    def shifts(self) -> bool:
        """Whether the picture shifts by enough of it to be seen, measured or not."""
        far = self.unit == "mm" and abs(self.applied) * self.visible >= LEAST_SHIFT_MM
        return far or self.visible >= MIN_VISIBLE_SHARE

    @property
    def seen_by_light(self) -> bool:
        """Whether its light shows what its displacement does not."""
        return not self.shifts and (self.shading or 0.0) >= LEAST_LIGHT

    @property
    def limited_by(self) -> tuple[str, ...]:
        """Names of what limits the effect."""
        return tuple(limit.cause for limit in self.limits)

    def to_dict(self) -> dict[str, Any]:
        """Return the check as JSON-ready data."""
        shown: dict[str, Any] = {}
        for key, value in vars(self).items():
            shown[key] = round(value, 4) if isinstance(value, float) else value
        shown["limits"] = [{**vars(each), "left": round(each.left, 4)} for each in self.limits]
        shown["limited_by"] = list(self.limited_by)
        return shown
