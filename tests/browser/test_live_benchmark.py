"""The benchmarks of the live preview and of the head run; their figures are the owner's to read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def rows_of(name: str, folder: Path) -> list[dict[str, Any]]:
    """Run a benchmark quickly; return its rows, which a page shows too."""
    table, page = folder / "table.json", folder / "page.md"
    script = str(BENCHMARKS / f"{name}.py")
    done = subprocess.run(
        [sys.executable, script, "--quick", "--json", str(table), "--markdown", str(page)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    text = page.read_text()
    assert text.count(f"<!-- {name}: begin -->") == text.count(f"<!-- {name}: end -->") == 1
    assert "SwiftShader" in text
    rows: list[dict[str, Any]] = json.loads(table.read_text())["tables"][name]["rows"]
    return rows


def test_it_measures_frames_and_says_what_they_cost(browser: Browser, tmp_path: Path) -> None:
    assert browser.version
    rows = rows_of("live", tmp_path)
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


def test_it_measures_a_head_that_is_turned_and_shaped(browser: Browser, tmp_path: Path) -> None:
    assert browser.version
    turned, slid = rows_of("viewer", tmp_path)
    assert (turned["act"], slid["act"]) == ("turn", "slide")
    for row in (turned, slid):
        assert row["frames/s"] > 0
        assert row["rate"] == ("ok" if row["frames/s"] >= 30 else "under")
        assert row["step"] == ("ok" if row["step ms"] <= 4 else "over")
        assert row["cpu ms/frame"] > 0
        assert 400 <= row["drawn px"] <= 900  # 0.2 to 0.8 megapixels of a square
