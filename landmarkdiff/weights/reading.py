"""What loaders say of a model that they cannot read, as one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pickle import UnpicklingError

from landmarkdiff.errors import WeightsCorruptError
from landmarkdiff.notices import Reason

__all__ = ["first_line", "readable"]


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, or its name."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".")[:200] if lines else type(error).__name__


@contextmanager
def readable(title: Reason | str) -> Iterator[None]:
    """Turn what a loader says of a model that it cannot read into one sentence.

    Parameters
    ----------
    title : Reason or str
        What the model is called.

    Raises
    ------
    WeightsCorruptError
    """
    from safetensors import SafetensorError

    try:
        yield
    except (
        SafetensorError,
        UnpicklingError,
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        RuntimeError,
    ) as error:
        raise _unreadable(title, error) from error
    except Exception as error:
        # The tokenizers package raises the base class itself.
        if type(error) is not Exception:
            raise
        raise _unreadable(title, error) from error


def _unreadable(title: Reason | str, error: BaseException) -> WeightsCorruptError:
    return WeightsCorruptError("model_not_loaded", title=title, problem=first_line(error))
