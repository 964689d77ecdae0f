"""Decoders that talk: their warnings, log records and prints are kept from the user."""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

__all__ = ["decoders_kept_quiet"]

# Without any handler, Python prints what a library logs; a program that wants it adds its own.
for _name in ("PIL", "pydicom", "pillow_heif"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


class _SharedSwitch:
    """Something global that is switched by the first thread in and back by the last one out.

    Neither warning filters nor descriptors are made for threads: switched back in the wrong
    order, they would stay switched for good.
    """

    def __init__(self, switch: Callable[[ExitStack], None]) -> None:
        self._switch = switch
        self._lock = threading.Lock()
        self._inside = 0
        self._undo = ExitStack()

    @contextmanager
    def held(self) -> Iterator[None]:
        with self._lock:
            if self._inside == 0:
                self._switch(self._undo)
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if self._inside == 0:
                    self._undo.close()


def _ignore_warnings(undo: ExitStack) -> None:
    undo.enter_context(warnings.catch_warnings())
    warnings.simplefilter("ignore")


def _close_standard_error(undo: ExitStack) -> None:
    try:
        kept = os.dup(2)
    except OSError:  # a program without a console has none to print on
        return
    undo.callback(os.close, kept)
    undo.callback(os.dup2, kept, 2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


_WARNINGS = _SharedSwitch(_ignore_warnings)
_STANDARD_ERROR = _SharedSwitch(_close_standard_error)


@contextmanager
def decoders_kept_quiet(*, standard_error: bool = False) -> Iterator[None]:
    """Keep warnings, and on request what C code prints, from the user while decoding.

    Parameters
    ----------
    standard_error : bool
        Whether descriptor 2 leads nowhere meanwhile, for all threads: libtiff prints its
        messages there and offers Pillow's users no switch.
    """
    with ExitStack() as stack:
        stack.enter_context(_WARNINGS.held())
        if standard_error:
            stack.enter_context(_STANDARD_ERROR.held())
        yield
