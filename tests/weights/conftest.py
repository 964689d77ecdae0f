"""A store with nothing in it, and a hub on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import tiny_hub

from landmarkdiff import weights
from landmarkdiff.weights.hub import ENDPOINT_VARIABLE
from landmarkdiff.weights.store import WEIGHTS_VARIABLE


@pytest.fixture
def chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only weights folder with anything in it, and a catalogue with one pinned model."""
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path / "chosen"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    tiny_hub.use_catalogue(tmp_path, monkeypatch, tiny_hub.entry())
    return tmp_path / "chosen"


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder with a store and a user's cache that are still to be made."""
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path / "chosen"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    if weights.folders() != [tmp_path / "chosen", tiny_hub.cache(tmp_path)]:
        pytest.skip("the user's cache cannot be moved on this system")
    return tmp_path


@pytest.fixture(scope="session")
def hopper_file() -> Path:
    return weights.obtain("grace_hopper")


@pytest.fixture
def unpinned(chosen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, with a model whose sums the catalogue does not know."""
    tiny_hub.use_catalogue(tmp_path, monkeypatch, tiny_hub.entry(pinned=False))
    return chosen


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[tiny_hub.Hub]:
    """The hub, which every pull of the test asks."""
    with tiny_hub.serving(tiny_hub.Hub()) as hub:
        monkeypatch.setenv(ENDPOINT_VARIABLE, hub.url)
        yield hub
