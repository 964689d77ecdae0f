"""The typefaces of the reports, for words that are drawn into pictures."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Literal

from PIL import ImageFont

__all__ = ["script_of", "typeface", "wrapped"]

Script = Literal["latin", "han"]
_FILES: dict[Script, str] = {"latin": "Roboto-Medium.ttf", "han": "WenQuanYiMicroHei.ttf"}


def script_of(text: str) -> Script:
    """Return which typeface has all letters of a text.

    >>> script_of("12 毫米")
    'han'
    """
    return "han" if any(ord(letter) >= 0x2E80 for letter in text) else "latin"


@lru_cache(maxsize=16)  # sizes are as many as crops
def typeface(script: Script, size: float) -> ImageFont.FreeTypeFont:
    """Return a typeface of a size in pixels."""
    file = resources.files("landmarkdiff").joinpath("report", "typefaces", _FILES[script])
    with resources.as_file(file) as path:
        return ImageFont.truetype(str(path), size)


def wrapped(line: str, size: float, width: float) -> list[str]:
    """Return a line broken where it would be wider than ``width`` pixels."""
    script = script_of(line)
    font, spaced = typeface(script, size), script == "latin"
    rows, shown = [], ""
    for part in line.split() if spaced else line:
        longer = f"{shown} {part}".strip() if spaced else shown + part
        if shown and font.getlength(longer) > width:
            rows.append(shown)
            longer = part
        while len(longer) > 1 and font.getlength(longer) > width:  # a word wider than a row
            fits = len(longer) - 1
            while fits > 1 and font.getlength(longer[:fits]) > width:
                fits -= 1
            rows.append(longer[:fits])
            longer = longer[fits:]
        shown = longer
    return [*rows, shown]
