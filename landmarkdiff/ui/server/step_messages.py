"""The steps of a network as messages to the page: a share, a sentence, now and then a picture."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass

import cv2
import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.generators import StepProgress
from landmarkdiff.photo import encode_jpeg
from landmarkdiff.texts import Texts

__all__ = ["Stage", "StepMessages"]


#: Longest side of the picture of an unfinished step, pixels, and the seconds between two.
PREVIEW_SIDE = 192
PREVIEW_PAUSE = 0.25
_PREVIEW_QUALITY = 75


@dataclass(frozen=True)
class Stage:
    """How far a piece of work is.

    Attributes
    ----------
    share : float
        From 0 to 1.
    text : str
    preview : str or None
        Address of the picture of an unfinished step.
    """

    share: float
    text: str
    preview: str | None = None


class StepMessages:
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

    def stage(self, step: StepProgress) -> Stage:
        """Return a step as the page is told of it."""
        texts, count = self._texts, max(step.total, 1)
        share = round(step.done / count, 3)
        if step.stage == "loading":
            number = min(step.done + 1, count)
            return Stage(share, texts("progress.loading_model", number=number, count=count))
        if self._starts_again(step):
            self._attempt += 1
        self._last = step
        if step.done >= step.total:
            return Stage(share, texts("progress.finishing"))
        at = {"number": max(step.done, 1), "count": step.total}
        if self._attempt == 1:
            text = texts("progress.painting_step", **at)
        else:
            text = texts("progress.painting_again", attempt=self._attempt, **at)
        if step.preview is None or time.monotonic() - self._shown < PREVIEW_PAUSE:
            return Stage(share, text)
        self._shown = time.monotonic()
        return Stage(share, text, _data_address(step.preview))

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
