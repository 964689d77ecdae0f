"""English clauses are recognised by their templates."""

from __future__ import annotations

import pytest

from landmarkdiff.texts.clauses import ClauseTable

TABLE = ClauseTable(
    {
        "the photo is empty": "leer",
        "{low} to {high}": "{low} bis {high}",
        "{low} to {high} mm": "{low} bis {high} mm",
        "{effect} is beyond its band": "{effect} außerhalb",
        "the {format} file is damaged": "{format} beschädigt",
        "the file {file} is missing": "{file} fehlt",
    }
)


def find(clause: str) -> str | None:
    return TABLE.find(clause, lambda name, said: f"<{name}:{said}>")


@pytest.mark.parametrize(
    ("clause", "said"),
    [
        ("the photo is empty", "leer"),
        ("1.5 to -3e-05", "<low:1.5> bis <high:-3e-05>"),
        ("2 to 3 mm", "<low:2> bis <high:3> mm"),
        ("lip_lift.alar_width is beyond its band", "<effect:lip_lift.alar_width> außerhalb"),
        ("the DICOM file is damaged", "<format:DICOM> beschädigt"),
        ("the file a b.task is missing", "<file:a b.task> fehlt"),
    ],
)
def test_found(clause: str, said: str) -> None:
    assert find(clause) == said


@pytest.mark.parametrize(
    "clause",
    [
        "one thing to another",  # a number is a number
        "Some words is beyond its band",  # an identifier is one word
        "the photo is empty.",
        "",
    ],
)
def test_not_found(clause: str) -> None:
    assert find(clause) is None


def test_braces_in_a_value_are_not_fields() -> None:
    table = ClauseTable({"the reader says: {message}": "Leser: {message}"})
    assert table.find("the reader says: {x}", lambda _, said: said) == "Leser: {x}"
