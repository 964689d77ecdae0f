"""What can be watched while a run goes on: the loss curve, TensorBoard, pictures."""

from __future__ import annotations

import importlib.util
from types import TracebackType
from typing import Any

import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.photo import write_png
from landmarkdiff.training.curve import LossCurve
from landmarkdiff.training.run import Run

__all__ = ["Watcher"]


class Watcher:
    """Writes ``losses.jsonl``, ``pictures/`` and ``tensorboard/`` into the folder of a run.

    Without TensorBoard, which preflight says, the first two.
    """

    def __init__(self, run: Run) -> None:
        self._out = run.settings.checkpoints.out
        self._curve = LossCurve(self._out, run.update)
        self._board: Any = None
        if importlib.util.find_spec("tensorboard") is not None:
            from torch.utils.tensorboard import SummaryWriter

            # What an earlier session wrote after its last checkpoint is hidden.
            self._board = SummaryWriter(self._out / "tensorboard", purge_step=run.update + 1)

    def add(self, update: int, figures: dict[str, float], pictures: ImageArray | None) -> None:
        """Take the figures of an update, and the pictures of a validation."""
        self._curve.add(update, figures)
        for name, value in figures.items() if self._board is not None else ():
            self._board.add_scalar(name, value, update)
        if pictures is not None:
            folder = self._out / "pictures"
            folder.mkdir(exist_ok=True)
            write_png(folder / f"update-{update:08d}.png", pictures)
            if self._board is not None:
                shown = np.asarray(pictures)
                self._board.add_image("validation", shown, update, dataformats="HWC")

    def __enter__(self) -> Watcher:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._board is not None:
            self._board.close()
