from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from landmarkdiff import weights
from landmarkdiff.errors import WeightsCorruptError, WeightsMissingError
from landmarkdiff.weights import store


def cache(folder: Path) -> Path:
    return folder / "home" / "landmarkdiff" / "weights"


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with nothing in it: both folders are new."""
    monkeypatch.setenv(store.WEIGHTS_VARIABLE, str(tmp_path / "chosen"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    if weights.folders() != [tmp_path / "chosen", cache(tmp_path)]:
        pytest.skip("the user's cache cannot be moved on this system")
    return tmp_path


@pytest.fixture(scope="session")
def hopper_file() -> Path:
    return weights.obtain("grace_hopper")


def test_folders_begin_with_the_chosen_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(store.WEIGHTS_VARIABLE, raising=False)
    (users,) = weights.folders()
    assert "landmarkdiff" in users.parts
    monkeypatch.setenv(store.WEIGHTS_VARIABLE, "/somewhere")
    assert weights.folders() == [Path("/somewhere"), users]


def test_a_missing_file_names_itself_the_places_and_the_cure(empty: Path) -> None:
    with pytest.raises(WeightsMissingError) as caught:
        weights.require("sface")
    text = str(caught.value)
    assert "face_recognition_sface_2021dec_int8bq.onnx" in text
    assert str(empty / "chosen") in text
    assert str(cache(empty)) in text
    assert "landmarkdiff weights pull sface" in text
    assert weights.locate("sface") is None
    assert weights.verify("sface").intact is None


def test_offline_fetches_nothing(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(store.OFFLINE_VARIABLE, "1")
    with pytest.raises(WeightsMissingError, match="weights pull sface"):
        weights.obtain("sface")
    assert list(empty.rglob("*")) == []


def test_the_chosen_folder_comes_before_the_cache(empty: Path, hopper_file: Path) -> None:
    for place in (cache(empty), empty / "chosen"):
        place.mkdir(parents=True)
        shutil.copy(hopper_file, place)
        assert weights.require("grace_hopper") == place / "grace_hopper.jpg"
    assert weights.verify("grace_hopper").intact is True


def test_a_changed_byte_is_noticed(empty: Path, hopper_file: Path) -> None:
    cache(empty).mkdir(parents=True)
    goal = cache(empty) / "grace_hopper.jpg"
    data = bytearray(hopper_file.read_bytes())
    data[1000] ^= 1
    goal.write_bytes(data)
    assert weights.verify("grace_hopper").intact is False
    with pytest.raises(WeightsCorruptError, match="pull grace_hopper"):
        weights.require("grace_hopper")
    goal.write_bytes(bytes(data[:-1]))
    with pytest.raises(WeightsCorruptError, match="61305 bytes"):
        weights.require("grace_hopper")


def test_pull_takes_the_file_out_of_its_carrier(empty: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = weights.pull("grace_hopper", lambda done, total: seen.append((done, total)))
    assert path == empty / "chosen" / "grace_hopper.jpg"
    assert store.sha256_of(path) == weights.entry("grace_hopper").sha256
    assert seen[-1] == (61306, 61306)
    assert [p.name for p in path.parent.iterdir()] == ["grace_hopper.jpg"]


def test_an_interrupted_pull_leaves_nothing(empty: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        weights.pull("grace_hopper", interrupt)
    assert list((empty / "chosen").iterdir()) == []


def test_a_present_file_is_not_fetched_again(empty: Path, hopper_file: Path) -> None:
    cache(empty).mkdir(parents=True)
    shutil.copy(hopper_file, cache(empty))
    assert weights.pull("grace_hopper") == cache(empty) / "grace_hopper.jpg"
    assert not (empty / "chosen").exists()


def test_a_folder_that_cannot_be_made_is_reported(empty: Path) -> None:
    (empty / "chosen").write_text("a file in the way", encoding="utf-8")
    with pytest.raises(WeightsMissingError, match="LANDMARKDIFF_WEIGHTS"):
        weights.pull("grace_hopper")


def test_list_files_by_kind(empty: Path) -> None:
    listed = weights.list_files("weights")
    assert [item.entry.name for item in listed][:3] == ["face_landmarker", "sface", "gfpgan"]
    assert all(item.entry.kind == "weights" for item in listed)
    assert all(item.path is None for item in listed)


def test_importing_the_store_loads_no_network_code() -> None:
    code = (
        "import sys, landmarkdiff.weights;"
        "print([m for m in ('pooch', 'requests', 'urllib.request', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
