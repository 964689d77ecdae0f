"""``landmarkdiff compare``."""

from __future__ import annotations

from landmarkdiff.cli import panels, tables
from landmarkdiff.cli.options import Photo, with_options
from landmarkdiff.cli.progress import progress_bars
from landmarkdiff.cli.simulation import SimulationOptions

__all__ = ["compare"]


@with_options(without=("effect", "plan", "difference"))
def compare(photo: Photo, options: SimulationOptions) -> None:
    """Show all procedures in one grid. With --procedure, only those named."""
    request = options.request()
    from landmarkdiff.workflows import compare_procedures

    with progress_bars(silent=options.json, items="procedures") as bars:
        files = compare_procedures(
            photo, request, options.out, progress=bars.on_item, on_step=bars.on_step
        )
    if options.json:
        tables.print_json(files.record)
        return
    tables.print_table(
        ("procedure", ">intensity", ">largest movement", "notices"),
        [
            (
                outcome.procedures[0],
                *panels.level(outcome),
                panels.notices(outcome) if outcome.refusal is None else str(outcome.refusal),
            )
            for outcome in files.shown
        ],
    )
    panels.print_place(files)
