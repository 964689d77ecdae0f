"""The benchmark of the live preview runs; its figures are the owner's to read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "live.py"


def test_it_measures_frames_and_says_what_they_cost(browser: Browser, tmp_path: Path) -> None:
    assert browser.version
    table, page = tmp_path / "table.json", tmp_path / "page.md"
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--quick", "--json", str(table), "--markdown", str(page)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(table.read_text())["tables"]["live"]["rows"]
    assert [(row["procedure"], row["shown"]) for row in rows] == [
        ("rhinoplasty", "divider"),
        ("rhinoplasty", "after"),
    ]
    for row in rows:
        assert row["frames/s"] > 0
        assert row["rate"] == ("ok" if row["frames/s"] >= 25 else "under")
        # One fit to a frame; the last value of a drag may still wait for its frame.
        assert row["fits/frame"] == pytest.approx(1.0, abs=0.35)
        assert row["cpu ms/frame"] > 0
    text = page.read_text()
    assert text.count("<!-- live: begin -->") == text.count("<!-- live: end -->") == 1
    assert "SwiftShader" in text
