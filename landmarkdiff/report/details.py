"""What a report is made from: the views of a patient, and what is typed in."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace

from landmarkdiff.errors import ParameterError
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.notices import Notice
from landmarkdiff.report.typeface import clean, require_printable

__all__ = [
    "MAX_NAME",
    "MAX_NOTE",
    "MAX_NOTE_LINES",
    "MAX_VIEWS",
    "ReportDetails",
    "ReportView",
    "checked_details",
    "checked_views",
]

#: As many views as there are standard ones.
MAX_VIEWS = 5
#: Characters of a name and of the note.
MAX_NAME = 80
MAX_NOTE = 600
MAX_NOTE_LINES = 12


@dataclass(frozen=True)
class ReportView:
    """One view of the patient.

    Attributes
    ----------
    prediction : Prediction
    title : str
        Name of the view; by default the one its head pose measures as.
    notices : tuple of Notice
        What else there is to tell about the photo, beside the prediction's own notices.
    """

    prediction: Prediction
    title: str = ""
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class ReportDetails:
    """What is typed in for a report. It stands on its pages and nowhere else in the file.

    Attributes
    ----------
    date : datetime.date
    patient, clinician : str
        Names; may be left empty.
    note : str
    """

    date: datetime.date
    patient: str = ""
    clinician: str = ""
    note: str = ""


def checked_views(views: Sequence[ReportView]) -> tuple[ReportView, ...]:
    """Return the views with cleaned titles.

    Raises
    ------
    ParameterError
        There is no view or there are too many, or they show different plans.
    """
    if not 1 <= len(views) <= MAX_VIEWS:
        raise ParameterError(
            "the report has no view or too many", value=len(views), allowed=f"1 to {MAX_VIEWS}"
        )
    if len({view.prediction.plan.hash for view in views}) > 1:
        raise ParameterError(
            "the views of a report show different plans", fix="simulate the same plan in all views"
        )
    return tuple(
        replace(view, title=_printable("title of a view", view.title, MAX_NAME)) for view in views
    )


def checked_details(details: ReportDetails) -> ReportDetails:
    """Return the details cleaned.

    Raises
    ------
    ParameterError
        A text is too long, or no typeface of the report has its characters.
    """
    return ReportDetails(
        details.date,
        patient=_printable("patient's name", details.patient, MAX_NAME),
        clinician=_printable("surgeon's name", details.clinician, MAX_NAME),
        note=_printable("note", details.note, MAX_NOTE, MAX_NOTE_LINES),
    )


def _printable(what: str, typed: str, characters: int, lines: int = 1) -> str:
    text = clean(typed)
    if lines == 1:
        text = " ".join(text.split())
    if len(text) > characters or text.count("\n") >= lines:
        raise ParameterError(
            f"the {what} is too long for the report",
            value=f"{len(text)} characters in {text.count(chr(10)) + 1} lines",
            allowed=f"up to {characters} characters in {lines} lines",
        )
    require_printable(what, text)
    return text
