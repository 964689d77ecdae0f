"""Networks in TensorFlow Lite's format, run on LiteRT."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

__all__ = ["LiteNetwork", "loading"]


class LiteNetwork:
    """One network; calls into it have to be serialised, for it keeps its tensors.

    Parameters
    ----------
    model : bytes
        Content of a ``.tflite`` file.
    threads : int

    Notes
    -----
    To be made within :func:`loading`.
    """

    def __init__(self, model: bytes, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(model_content=model, num_threads=threads)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        outputs = self._interpreter.get_output_details()
        self._outputs = {detail["name"]: detail["index"] for detail in outputs}

    def __call__(self, tensor: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Run the network on one tensor of its own shape; return a copy of each output by name."""
        self._interpreter.set_tensor(self._input, tensor)
        self._interpreter.invoke()
        return {name: self._interpreter.get_tensor(at) for name, at in self._outputs.items()}


_loading_lock = threading.Lock()
_GREETING = b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU."


@contextmanager
def loading() -> Iterator[None]:
    """Load networks within this, one thread at a time and without LiteRT's greeting."""
    with _loading_lock, _quiet_start():
        yield


@contextmanager
def _quiet_start() -> Iterator[None]:
    """Keep LiteRT's one greeting off the standard error stream; pass everything else on.

    The library writes the line from C++ at the first delegate and offers no switch for it.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            caught.seek(0)
            rest = [line for line in caught if line.strip() != _GREETING]
            if rest:
                os.write(2, b"".join(rest))
