"""The sheet that a patient signs: one page with pictures, what is planned, and what to mind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reportlab.platypus import Flowable, Table, TopPadder

from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.procedures.plan import PlannedEffect
from landmarkdiff.report.page import HEIGHT
from landmarkdiff.report.plan import achieved_cell, effect_title, planned_cell
from landmarkdiff.report.styles import CONTENT, PLAIN, ruled
from landmarkdiff.report.writer import Writer

__all__ = ["divided", "summary_section"]

#: Up to so many effects of one view each has a row of its own, with what the picture shows of it.
_ROWS = 12
#: Widths of the columns for what is planned and what the picture shows, points.
_PLANNED, _ACHIEVED = 110.0, 150.0
#: Of the planned values where effects stand in two columns, and between those, points.
_VALUE, _BETWEEN = 92.0, 14.0
#: White space that a sheet keeps above the signatures, points.
_SPARE = 14.0


def summary_section(writer: Writer, predictions: Sequence[Prediction]) -> list[Flowable]:
    """Return the plan in short: what is planned and, of one view, what its picture shows.

    Bands and sources stand on the technical page.
    """
    texts, plan = writer.texts, predictions[0].plan
    effects = plan.effects
    if not effects:
        return []
    if len(predictions) == 1 and len(effects) <= _ROWS:
        table = _rows(writer, predictions[0])
    else:
        table = _columns(writer, effects)
    section: list[Flowable] = [writer.heading(texts("report.plan")), table]
    if not all(planned.in_band for planned in effects):
        note = texts("report.out_of_band_note")
        section.append(writer.paragraph(note, 7.2, strong=True, spaceBefore=2))
    return section


def _rows(writer: Writer, prediction: Prediction) -> Table:
    """A row for each effect."""
    heads = [
        writer.head(writer.texts(f"report.{key}")) for key in ("effect", "planned", "achieved")
    ]
    rows: list[list[Any]] = [heads]
    for planned, check in zip(prediction.plan.effects, prediction.effects, strict=True):
        rows.append(
            [_title(writer, planned), planned_cell(writer, planned), achieved_cell(writer, check)]
        )
    widths = [CONTENT - _PLANNED - _ACHIEVED, _PLANNED, _ACHIEVED]
    return Table(rows, colWidths=widths, style=ruled(space=1.4))


def _columns(writer: Writer, effects: Sequence[PlannedEffect]) -> Table:
    """Two effects beside each other, read down the first column and then down the second."""
    cells = [[_title(writer, one), planned_cell(writer, one)] for one in effects]
    half = -(-len(cells) // 2)
    title = (CONTENT - _BETWEEN) / 2 - _VALUE
    rows = []
    for row in range(half):
        other = cells[half + row] if half + row < len(cells) else ["", ""]
        rows.append([*cells[row], "", *other])
    widths = [title, _VALUE, _BETWEEN, title, _VALUE]
    style: list[Any] = [
        *PLAIN,
        ("TOPPADDING", (0, 0), (-1, -1), 0.8),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 0.8),
        ("LEFTPADDING", (1, 0), (1, -1), 8),
        ("LEFTPADDING", (4, 0), (4, -1), 8),
    ]
    return Table(rows, colWidths=widths, style=style)


def _title(writer: Writer, planned: PlannedEffect) -> Flowable:
    """The effect and, fainter, what its sign means."""
    texts, effect = writer.texts, planned.effect
    return writer.two_ranks(effect_title(planned, texts), texts.data(effect.sign))


def divided(
    must: Sequence[Flowable], may: Sequence[Sequence[Flowable]], end: Sequence[Flowable]
) -> tuple[list[Flowable], list[Flowable]]:
    """Divide what is to be said between the sheet and the pages after it.

    Parameters
    ----------
    must, end : sequence of Flowable
        What the sheet begins with, and what stands at its bottom, in any case.
    may : sequence of sequences of Flowable
        Sections, the more important first, that stand on it as far as there is room.

    Returns
    -------
    sheet, rest : list of Flowable
    """
    room = HEIGHT - _SPARE - _height(must) - _height(end)
    sheet: list[Flowable] = [*must]
    rest: list[Flowable] = []
    for section in may:
        tall = _height(section)
        if tall <= room:
            room -= tall
            sheet += section
        else:
            rest += section
    return [*sheet, *map(TopPadder, end)], rest


def _height(flowables: Sequence[Flowable]) -> float:
    """Height of flowables below one another, points, at the most."""
    total = 0.0
    for one in flowables:
        _, tall = one.wrap(CONTENT, HEIGHT)
        total += tall + one.getSpaceBefore() + one.getSpaceAfter()
    return total
