"""The kinds of training that a command can begin, each with what belongs to it.

Nothing heavy is imported before it is asked for: the look before a run says what is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landmarkdiff.training.settings import RunSettings, TrainingSettings

if TYPE_CHECKING:
    from landmarkdiff.training.preflight import Finding
    from landmarkdiff.training.recipe import Outcome
    from landmarkdiff.training.task import Task

__all__ = ["EDITS", "REPAINTING_RUNS", "Kind"]


@dataclass(frozen=True)
class Kind:
    """A kind of training.

    Attributes
    ----------
    load : callable
        ``load(path)`` reads its configuration.
    look : callable
        ``look(settings)`` is what is looked at before a run.
    open : callable
        ``open(data)`` gives the pairs of ``settings.data``: ``train`` and ``validation``.
    lineage : callable
        ``lineage(data)`` is what a checkpoint keeps about them.
    task : callable
        ``task()`` is what a run trains.
    """

    load: Callable[[str | Path], RunSettings]
    look: Callable[[Any], list[Finding]]
    open: Callable[[Any], Any]
    lineage: Callable[[Any], dict[str, Any]]
    task: Callable[[], Task]

    def train(
        self, settings: Any, resume: str | None, told: Callable[[int, dict[str, float]], object]
    ) -> Outcome:
        """Train from the configuration's pairs; ``told`` hears of every update."""
        from landmarkdiff.training.recipe import train

        sets, data = self.open(settings.data), self.lineage(settings.data)
        return train(settings, sets.train, sets.validation, resume, told, data, self.task())

    def in_memory(self, settings: Any) -> Any:
        """Set a run up that writes nothing, whatever is in its folder."""
        import tempfile

        from landmarkdiff.training.run import Run

        with tempfile.TemporaryDirectory() as empty:
            changes: dict[str, Any] = {"checkpoints.out": empty}
            if hasattr(settings.data, "latent_cache"):
                changes["data.latent_cache"] = None
            sets = self.open(settings.data)
            quiet = settings.changed(changes)
            return Run(quiet, sets.train, sets.validation, task=self.task())


def _repainting() -> Task:
    from landmarkdiff.training.repainting import REPAINTING

    return REPAINTING


def _look(settings: TrainingSettings) -> list[Finding]:
    from landmarkdiff.training.preflight import preflight

    return preflight(settings)


def _pairs(data: Any) -> Any:
    from landmarkdiff.training.data import open_sets

    return open_sets(data)


def _lineage(data: Any) -> dict[str, Any]:
    from landmarkdiff.training.data import lineage

    return lineage(data)


#: ``landmarkdiff train``.
REPAINTING_RUNS = Kind(TrainingSettings.load, _look, _pairs, _lineage, _repainting)


def _load_edits(path: str | Path) -> RunSettings:
    from landmarkdiff.training.lato.settings import LatoSettings

    return LatoSettings.load(path)


def _look_at_edits(settings: Any) -> list[Finding]:
    from landmarkdiff.training.lato.preflight import preflight_edits

    return preflight_edits(settings)


def _edits(data: Any) -> Any:
    from landmarkdiff.training.lato.data import open_edits

    return open_edits(data)


def _edit_lineage(data: Any) -> dict[str, Any]:
    from landmarkdiff.training.lato.data import edit_lineage

    return edit_lineage(data)


def _lato() -> Task:
    from landmarkdiff.training.lato.task import LATO

    return LATO


#: ``landmarkdiff train lato``.
EDITS = Kind(_load_edits, _look_at_edits, _edits, _edit_lineage, _lato)
