"""The benchmark of the finishing steps runs; its figures are not judged here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "postprocess.py"


def test_it_times_every_step_and_writes_its_table(tmp_path: Path) -> None:
    table, page = tmp_path / "table.json", tmp_path / "page.md"
    command = [sys.executable, str(BENCHMARK), "--quick", "--json", str(table)]
    done = subprocess.run(
        [*command, "--markdown", str(page)],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    record = json.loads(table.read_text())
    rows = record["tables"]["postprocess"]["rows"]
    steps = ["colour", "sharpen", "blend", "identity", "all of these"]
    assert [row["step"] for row in rows] == steps
    for row in rows:
        assert row["size"] == "512x512"
        assert row["s"] > 0
        assert row["MB"] is None or 0 <= row["MB"] < 400
        assert row["network"] is None
    assert record["device"] == "cpu"
    assert "<!-- postprocess: end -->" in page.read_text()
    assert "quick run" in done.stdout
