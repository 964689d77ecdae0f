"""What a checkpoint looks like from inside: whole, finite, moved, and minding its drawing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from landmarkdiff.training.checkpoints import damage, read_checkpoint
from landmarkdiff.training.preflight import Finding

__all__ = ["examine"]

#: Connections of a ControlNet begin at zero; below this root mean square it has no effect.
SILENT = 1e-8


def examine(path: Path) -> list[Finding]:
    """Look at a checkpoint's files and numbers.

    Raises
    ------
    WeightsCorruptError
        Its description cannot be read.
    """
    wrong = damage(path)
    if wrong:
        return [Finding("files", False, "; ".join(wrong))]
    found = read_checkpoint(path)
    state = found.state
    count = sum(value.numel() for value in found.trained.values())
    return [
        Finding("files", True, f"update {state.update}, {count} weights, sums are right"),
        *(
            _finite(name, tensors)
            for name, tensors in (
                ("weights", found.trained),
                ("average", found.average),
                ("optimizer", found.optimizer),
            )
        ),
        _names(found.trained, found.average),
        _apart(found.trained, found.average),
        *_connections(found.trained),
    ]


def _finite(name: str, tensors: Mapping[str, Any]) -> Finding:
    bad = [key for key, value in tensors.items() if not bool(torch.isfinite(value).all())]
    if bad:
        return Finding(name, False, f"{len(bad)} tensors are not finite, such as {bad[0]}")
    return Finding(name, True, "finite")


def _names(trained: Mapping[str, Any], average: Mapping[str, Any]) -> Finding:
    same = trained.keys() == average.keys()
    return Finding("names", same, "weights and average agree" if same else "they differ")


def _apart(trained: Mapping[str, Any], average: Mapping[str, Any]) -> Finding:
    """How far the average is behind, as a share of the weights' length."""
    shared = trained.keys() & average.keys()
    distance = sum(float((trained[key] - average[key]).square().sum()) for key in shared)
    length = sum(float(trained[key].square().sum()) for key in shared)
    share = (distance / length) ** 0.5 if length else 0.0
    return Finding("distance", True, f"the average is {100 * share:.3g} % behind the weights")


def _connections(trained: Mapping[str, Any]) -> list[Finding]:
    """Whether a ControlNet's connections have left zero; until then the drawing is ignored."""
    heads = [
        value
        for key, value in trained.items()
        if key.startswith(("controlnet.controlnet_down", "controlnet.controlnet_mid"))
    ]
    if not heads:
        return []
    count = sum(value.numel() for value in heads)
    level = (sum(float(value.square().sum()) for value in heads) / count) ** 0.5
    if level < SILENT:
        return [Finding("drawing", False, "the ControlNet has no effect yet: connections are zero")]
    return [Finding("drawing", True, f"connections of the ControlNet have {level:.3g} rms")]
