"""The language files: complete, same fields, same numbers, right sides, short labels."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from landmarkdiff import texts as texts_package
from landmarkdiff.clinical import KELOID_ZONES
from landmarkdiff.generators import MODES
from landmarkdiff.landmarks import LANDMARK_REGIONS
from landmarkdiff.measurements import MEASUREMENT_NAMES
from landmarkdiff.measurements.definitions import definitions
from landmarkdiff.measurements.profile import measure_profile
from landmarkdiff.procedures.procedure import procedures
from landmarkdiff.texts import Texts, languages
from landmarkdiff.texts.languages import language_codes
from landmarkdiff.texts.tables import (
    Language,
    LanguageFile,
    english_table,
    fields,
    problems,
    read_table,
)
from landmarkdiff.wording import english_messages

FOLDER = Path(texts_package.__file__).parent
TRANSLATED = [code for code in languages() if code != "en"]
#: Areas of words on buttons, tabs and heads, which have to fit on a phone.
SHORT_AREAS = ("tab.", "common.", "download.", "strip.", "patient.")
#: How the sides are called.
SIDES = {
    "de": ("link", "recht"),
    "fr": ("gauche", "droit"),
    "es": ("izquierd", "derech"),
    "pt": ("esquerd", "direit"),
    "zh": ("左", "右"),
}


def flat(language: str) -> dict[str, str]:
    table = english_table() if language == "en" else read_table(language)
    return dict(table.flat())


def test_each_file_is_a_language_and_each_language_a_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(languages())
    assert language_codes() == set(languages())
    # The head that a list of languages reads says what the whole file says.
    assert {code: read_table(code).language for code in languages()} == languages()
    places = [facts.place for facts in languages().values()]
    assert places == list(range(1, len(places) + 1))


def test_english_does_not_repeat_what_is_written_elsewhere() -> None:
    raw = yaml.safe_load((FOLDER / "en.yaml").read_text(encoding="utf-8"))
    assert set(raw) == {"language", "ui", "names", "reasons", "errors"}
    assert english_table().notices == english_messages()["notices"]
    assert set(english_table().procedures) == set(procedures())
    assert set(english_table().populations) == {
        norm.population
        for item in (*definitions().values(), *measure_profile({}, {}).values())
        for norm in item.norms
    }


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_missing_unknown_or_of_other_fields(language: str) -> None:
    assert problems(read_table(language)) == ()


def test_problems_are_found() -> None:
    table = read_table("de")
    ui = {area: dict(words) for area, words in table.ui.items()}
    del ui["tab"]["views"]
    ui["tab"]["gone"] = "Weg"
    ui["live"]["scale_bar"] = "{cm} cm"
    ui["common"]["close"] = ""
    errors = {**table.errors, "photo_unreadable": {"got": "{name}"}, "gone": "weg"}
    errors["out_of_range"] = {"what": "{quantity}", "allowed": "{lowest} bis {high:g}"}
    found = problems(table.model_copy(update={"ui": ui, "errors": errors}))
    assert set(found) == {
        "missing: tab.views",
        "unknown: tab.gone",
        "other fields: live.scale_bar",
        "empty: common.close",
        "missing: errors.photo_unreadable.what",
        "unknown: errors.gone.what",
        "other fields: errors.out_of_range.allowed",
    }


#: The facts of a language, as its file has them.
FACTS = {
    "name": "Klingon",
    "tag": "tlh",
    "place": 7,
    "reviewed": False,
    "decimal_sign": ".",
    "percent_touches": False,
    "script": "latin",
}


def test_a_whole_file_is_accepted() -> None:
    table = LanguageFile.model_validate({"language": FACTS, "ui": {}, "names": {}})
    assert table.language == Language.model_validate(FACTS)


@pytest.mark.parametrize(
    "broken",
    [
        {"language": FACTS, "ui": {}, "names": {}, "extra": {}},
        {"language": {**FACTS, "reviewed": "no"}, "ui": {}, "names": {}},
        {"language": {**FACTS, "script": "runes"}, "ui": {}, "names": {}},
        {"language": FACTS, "ui": {"Tab": {"one": "x"}}, "names": {}},
        {"language": FACTS, "ui": {"tab": {"one": True}}, "names": {}},
        {"language": FACTS, "names": {}},
    ],
    ids=[
        "unknown section",
        "wrong type",
        "unknown script",
        "bad area",
        "yaml's yes",
        "no ui",
    ],
)
def test_a_malformed_file_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        LanguageFile.model_validate(broken)


@pytest.mark.parametrize("language", languages())
def test_the_browser_can_fill_every_field_of_the_page(language: str) -> None:
    for area, words in read_table(language).ui.items():
        for key, text in words.items():
            for field in fields(text):
                assert re.fullmatch(r"[a-z][a-z_]*", field), f"{area}.{key}"


@pytest.mark.parametrize("language", languages())
def test_no_stray_blanks(language: str) -> None:
    separators = {"common.list_separator", "error.separator"}
    for key, text in flat(language).items():
        if key not in separators:
            assert text == " ".join(text.split(" ")).strip(), key
            assert "  " not in text, key


@pytest.mark.parametrize("language", languages())
def test_labels_fit_on_a_phone(language: str) -> None:
    for key, text in flat(language).items():
        if key.startswith(SHORT_AREAS) and not text.endswith((".", "。", "?", "？")):
            assert len(text) <= 32, f"{key}: {text}"
        if key.startswith("tab."):
            assert len(text) <= 20, f"{key}: {text}"


@pytest.mark.parametrize("language", TRANSLATED)
def test_sentences_are_translated(language: str) -> None:
    english, own = flat("en"), flat(language)
    same = [key for key in own if own[key] == english[key] and english[key].endswith(".")]
    assert same == ["error.sentence"] or (language == "zh" and not same)


@pytest.mark.parametrize("language", TRANSLATED)
def test_sides_are_not_swapped(language: str) -> None:
    left, right = SIDES[language]
    checked = 0
    for key, text in flat(language).items():
        if key.startswith(("effect.", "procedure.", "measurement.", "login.")):
            continue
        if key == "reason.left_out":  # to leave something out has no side
            continue
        parts = re.split(r"[._]", key)
        if ("left" in parts) == ("right" in parts):
            continue
        wanted, other = (left, right) if "left" in parts else (right, left)
        assert wanted in text.lower(), f"{key}: {text}"
        assert other not in text.lower(), f"{key}: {text}"
        checked += 1
    assert checked >= 24


@pytest.mark.parametrize("language", TRANSLATED)
def test_clinical_numbers_are_the_same(language: str) -> None:
    """Every figure of a source, a limit or a note stands in the translation too."""

    def numbers(text: str, sign: str) -> list[str]:
        found = re.findall(rf"\d+(?:[.{sign}]\d+)?", text)
        return sorted(number.replace(",", ".") for number in found)

    english = flat("en")
    for key, text in flat(language).items():
        if key.startswith(("procedure.", "effect.")):
            own = numbers(text, languages()[language].decimal_sign)
            assert own == numbers(english[key], "."), f"{key}: {text}"


def test_every_identifier_has_a_name() -> None:
    names = english_table().names
    assert set(names["zone"]) == set(KELOID_ZONES)
    assert set(names["region"]) == set(LANDMARK_REGIONS)
    assert set(names["mode"]) == set(MODES)
    texts = Texts.load("fr")
    for name in MEASUREMENT_NAMES:
        assert texts.measurement(name) != definitions()[name].title
    for item in measure_profile({}, {}).values():
        assert texts.measurement(item.as_measurement().name) not in (item.title, item.name)
    code = "".join(path.read_text("utf-8") for path in sorted(FOLDER.parent.rglob("*.py")))
    limiters = (
        set(re.findall(r'limits\["(\w+)"\]', code))
        | {"fold", "mask_edge", "overlaid"}
        | {"ear_contact"}
    )
    assert set(names["limiter"]) == limiters


@pytest.mark.parametrize("language", TRANSLATED)
def test_machine_made_texts_are_not_called_reviewed(language: str) -> None:
    assert languages()[language].reviewed is False
    assert languages()["en"].reviewed is True
