"""What a network says of itself, for tests of what is made of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from landmarkdiff.generators import NetworkRecord, PaintNumbers

_NETWORK = NetworkRecord(
    mode="controlnet",
    models=(),
    licence_policy="commercial",
    device="CPU",
    precision="fp32",
    numbers=PaintNumbers(30, 7.5, 1.0, 0.75),
    steps_run=22,
    seed=0,
    batch=1,
    unpainted=None,
)


def network_record(**changes: Any) -> NetworkRecord:
    """Return the record of a ControlNet after 22 of 30 steps, with changes."""
    return replace(_NETWORK, **changes)
