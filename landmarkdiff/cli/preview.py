"""``landmarkdiff preview``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from landmarkdiff.cli import painting, tables
from landmarkdiff.cli.options import Photo, with_options
from landmarkdiff.cli.progress import progress_bars
from landmarkdiff.cli.simulation import SimulationOptions

if TYPE_CHECKING:
    from landmarkdiff.workflows import PreviewFiles
    from landmarkdiff.workflows.outcome import Summary

__all__ = ["preview", "print_preview"]


@with_options()
def preview(photo: Photo, options: SimulationOptions) -> None:
    """Simulate a plan on one photo. Writes OUT/<photo's name>/: pictures, plan, result."""
    request = options.request(by_effects=True)
    from landmarkdiff import workflows

    with progress_bars(silent=options.json) as bars:
        files = workflows.preview(photo, request, options.out, on_step=bars.on_step)
    if options.json:
        tables.print_json(files.record)
    else:
        print_preview(files)


def print_preview(files: PreviewFiles) -> None:
    """Print the summary of a preview for people."""
    summary = files.summary
    print(headline(summary))
    tables.print_effects(summary.effects)
    tables.print_pushes(summary.pushes)
    print(summary.shown.notice.text)
    for line in painting.painting_lines(summary.painting):
        print(line)
    tables.print_notices(tables.merged(files.record["warnings"]))
    for limit in summary.limits:
        print(f"  - {limit}")
    print(f"Pictures: {tables.shown(files.folder)}")


def headline(summary: Summary) -> str:
    """Say what was simulated, in which view, and how sure the millimetres are."""
    scale, view = summary.face.scale, summary.face.pose.view.replace("_", " ")
    what = ", ".join(
        f"{item.name} at intensity {item.intensity:g}" for item in summary.plan.procedures
    )
    return (
        f"Simulation of {what}, {view} view, "
        f"1 px = {scale.mm_per_px:.3f} mm (+- {100 * scale.relative_uncertainty:.0f} %)"
    )
