"""A report as Markdown, and the model card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from landmarkdiff.evaluation.wording import TableOfFigures, counted, headline, tables_of

__all__ = ["model_card", "report_markdown"]

_LIMITS = (
    "A prediction is a simulation of a plan that was discussed, not of an outcome.",
    "Figures hold for photos like those that were evaluated; below 20 persons there is no claim.",
    "Apparent tone is what the photo shows, uncalibrated; it is not a diagnosis.",
    "Landmarks found again in a picture see less of a change than there is; geometry is read by "
    "registration.",
)


def report_markdown(report: Mapping[str, Any]) -> str:
    """Return a report as Markdown.

    Parameters
    ----------
    report : mapping
        As ``report.json`` has it.
    """
    lines = ["# Evaluation of simulations", "", headline(report), ""]
    lines += [f"- {note}" for note in (*report["cases"]["notes"], *_model_lines(report))]
    lines += ["", "## Failures", "", *_failures(report)]
    lines += _gate(report)
    for table in tables_of(report):
        lines += ["", *_table(table)]
    return "\n".join(lines) + "\n"


def model_card(report: Mapping[str, Any]) -> str:
    """Return the model card: what was evaluated, on whom, how well, and what it is not for.

    Parameters
    ----------
    report : mapping
        As ``report.json`` has it.
    """
    model, tables = report["model"], list(tables_of(report))
    lines = [f"# Model card: {model.get('name', 'model not named')}", ""]
    lines += ["## Model", "", *(f"- {line}" for line in _model_lines(report))]
    lines += ["", "## For what", ""]
    lines += ["Simulations of discussed facial procedures, to be talked about with a surgeon."]
    lines += ["Not for a diagnosis, for identification, or as a promise of a result."]
    lines += ["", "## Evaluated on", "", headline(report), ""]
    for factor in report["strata"]:
        counts = (
            f"{stratum['name']}: {counted(stratum['persons'], 'person')}"
            for stratum in factor["strata"]
        )
        lines.append(f"- {factor['factor']}: {', '.join(counts)}")
    lines += ["", *_table(tables[0]), "", *_table(tables[1])]
    for table in tables[2:]:
        if table.title == "Not there" or table.title.startswith("By "):
            lines += ["", *_table(table)]
    lines += ["", "## Limits", "", *(f"- {limit}" for limit in _LIMITS)]
    return "\n".join(lines) + "\n"


def _model_lines(report: Mapping[str, Any]) -> Iterator[str]:
    model = report["model"]
    if not model:
        yield "What made the predictions was not told."
    for key, value in model.items():
        if isinstance(value, Mapping):
            for name, item in value.items():
                yield f"{key}: {name} {item}"
        elif isinstance(value, list):
            yield f"{key}: {', '.join(map(str, value))}"
        elif isinstance(value, bool):
            yield f"{key}: {'yes' if value else 'no'}"
        elif value is not None:
            yield f"{key}: {value}"
    yield f"evaluated with: landmarkdiff {report['version']}"


def _failures(report: Mapping[str, Any]) -> Iterator[str]:
    if not report["failures"]:
        yield "No pair failed."
    for failure in report["failures"]:
        reasons = list(failure["reasons"])
        if failure["undetected"] and not reasons:
            reasons = ["no face was found in the prediction"]
        yield f"- {_cell(failure['pair'])} ({_cell(failure['person'])}): {'; '.join(reasons)}"


def _gate(report: Mapping[str, Any]) -> Iterator[str]:
    gate = report["gate"]
    if gate is not None:
        yield from ("", "## Compared with the baseline", "")
        compared = counted(gate["compared"], "metric")
        yield f"{compared} compared, {len(gate['fell'])} worse than allowed."
        yield from ("", *(f"- {line}" for line in (*gate["fell"], *gate["notes"])))


def _table(table: TableOfFigures) -> Iterator[str]:
    yield from (f"## {table.title}", "")
    yield _row([name.removeprefix(">") for name in table.columns])
    yield _row(["---:" if name.startswith(">") else "---" for name in table.columns])
    for row in table.rows:
        yield _row([_cell(cell) for cell in row])
    if table.note:
        yield from ("", table.note)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    """Return a text that stays in its cell and is not read as a mark."""
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
