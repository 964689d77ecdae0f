"""What was pushed by hand, in a report: apart from the effects of the plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reportlab.platypus import Flowable, Table

from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.report.styles import CONTENT, ruled
from landmarkdiff.report.writer import Writer
from landmarkdiff.verification.effect_check import MIN_VISIBLE_SHARE
from landmarkdiff.verification.push_check import PushCheck

__all__ = ["by_hand_section"]

#: Widths of the columns but the first, points: radius, planned, then what each view shows.
_WIDTH = 62.0


def by_hand_section(
    writer: Writer, predictions: Sequence[Prediction], titles: Sequence[str]
) -> list[Flowable]:
    """Return heading, table and word of caution of what was pushed by hand; nothing without.

    Parameters
    ----------
    writer : Writer
    predictions : sequence of Prediction
        The same plan in one or more views.
    titles : sequence of str
        Name of each view; used when there are several.
    """
    texts, pushes = writer.texts, predictions[0].plan.manual
    if not pushes:
        return []
    several = len(predictions) > 1
    heads = [texts("table.by_hand"), texts("table.radius"), texts("table.planned")]
    heads += list(titles) if several else [texts("table.applied"), texts("table.achieved")]
    widths = [CONTENT - _WIDTH * (len(heads) - 1), *([_WIDTH] * (len(heads) - 1))]
    rows: list[list[Any]] = [
        [writer.head(*cell) for cell in zip(heads, (w - 8.0 for w in widths), strict=True)]
    ]
    checks = [None if item.pushed is None else item.pushed.checks for item in predictions]
    for place, push in enumerate(pushes):
        words = texts("table.push_both" if push.symmetric else "table.push", number=place + 1)
        row: list[Flowable] = [
            writer.paragraph(words, strong=True),
            writer.paragraph(writer.quantity(push.radius, "mm", 0)),
            writer.paragraph(writer.quantity(push.length, "mm")),
        ]
        if not several:
            own = None if checks[0] is None else checks[0][place]
            row.append(writer.paragraph(writer.quantity(own.applied if own else 0.0, "mm")))
        row += [_achieved(writer, None if own is None else own[place]) for own in checks]
        rows.append(row)
    table = Table(rows, colWidths=widths, style=ruled(), repeatRows=1)
    note = writer.faint(texts("table.by_hand_note"), 6.4, spaceBefore=3)
    return [writer.heading(texts("table.by_hand")), table, note]


def _achieved(writer: Writer, check: PushCheck | None) -> Flowable:
    """What was measured of a push in a picture, or why nothing was."""
    if check is not None and check.achieved is not None:
        return writer.paragraph(writer.quantity(check.achieved, "mm"))
    hidden = check is None or check.visible < MIN_VISIBLE_SHARE
    return writer.faint(writer.texts("table.not_visible" if hidden else "table.not_measured"), 7.0)
