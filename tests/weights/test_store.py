from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tiny_hub
from tiny_hub import CHECKPOINT, FILES, cache, place

from landmarkdiff import weights
from landmarkdiff.weights import checksums
from landmarkdiff.weights.store import WEIGHTS_VARIABLE

LARGE = "sub/model.fp16.safetensors"


def test_folders_begin_with_the_chosen_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WEIGHTS_VARIABLE, raising=False)
    (users,) = weights.folders()
    assert "landmarkdiff" in users.parts
    monkeypatch.setenv(WEIGHTS_VARIABLE, "/somewhere")
    assert weights.folders() == [Path("/somewhere"), users]


# --- single files


def test_the_chosen_folder_comes_before_the_cache(empty: Path, hopper_file: Path) -> None:
    for folder in (cache(empty), empty / "chosen"):
        folder.mkdir(parents=True)
        shutil.copy(hopper_file, folder)
        assert weights.require("grace_hopper") == folder / "grace_hopper.jpg"
    assert weights.inspect("grace_hopper", "fresh").state == "whole"


def test_what_is_not_there(empty: Path) -> None:
    assert weights.locate("sface") is None
    found = weights.inspect("sface", "fresh")
    assert (found.state, found.path, found.root) == ("not here", None, None)


def test_a_changed_byte_is_noticed(empty: Path, hopper_file: Path) -> None:
    cache(empty).mkdir(parents=True)
    goal = cache(empty) / "grace_hopper.jpg"
    data = bytearray(hopper_file.read_bytes())
    data[1000] ^= 1
    goal.write_bytes(data)
    assert weights.inspect("grace_hopper").state == "whole"  # of the right size
    assert weights.inspect("grace_hopper", "fresh").state == "damaged"
    goal.write_bytes(bytes(data[:-1]))
    assert weights.inspect("grace_hopper").state == "damaged"
    assert weights.locate("grace_hopper") == goal


def test_no_note_lies_beside_single_files(empty: Path, hopper_file: Path) -> None:
    cache(empty).mkdir(parents=True)
    shutil.copy(hopper_file, cache(empty))
    weights.require("grace_hopper")
    weights.inspect("grace_hopper", "fresh")
    assert [path.name for path in cache(empty).iterdir()] == ["grace_hopper.jpg"]


def test_the_inventory_by_kind(empty: Path) -> None:
    listed = [item for item in weights.inventory() if item.entry.kind == "weights"]
    assert [item.entry.name for item in listed][:2] == ["face_landmarker", "sface"]
    assert all(item.path is None for item in listed)
    assert [item.entry for item in weights.inventory()] == list(weights.entries())


# --- models


def test_a_missing_model(chosen: Path) -> None:
    assert weights.locate("tiny") is None
    assert weights.inspect("tiny").state == "not here"
    assert not chosen.exists()


def test_a_whole_model_is_found_with_its_subfolder(chosen: Path) -> None:
    root = place(chosen)
    assert weights.locate("tiny") == root / "sub"
    assert set(weights.inspect("tiny").origins.values()) == {"catalogue"}
    assert weights.inspect("tiny", "fresh").state == "whole"
    models = [item for item in weights.inventory() if not item.entry.single]
    assert [item.state for item in models] == ["whole"]


def test_a_model_of_the_users_cache_is_found(chosen: Path) -> None:
    root = place(weights.folders()[1])
    assert weights.require("tiny", "commercial") == root / "sub"
    (chosen / "models" / "tiny" / "sub").mkdir(parents=True)  # an empty folder hides nothing
    assert weights.require("tiny", "commercial") == root / "sub"


def test_a_missing_file_makes_it_incomplete(chosen: Path) -> None:
    root = place(chosen)
    (root / LARGE).unlink()
    assert weights.inspect("tiny").missing == (LARGE,)
    assert weights.inspect("tiny").state == "incomplete"
    assert weights.locate("tiny") is None


@pytest.mark.parametrize("change", ["longer", "one byte"])
def test_a_changed_file_is_damaged(change: str, chosen: Path) -> None:
    root = place(chosen)
    data = bytearray(CHECKPOINT)
    data[-1] ^= 1
    (root / LARGE).write_bytes(CHECKPOINT + b"x" if change == "longer" else bytes(data))
    assert weights.inspect("tiny", "noted").damaged == (LARGE,)
    assert weights.inspect("tiny").state == ("damaged" if change == "longer" else "whole")


@pytest.mark.parametrize(
    "name",
    ["model.fp16.safetensors.index.json", "model.bin", "tokenizer.json", "model.py", "added.txt"],
)
def test_a_file_that_a_loader_might_read_instead_is_unlisted(name: str, chosen: Path) -> None:
    root = place(chosen)
    (root / "sub" / name).write_bytes(b"{}")
    assert weights.inspect("tiny").unlisted == (f"sub/{name}",)


def test_other_files_do_no_harm(chosen: Path) -> None:
    root = place(chosen)
    (root / "README.md").write_text("a model card")
    (root / "sub" / "picture.png").write_bytes(b"")
    (root / "other").mkdir()
    (root / "other" / "config.json").write_text("{}")
    assert weights.require("tiny", "commercial") == root / "sub"


def test_files_that_nothing_vouches_for(unpinned: Path) -> None:
    place(unpinned)
    found = weights.inspect("tiny", "noted")
    assert found.state == "unpinned"
    assert set(found.unpinned) == set(FILES)
    assert found.origins == {}


def test_a_record_of_another_commit_vouches_for_nothing(
    unpinned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(unpinned)
    weights.adopt("tiny")
    assert weights.inspect("tiny").state == "whole"
    newer = tiny_hub.entry(pinned=False, revision="f" * 40)
    tiny_hub.use_catalogue(tmp_path, monkeypatch, newer)
    assert weights.inspect("tiny").state == "unpinned"


def test_a_broken_record_vouches_for_nothing(unpinned: Path) -> None:
    (place(unpinned) / "sums.json").write_text("{")
    assert weights.inspect("tiny").state == "unpinned"


# --- sums across processes


def test_sums_are_computed_once_and_verify_computes_them_again(chosen: Path) -> None:
    root = place(chosen)
    weights.require("tiny", "commercial")
    note = chosen / "models" / "verified.json"
    written = note.stat().st_mtime_ns
    checksums._known.clear()  # another process
    weights.require("tiny", "commercial")
    assert note.stat().st_mtime_ns == written
    assert weights.inspect("tiny", "fresh").state == "whole"
    assert note.stat().st_mtime_ns > written
    shutil.rmtree(root)
    assert weights.inspect("tiny", "noted").state == "not here"


def test_looking_without_remembering_writes_nothing(chosen: Path) -> None:
    place(chosen)
    assert weights.inspect("tiny", "noted", remember=False).state == "whole"
    assert not (chosen / "models" / "verified.json").exists()


def test_the_room_loads_no_network_code() -> None:
    code = (
        "import sys, landmarkdiff.weights as w; print(len(w.__all__)); w.entries(); w.inventory();"
        "print([m for m in ('pooch', 'requests', 'urllib.request', 'http.client', 'numpy', 'torch')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[1] == "[]"
