"""What was read of an instruction: what it plans, and what it leaves open."""

from __future__ import annotations

from landmarkdiff.lato.language import Instruction


def planned(read: Instruction) -> dict[str, float]:
    """Return what is planned, by the effect's own name."""
    effects = () if read.plan is None else read.plan.effects
    return {item.name: item.value for item in effects if item.value}


def reasons(read: Instruction) -> list[str]:
    """Return why something was not understood."""
    return [item.reason.code for item in read.not_understood]


def conflicts(read: Instruction) -> list[str]:
    """Return what cannot be planned."""
    return [notice.code for notice in read.conflicts]
