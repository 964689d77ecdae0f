"""Who does the parts of a set beside this process: other processes, or a Ray cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from landmarkdiff.errors import ModeUnavailableError
from landmarkdiff.synthetic.making import Part, Runner

__all__ = ["on_ray", "processes"]


def processes(count: int) -> Runner:
    """Return a runner that does the parts in so many processes of this machine."""

    def run(work: Callable[[Part], str], parts: Sequence[Part]) -> Iterator[str]:
        with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
            try:
                for done in as_completed([pool.submit(work, part) for part in parts]):
                    yield done.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    return run


def on_ray(work: Callable[[Part], str], parts: Sequence[Part]) -> Iterator[str]:
    """Do the parts on the Ray cluster that ``RAY_ADDRESS`` names, or on this machine.

    Every machine of the cluster needs the photos and the folder of the shards under one path.

    Raises
    ------
    ModeUnavailableError
        Ray is not installed, or does not start.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as failure:
        raise ModeUnavailableError("ray_missing") from failure
    started = not ray.is_initialized()
    if started:
        try:
            ray.init(include_dashboard=False, log_to_driver=False, logging_level="error")
        except Exception as failure:  # what Ray raises has no narrower kind
            problem = str(failure).split(". ")[0]
            raise ModeUnavailableError("ray_not_started", problem=problem) from failure
    try:
        remote = ray.remote(work_in_worker)
        waiting = [remote.remote(work, part) for part in parts]
        while waiting:
            done, waiting = ray.wait(waiting)
            yield from ray.get(done)
    finally:
        if started:
            ray.shutdown()


def work_in_worker(work: Callable[[Part], str], part: Part) -> str:
    """Do a part where Ray has put it."""
    return work(part)
