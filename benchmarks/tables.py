"""What the benchmarks share: photos, the machine in words, and one table in three forms."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from landmarkdiff import weights
from landmarkdiff.arrays import ImageArray
from landmarkdiff.photo import read_photo
from landmarkdiff.version import __version__

Cell = str | float | int | None

REPOSITORY = Path(__file__).resolve().parents[1]
#: A folder of further photos, with hand-placed points (``*.tem``) beside some of them.
PHOTOS_VARIABLE = "LANDMARKDIFF_PHOTOS"
PORTRAITS = ("astronaut", "grace_hopper")


def arguments(description: str) -> argparse.ArgumentParser:
    """Return a parser with the options of every benchmark."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON too")
    parser.add_argument(
        "--markdown",
        type=Path,
        metavar="FILE",
        help="put the table into this file, between its marks",
    )
    parser.add_argument(
        "--quick", action="store_true", help="few repetitions and photos; to test the script"
    )
    return parser


def portraits() -> dict[str, ImageArray]:
    """The two public-domain portraits by name: (H, W, 3) uint8 RGB."""
    return {name: read_photo(weights.obtain(name)).pixels for name in PORTRAITS}


def photo_folder() -> Path | None:
    """The folder of further photos, if there is one."""
    chosen = os.environ.get(PHOTOS_VARIABLE)
    folder = Path(chosen) if chosen else REPOSITORY.parent / "shared" / "photos"
    return folder if folder.is_dir() else None


def photo_files() -> list[Path]:
    """The further photos, sorted; none without the folder."""
    folder = photo_folder()
    return [] if folder is None else sorted(folder.glob("*.jpg"))


def machine() -> dict[str, Any]:
    """Return what a figure depends on beside the program: processor, cores, versions."""
    processor = platform.processor() or platform.machine()
    try:
        facts = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        found = re.search(r"^model name\s*:\s*(.+)$", facts, re.MULTILINE)
        processor = found[1] if found else processor
    except OSError:
        pass  # not Linux: what the platform module says has to do
    packages = ("numpy", "opencv-python-headless", "ai-edge-litert")
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "landmarkdiff": __version__,
        **{name: version(name) for name in packages},
    }


@dataclass
class Table:
    """One table of figures.

    Attributes
    ----------
    name : str
        Of the benchmark; also of its marks in a markdown file.
    columns : sequence of str
    rows : list of rows
        Numbers are kept as they are in JSON and rounded where they are printed.
    notes : list of str
        What the reader has to know about the figures.
    """

    name: str
    columns: Sequence[str]
    rows: list[Sequence[Cell]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: Cell) -> None:
        """Add a row."""
        assert len(cells) == len(self.columns), cells
        self.rows.append(cells)

    def plain(self) -> str:
        """The table as text."""
        shown = [list(self.columns), *([_shown(cell) for cell in row] for row in self.rows)]
        widths = [max(len(row[k]) for row in shown) for k in range(len(self.columns))]
        right = [self._numeric(k) for k in range(len(self.columns))]
        lines = [
            "  ".join(
                cell.rjust(width) if numeric else cell.ljust(width)
                for cell, width, numeric in zip(row, widths, right, strict=True)
            ).rstrip()
            for row in shown
        ]
        lines.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join([*lines, *(f"* {note}" for note in self.notes)])

    def markdown(self) -> str:
        """The table as markdown, with its notes and the machine."""
        facts = machine()
        of = ", ".join(f"{name} {value}" for name, value in list(facts.items())[2:])
        rule = ["---:" if self._numeric(k) else "---" for k in range(len(self.columns))]
        rows = [self.columns, rule, *([_shown(cell) for cell in row] for row in self.rows)]
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        notes = [f"- {note}" for note in self.notes]
        return "\n".join(
            [
                f"Measured on {facts['processor']}, {facts['cores']} cores; {of}.",
                "",
                *lines,
                "",
                *notes,
            ]
        ).rstrip()

    def to_dict(self) -> dict[str, Any]:
        """The table as JSON-ready data, figures as they are."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return {"rows": rows, "notes": self.notes}

    def _numeric(self, column: int) -> bool:
        return all(not isinstance(row[column], str) for row in self.rows)


def deliver(options: argparse.Namespace, *tables: Table, **more: Any) -> None:
    """Print the tables and write the files that were asked for."""
    for table in tables:
        if options.quick:
            table.notes.append("A quick run to test the script; not figures to quote.")
        print(table.plain(), end="\n\n")
        if options.markdown:
            _insert(options.markdown, table.name, table.markdown())
    if options.json:
        record = {
            "quick": options.quick,
            "machine": machine(),
            "tables": {table.name: table.to_dict() for table in tables},
            **more,
        }
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _insert(path: Path, name: str, text: str) -> None:
    """Put text between the marks of a name; add the marks where they are missing."""
    start, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    whole = path.read_text(encoding="utf-8") if path.exists() else ""
    if start not in whole:
        whole = f"{whole.rstrip()}\n\n{start}\n{end}\n".lstrip()
    before, _, rest = whole.partition(start)
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"{path.name} has the mark '{start}' but not '{end}'")
    path.write_text(f"{before}{start}\n{text}\n{end}{after}", encoding="utf-8")


def _shown(cell: Cell) -> str:
    if cell is None:
        return "-"
    if not isinstance(cell, float):
        return str(cell)
    size = abs(cell)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.1 or not size else 3
    return f"{cell:.{digits}f}"


def median(values: Iterable[float]) -> float:
    """Median as a plain float."""
    return float(np.median(list(values)))
