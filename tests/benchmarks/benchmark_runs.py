"""Benchmarks run as scripts, in this process: most of a short run would be importing."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
Run = tuple[str, dict[str, Any], str]


def arguments(name: str, folder: Path, *more: str) -> list[str]:
    """The words that start a quick run which writes its table and page into a folder."""
    script = [str(BENCHMARKS / f"{name}.py"), "--quick", *more]
    return [*script, "--json", str(folder / "table.json"), "--markdown", str(folder / "page.md")]


def run(name: str, folder: Path, *more: str) -> Run:
    """Run quickly, the further photos being the folder's; what it printed, and the two files."""
    words = arguments(name, folder, *more)
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed:
        patch.setattr(sys, "argv", words)
        patch.syspath_prepend(BENCHMARKS)
        patch.setenv("LANDMARKDIFF_PHOTOS", str(folder))
        runpy.run_path(words[0], run_name="__main__")
    return printed.getvalue(), *_written(folder)


def run_apart(name: str, folder: Path, *more: str) -> Run:
    """The same in a process of its own, as from a shell."""
    done = subprocess.run(
        [sys.executable, *arguments(name, folder, *more)],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, *_written(folder)


def _written(folder: Path) -> tuple[dict[str, Any], str]:
    return json.loads((folder / "table.json").read_text()), (folder / "page.md").read_text()
