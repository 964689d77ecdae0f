"""What is typed in is cleaned, bounded and refused with a sentence."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from landmarkdiff.errors import ParameterError
from landmarkdiff.inference import Prediction
from landmarkdiff.report import MAX_NAME, MAX_NOTE, ReportDetails, ReportView
from landmarkdiff.report.details import checked_details, checked_views

DAY = datetime.date(2026, 11, 21)


def test_typed_texts_are_cleaned() -> None:
    typed = ReportDetails(DAY, " Ana\n  Pe\u0301rez", "Dr.\tX", "one\n\n two ")
    assert checked_details(typed) == ReportDetails(DAY, "Ana Pérez", "Dr. X", "one\n\ntwo")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"patient": "x" * (MAX_NAME + 1)}, "the patient's name is too long.*81 characters"),
        ({"clinician": "x" * (MAX_NAME + 1)}, "the surgeon's name is too long"),
        ({"note": "x" * (MAX_NOTE + 1)}, "the note is too long"),
        ({"note": "x\n" * 12 + "x"}, "the note is too long.*13 lines.*12 lines"),
        ({"patient": "محمد"}, "the patient's name has characters.*Chinese"),
        ({"note": "fine 🙂"}, "the note has characters that the report cannot print"),
    ],
)
def test_what_cannot_be_printed_is_refused(typed: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        checked_details(ReportDetails(DAY, **typed))


def test_titles_of_views_are_cleaned(rhinoplasty: Prediction) -> None:
    (view,) = checked_views([ReportView(rhinoplasty, " Before\tvisit ")])
    assert view.title == "Before visit"
    assert view.prediction is rhinoplasty
