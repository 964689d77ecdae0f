"""``landmarkdiff outcome``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landmarkdiff.cli import tables
from landmarkdiff.cli.options import Photo, with_options
from landmarkdiff.cli.progress import progress_bars
from landmarkdiff.cli.simulation import SimulationOptions

if TYPE_CHECKING:
    from landmarkdiff.workflows import OutcomeFiles

__all__ = ["outcome"]

Later = Annotated[
    Path, typer.Argument(metavar="AFTER", help="A photo from after the operation, taken alike.")
]


@with_options(without=("difference",))
def outcome(photo: Photo, after: Later, options: SimulationOptions) -> None:
    """Lay a photo from after an operation beside its plan. Writes OUT/<photo's name>-outcome/."""
    request = options.request(by_effects=True)
    from landmarkdiff import workflows

    with progress_bars(silent=options.json):
        files = workflows.read_outcome(photo, after, request, options.out)
    if options.json:
        tables.print_json(files.record)
    else:
        _print(files)


def _print(files: OutcomeFiles) -> None:
    """Print every effect as planned, simulated and real."""
    alignment = files.alignment
    print(
        f"Laid over the photo before by {len(alignment.landmarks)} places that the plan leaves "
        f"alone; they lie {alignment.residual_mm:.2f} mm apart."
    )
    rows = []
    for effect in files.effects:
        real = (
            "-"
            if effect.real is None
            else f"{tables.signed(effect.real)} +- {effect.real_uncertainty:.2f}"
        )
        simulated = "-" if effect.simulated is None else tables.signed(effect.simulated)
        why = (effect.reason or effect.verdict).replace("_", " ")
        numbers = (tables.signed(effect.planned), tables.signed(effect.seen), simulated, real)
        rows.append((effect.name, effect.unit, *numbers, why))
    columns = (
        "effect",
        "unit",
        ">planned",
        ">to be seen",
        ">simulated",
        ">real",
        "how it came out",
    )
    tables.print_table(columns, rows)
    tables.print_notices(tables.merged(files.record["warnings"]))
    print(f"Pictures: {tables.shown(files.folder)}")
