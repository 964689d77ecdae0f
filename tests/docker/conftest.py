"""The files of the images, read by the same parser that the check of them uses."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))


@pytest.fixture(scope="session")
def images() -> dict[str, Any]:
    """Return the last stage of each Dockerfile by the name of its kind."""
    from dockerfile import read_dockerfile

    return {kind: read_dockerfile(ROOT / f"Dockerfile.{kind}")[-1] for kind in ("cpu", "gpu")}


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    """Return the compose file as data."""
    data: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return data
