"""The plan of a report: each effect planned, applied and achieved, with band and source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Table

from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.lato.language.words import plan_words
from landmarkdiff.notices import Reason
from landmarkdiff.procedures.plan import PlannedEffect, PlannedProcedure
from landmarkdiff.report.drawings import BandChart
from landmarkdiff.report.styles import CONTENT, PALE, ruled
from landmarkdiff.report.typeface import markup
from landmarkdiff.report.writer import Writer
from landmarkdiff.texts import Texts
from landmarkdiff.verification.effect_check import EffectCheck
from landmarkdiff.verification.hindrances import UNSEEN

__all__ = [
    "achieved_cell",
    "effect_title",
    "limits_section",
    "plan_section",
    "planned_cell",
    "procedure_line",
]

#: Below this visible share a cell says how much of the effect this view can show.
_MOSTLY_VISIBLE = 0.95
#: A plan of so many effects is not divided between pages; a longer one starts where at least
#: this height (points) is left.
_KEPT_TOGETHER = 8
_START = 150.0


def procedure_line(writer: Writer, procedures: Sequence[PlannedProcedure]) -> str:
    """Return the titles of procedures with their intensities; one that all share is said once.

    Intensity 0 is not said: such a plan consists of what was set effect by effect.
    """
    texts = writer.texts
    titles = [texts.data(item.title) for item in procedures]
    levels = [
        texts("common.intensity_value", percent=f"{item.intensity:.0f}") if item.intensity else ""
        for item in procedures
    ]
    if len(set(levels)) == 1:
        return " \u00b7 ".join(filter(None, [" + ".join(titles), levels[0]]))
    return " + ".join(
        " \u00b7 ".join(filter(None, pair)) for pair in zip(titles, levels, strict=True)
    )


def effect_title(planned: PlannedEffect, texts: Texts) -> str:
    """Return the title of an effect, with its side where that is another than the plan's."""
    title = texts.data(planned.effect.title)
    return f"{title} ({texts.side(planned.side)})" if planned.side else title


def plan_section(
    writer: Writer, predictions: Sequence[Prediction], titles: Sequence[str]
) -> list[Flowable]:
    """Return heading, table and key of the plan.

    Parameters
    ----------
    writer : Writer
    predictions : sequence of Prediction
        The same plan in one or more views.
    titles : sequence of str
        Name of each view; used when there are several.
    """
    texts, plan = writer.texts, predictions[0].plan
    several = len(predictions) > 1
    widths = _widths(len(predictions))
    keys = ["effect", "planned"] if several else ["effect", "planned", "applied", "achieved"]
    heads = [texts(f"report.{key}") for key in keys] + (list(titles) if several else [])
    heads += [texts("report.band"), texts("report.source")]
    cells = [writer.head(*cell) for cell in zip(heads, (w - 8.0 for w in widths), strict=True)]
    rows: list[list[Any]] = [cells]
    groups = []
    for item in plan.procedures:
        if len(plan.procedures) > 1:
            groups.append(len(rows))
            title = writer.paragraph(procedure_line(writer, [item]), 7.6, strong=True)
            rows.append([title] + [""] * (len(widths) - 1))
        for index, planned in enumerate(plan.effects):
            if planned.procedure == item.name:
                checks = [prediction.effects[index] for prediction in predictions]
                rows.append(_row(writer, planned, checks, widths))
    style = ruled(
        *(("BACKGROUND", (0, row), (-1, row), PALE) for row in groups),
        *(("SPAN", (0, row), (-1, row)) for row in groups),
        *(("LEFTPADDING", (0, row), (-1, row), 4) for row in groups),
        *(("NOSPLIT", (0, row), (-1, row + 1)) for row in groups),
    )
    table = Table(rows, colWidths=widths, style=style, repeatRows=1)
    key = [texts("table.explanation"), texts("report.band_key")]
    if any(_partly(check) for prediction in predictions for check in prediction.effects):
        key.append(texts("report.visible_hint"))
    words = plan_words(plan, texts.language, digits=1)
    section: list[Flowable] = [
        writer.heading(texts("report.plan"), bound=False),
        *([writer.paragraph(words, 7.2, spaceAfter=3)] if words else []),
        table,
        writer.faint(" ".join(key), 6.4, spaceBefore=3),
    ]
    if not all(planned.in_band for planned in plan.effects):
        section.append(
            writer.paragraph(texts("report.out_of_band_note"), 7.2, strong=True, spaceBefore=2)
        )
    if plan.switched_off:
        effects = ", ".join(texts.effect_label(name) for name in plan.switched_off)
        off = texts("report.switched_off", effects=effects)
        section.append(writer.paragraph(off, 7.2, spaceBefore=2))
    if len(plan.effects) <= _KEPT_TOGETHER:
        return [KeepTogether(section)]
    return [CondPageBreak(_START), *section]


def limits_section(writer: Writer, predictions: Sequence[Prediction]) -> list[Flowable]:
    """Return what the pictures of one plan in one or more views cannot show."""
    texts = writer.texts
    views = [prediction.source.pose.view for prediction in predictions]
    limits = [texts.data(limit) for limit in predictions[0].plan.limits_in(*views)]
    if not limits:
        return []
    heading = writer.heading(texts("report.limits"))
    return [heading, *(writer.bullet(limit) for limit in limits)]


def _widths(views: int) -> list[float]:
    """Return the widths of the columns, points: effect, planned, (applied,) views, band, source."""
    if views == 1:
        fixed = [56.0, 56.0, 84.0, 96.0, 62.0]
    else:
        each = {2: 76.0, 3: 64.0, 4: 54.0}.get(views, 50.0)
        fixed = [50.0, *([each] * views), 84.0 if views < 4 else 70.0, 58.0 if views < 4 else 48.0]
    return [CONTENT - sum(fixed), *fixed]


def _row(
    writer: Writer, planned: PlannedEffect, checks: Sequence[EffectCheck], widths: Sequence[float]
) -> list[Any]:
    texts, effect = writer.texts, planned.effect
    several = len(checks) > 1
    value = planned_cell(writer, planned)
    band = effect.band
    chart: list[Flowable] = [
        BandChart(band, planned.value, widths[-2] - 8.0),
        writer.faint(writer.span(band.low, band.high, effect.unit)),
    ]
    sign = texts.data(effect.sign)
    title: list[Flowable] = [writer.paragraph(effect_title(planned, texts), strong=True)]
    title.append(writer.faint(sign))
    row: list[Any] = [title, value]
    if not several:
        applied = writer.quantity(checks[0].applied, effect.unit, signed=True)
        row.append(writer.paragraph(applied))
    row += [achieved_cell(writer, check) for check in checks]
    return [*row, chart, _source(writer, planned)]


def planned_cell(writer: Writer, planned: PlannedEffect) -> list[Flowable]:
    """Return the planned value; where it is beyond its band, that is said in words."""
    quantity = writer.quantity(planned.value, planned.effect.unit, signed=True)
    value: list[Flowable] = [writer.paragraph(quantity, strong=True)]
    if not planned.in_band:
        tag = writer.texts("report.out_of_band").upper()
        marked = f'<font backColor="#1a2327" color="#ffffff">\u00a0{markup(tag)}\u00a0</font>'
        value.append(writer.paragraph(marked, 6.2, strong=True, marked=True))
    return value


def achieved_cell(writer: Writer, check: EffectCheck) -> list[Flowable]:
    """Return what was measured in the picture, or why nothing was."""
    texts = writer.texts
    if check.achieved is None:
        unseen = check.reason == "not_visible_in_this_view"
        words = texts("table.not_visible" if unseen else "table.not_measured")
        if check.reason is not None and check.reason in UNSEEN:
            words = texts.reason(Reason(check.reason))
        return [writer.faint(words, 7.0)]
    said = writer.quantity(check.achieved, check.unit, signed=True)
    if check.noise is not None:
        said = f"{said} \u00b1\u00a0{writer.number(max(check.noise, 0.05))}"
    lines: list[Flowable] = [writer.paragraph(said)]
    if _partly(check):
        seen = writer.quantity(check.applied * check.visible, check.unit, signed=True)
        lines.append(writer.faint(f"({seen})"))
    return lines


def _partly(check: EffectCheck) -> bool:
    """Whether the view shows a part of an effect that was measured."""
    return check.achieved is not None and check.visible < _MOSTLY_VISIBLE


def _source(writer: Writer, planned: PlannedEffect) -> Flowable:
    """Return the kind of evidence with the number of its note."""
    texts, evidence, band = writer.texts, planned.effect.evidence, planned.effect.band
    status = texts(f"single.evidence_{evidence.status}")
    parts = [texts.data(part) for part in (evidence.source, evidence.note) if part]
    # A general source has a general band; a note says why a band is general.
    if evidence.status == "found" and (band.kind != "general" or not evidence.note):
        parts.append(texts(f"report.band_{band.kind}"))
    note = ". ".join(f"{part[:1].upper()}{part[1:]}".rstrip(".") for part in parts)
    return writer.paragraph(markup(status) + writer.reference(f"{note}."), 6.8, marked=True)
