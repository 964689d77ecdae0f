"""Runs a few lines in a virtual environment that holds the ``mediapipe`` wheel.

The wheel stays out of the project's own environment: it reports usage over the network and
installs a second OpenCV. These scripts need it once, to write data files that are committed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

MEDIAPIPE_VERSION = "1.2.2"


def environment() -> Path:
    """Return the Python of the environment, making it at first use."""
    folder = Path(tempfile.gettempdir()) / f"landmarkdiff-mediapipe-{MEDIAPIPE_VERSION}"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        wheel = f"mediapipe=={MEDIAPIPE_VERSION}"
        subprocess.run([python, "-m", "pip", "install", "--quiet", wheel], check=True)
        (folder / "ready").touch()
    return python


def run(code: str, *arguments: str) -> Any:
    """Run ``code`` there and return the JSON that it writes to the path in ``sys.argv[1]``."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        subprocess.run([environment(), "-c", code, str(answer), *arguments], check=True)
        return json.loads(answer.read_text(encoding="utf-8"))
