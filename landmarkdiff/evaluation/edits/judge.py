"""A judge of edits: semantic consistency, visual quality, natural appearance, 0 to 1 each."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ModeUnavailableError
from landmarkdiff.lato.predictor.model import vision_language

__all__ = ["MARKS", "EditJudge", "JudgedEdit", "LocalJudge", "read_marks"]

#: What is judged, in the order in which a judge is asked for it.
MARKS = ("sc", "vq", "na")
_ASKED = """The first picture is a photo of a face.
The second is the same photo after this edit: "{}"
Give three marks from 0 to 10:
SC: does the second picture show what was asked for, and nothing else?
VQ: is the second picture free of visible faults?
NA: does the face in the second picture look natural?
Answer with one line such as: SC=7 VQ=6 NA=8"""
#: Tokens of an answer.
_MOST_NEW = 64


@dataclass(frozen=True)
class JudgedEdit:
    """Marks of an edit, 0 to 1; None where the judge's answer has none.

    Attributes
    ----------
    sc, vq, na : float or None
    answer : str
        What the judge said.
    """

    sc: float | None
    vq: float | None
    na: float | None
    answer: str


class EditJudge(Protocol):
    """Who gives marks."""

    def __call__(self, source: ImageArray, picture: ImageArray, instruction: str) -> JudgedEdit:
        """Return the marks of an edit."""


def read_marks(answer: str) -> JudgedEdit:
    """Read the marks of an answer; a mark beyond 0 to 10, or none, is None.

    Examples
    --------
    >>> read_marks("SC=7, VQ: 6.5 and NA = 11")
    JudgedEdit(sc=0.7, vq=0.65, na=None, answer='SC=7, VQ: 6.5 and NA = 11')
    """
    found: list[float | None] = []
    for mark in MARKS:
        hit = re.search(rf"\b{mark}\s*[=:]\s*(\d+(?:\.\d+)?)", answer, re.IGNORECASE)
        value = None if hit is None else float(hit.group(1)) / 10.0
        found.append(value if value is not None and value <= 1.0 else None)
    return JudgedEdit(found[0], found[1], found[2], answer)


class LocalJudge:
    """A vision-language model from a local folder.

    The paper's judge has 72 billion weights; marks of another one are not comparable with its.

    Parameters
    ----------
    folder : Path
        In the layout of transformers, with a processor.
    device : str

    Raises
    ------
    ModeUnavailableError
        The package or the folder is missing.
    WeightsError
        The folder holds no such model, a damaged one, or a pickle.
    """

    def __init__(self, folder: Path, device: str = "cpu") -> None:
        if importlib.util.find_spec("transformers") is None:
            raise ModeUnavailableError("package_missing", package="transformers")
        if not (folder / "config.json").is_file():
            raise ModeUnavailableError("judge_missing", path=str(folder))
        self._answer = _loaded(folder, device)

    def __call__(self, source: ImageArray, picture: ImageArray, instruction: str) -> JudgedEdit:
        """Return the marks of an edit."""
        return read_marks(self._answer([source, picture], _ASKED.format(instruction)))


def _loaded(folder: Path, device: str) -> Callable[[Sequence[ImageArray], str], str]:
    """Return what gives a model's answer to pictures and a question."""
    processor, model = vision_language(folder)
    model.to(device).eval()

    def answer(pictures: Sequence[ImageArray], question: str) -> str:
        import torch

        shown = [{"type": "image", "image": np.asarray(picture)} for picture in pictures]
        asked = [{"role": "user", "content": [*shown, {"type": "text", "text": question}]}]
        told = processor.apply_chat_template(
            asked, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
        ).to(device)
        with torch.no_grad():
            said = model.generate(**told, max_new_tokens=_MOST_NEW, do_sample=False)
        new = said[:, told["input_ids"].shape[1] :]
        return str(processor.batch_decode(new, skip_special_tokens=True)[0])

    return answer
