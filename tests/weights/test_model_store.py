from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import tiny_hub
from tiny_hub import CHECKPOINT, CONFIG, FILES, place, sha256

from landmarkdiff import weights
from landmarkdiff.errors import WeightsCorruptError, WeightsError, WeightsMissingError
from landmarkdiff.weights import sums

PINNED = {path: sha256(data) for path, data in FILES.items()}
LARGE = "sub/model.fp16.safetensors"


def test_a_missing_model_names_the_places_and_the_cure(chosen: Path) -> None:
    assert weights.locate_model("tiny") is None
    with pytest.raises(WeightsMissingError) as caught:
        weights.require_model("tiny", "commercial")
    text = str(caught.value)
    assert str(chosen / "models" / "tiny") in text
    assert "sub/config.json" in text
    assert "landmarkdiff weights pull tiny" in text
    assert weights.inspect_model("tiny").state == "not here"
    assert not chosen.exists()


def test_a_whole_model_is_handed_over_with_its_subfolder(chosen: Path) -> None:
    root = place(chosen)
    assert weights.locate_model("tiny") == root / "sub"
    assert weights.require_model("tiny", "commercial") == root / "sub"
    assert weights.model_sums("tiny") == PINNED
    assert set(weights.model_origins("tiny").values()) == {"catalogue"}
    assert weights.inspect_model("tiny", "fresh").state == "whole"
    assert [item.state for item in weights.list_models()] == ["whole"]


def test_a_model_of_the_users_cache_is_found(chosen: Path) -> None:
    root = place(weights.folders()[1])
    assert weights.require_model("tiny", "commercial") == root / "sub"
    (chosen / "models" / "tiny" / "sub").mkdir(parents=True)  # an empty folder hides nothing
    assert weights.require_model("tiny", "commercial") == root / "sub"


def test_a_missing_file_makes_it_incomplete(chosen: Path) -> None:
    root = place(chosen)
    (root / LARGE).unlink()
    assert weights.inspect_model("tiny").missing == (LARGE,)
    assert weights.locate_model("tiny") is None
    with pytest.raises(WeightsMissingError, match=r"model\.fp16\.safetensors"):
        weights.require_model("tiny", "commercial")


@pytest.mark.parametrize("change", ["longer", "one byte"])
def test_a_changed_file_is_refused(change: str, chosen: Path) -> None:
    root = place(chosen)
    assert weights.require_model("tiny", "commercial")
    data = bytearray(CHECKPOINT)
    data[-1] ^= 1
    (root / LARGE).write_bytes(CHECKPOINT + b"x" if change == "longer" else bytes(data))
    assert weights.inspect_model("tiny", "noted").damaged == (LARGE,)
    assert weights.inspect_model("tiny").state == ("damaged" if change == "longer" else "whole")
    with pytest.raises(WeightsCorruptError, match=r"tiny is damaged.*weights pull tiny"):
        weights.require_model("tiny", "commercial")


def test_a_pickle_under_the_name_of_a_pinned_file_is_refused(chosen: Path) -> None:
    place(chosen, files={**FILES, LARGE: b"\x80\x04".ljust(len(CHECKPOINT), b".")})
    with pytest.raises(WeightsCorruptError, match="tiny is damaged"):
        weights.require_model("tiny", "commercial")


@pytest.mark.parametrize(
    "name",
    ["model.fp16.safetensors.index.json", "model.bin", "tokenizer.json", "model.py", "added.txt"],
)
def test_a_file_that_a_loader_might_read_instead_is_refused(name: str, chosen: Path) -> None:
    root = place(chosen)
    (root / "sub" / name).write_bytes(b"{}")
    assert weights.inspect_model("tiny").unlisted == (f"sub/{name}",)
    with pytest.raises(WeightsError, match=rf"not part of the model tiny.*sub/{name}"):
        weights.require_model("tiny", "commercial")


def test_other_files_do_no_harm(chosen: Path) -> None:
    root = place(chosen)
    (root / "README.md").write_text("a model card")
    (root / "sub" / "picture.png").write_bytes(b"")
    (root / "other").mkdir()
    (root / "other" / "config.json").write_text("{}")
    assert weights.require_model("tiny", "commercial") == root / "sub"


# --- files whose sums the catalogue does not know


def test_files_that_nothing_vouches_for_are_refused(unpinned: Path) -> None:
    place(unpinned)
    found = weights.inspect_model("tiny", "noted")
    assert found.state == "unpinned"
    assert set(found.unpinned) == set(FILES)
    with pytest.raises(WeightsError) as caught:
        weights.require_model("tiny", "research")
    text = str(caught.value)
    assert text.startswith("nothing vouches for files of the model tiny (sub/config.json, ")
    assert "'landmarkdiff weights pull tiny'" in text
    assert "'landmarkdiff weights adopt tiny'" in text
    with pytest.raises(WeightsError, match="nothing vouches"):
        weights.model_sums("tiny")
    assert weights.model_origins("tiny") == {}


def test_a_person_can_vouch_for_them(unpinned: Path) -> None:
    root = place(unpinned)
    assert weights.adopt_model("tiny") == PINNED
    assert weights.require_model("tiny", "commercial") == root / "sub"
    assert weights.model_sums("tiny") == PINNED
    assert set(weights.model_origins("tiny").values()) == {"adopted"}
    assert weights.adopt_model("tiny") == {}
    (root / "sub/config.json").write_bytes(CONFIG.replace(b"Model", b"LEDOM"))
    with pytest.raises(WeightsCorruptError, match="tiny is damaged"):
        weights.require_model("tiny", "commercial")
    with pytest.raises(WeightsCorruptError, match="tiny is damaged"):
        weights.adopt_model("tiny")  # what a person once vouched for is not replaced in silence


def test_a_record_of_another_commit_vouches_for_nothing(
    unpinned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(unpinned)
    weights.adopt_model("tiny")
    newer = tiny_hub.entry(pinned=False, revision="f" * 40)
    file = tiny_hub.write_catalogue(tmp_path / "newer.yaml", newer)
    monkeypatch.setattr("landmarkdiff.weights.model_catalogue._FILE", file)
    assert weights.inspect_model("tiny").state == "unpinned"


def test_nobody_can_vouch_for_a_pickle_or_for_half_a_model(unpinned: Path) -> None:
    with pytest.raises(WeightsMissingError, match="tiny is missing"):
        weights.adopt_model("tiny")
    root = place(unpinned, files={**FILES, LARGE: b"\x80\x04."})
    with pytest.raises(WeightsCorruptError, match="a sound safetensors file"):
        weights.adopt_model("tiny")
    (root / LARGE).unlink()
    with pytest.raises(WeightsMissingError, match="tiny is missing"):
        weights.adopt_model("tiny")
    assert not (root / "sums.json").exists()


def test_a_broken_record_is_said(unpinned: Path) -> None:
    (place(unpinned) / "sums.json").write_text("{")
    assert weights.inspect_model("tiny").state == "unpinned"
    with pytest.raises(WeightsError, match="record of sums"):
        weights.require_model("tiny", "commercial")
    with pytest.raises(WeightsError, match="record of sums"):
        weights.adopt_model("tiny")


# --- sums across processes


def test_sums_are_computed_once_and_verify_computes_them_again(chosen: Path) -> None:
    root = place(chosen)
    weights.require_model("tiny", "commercial")
    note = chosen / "models" / "verified.json"
    written = note.stat().st_mtime_ns
    sums._known.clear()  # another process
    weights.require_model("tiny", "commercial")
    assert note.stat().st_mtime_ns == written
    assert weights.inspect_model("tiny", "fresh").state == "whole"
    assert note.stat().st_mtime_ns > written
    shutil.rmtree(root)
    assert weights.inspect_model("tiny", "noted").state == "not here"


def test_looking_without_remembering_writes_nothing(chosen: Path) -> None:
    place(chosen)
    assert weights.inspect_model("tiny", "noted", remember=False).state == "whole"
    assert not (chosen / "models" / "verified.json").exists()
