"""What a Python caller hands over, checked where it comes in.

NumPy's numbers count as Python's do; a text or a truth value is no number, since the one comes from
a form that was not read and the other from a switch that was taken for a value.
"""

from __future__ import annotations

import functools
import inspect
import math
import os
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any, ParamSpec, TypeVar

import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ParameterError

__all__ = [
    "checked",
    "finite",
    "finite_in",
    "finite_numbers",
    "instance_of",
    "named_values",
    "optional",
    "path_like",
    "plain_text",
    "rgb_image",
    "truth",
    "whole_in",
    "whole_number",
]

P = ParamSpec("P")
R = TypeVar("R")
#: Takes the name and the value of an argument; returns the value as it is used, or raises.
Check = Callable[[str, Any], Any]
#: Pixels; the upper end is OpenCV's.
MINIMUM_SIDE, MAXIMUM_SIDE = 16, 32_766


def checked(**checks: Check) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Check arguments of a function by name before it runs.

    Parameters
    ----------
    **checks
        Name of the argument -> a check such as :func:`rgb_image` or ``instance_of(FaceLandmarks)``.
        An argument that is not given keeps its default and is not checked.

    Examples
    --------
    >>> @checked(share=finite_in(0.0, 1.0))
    ... def left(share):
    ...     return 1.0 - share
    >>> left(np.float32(0.25))
    0.75
    >>> left("0.25")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ParameterError: share is no number (got '0.25')
    """

    def around(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        missing = checks.keys() - signature.parameters.keys()
        if missing:
            raise TypeError(f"{function.__qualname__} has no {sorted(missing)}")

        # Binding a signature takes longer than many of these functions.
        positions = {
            name: position
            for position, (name, parameter) in enumerate(signature.parameters.items())
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        }

        @functools.wraps(function)
        def inner(*args: P.args, **kwargs: P.kwargs) -> R:
            given: list[Any] = list(args)
            for name, check in checks.items():
                if name in kwargs:
                    kwargs[name] = check(name, kwargs[name])
                elif positions.get(name, len(given)) < len(given):
                    given[positions[name]] = check(name, given[positions[name]])
            return function(*given, **kwargs)

        return inner

    return around


def optional(check: Check) -> Check:
    """Return a check that lets None through."""
    return lambda name, value: None if value is None else check(name, value)


def finite_in(low: float = -math.inf, high: float = math.inf) -> Check:
    """Return the check :func:`finite` for a range."""
    return lambda name, value: finite(name, value, low, high)


def whole_in(low: int, high: int) -> Check:
    """Return the check :func:`whole_number` for a range."""
    return lambda name, value: whole_number(name, value, low, high)


def instance_of(*kinds: type) -> Check:
    """Return a check for an object of one of some types."""
    return lambda name, value: _instance(name, value, kinds)


def finite(name: str, value: object, low: float = -math.inf, high: float = math.inf) -> float:
    """Return a finite number from ``low`` to ``high`` as float.

    Parameters
    ----------
    name : str
        Of the argument, for the error.
    value : object
        An int or a float of Python or NumPy.
    low, high : float
        Ends of the range, themselves allowed.

    Raises
    ------
    ParameterError
        A truth value, a text or anything else, NaN, an infinity, or outside the range.

    Examples
    --------
    >>> finite("intensity", np.int64(60), 0, 100)
    60.0
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise _wrong("argument_not_a_number", name, value)
    try:
        real = float(value)
    except OverflowError:
        real = math.inf
    bounded = math.isfinite(low) and math.isfinite(high)
    if not math.isfinite(real) and not bounded:
        raise _wrong("argument_not_finite", name, value)
    if not low <= real <= high:
        raise _outside(name, real, low, high)
    return real


def whole_number(name: str, value: object, low: int, high: int) -> int:
    """Return a whole number from ``low`` to ``high`` as int; see :func:`finite`."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise _wrong("argument_not_whole", name, value)
    integer = int(value)
    if not low <= integer <= high:
        raise _outside(name, integer, low, high)
    return integer


def finite_numbers(name: str, values: object, count: int) -> tuple[float, ...]:
    """Return some finite numbers, given as a tuple, a list or an array."""
    if not isinstance(values, list | tuple | np.ndarray) or len(values) != count:
        raise ParameterError("argument_not_numbers", name=name, value=_shown(values), count=count)
    return tuple(finite(name, value) for value in values)


def truth(name: str, value: object) -> bool:
    """Return a truth value of Python or NumPy; a text such as "no" would count as true."""
    if not isinstance(value, bool | np.bool_):
        raise _wrong("argument_not_a_switch", name, value)
    return bool(value)


def plain_text(name: str, value: object) -> str:
    """Return a text; bytes are none."""
    if not isinstance(value, str):
        raise _wrong("argument_not_a_text", name, value)
    return value


def named_values(name: str, value: object) -> Mapping[Any, Any]:
    """Return a dict or another mapping."""
    if not isinstance(value, Mapping):
        raise _wrong("argument_not_a_mapping", name, value)
    return value


def path_like(name: str, value: object) -> Any:
    """Return the name of a file or folder: a text or a path."""
    if not isinstance(value, str | os.PathLike):
        raise _wrong("argument_not_a_path", name, value)
    return value


def rgb_image(name: str, value: object) -> ImageArray:
    """Return a picture, contiguous in memory.

    Parameters
    ----------
    name : str
    value : (H, W, 3) uint8 array
        RGB; read-only and turned or cut views are taken. A side is 16 to 32,766 pixels.

    Raises
    ------
    ParameterError
        Another type, shape, size or kind of numbers.

    Examples
    --------
    >>> rgb_image("photo", portrait[:, ::-1]).flags.c_contiguous
    True
    >>> rgb_image("photo", portrait / 255.0)  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ParameterError: photo is not an RGB array
    """
    array = value if isinstance(value, np.ndarray) else None
    if array is None or array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
        shape, dtype = (None, None) if array is None else (array.shape, array.dtype)
        raise ParameterError(
            "image_array_kind",
            name=name,
            kind=type(value).__name__,
            shape=str(shape),
            dtype=str(dtype),
        )
    height, width = array.shape[:2]
    if min(height, width) < MINIMUM_SIDE or max(height, width) > MAXIMUM_SIDE:
        raise ParameterError(
            "image_array_size", width=width, height=height, low=MINIMUM_SIDE, high=MAXIMUM_SIDE
        )
    return np.ascontiguousarray(array)


def _instance(name: str, value: object, kinds: tuple[type, ...]) -> object:
    if not isinstance(value, kinds) or isinstance(value, type):
        names = [kind.__name__ for kind in kinds]
        raise ParameterError(
            "argument_of_another_type", name=name, kind=type(value).__name__, types=names
        )
    return value


def _wrong(code: str, name: str, value: object) -> ParameterError:
    return ParameterError(code, name=name, value=_shown(value))


def _outside(name: str, value: float, low: float, high: float) -> ParameterError:
    return ParameterError("out_of_range", quantity=name, value=value, low=low, high=high)


def _shown(value: object) -> str:
    """Return a value as its caller wrote it, where that is short; its type where it is not."""
    plain = isinstance(value, str | bytes | bool | int | float | complex | np.generic | None)
    return repr(value)[:80] if plain else type(value).__name__
