"""Input, output and errors of the process, wherever they lead."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

__all__ = ["ready_streams"]

_DESCRIPTORS = {"stdin": 0, "stdout": 1, "stderr": 2}


def ready_streams() -> None:
    """Have the three standard streams there, and the two of them that are written take any text.

    A shell or a service may start a program with some of them closed. The next file that is opened
    would then get the number of one: what is printed, by a library too, would go into a picture.
    """
    for name, number in _DESCRIPTORS.items():
        try:
            os.fstat(number)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
        if getattr(sys, name) is None:
            mode = "r" if number == 0 else "w"
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that the terminal cannot show
            stream.reconfigure(errors="backslashreplace")
