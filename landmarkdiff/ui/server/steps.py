"""Where a long piece of work is, in words: its stages, and the steps of a network."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.generators import OnStep, StepProgress
from landmarkdiff.photo import encode_jpeg
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.sessions import Progress

__all__ = ["StepTeller", "Telling"]


#: Longest side of the picture of an unfinished step, pixels, and the seconds between two.
PREVIEW_SIDE = 192
PREVIEW_PAUSE = 0.25
_PREVIEW_QUALITY = 75


@dataclass(frozen=True)
class Telling:
    """What a piece of work tells the page with; both raise WorkCancelled once it is not wanted.

    Attributes
    ----------
    progress : callable
        ``progress(done, total, what)``, as the workflows call it.
    on_step : callable
        Hears every loaded model and every step of a network.
    """

    progress: Progress
    on_step: OnStep

    @classmethod
    def of(
        cls, texts: Texts, progress: Progress, say: Callable[[Mapping[str, Any]], object]
    ) -> Telling:
        """Return what tells stages to ``progress``, and steps, put into words, to ``say``."""
        teller = StepTeller(texts)

        def staged(done: int, total: int, what: str) -> None:
            progress(done, total, what)
            teller.begin((done, what))

        return cls(staged, lambda step: say(teller.line(step)))


class StepTeller:
    """Says in words where a network is.

    Parameters
    ----------
    texts : Texts
    """

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._attempt = 1
        self._last: StepProgress | None = None
        self._batch: object = None
        self._shown = 0.0

    def begin(self, batch: object) -> None:
        """Note which pictures are painted; the attempts of others are counted anew."""
        if batch != self._batch:
            self._batch, self._attempt, self._last = batch, 1, None

    def line(self, step: StepProgress) -> dict[str, Any]:
        """Return ``share``, ``text`` and, now and then, ``preview``: the address of a picture."""
        texts, count = self._texts, max(step.total, 1)
        said: dict[str, Any] = {"share": round(step.done / count, 3)}
        if step.stage == "loading":
            number = min(step.done + 1, count)
            return said | {"text": texts("progress.loading_model", number=number, count=count)}
        if self._starts_again(step):
            self._attempt += 1
        self._last = step
        if step.done >= step.total:
            return said | {"text": texts("progress.finishing")}
        at = {"number": max(step.done, 1), "count": step.total}
        if self._attempt == 1:
            said["text"] = texts("progress.painting_step", **at)
        else:
            said["text"] = texts("progress.painting_again", attempt=self._attempt, **at)
        if step.preview is not None and time.monotonic() - self._shown >= PREVIEW_PAUSE:
            self._shown = time.monotonic()
            said["preview"] = _data_address(step.preview)
        return said

    def _starts_again(self, step: StepProgress) -> bool:
        """Whether a step comes after the last one of an attempt that was refused.

        While a painting is finished, its last step is told again and again.
        """
        last = self._last
        return last is not None and step.done < step.total and step.done <= last.done


def _data_address(pixels: ImageArray) -> str:
    height, width = pixels.shape[:2]
    share = min(1.0, PREVIEW_SIDE / max(height, width))
    if share < 1.0:
        size = (max(1, round(width * share)), max(1, round(height * share)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    coded = base64.b64encode(encode_jpeg(pixels, quality=_PREVIEW_QUALITY)).decode()
    return f"data:image/jpeg;base64,{coded}"
