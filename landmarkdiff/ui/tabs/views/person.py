"""How the views were compared with one another, in words: beside the photos and in the report."""

from __future__ import annotations

from dataclasses import dataclass

from landmarkdiff.configuration import Configuration
from landmarkdiff.identity.people import DOUBTFUL_MISFIT_MM, PersonCheck, PersonComparison
from landmarkdiff.texts import Texts
from landmarkdiff.workflows.view_persons import compare_views
from landmarkdiff.workflows.views import ViewSet

__all__ = ["PersonCard", "PersonLine", "one_person_in_words", "person_card"]


@dataclass(frozen=True)
class PersonLine:
    """One comparison in words; ``verdict`` as of :class:`PersonComparison`, or ``note``."""

    text: str
    verdict: str


@dataclass(frozen=True)
class PersonCard:
    """Whether the photos are of one person.

    Attributes
    ----------
    lines : tuple of PersonLine
        Empty while there is nothing to compare.
    doubted : bool
        Whether the surgeon has to look.
    confirmed : bool
        Whether the surgeon has said that it is one person.
    """

    lines: tuple[PersonLine, ...]
    doubted: bool
    confirmed: bool


def person_card(
    photos: ViewSet, configuration: Configuration, texts: Texts, *, confirmed: bool
) -> PersonCard:
    """Compare the photos, which is done once for each pair, and say it."""
    check = compare_views([photo for _, photo in photos], configuration)
    lines = _lines(check, photos, texts)
    return PersonCard(lines, check.doubted, confirmed)


def one_person_in_words(
    check: PersonCheck, photos: ViewSet, texts: Texts, *, confirmed: bool
) -> tuple[str, ...]:
    """Return what the report says of it: every comparison, and the surgeon's word on a doubt."""
    lines = tuple(line.text for line in _lines(check, photos, texts))
    if check.doubted and confirmed:
        return (*lines, texts("views.person_confirmed"))
    return lines


def _lines(check: PersonCheck, photos: ViewSet, texts: Texts) -> tuple[PersonLine, ...]:
    """Return each comparison of photos in words."""
    names = [texts.view(view.name if view else "unknown") for view, _ in photos]
    lines = [
        PersonLine(_said(one, names[one.first], names[one.second], check, texts), one.verdict)
        for one in check.comparisons
    ]
    if any(one.misfit_mm is not None for one in check.comparisons):
        lines.append(PersonLine(texts("views.person_outlines"), "note"))
    return tuple(lines)


def _said(one: PersonComparison, first: str, second: str, check: PersonCheck, texts: Texts) -> str:
    both = {"first": first, "second": second}
    if one.reason is not None:
        return texts("views.person_not_compared", second=second, reason=texts.reason(one.reason))
    if one.similarity is not None:
        value, limit = (texts.number(number, 2) for number in (one.similarity, check.threshold))
        return texts("views.person_faces", **both, value=value, limit=limit)
    if one.misfit_mm is None:
        return texts("views.person_no_head", **both)
    value, limit = (texts.quantity(mm, "mm") for mm in (one.misfit_mm, DOUBTFUL_MISFIT_MM))
    return texts("views.person_outline", **both, value=value, limit=limit)
