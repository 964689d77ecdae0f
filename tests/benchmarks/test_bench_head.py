"""The benchmark of the fitted head runs, and a profile makes the head better."""

from __future__ import annotations

from pathlib import Path

from benchmark_runs import run


def test_the_more_photos_the_nearer_the_head(tmp_path: Path) -> None:
    printed, record, page = run("head", tmp_path)
    rows = {row["photos"]: row for row in record["tables"]["head"]["rows"]}
    whole = rows["frontal + two obliques + profile"]
    assert whole["n"] >= 1
    assert whole["face"] < rows["average head"]["face"]
    assert whole["pogonion"] < rows["frontal"]["pogonion"]
    assert whole["90 % band holds %"] > 70
    assert "average head" in printed and "| frontal + profile |" in page
