"""The benchmark of landmark tokens."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmark_runs import run


def test_the_error_is_measured_at_every_weight(tmp_path: Path) -> None:
    pytest.importorskip("diffusers")
    printed, record, _ = run("lato", tmp_path)
    row, published = record["tables"]["lato"]["rows"]
    assert row["updates"] == 2
    assert all(0.0 <= row[f"w = {weight}"] < 60.0 for weight in (1, 2, 4, 7, 10))
    assert published["w = 4"] == 2.34
    assert "table 5" in printed
