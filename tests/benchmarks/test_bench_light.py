"""The benchmark of the light runs, and the light makes pictures nearer to the truth."""

from __future__ import annotations

from pathlib import Path

from benchmark_runs import run


def test_light_brings_a_hump_nearer_to_the_truth(tmp_path: Path) -> None:
    printed, record, page = run("light", tmp_path)
    rows = {row["pictures"]: row for row in record["tables"]["light"]["rows"]}
    for kind in ("matt", "glossy"):
        row = rows[f"{kind}, rhinoplasty"]
        assert row["number"] == 2
        assert row["with light"] < 0.6 * row["warp"]
    assert "matt, light: side" in printed and "| glossy, rhinoplasty |" in page
    fair, dark = (rows[f"same heads and lights, skin {tone}"] for tone in (1, 6))
    assert fair["number"] == dark["number"] == 2
    gains = [row["less by, median %"] for row in (fair, dark)]
    assert min(gains) > 0.85 * max(gains)
