"""The benchmark of the finishing steps runs; its figures are not judged here."""

from __future__ import annotations

from pathlib import Path

from benchmark_runs import run


def test_it_times_every_step_and_writes_its_table(tmp_path: Path) -> None:
    printed, record, page = run("postprocess", tmp_path)
    rows = record["tables"]["postprocess"]["rows"]
    steps = ["colour", "sharpen", "blend", "identity", "all of these"]
    assert [row["step"] for row in rows] == steps
    for row in rows:
        assert row["size"] == "512x512"
        assert row["s"] > 0
        assert row["MB"] is None or 0 <= row["MB"] < 400
        assert row["network"] is None
    assert {row["MB"] is None for row in rows[:-1]} == {True}  # measured in a process each
    assert record["device"] == "cpu"
    assert "<!-- postprocess: end -->" in page
    assert "quick run" in printed
