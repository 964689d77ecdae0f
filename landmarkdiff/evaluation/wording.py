"""How figures of a report read: the cells of its tables, the same in Markdown and on the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["TableOfFigures", "console_rows", "headline", "missing_metrics", "tables_of"]

_BETTER = {"higher": "higher", "lower": "lower", "one": "1 is right", "none": "-"}
_SIGNS = {"higher": ">", "lower": "<"}


@dataclass(frozen=True)
class TableOfFigures:
    """A table of a report.

    Attributes
    ----------
    title : str
    columns : sequence of str
        One that begins with ``>`` is set right.
    rows : sequence of rows
    note : str
        What the reader has to know; empty where that is nothing.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


def headline(report: Mapping[str, Any]) -> str:
    """Say in a sentence what was evaluated."""
    cases = report["cases"]
    pairs, persons = counted(cases["pairs"], "pair"), counted(cases["persons"], "person")
    text = f"{pairs} of {persons}; {cases['failed']} failed"
    if cases["undetected"]:
        shown = "shows" if cases["undetected"] == 1 else "show"
        text += f", of which {cases['undetected']} {shown} no face that could be found"
    return f"{text}."


def tables_of(report: Mapping[str, Any]) -> Iterator[TableOfFigures]:
    """Yield the tables of a report in their order: targets, figures, effects, strata, gaps."""
    targets = [m for m in report["metrics"] if m["target"] is not None]
    yield TableOfFigures(
        "Targets",
        ("metric", ">target", ">mean", ">95 % interval", "verdict"),
        [
            (
                m["name"],
                f"{_SIGNS[m['better']]} {number(m['target'])}",
                number(m["mean"], m["unit"]),
                interval(m),
                verdict(m),
            )
            for m in targets
        ],
        "A target is reached when the whole interval lies beyond it, missed when none of it does, "
        "and open otherwise.",
    )
    there = [m for m in report["metrics"] if m["n"]]
    yield TableOfFigures(
        "Figures",
        ("metric", "better", ">mean", ">95 % interval", ">median", ">pairs", ">persons", "to mind"),
        [
            (
                m["name"],
                _BETTER[m["better"]],
                number(m["mean"], m["unit"]),
                interval(m),
                number(m["median"], m["unit"]),
                str(m["n"]),
                str(m["persons"]),
                remarks(m),
            )
            for m in there
        ],
        _drawn(report),
    )
    missing = missing_metrics(report)
    if missing:
        yield TableOfFigures("Not there", ("why", "metrics"), missing)
    yield from _seeds(report)
    yield from _beside(report)
    yield from _effects(report)
    yield from _strata(report)


def missing_metrics(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return why metrics have no value at all, and which they are, one row for each reason."""
    found: dict[str, list[str]] = {}
    for m in report["metrics"]:
        if not m["n"]:
            why = m["unavailable"][0]["why"] if m["unavailable"] else "not measured"
            found.setdefault(why, []).append(m["name"])
    return [(why, ", ".join(names)) for why, names in found.items()]


def console_rows(report: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield a row of the terminal's table for each metric that has a value."""
    for m in report["metrics"]:
        if not m["n"]:
            continue
        target = "-" if m["target"] is None else f"{_SIGNS[m['better']]} {number(m['target'])}"
        if m["verdict"] in ("reached", "missed", "open"):
            target += f", {m['verdict']}"
        mean = number(m["mean"], m["unit"])
        yield m["name"], mean, interval(m), str(m["n"]), str(m["persons"]), target


def number(value: float | None, unit: str = "") -> str:
    """Return a figure as it is read: three or four digits that count, and its unit."""
    if value is None:
        return "-"
    size = abs(value)
    digits = 1 if size >= 100 else 2 if size >= 10 else 3 if size >= 0.1 or not size else 4
    return f"{value:.{digits}f} {unit}".rstrip()


def interval(figure: Mapping[str, Any]) -> str:
    """Return the interval of a figure, or a dash."""
    found = figure["interval"]
    return "-" if found is None else f"{number(found['low'])} to {number(found['high'])}"


def verdict(figure: Mapping[str, Any]) -> str:
    """Return the verdict of a figure, with what stands behind it."""
    text: str = figure["verdict"]
    if text == "unavailable" and figure["unavailable"]:
        return f"unavailable: {figure['unavailable'][0]['why']}"
    return f"not judged: {figure['no_claim']}" if text == "not judged" else text


def remarks(figure: Mapping[str, Any]) -> str:
    """Say why there is no interval, and why some pairs have no figure."""
    parts = [f"not of {item['pairs']}: {item['why']}" for item in figure["unavailable"]]
    if figure["no_claim"]:
        parts.insert(0, figure["no_claim"])
    return "; ".join(parts)


def counted(count: int, thing: str) -> str:
    """Return a number of things.

    Examples
    --------
    >>> counted(1, "pair"), counted(2, "pair")
    ('1 pair', '2 pairs')
    """
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _drawn(report: Mapping[str, Any]) -> str:
    facts = report["statistics"]
    return (
        f"Intervals of the mean by bootstrap over persons, drawn within their apparent tone "
        f"({facts['resamples']} times); below {facts['least_persons']} persons nothing is claimed."
    )


def _seeds(report: Mapping[str, Any]) -> Iterator[TableOfFigures]:
    rows = [
        (
            m["name"],
            str(m["seeds"]["seeds"]),
            number(m["seeds"]["mean"], m["unit"]),
            number(m["seeds"]["deviation"]),
            f"{number(m['seeds']['low'])} to {number(m['seeds']['high'])}",
        )
        for m in report["metrics"]
        if m["seeds"] is not None
    ]
    if rows:
        columns = ("metric", ">seeds", ">mean of means", ">standard deviation", ">range")
        yield TableOfFigures("Several seeds", columns, rows)


def _beside(report: Mapping[str, Any]) -> Iterator[TableOfFigures]:
    means = {m["name"]: m for m in report["metrics"]}
    for found in report["baselines"]:
        rows = [
            (
                m["name"],
                _BETTER[means[m["name"]]["better"]],
                number(means[m["name"]]["mean"]),
                number(m["baseline"]["mean"]),
                "-" if not m["difference"]["n"] else f"{m['difference']['mean']:+.4f}",
                interval(m["difference"]),
                str(m["difference"]["n"]),
            )
            for m in found["metrics"]
        ]
        yield TableOfFigures(
            f"Beside the baseline {found['name']}",
            ("metric", "better", ">mean", ">baseline", ">difference", ">95 % interval", ">pairs"),
            rows,
            "Differences are pair by pair, the model less the baseline; of metrics of which 1 is "
            "right, of their distances from 1.",
        )


def _effects(report: Mapping[str, Any]) -> Iterator[TableOfFigures]:
    rows = [
        (
            f"{e['procedure']}: {e['name']}",
            e["unit"],
            f"{e['planned']:+.2f}",
            f"{e['shown']:+.2f}",
            "-" if e["achieved"]["mean"] is None else f"{e['achieved']['mean']:+.2f}",
            "-" if e["share"]["mean"] is None else f"{100 * e['share']['mean']:.0f} %",
            interval(e["share"]),
            str(e["achieved"]["persons"]),
        )
        for e in report["effects"]
    ]
    columns = (
        *("effect", "unit", ">planned", ">can be seen", ">achieved", ">share", ">95 % interval"),
        ">persons",
    )
    if rows:
        yield TableOfFigures(
            "Effects, by registration",
            columns,
            rows,
            "Achieved is read by registration of prediction and photo; the share is of what a "
            "picture of the view can show.",
        )


def _strata(report: Mapping[str, Any]) -> Iterator[TableOfFigures]:
    for factor in report["strata"]:
        shown = [m["name"] for m in factor["strata"][0]["metrics"]]
        shown = [name for name in shown if name in _OF_STRATA]
        rows = []
        for stratum in factor["strata"]:
            means = {m["name"]: number(m["mean"]) for m in stratum["metrics"]}
            counts = (
                stratum["pairs"],
                stratum["persons"],
                stratum["undetected"],
                stratum["failed"],
            )
            cells = (means.get(name, "-") for name in shown)
            rows.append((stratum["name"], *map(str, counts), *cells))
        columns = ("stratum", ">pairs", ">persons", ">undetected", ">failed")
        yield TableOfFigures(
            f"By {_FACTORS.get(factor['factor'], factor['factor'])}",
            (*columns, *(f">{name}" for name in shown)),
            rows,
            (_gaps(factor) + _set_distances(factor, shown)).strip(),
        )


def _set_distances(factor: Mapping[str, Any], shown: Sequence[str]) -> str:
    """Say how the distances of strata are to be read, and why some have none."""
    if not set(shown) & set(_OF_SETS):
        return ""
    missing = [
        f"{stratum['name']}: {m['no_claim']}"
        for stratum in factor["strata"]
        for m in stratum["metrics"]
        if m["name"] == _OF_SETS[0] and m["mean"] is None
    ]
    text = " fid is larger in smaller sets: compare it between strata of as many pairs only."
    return text + (f" No fid and kid of {'; of '.join(missing)}." if missing else "")


def _gaps(factor: Mapping[str, Any]) -> str:
    """Say what the largest gaps are, or why none is told."""
    told = [gap for gap in factor["gaps"] if gap["difference"] is not None]
    if not told:
        reasons = {gap["no_claim"] for gap in factor["gaps"]}
        return f"No gap is told: {min(reasons)}." if reasons else ""
    clear = [gap for gap in told if gap["interval"]["low"] > 0.0]
    if not clear:
        return "No gap between strata is larger than its noise."
    lines = [
        f"{gap['metric']} {gap['higher']} above {gap['lower']} by {number(gap['difference'])} "
        f"({interval(gap)})"
        for gap in clear
    ]
    rest = "" if len(clear) == len(told) else " Those of other metrics are not larger than noise."
    return f"Largest gaps, 95 % intervals over all pairs of strata: {'; '.join(lines)}.{rest}"


#: Of these no gap is told: they have no interval, and FID grows as sets get smaller.
_OF_SETS = ("fid", "kid")
#: What stands beside the strata; the others are in ``report.json``.
_OF_STRATA = (
    "ssim",
    "lpips",
    "flip",
    "nme",
    "identity",
    "direction",
    "magnitude",
    "geometry_error",
    "surgical_score",
    *_OF_SETS,
)
_FACTORS = {"tone": "apparent tone", "monk": "Monk scale value, as given"}
