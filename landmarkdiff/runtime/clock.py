"""How long each stage of a simulation took."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

__all__ = ["StageClock"]


class StageClock:
    """Collects the milliseconds of named stages, after those ``spent``, in ``stages``."""

    def __init__(self, spent: Mapping[str, float] | None = None) -> None:
        self.stages: dict[str, float] = dict(spent or {})

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time of the block as part of the stage ``name``."""
        started = time.perf_counter()
        yield
        self.add(name, 1e3 * (time.perf_counter() - started))

    def add(self, name: str, milliseconds: float) -> None:
        """Add milliseconds to a stage."""
        self.stages[name] = self.stages.get(name, 0.0) + milliseconds

    def timings(self) -> dict[str, float]:
        """Return the stages with their ``total``, milliseconds."""
        return {**self.stages, "total": sum(self.stages.values())}
