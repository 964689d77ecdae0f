"""What commands print for people: tables, notices, and JSON. All of it plain text."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from landmarkdiff.verification.effect_check import EffectCheck
    from landmarkdiff.verification.push_check import PushCheck

__all__ = [
    "as_written",
    "merged",
    "print_effects",
    "print_json",
    "print_notices",
    "print_pushes",
    "print_table",
    "shown",
    "signed",
]

#: Width of a table where nobody's terminal limits it.
_FILE_WIDTH = 140


def print_json(record: Mapping[str, Any]) -> None:
    """Print a record as JSON, in ASCII, so that any terminal or pipe takes it."""
    print(json.dumps(record, indent=2))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
    """Print a table; columns whose name begins with ``>`` are set right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title or None, title_justify="left")
    for name in columns:
        number = name.startswith(">")
        table.add_column(
            Text(name.removeprefix(">")),
            justify="right" if number else "left",
            overflow="fold",
            no_wrap=number,
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    width = None if sys.stdout.isatty() else _FILE_WIDTH
    # Written as text, so that what the terminal cannot show is replaced and not refused.
    console = Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)
    console.print(table)


def print_effects(effects: Iterable[EffectCheck]) -> None:
    """Print planned, applied and achieved values of effects."""
    rows = []
    for effect in effects:
        applied, visible = as_written(effect.applied), as_written(effect.visible)
        rows.append(
            (
                effect.name,
                effect.unit,
                signed(as_written(effect.planned)),
                signed(applied),
                f"{100 * visible:.0f} %",
                signed(applied * visible),
                _achieved(effect),
                "-" if effect.noise is None else f"{as_written(effect.noise):.2f}",
                ", ".join([*([] if effect.in_band else ["beyond its band"]), *effect.limited_by]),
            )
        )
    print_table(
        (
            "effect",
            "unit",
            ">planned",
            ">applied",
            ">visible here",
            ">to be seen",
            ">achieved",
            ">noise",
            "notices",
        ),
        rows,
    )


def print_pushes(pushes: Iterable[PushCheck]) -> None:
    """Print what was pushed by hand, where anything was."""
    rows = [
        (
            f"push {number}" + (" (both sides)" if push.push.symmetric else ""),
            f"{push.push.radius:.0f}",
            f"{push.planned:.2f}",
            f"{push.applied:.2f}",
            f"{100 * push.visible:.0f} %",
            "-" if push.achieved is None else f"{push.achieved:.2f}",
        )
        for number, push in enumerate(pushes, start=1)
    ]
    columns = ("by hand, mm", ">radius", ">planned", ">applied", ">visible here", ">achieved")
    if rows:
        print_table(columns, rows)


def _achieved(effect: EffectCheck) -> str:
    from landmarkdiff.verification.hindrances import HINDRANCES

    if effect.achieved is not None:
        return signed(as_written(effect.achieved))
    return "not measurable" if effect.reason in HINDRANCES else "-"


def merged(notices: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the sentences of a result's notices, one for each cause, what matters first."""
    from landmarkdiff.inference.merged_notices import merged_notices
    from landmarkdiff.notices import Notice

    written = map(Notice.from_dict, notices)
    return [{"text": notice.text} for notice in merged_notices(written)]


def print_notices(notices: Iterable[Mapping[str, Any]]) -> None:
    """Print the sentences of notices, one a line."""
    lines = [notice["text"] for notice in notices]
    if lines:
        print("To mind:")
    for line in lines:
        print(f"  - {line}")


def shown(path: Path) -> str:
    """Return a path as text that can be printed, whatever bytes its name has."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def as_written(value: float) -> float:
    """Return a number as ``result.json`` has it, so that both say the same."""
    return round(value, 4)


def signed(value: float) -> str:
    """Return a number with its sign and two digits; what rounds to nothing has no sign."""
    return f"{value:+.2f}" if round(value, 2) else f"{abs(value):.2f}"
