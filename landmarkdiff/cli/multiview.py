"""``landmarkdiff multiview``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landmarkdiff.cli import panels, tables
from landmarkdiff.cli.options import SamePerson, with_options
from landmarkdiff.cli.progress import progress_bars
from landmarkdiff.cli.simulation import SimulationOptions

if TYPE_CHECKING:
    from landmarkdiff.workflows.multiview import ShownView

__all__ = ["multiview"]


# A ruler is in one photo; views show whole faces.
@with_options(without=("mm_per_px", "no_outline", "difference"), after={"same_person": "unlock"})
def multiview(
    photos: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR|PHOTOS", help="A folder, or two to five photos of one patient."
        ),
    ],
    options: SimulationOptions,
    same_person: SamePerson = False,
) -> None:
    """Apply one plan to the five views. They are sorted by measured yaw."""
    request = options.request()
    from landmarkdiff.workflows import find_photos, multi_view

    if len(photos) == 1:
        photos = find_photos(photos[0], options.out, below=False)
    with progress_bars(silent=options.json, items="views") as bars:
        files = multi_view(
            photos,
            request,
            options.out,
            same_person=same_person,
            progress=bars.on_item,
            on_step=bars.on_step,
        )
    if options.json:
        tables.print_json(files.record)
        return
    tables.print_table(("view", ">yaw (deg)", "in range", "notices"), map(_row, files.shown))
    panels.print_place(files)


def _row(view: ShownView) -> tuple[str, ...]:
    prepared, refusal = view.photo.prepared, view.outcome.refusal
    yaw = f"{prepared.landmarks.pose.yaw:.0f}" if prepared else "-"
    in_range = {True: "yes", False: "no", None: "-"}[view.in_expected_range]
    notices = panels.notices(view.outcome)
    if refusal is not None:
        notices = f"no simulation in this view: {refusal.what}"
    return view.name, yaw, in_range, notices
