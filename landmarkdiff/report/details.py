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
    one_person : tuple of str
        How the photos were compared with one another, a sentence each.
    """

    date: datetime.date
    patient: str = ""
    clinician: str = ""
    note: str = ""
    one_person: tuple[str, ...] = ()


def checked_views(views: Sequence[ReportView]) -> tuple[ReportView, ...]:
    """Return the views with cleaned titles.

    Raises
    ------
    ParameterError
        There is no view or there are too many, or they show different plans.
    """
    if not 1 <= len(views) <= MAX_VIEWS:
        raise ParameterError("report_views", count=len(views), most=MAX_VIEWS)
    if len({view.prediction.plan.hash for view in views}) > 1:
        raise ParameterError("report_plans_differ")
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
        patient=_printable("patient", details.patient, MAX_NAME),
        clinician=_printable("surgeon", details.clinician, MAX_NAME),
        note=_printable("note", details.note, MAX_NOTE, MAX_NOTE_LINES),
        one_person=tuple(_printable("note", line, MAX_NOTE) for line in details.one_person),
    )


def _printable(field: str, typed: str, characters: int, lines: int = 1) -> str:
    text = clean(typed)
    if lines == 1:
        text = " ".join(text.split())
    if len(text) > characters or text.count("\n") >= lines:
        raise ParameterError(
            "report_text_too_long",
            field=field,
            count=len(text),
            own_lines=text.count(chr(10)) + 1,
            characters=characters,
            lines=lines,
        )
    require_printable(field, text)
    return text
