"""What tables say of one simulation among several, and where their picture is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from landmarkdiff.cli import painting, tables

if TYPE_CHECKING:
    from landmarkdiff.workflows import GridFiles

__all__ = ["level", "print_place", "remarks"]


def level(panel: Mapping[str, Any]) -> tuple[str, str]:
    """Return intensity and largest movement."""
    if panel.get("status") == "no_simulation":
        return "-", "no simulation"
    return f"{panel['intensity']:.0f}", f"{panel['largest_displacement_mm']:.1f} mm"


def remarks(panel: Mapping[str, Any]) -> str:
    """Return what is worth a remark: the band, limited effects, the painting."""
    parts = [] if panel.get("in_band", True) else ["beyond the published band"]
    limited = [
        effect["name"]
        for effect in panel.get("effects", ())
        if effect["limited_by"] and effect["planned"]
    ]
    if limited:
        parts.append(f"limited: {', '.join(limited)}")
    if panel.get("guard"):
        parts += painting.painting_remarks(panel)
    return "; ".join(parts)


def print_place(files: GridFiles) -> None:
    """Print what to mind, and where the picture is."""
    tables.print_warnings(files.record.get("warnings", ()))
    print(f"Picture: {tables.shown(files.picture)}")
