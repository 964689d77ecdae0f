"""The benchmark of training runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmark_runs import run


def test_an_hour_of_training_is_measured(tmp_path: Path) -> None:
    pytest.importorskip("diffusers")
    printed, record, page = run("training", tmp_path, "--tiny", "--device", "cpu")
    (row,) = record["tables"]["training"]["rows"]
    assert row["updates an hour"] > 0
    assert 0 < row["waiting %"] < 100
    assert row["GB"] is None
    assert row["checkpoint s"] > 0
    assert "2 pairs of 64 pixels an update" in printed
    assert "| CPU | fp32 | 1 |" in page
