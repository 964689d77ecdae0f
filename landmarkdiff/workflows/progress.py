"""How a workflow tells how far it is, and how it is stopped."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

__all__ = ["Progress", "pause_of", "tell"]

#: ``progress(done, total, what)``, called before each step and again between its stages.
#: ``what`` is a key, not a sentence: ``progress.simulate`` and the like, or the name of what
#: comes next (a procedure, a view, a photo). Whatever it raises,
#: :class:`~landmarkdiff.errors.WorkCancelled` above all, ends the work, and nothing of it is
#: left behind.
Progress = Callable[[int, int, str], None]


def tell(progress: Progress | None, done: int, total: int, what: str) -> None:
    """Call ``progress`` if somebody listens."""
    if progress is not None:
        progress(done, total, what)


def pause_of(
    progress: Progress | None, done: int, total: int, what: str
) -> Callable[[], object] | None:
    """Return what a simulation calls between its stages, so that a long one can be stopped."""
    return None if progress is None else partial(progress, done, total, what)
