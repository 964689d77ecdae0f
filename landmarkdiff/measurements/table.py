"""Measurements as a table of comma-separated values, for spreadsheets and statistics."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from landmarkdiff.measurements.types import Measurement, Norm

__all__ = ["measurements_csv"]

#: Columns, in their order. A measurement has a line for each of its norms, or one without any.
_COLUMNS = (
    "name", "title", "region", "value", "unit", "uncertainty_1sd", "reliable", "not_measured",
    "population", "norm_low", "norm_high", "norm_mean", "norm_sd", "standing", "norm_source",
)  # fmt: skip


def measurements_csv(measurements: Sequence[Measurement]) -> str:
    """Return the table as text, RFC 4180, in English and with decimal points.

    Parameters
    ----------
    measurements : sequence of Measurement
        As :func:`landmarkdiff.measurements.measure_all` gives them.

    Examples
    --------
    >>> from landmarkdiff.measurements import measure
    >>> head, first = measurements_csv([measure(face, "mouth_width")]).splitlines()
    >>> first.split(",")[:3]
    ['mouth_width', 'Mouth width (ch-ch)', 'lips']
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for item in measurements:
        writer.writerows(_lines(item))
    return text.getvalue()


def _lines(item: Measurement) -> Iterator[list[object]]:
    own: list[object] = [
        item.name,
        item.title,
        item.region,
        _rounded(item.value),
        item.unit,
        _rounded(item.uncertainty),
        "yes" if item.reliable else "no",
        item.reason.text if item.reason else "",
    ]
    norms: Sequence[Norm | None] = item.norms or (None,)
    for norm in norms:
        if norm is None:
            yield own + [""] * (len(_COLUMNS) - len(own))
            continue
        low, high = norm.band or (None, None)
        numbers = [_rounded(value) for value in (low, high, norm.mean, norm.sd)]
        yield [*own, norm.population, *numbers, item.standing(norm) or "", norm.source]


def _rounded(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
