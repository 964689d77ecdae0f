"""``landmarkdiff sweep``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from landmarkdiff.cli import panels, tables
from landmarkdiff.cli.options import Photo, with_options
from landmarkdiff.cli.progress import progress_bars
from landmarkdiff.cli.simulation import INFERENCE_STEPS_HELP, SimulationOptions

__all__ = ["sweep"]


@dataclass(frozen=True)
class SweepOptions(SimulationOptions):
    """A sweep's ``--steps`` are its pictures; the network's go by their long name."""

    inference_steps: Annotated[
        int | None, typer.Option("--inference-steps", metavar="N", help=INFERENCE_STEPS_HELP)
    ] = None


@with_options(without=("intensity", "plan", "difference"), after={"steps": "procedure"})
def sweep(
    photo: Photo,
    options: SweepOptions,
    steps: Annotated[int, typer.Option("--steps", metavar="N", help="Pictures, 3 to 10.")] = 5,
) -> None:
    """Show intensities 0 to 100 in one grid. The steps are equal."""
    request = options.request()
    from landmarkdiff.workflows import intensity_sweep

    with progress_bars(silent=options.json, items="intensities") as bars:
        files = intensity_sweep(
            photo, request, steps, options.out, progress=bars.on_item, on_step=bars.on_step
        )
    if options.json:
        tables.print_json(files.record)
        return
    tables.print_table(
        (">intensity", ">largest movement", "notices"),
        [(*panels.level(outcome), panels.notices(outcome)) for outcome in files.shown],
    )
    panels.print_place(files)
