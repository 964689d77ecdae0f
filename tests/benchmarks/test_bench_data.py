"""The benchmark of the training data runs, and its pairs come back to their photos."""

from __future__ import annotations

from pathlib import Path

from benchmark_runs import run


def test_pairs_are_counted_and_register(tmp_path: Path) -> None:
    printed, record, page = run("data", tmp_path)
    rows = {row["what"]: row for row in record["tables"]["data"]["rows"]}
    assert rows["pairs rendered, photo and pattern ready"]["number"] == 32
    assert rows["pairs at random"]["CPU ms each"] > rows["recipes drawn"]["CPU ms each"]
    left = [row["left, median mm"] for row in record["tables"]["data_registration"]["rows"]]
    assert left
    assert max(left) < 0.3
    assert "recipes drawn" in printed
    assert "| several |" in page
