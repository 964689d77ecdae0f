"""What tables say of one simulation among several, and where their picture is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from landmarkdiff.cli import painting, tables

if TYPE_CHECKING:
    from landmarkdiff.workflows import GridFiles
    from landmarkdiff.workflows.outcome import Outcome

__all__ = ["level", "notices", "print_place"]


def level(outcome: Outcome) -> tuple[str, str]:
    """Return intensity and largest movement."""
    if outcome.summary is None:
        return "-", "no simulation"
    movement = tables.as_written(outcome.largest_displacement_mm)
    return f"{outcome.intensity:.0f}", f"{movement:.1f} mm"


def notices(outcome: Outcome) -> str:
    """Return what there is to notice: the band, limited effects, the painting."""
    summary = outcome.summary
    if summary is None:
        return ""
    parts = [] if summary.in_band else ["beyond the published band"]
    limited = [
        effect.name
        for effect in summary.effects
        if effect.limited_by and tables.as_written(effect.planned)
    ]
    if limited:
        parts.append(f"limited: {', '.join(limited)}")
    return "; ".join([*parts, *painting.painting_notices(summary.painting)])


def print_place(files: GridFiles[Any]) -> None:
    """Print what to mind, and where the picture is."""
    tables.print_notices(files.record.get("warnings", ()))
    print(f"Picture: {tables.shown(files.picture)}")
