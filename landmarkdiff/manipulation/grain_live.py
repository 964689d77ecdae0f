"""The grain of a photo as the browser reads it: the same numbers as the server's own."""

from __future__ import annotations

from dataclasses import asdict

from landmarkdiff.manipulation.grain import SCATTER, STRETCHED, Grain
from landmarkdiff.manipulation.live_model import LivePart

__all__ = ["live_grain"]


def live_grain(grain: Grain) -> LivePart:
    """Return what ``ui/static/live/grain.js`` needs to lay the grain anew under any warp."""
    facts = {
        **asdict(grain.window),
        "lattice": grain.lattice,
        "aside": grain.aside,
        "size": grain.size,
        "stretched": list(STRETCHED),
        "scatter": list(SCATTER),
    }
    return LivePart(facts, {"grain": grain.cells})
