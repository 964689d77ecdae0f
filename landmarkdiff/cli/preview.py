"""``landmarkdiff preview``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from landmarkdiff.cli import painting, tables
from landmarkdiff.cli.options import Photo, with_options
from landmarkdiff.cli.progress import progress_bars
from landmarkdiff.cli.simulation import SimulationOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from landmarkdiff.inference.shown_gesture import GestureRecord
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
    from landmarkdiff.lato.language.words import plan_words

    summary = files.summary
    print(headline(summary))
    if words := plan_words(summary.plan, digits=1):
        print(f"Plan: {words}")
    if summary.effects:
        tables.print_effects(summary.effects)
    tables.print_pushes(summary.pushes)
    print(summary.shown.notice.text)
    if summary.gesture is not None:
        for line in gesture_lines(summary.gesture):
            print(line)
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
    if not summary.plan.effects and summary.gesture is not None:
        what = "an expression and a pose without surgery"
    return (
        f"Simulation of {what}, {view} view, "
        f"1 px = {scale.mm_per_px:.3f} mm (+- {100 * scale.relative_uncertainty:.0f} %)"
    )


def gesture_lines(gesture: GestureRecord) -> Iterator[str]:
    """Say what of an expression and a turn of the head is read from the picture."""
    drawn, turned = gesture.drawn, gesture.turned
    if turned is None:
        yield "Expression and pose: no face is found in the picture, so nothing is measured."
        return
    if drawn.turn is not None:
        angles = (
            f"{name} {getattr(drawn.turn, name):+.1f} drawn, {getattr(turned, name):+.1f} read"
            for name in ("yaw", "pitch", "roll")
        )
        yield f"Turn of the head, degrees: {'; '.join(angles)}"
    if drawn.expression is not None and gesture.scores:
        scores = sorted(gesture.scores.items(), key=lambda item: item[1][0] - item[1][1])
        told = (f"{name} {before:.2f} to {after:.2f}" for name, (before, after) in scores[:4])
        yield f"Expression ({drawn.expression.name}), scores of the network: {'; '.join(told)}"
