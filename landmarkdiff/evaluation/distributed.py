"""The shards of an evaluation on Ray: the same function that one process calls."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from landmarkdiff.errors import EvaluationError
from landmarkdiff.evaluation.partial import Partial, Shard, merge

__all__ = ["ShardScorer", "score_on_ray"]


def score_on_ray(score: Callable[[Shard], Partial], shards: int, base: Path) -> Partial:
    """Score all shards on the machines of a Ray cluster, or on this one, and merge them.

    Parameters
    ----------
    score : callable
        Scores a shard; it is sent to the machines, which need the same files and packages.
    shards : int
        How many; at least one for each machine.
    base : Path
        The folder whose relative paths all machines share.

    Raises
    ------
    EvaluationError
        Ray does not start.
    """
    # It would send figures on its use to its makers.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray

    started = not ray.is_initialized()
    if started:
        _start()
    try:
        rows = ray.data.from_items(
            [{"number": number} for number in range(1, shards + 1)], override_num_blocks=shards
        )
        found: Sequence[dict[str, Any]] = rows.map(ShardScorer(score, shards, base)).take_all()
    finally:
        if started:
            ray.shutdown()
    return merge([Partial.from_files(row["files"], base) for row in found])


def _start() -> None:
    """Join the cluster that ``RAY_ADDRESS`` names, or start one on this machine."""
    import ray

    try:
        ray.init(include_dashboard=False, log_to_driver=False, logging_level="error")
    except Exception as failure:  # Ray raises nothing narrower
        raise EvaluationError("evaluation_ray_not_started", problem=str(failure)) from failure


class ShardScorer:
    """What a machine runs for each row.

    Parameters
    ----------
    score : callable
        Scores a shard.
    shards : int
    base : Path
        As in :func:`score_on_ray`.
    """

    def __init__(self, score: Callable[[Shard], Partial], shards: int, base: Path) -> None:
        self._score, self._shards, self._base = score, shards, base

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the files of the shard that a row numbers."""
        partial = self._score(Shard(int(row["number"]), self._shards))
        return {"files": partial.to_files(self._base)}
