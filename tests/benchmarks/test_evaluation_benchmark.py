"""The benchmark of the evaluation runs and writes its table."""

from __future__ import annotations

from pathlib import Path

from benchmark_runs import run
from installed import need

need("matplotlib", "jinja2", "torch", "torchmetrics", "flip_evaluator")


def test_a_quick_run(tmp_path: Path) -> None:
    printed, record, page = run("evaluation", tmp_path)
    rows = {row["work"]: row for row in record["tables"]["evaluation"]["rows"]}
    assert len(rows) == 3
    assert all(row["CPU s"] > 0.0 for row in rows.values())
    assert "score a pair" in printed
    assert "<!-- evaluation: begin -->" in page
