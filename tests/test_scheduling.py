"""The longest files start first, and what waits beside what computes."""

from __future__ import annotations

from pathlib import Path

import pytest
from rewriting import share_of
from scheduling import SECONDS, next_file

ROOT = Path(__file__).parents[1]
FILES = (
    "tests/photo/test_brief.py",
    "tests/browser/test_brief.py",
    "tests/test_site.py",
    "tests/browser/test_goals.py",
    "tests/browser/test_painting.py",
    "tests/test_types.py",
)


@pytest.mark.parametrize("file", SECONDS)
def test_the_listed_files_are_there(file: str) -> None:
    assert (ROOT / file).is_file()


@pytest.mark.parametrize(
    ("waiting", "order"), [(True, (4, 3, 1, 5, 2, 0)), (False, (5, 2, 0, 4, 3, 1))]
)
def test_a_worker_gets_the_longest_of_its_kind_and_then_the_others(
    waiting: bool, order: tuple[int, ...]
) -> None:
    left = list(FILES)
    for number in order:
        assert next_file(left, waiting=waiting) == FILES[number]
        left.remove(FILES[number])


def test_files_of_one_length_stay_in_the_order_of_the_seed() -> None:
    brief = [f"tests/photo/test_{name}.py" for name in "cab"]
    assert next_file(brief, waiting=True) == next_file(brief, waiting=False) == brief[0]


@pytest.mark.parametrize("workers", [2, 3, 7])
def test_the_shares_of_the_workers_are_every_file_once(workers: int) -> None:
    shares = [share_of(number, workers) for number in range(workers)]
    together = sorted(file for share in shares for file in share)
    assert together == sorted((ROOT / "tests").rglob("test_*.py"))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert share_of(workers, workers) == shares[0]  # instead of a worker that ended
