"""``landmarkdiff preview``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from landmarkdiff.cli import painting, tables
from landmarkdiff.cli.options import Photo
from landmarkdiff.cli.progress import progress_bars
from landmarkdiff.cli.simulation import SimulationOptions, simulation_command

if TYPE_CHECKING:
    from landmarkdiff.workflows import PreviewFiles

__all__ = ["preview", "print_preview"]


@simulation_command()
def preview(photo: Photo, options: SimulationOptions) -> None:
    """Simulate a plan on one photo. Writes OUT/<photo's name>/: pictures, plan, result."""
    request = options.request()
    from landmarkdiff import workflows

    with progress_bars(silent=options.json) as bars:
        files = workflows.preview(photo, request, options.out, on_step=bars.on_step)
    if options.json:
        tables.print_json(files.record)
    else:
        print_preview(files)


def print_preview(files: PreviewFiles) -> None:
    """Print the summary of a preview for people."""
    print(headline(files.record))
    tables.print_effects(files.record["effects"])
    painting.print_painting(files.record)
    tables.print_warnings(files.record["warnings"])
    for procedure in files.record["plan"]["procedures"]:
        for limit in procedure["limits"]:
            print(f"  - {limit}")
    print(f"Pictures: {tables.shown(files.folder)}")


def headline(record: Mapping[str, Any]) -> str:
    """Say what was simulated, in which view, and how sure the millimetres are."""
    scale, view = record["scale"], record["face"]["view"].replace("_", " ")
    what = ", ".join(
        f"{item['name']} at intensity {item['intensity']:g}"
        for item in record["plan"]["procedures"]
    )
    return (
        f"Simulation of {what}, {view} view, "
        f"1 px = {scale['mm_per_px']:.3f} mm (+- {100 * scale['relative_uncertainty']:.0f} %)"
    )
