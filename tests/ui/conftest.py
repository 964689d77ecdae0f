"""Gradio is told to keep quiet before any test of the app imports it; tiny models for the app."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from landmarkdiff.ui.server.isolation import SWITCHES

_folder = tempfile.mkdtemp(prefix="landmarkdiff-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ.update(SWITCHES)
os.environ["GRADIO_TEMP_DIR"] = _folder


@pytest.fixture(scope="session")
def tiny_configs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Configurations of tiny complete models: ``identity`` returns its start, ``random`` noise."""
    for package in ("torch", "diffusers", "transformers", "peft"):
        pytest.importorskip(package)
    import tiny_models

    found = {}
    for name, strength in (("identity", 0.1), ("random", 0.3)):
        path = tiny_models.build(tmp_path_factory.mktemp(name), name)
        data = yaml.safe_load(path.read_text("utf-8"))
        # Few of ten steps are run.
        data["diffusion"] |= {"strength": strength, "step_preview": {"path": "taesd"}}
        path.write_text(yaml.safe_dump(data), "utf-8")
        found[name] = path
    return found
