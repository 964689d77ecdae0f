"""Between the stages of a simulation: where its caller may end it, and is told how far it is."""

from __future__ import annotations

from collections.abc import Callable

from landmarkdiff.generators import OnStep, StepProgress

__all__ = ["Pause", "nothing", "tell_step"]

#: Called between the stages; what it raises ends the work.
Pause = Callable[[], object]


def nothing() -> None:
    """Go on."""


def tell_step(pause: Pause, on_step: OnStep | None, progress: StepProgress) -> None:
    """Tell of a step, after giving the caller the chance to end the work."""
    pause()
    if on_step is not None:
        on_step(progress)
