"""Bars on the terminal: how many are done, and where a network is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from landmarkdiff.generators import StepProgress

__all__ = ["Bars", "progress_bars"]


class Bars:
    """Shows what workflows tell of.

    Parameters
    ----------
    progress : rich.progress.Progress or None
        None shows nothing.
    items : str
        What is counted by :meth:`on_item`.
    """

    def __init__(self, progress: Progress | None, items: str) -> None:
        self._progress = progress
        self._items = items
        self._tasks: dict[str, TaskID] = {}

    def on_item(self, done: int, total: int, what: str) -> None:
        """Show that so many items are done; ``what`` comes next."""
        self._show(self._items, self._items, done, total)

    def on_step(self, step: StepProgress) -> None:
        """Show how many models are loaded, or how many steps the network has made."""
        what: str = "loading models" if step.stage == "loading" else step.stage
        if step.stage == "painting" and step.done >= step.total:
            what = "checking and finishing"
        self._show("network", what, step.done, step.total)

    def _show(self, bar: str, what: str, done: int, total: int) -> None:
        if self._progress is None:
            return
        if bar not in self._tasks:
            self._tasks[bar] = self._progress.add_task(what, total=None)
        self._progress.update(self._tasks[bar], description=what, completed=done, total=total)


@contextmanager
def progress_bars(*, silent: bool, items: str = "photos") -> Iterator[Bars]:
    """Give bars on the error stream while the block runs; nothing is shown without a terminal.

    Parameters
    ----------
    silent : bool
        Show nothing at all.
    items : str
        What is counted besides the steps of a network.
    """
    if silent or not sys.stderr.isatty():
        yield Bars(None, items)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        yield Bars(progress, items)
