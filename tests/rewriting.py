"""Each worker prepares its share of the test files, and finds the rest done by the others.

pytest rewrites the assertions of a file when it first imports it, and keeps the result. On a fresh
checkout all workers import all files at the same time, and each would rewrite them all: ten seconds
of a processor.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


def rewrite_share(config: pytest.Config) -> None:
    """Rewrite what this worker is to rewrite; nothing where there are no workers."""
    worker = getattr(config, "workerinput", None)
    if worker is None:
        return
    number = int(worker["workerid"].removeprefix("gw"))
    for file in share_of(number, worker["workercount"]):
        _rewrite(file, config)


def share_of(number: int, workers: int) -> list[Path]:
    """The files of one worker; those of all are every test file once."""
    return list(_test_files())[number % workers :: workers]


def _test_files() -> Iterator[Path]:
    return iter(sorted(TESTS.rglob("test_*.py")))


def _rewrite(file: Path, config: pytest.Config) -> None:
    # pytest has no name of its own for this; without these, each worker does it later by itself.
    try:
        from _pytest.assertion.rewrite import (
            PYC_TAIL,
            _read_pyc,
            _rewrite_test,
            _write_pyc,
            assertstate_key,
            get_cache_dir,
        )
    except ImportError:
        return
    if assertstate_key not in config.stash:  # --assert=plain
        return
    kept = get_cache_dir(file) / (file.stem + PYC_TAIL)
    if _read_pyc(file, kept) is None:
        kept.parent.mkdir(exist_ok=True)
        source, code = _rewrite_test(file, config)
        _write_pyc(config.stash[assertstate_key], code, source, kept)
