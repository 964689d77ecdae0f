"""``landmarkdiff batch``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from landmarkdiff.cli import tables
from landmarkdiff.cli.options import with_options
from landmarkdiff.cli.progress import progress_bars
from landmarkdiff.cli.simulation import SimulationOptions

__all__ = ["batch"]


@with_options(without=("profile_point",))  # a place is in one photo
def batch(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of photos; folders inside it count too.")
    ],
    options: SimulationOptions,
) -> None:
    """Simulate on all photos of a folder. Skips what an earlier run has finished.

    Exit status: 0 when every photo has a result, 1 when some failed, 2 for bad input.
    """
    request = options.request()
    from landmarkdiff import workflows

    with progress_bars(silent=options.json) as bars:
        result = workflows.batch(
            folder, request, options.out, progress=bars.on_item, on_step=bars.on_step
        )
    if options.json:
        tables.print_json(result.to_dict())
    else:
        tables.print_table(
            ("photo", "result", "folder", ">limited", ">notices", "reason"),
            [
                (
                    item.photo,
                    item.status,
                    item.folder or "-",
                    f"{item.limited} of {item.effects}" if item.folder else "-",
                    str(item.warnings) if item.folder else "-",
                    item.error or ("warp: painting refused" if item.guard == "refused" else ""),
                )
                for item in result.items
            ],
        )
        refused = f", {result.refused} paintings refused" if result.refused else ""
        counts = f"{len(result.items)} photos, {result.failed} failed{refused}"
        print(f"{counts}. Results: {tables.shown(options.out)}")
    if result.failed:
        raise typer.Exit(1)
