"""Options of the commands that pack photos into shards, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from landmarkdiff.synthetic.making import MakeSettings, Runner

__all__ = ["Licence", "Out", "Passes", "PerShard", "Size", "Workers", "make_settings", "runner_of"]

Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write into.")]
Licence = Annotated[
    str | None,
    typer.Option("--licence", metavar="TEXT", help="Of all photos, where no list says it."),
]
Size = Annotated[
    int, typer.Option("--size", metavar="PX", help="Side of the pictures, 256 to 2048.")
]
PerShard = Annotated[int, typer.Option("--per-shard", metavar="N", help="Photos of one shard.")]
Passes = Annotated[
    int, typer.Option("--passes", metavar="N", help="Of the landmark network, 1 to 64.")
]
Workers = Annotated[int, typer.Option("--workers", metavar="N", help="Processes of this machine.")]


def make_settings(size: int, passes: int, per_shard: int) -> MakeSettings:
    """Return how photos are packed; ParameterError where a number is out of its range."""
    from landmarkdiff.arguments import whole_number
    from landmarkdiff.synthetic.making import MakeSettings

    return MakeSettings(
        whole_number("size", size, 256, 2048),
        whole_number("passes", passes, 1, 64),
        whole_number("per_shard", per_shard, 1, 100_000),
    )


def runner_of(workers: int) -> Runner:
    """Return what works through the shards: one process, or several of this machine."""
    from landmarkdiff.arguments import whole_number
    from landmarkdiff.synthetic.making import in_turn
    from landmarkdiff.synthetic.workers import processes

    return processes(workers) if whole_number("workers", workers, 1, 256) > 1 else in_turn
