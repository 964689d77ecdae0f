"""The typefaces cover what is printed; what they lack is refused with a sentence."""

from __future__ import annotations

import pytest

from landmarkdiff.errors import ParameterError
from landmarkdiff.report.typeface import HAN, clean, markup, register, require_printable
from landmarkdiff.texts import Texts, languages


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("one\ntwo", "one<br/>two"),
        ("Li 李 3", f'Li <font name="{HAN}">李</font> 3'),
        ("-2.5 to -1 (-3)", "\u22122.5 to \u22121 (\u22123)"),
        ("s-0042-17, 2026-11-21, x-ray", "s-0042-17, 2026-11-21, x-ray"),
        ("", ""),
    ],
)
def test_markup(text: str, expected: str) -> None:
    register()
    assert markup(text) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("  Ana\tPe\u0301rez ", "Ana Pérez"),
        ("a\x00b\u200ec", "a b c"),
        ("first\r\n\r\n second  line ", "first\n\nsecond line"),
        ("\n \n", ""),
    ],
)
def test_typed_texts_are_cleaned(typed: str, expected: str) -> None:
    assert clean(typed) == expected


@pytest.mark.parametrize(
    "name",
    [
        "Łucja Šimić-Nguyễn",
        "Ğülşen Øå Æß",
        "Ελένη",
        "Наталья",
        "王小明",
        "喆堃 麗華",
        "O’Brien – MD",
    ],
)
def test_names_of_many_languages_can_be_printed(name: str) -> None:
    require_printable("name", name)


@pytest.mark.parametrize("name", ["ליאת", "محمد", "สมชาย", "Zoë 🙂"])
def test_letters_without_a_typeface_are_refused(name: str) -> None:
    with pytest.raises(ParameterError, match=r"cannot print.*Latin, Greek, Cyrillic and Chinese"):
        require_printable("patient's name", name)


@pytest.mark.parametrize("language", languages())
def test_every_word_of_a_language_can_be_printed(language: str) -> None:
    texts = Texts.load(language)
    areas = ("report", "table", "check", "flags", "single", "common", "analysis", "app", "names")
    kinds = ("notice", "procedure", "effect", "measurement", "population")
    table = texts.table([*areas, *kinds])
    assert len(table) > 500
    for words in table.values():
        require_printable("text", words)
