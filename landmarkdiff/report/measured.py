"""The measurements of a report: before, planned after, and the ranges of populations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.platypus import CondPageBreak, Flowable, Table

from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.inference.profile_facts import profile_stages
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.measurements import Measurement, Norm, measure_all
from landmarkdiff.measurements.profile import PROFILE_PREFIX
from landmarkdiff.report.facts import note_entry
from landmarkdiff.report.styles import CONTENT, ruled
from landmarkdiff.report.typeface import markup
from landmarkdiff.report.writer import Writer

__all__ = ["MeasuredPair", "measured_pairs", "measurement_section", "row_heights"]

#: Widths of the columns but the last, points.
_WIDTHS = (152.0, 88.0, 64.0, 60.0)
#: The section starts where at least this height is left, points.
_START = 200.0
_DIGITS = {"mm": 1, "deg": 1, "ratio": 2, "percent": 1}


@dataclass(frozen=True)
class MeasuredPair:
    """One measurement on the photo and on the planned landmarks, of one or of both sides.

    Attributes
    ----------
    name : str
        Of the measurement, without a side when both sides are in it.
    before, after : tuple of Measurement
        One, or the patient's right and left.
    """

    name: str
    before: tuple[Measurement, ...]
    after: tuple[Measurement, ...]

    @property
    def digits(self) -> int:
        """Decimal places in which it is written."""
        return _DIGITS[self.before[0].unit]

    @property
    def changes(self) -> tuple[float, ...]:
        """Planned changes, in the measurement's unit, as they are written."""
        return tuple(
            round((second.value or 0.0) - (first.value or 0.0), self.digits)
            for first, second in zip(self.before, self.after, strict=True)
        )

    @property
    def changed(self) -> bool:
        """Whether the plan changes it by as much as is written."""
        return any(self.changes)


def measured_pairs(predictions: Sequence[Prediction]) -> list[MeasuredPair]:
    """Measure all views, each measurement in the view nearest to frontal that allows it.

    A profile is measured on its contour, which stands above the mesh's own estimates.
    Those that the plan changes come first, then those with ranges of populations.
    """
    found: dict[str, tuple[Measurement, Measurement]] = {}
    for prediction in sorted(predictions, key=lambda view: abs(view.source.pose.yaw)):
        for first, second in zip(*_measured(prediction), strict=True):
            if first.available and second.available:
                found.setdefault(first.name, (first, second))
                if first.name.startswith(PROFILE_PREFIX):
                    found.pop(first.name.removeprefix(PROFILE_PREFIX), None)
    pairs = []
    for name, (first, second) in found.items():
        stem = name.removesuffix("_right")
        other = found.get(f"{stem}_left") if stem != name else None
        if other is not None:
            pairs.append(MeasuredPair(stem, (first, other[0]), (second, other[1])))
        elif f"{name.removesuffix('_left')}_right" not in found:
            pairs.append(MeasuredPair(name, (first,), (second,)))
    return sorted(pairs, key=lambda pair: (not pair.changed, not pair.before[0].norms))


def _measured(prediction: Prediction) -> tuple[Sequence[Measurement], Sequence[Measurement]]:
    """The measurements of one view, before and as planned."""
    prepared = prediction.prepared
    if not isinstance(prepared, PreparedProfile):
        return measure_all(prediction.source), measure_all(prediction.target)
    stages = profile_stages(prepared, prediction.warp)
    before, planned = (
        [item.as_measurement() for item in stages[when].measurements.values()]
        for when in ("before", "planned")
    )
    return before, planned


def measurement_section(
    writer: Writer, pairs: Sequence[MeasuredPair], unchanged: int, *, pushed: bool = False
) -> list[Flowable]:
    """Return heading, table and hints of the measurements.

    Parameters
    ----------
    pairs : sequence of MeasuredPair
        As :func:`measured_pairs` sorts them.
    unchanged : int
        How many of those that the plan does not change are listed.
    pushed : bool
        Whether the plan has pushes by hand, which no measurement knows of.
    """
    texts = writer.texts
    listed = pairs[: sum(1 for pair in pairs if pair.changed) + unchanged]
    hints = [texts("report.sd_hint"), texts("analysis.norm_hint")]
    if len(listed) < len(pairs):
        hints.append(texts("report.more_measurements", count=len(pairs) - len(listed)))
    if pushed:
        hints.append(texts("report.without_pushes"))
    heading = writer.heading(texts("report.measurements"), bound=False)
    section: list[Flowable] = [CondPageBreak(_START), heading]
    if listed:
        keys = ("measurement", "value_before", "value_planned", "change", "range")
        head = [writer.head(texts(f"report.{key}")) for key in keys]
        section.append(_table([head, *(_row(writer, pair) for pair in listed)]))
    return [*section, writer.faint(" ".join(hints), 6.4, spaceBefore=3)]


def row_heights(writer: Writer, pairs: Sequence[MeasuredPair]) -> list[float]:
    """Return how much each measurement that the plan does not change adds to a report, points.

    A row, and the notes that it is the first to refer to.
    """
    heights = []
    for pair in pairs:
        known = len(writer.notes.texts)
        parts: list[Flowable] = [_table([_row(writer, pair)])]
        parts += [note_entry(writer, 0, note) for note in writer.notes.texts[known:]]
        if not pair.changed:
            heights.append(sum(part.wrap(CONTENT, A4[1])[1] + 0.8 for part in parts))
    return heights


def _table(rows: list[list[Any]]) -> Table:
    widths = (*_WIDTHS, CONTENT - sum(_WIDTHS))
    return Table(rows, colWidths=widths, style=ruled(space=1.9), repeatRows=1)


def _row(writer: Writer, pair: MeasuredPair) -> list[Any]:
    texts, first = writer.texts, pair.before[0]
    title = markup(texts.measurement(pair.name, first.title))
    if len(pair.before) > 1:
        title += markup(f", {texts.side('right')} / {texts.side('left')}")
    if first.note:
        title += writer.reference(texts.data(first.note))
    said = _values(writer, [m.value or 0.0 for m in pair.before], pair)
    if first.uncertainty is not None:
        largest = max(m.uncertainty or 0.0 for m in pair.before)
        said += f" \u00b1\u00a0{writer.number(largest, pair.digits)}"
    if pair.changed:
        planned = _values(writer, [m.value or 0.0 for m in pair.after], pair)
        change = _values(writer, pair.changes, pair, signed=True)
        last = [writer.paragraph(planned, 7.2), writer.paragraph(change, 7.2, strong=True)]
    else:
        last = [writer.faint(texts("report.not_changed"), 6.8), writer.faint("")]
    return [
        writer.paragraph(title, 7.2, marked=True),
        writer.paragraph(said, 7.2),
        *last,
        _norms(writer, first.norms, pair.digits),
    ]


def _values(
    writer: Writer, values: Sequence[float], pair: MeasuredPair, *, signed: bool = False
) -> str:
    """Return one value with its unit, or right and left with one unit."""
    *others, last = values
    said = [writer.number(value, pair.digits, signed=signed) for value in others]
    said.append(writer.quantity(last, pair.before[0].unit, pair.digits, signed=signed))
    return "\u00a0/\u00a0".join(said)


def _norms(writer: Writer, norms: Sequence[Norm], digits: int) -> Flowable:
    """Return the ranges of populations, each with the number of its source."""
    texts, pieces = writer.texts, []
    for index, norm in enumerate(norms):
        if norm.band is not None:
            low, high = norm.band
            said = f"{writer.number(low, digits)}\u2013{writer.number(high, digits)}"
        elif norm.mean is not None:
            said = writer.number(norm.mean, digits)
        else:
            continue
        note = _norm_note(writer, norm)
        following = norms[index + 1] if index + 1 < len(norms) else None
        words = markup(f"{texts.population(norm.population)}\u00a0{said}")
        if following is None or _norm_note(writer, following) != note:
            words += writer.reference(note)
        pieces.append(words)
    return writer.paragraph("; ".join(pieces), 6.6, marked=True)


def _norm_note(writer: Writer, norm: Norm) -> str:
    status = writer.texts(f"single.evidence_{norm.status}")
    return status if norm.source == "textbook" else f"{status}. {norm.source}"
