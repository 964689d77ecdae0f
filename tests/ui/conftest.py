"""Gradio is quieted before any test imports it; and what the tests of the app share."""

from __future__ import annotations

import atexit
import io
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from PIL import Image

from landmarkdiff.arrays import ImageArray
from landmarkdiff.ui.server.isolation import SWITCHES

if TYPE_CHECKING:
    from asking import Page

    from landmarkdiff.ui.server.services import AppServices

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


@pytest.fixture(scope="session")
def portrait(astronaut: ImageArray) -> bytes:
    """A portrait as a JPEG file."""
    buffer = io.BytesIO()
    Image.fromarray(astronaut).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def services() -> AppServices:
    """What the tabs of one app share."""
    from asking import make_services

    return make_services()


@pytest.fixture
def page(services: AppServices, astronaut: ImageArray, tmp_path: Path) -> Page:
    """A page with a photo, without a browser."""
    from asking import Page, photo_of

    found = Page(services)
    found.open_photo(photo_of(astronaut, tmp_path))
    return found
