"""Numbers and their units are written one way in all the texts of a language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import landmarkdiff.texts
from landmarkdiff.texts import Texts, languages

#: What stands for a number in a text, or is one.
NUMBER = r"(?:\{[^{}]*\}|\d)"


@pytest.mark.parametrize("language", languages())
def test_units_are_written_one_way(language: str) -> None:
    folder = Path(landmarkdiff.texts.__file__).parent
    written = (folder / f"{language}.yaml").read_text(encoding="utf-8")
    texts = Texts.load(language)
    for unit, signs in (("mm", ("mm", "毫米")), ("percent", ("%",))):
        own = texts.quantity(0.0, unit, 0).removeprefix("0")
        for sign in signs:
            for space in ("", " "):
                if space + sign != own:
                    assert re.findall(rf".*{NUMBER}{space}{re.escape(sign)}.*", written) == []
