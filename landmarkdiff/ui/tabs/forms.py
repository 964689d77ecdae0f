"""What the tabs that are forms have in common: comparison, sweep and analysis.

The browser's half is ``static/form_tab.js``: it asks ``open`` when the tab is shown, and what a
button names when it is clicked; answers are parts of the page as HTML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from landmarkdiff.ui.server.ask import Answer, Job, Question
from landmarkdiff.ui.server.modes import mode_note

__all__ = ["FormQuestion", "FormState", "Parts", "form_state", "parts"]

#: The value of a field: a number, a choice, or what is ticked.
Value = float | str | tuple[str, ...]


class FormQuestion(Question):
    """What a form holds besides its own fields.

    Attributes
    ----------
    filled : bool
        Whether the page shows an answer.
    """

    filled: bool = False


@dataclass(frozen=True)
class FormState(Answer):
    """What a form shows once its tab is opened.

    Attributes
    ----------
    photo : str or None
        Mark of the case; None while there is no photo.
    note : str
        A sentence in the form.
    offer : mapping of str to str, number or tuple of str
        Values for its fields, where the user has not chosen others.
    limits : mapping of str to float
        Largest values of fields.
    ask : str
        A kind of question that is to follow at once; empty where there is none.
    """

    photo: str | None
    note: str = ""
    offer: Mapping[str, Value] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    ask: str = ""


@dataclass(frozen=True)
class Parts(Answer):
    """Parts of the page as HTML, by the name of their place; and the case they belong to."""

    photo: str
    parts: Mapping[str, str]


def form_state(
    job: Job,
    *,
    offer: Mapping[str, Value] | None = None,
    limits: Mapping[str, float] | None = None,
    ask: str = "",
    repaints: bool = True,
) -> FormState:
    """Return the state of a form; ``repaints`` where it works in the mode of the plan."""
    note = mode_note(job.case.settings, job.texts) if repaints else ""
    return FormState(job.case.mark, note, offer or {}, limits or {}, ask)


def parts(job: Job, **html: str) -> Parts:
    """Return parts of the page."""
    return Parts(job.case.mark, html)
