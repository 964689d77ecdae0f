from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny_hub import CHECKPOINT, CONFIG, FILES, cache, place, sha256

from landmarkdiff import weights
from landmarkdiff.errors import (
    ParameterError,
    WeightsCorruptError,
    WeightsError,
    WeightsMissingError,
)
from landmarkdiff.weights.access import OFFLINE_VARIABLE

PINNED = {path: sha256(data) for path, data in FILES.items()}
IN_RESULTS = {f"tiny/{path}": digest for path, digest in PINNED.items()}
LARGE = "sub/model.fp16.safetensors"


# --- single files


def problems(*arguments: Any, **named: Any) -> list[str]:
    """The sentences of what keeps entries from being used."""
    return [str(problem) for problem in weights.problems(*arguments, **named)]


def test_a_missing_file_names_itself_the_places_and_the_cure(empty: Path) -> None:
    with pytest.raises(WeightsMissingError) as caught:
        weights.require("sface")
    text = str(caught.value)
    assert "face_recognition_sface_2021dec_int8bq.onnx" in text
    assert str(empty / "chosen") in text
    assert str(cache(empty)) in text
    assert "landmarkdiff weights pull sface" in text


def test_offline_fetches_nothing(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OFFLINE_VARIABLE, "1")
    with pytest.raises(WeightsMissingError, match="weights pull sface"):
        weights.obtain("sface")
    assert list(empty.rglob("*")) == []


def test_a_changed_byte_is_refused(empty: Path, hopper_file: Path) -> None:
    cache(empty).mkdir(parents=True)
    goal = cache(empty) / "grace_hopper.jpg"
    data = bytearray(hopper_file.read_bytes())
    data[1000] ^= 1
    goal.write_bytes(data)
    with pytest.raises(WeightsCorruptError, match="pull grace_hopper"):
        weights.require("grace_hopper")
    with pytest.raises(WeightsCorruptError, match="is not the file the catalogue pins"):
        weights.obtain("grace_hopper")
    with pytest.raises(WeightsCorruptError, match="is not the file the catalogue pins"):
        weights.adopt("grace_hopper")
    goal.write_bytes(bytes(data[:-1]))
    with pytest.raises(WeightsCorruptError, match="61305 bytes"):
        weights.require("grace_hopper")


def test_a_pinned_file_has_nothing_to_adopt(empty: Path, hopper_file: Path) -> None:
    cache(empty).mkdir(parents=True)
    (cache(empty) / "grace_hopper.jpg").write_bytes(hopper_file.read_bytes())
    assert weights.adopt("grace_hopper") == {}
    with pytest.raises(WeightsMissingError, match=r"face_recognition_sface\S+ is missing"):
        weights.adopt("sface")


def test_the_sum_of_a_file_goes_by_its_name(empty: Path) -> None:
    (file,) = weights.entry("sface").files
    assert weights.sums("sface") == {"sface": file.sha256}


# --- models


def test_a_missing_model_names_the_places_and_the_cure(chosen: Path) -> None:
    with pytest.raises(WeightsMissingError) as caught:
        weights.require("tiny", "commercial")
    text = str(caught.value)
    assert str(chosen / "models" / "tiny") in text
    assert "sub/config.json" in text
    assert "landmarkdiff weights pull tiny" in text


def test_a_whole_model_is_handed_over_with_its_subfolder(chosen: Path) -> None:
    root = place(chosen)
    assert weights.require("tiny", "commercial") == root / "sub"
    assert weights.obtain("tiny") == root / "sub"
    assert weights.sums("tiny") == IN_RESULTS


def test_a_missing_file_of_a_model_is_named(chosen: Path) -> None:
    root = place(chosen)
    (root / LARGE).unlink()
    with pytest.raises(WeightsMissingError, match=r"model\.fp16\.safetensors"):
        weights.require("tiny", "commercial")


@pytest.mark.parametrize("change", ["longer", "one byte"])
def test_a_changed_file_is_refused(change: str, chosen: Path) -> None:
    root = place(chosen)
    assert weights.require("tiny", "commercial")
    data = bytearray(CHECKPOINT)
    data[-1] ^= 1
    (root / LARGE).write_bytes(CHECKPOINT + b"x" if change == "longer" else bytes(data))
    with pytest.raises(WeightsCorruptError, match=r"tiny is damaged.*weights pull tiny"):
        weights.require("tiny", "commercial")


def test_a_pickle_under_the_name_of_a_pinned_file_is_refused(chosen: Path) -> None:
    place(chosen, files={**FILES, LARGE: b"\x80\x04".ljust(len(CHECKPOINT), b".")})
    with pytest.raises(WeightsCorruptError, match="tiny is damaged"):
        weights.require("tiny", "commercial")


@pytest.mark.parametrize(
    "name",
    ["model.fp16.safetensors.index.json", "model.bin", "tokenizer.json", "model.py", "added.txt"],
)
def test_a_file_that_a_loader_might_read_instead_is_refused(name: str, chosen: Path) -> None:
    root = place(chosen)
    (root / "sub" / name).write_bytes(b"{}")
    with pytest.raises(WeightsError, match=rf"not part of the model tiny.*sub/{name}"):
        weights.require("tiny", "commercial")


# --- files whose sums the catalogue does not know


def test_files_that_nothing_vouches_for_are_refused(unpinned: Path) -> None:
    place(unpinned)
    with pytest.raises(WeightsError) as caught:
        weights.require("tiny", "research")
    text = str(caught.value)
    assert text.startswith("nothing vouches for files of the model tiny (sub/config.json, ")
    assert "'landmarkdiff weights pull tiny'" in text
    assert "'landmarkdiff weights adopt tiny'" in text
    with pytest.raises(WeightsError, match="nothing vouches"):
        weights.sums("tiny")


def test_a_person_can_vouch_for_them(unpinned: Path) -> None:
    root = place(unpinned)
    assert weights.adopt("tiny") == PINNED
    assert weights.require("tiny", "commercial") == root / "sub"
    assert weights.sums("tiny") == IN_RESULTS
    assert set(weights.inspect("tiny").origins.values()) == {"adopted"}
    assert weights.adopt("tiny") == {}
    (root / "sub/config.json").write_bytes(CONFIG.replace(b"Model", b"LEDOM"))
    with pytest.raises(WeightsCorruptError, match="tiny is damaged"):
        weights.require("tiny", "commercial")
    with pytest.raises(WeightsCorruptError, match="tiny is damaged"):
        weights.adopt("tiny")  # what a person once vouched for is not replaced in silence


def test_nobody_can_vouch_for_a_pickle_or_for_half_a_model(unpinned: Path) -> None:
    with pytest.raises(WeightsMissingError, match="tiny is missing"):
        weights.adopt("tiny")
    root = place(unpinned, files={**FILES, LARGE: b"\x80\x04."})
    with pytest.raises(WeightsCorruptError, match="a sound safetensors file"):
        weights.adopt("tiny")
    (root / LARGE).unlink()
    with pytest.raises(WeightsMissingError, match="tiny is missing"):
        weights.adopt("tiny")
    assert not (root / "sums.json").exists()


def test_a_broken_record_is_said(unpinned: Path) -> None:
    (place(unpinned) / "sums.json").write_text("{")
    with pytest.raises(WeightsError, match="record of sums"):
        weights.require("tiny", "commercial")
    with pytest.raises(WeightsError, match="record of sums"):
        weights.adopt("tiny")


# --- what keeps files and models from being used


def test_no_problem_when_all_is_there(chosen: Path) -> None:
    place(chosen)
    assert problems(["tiny", "tiny"], "commercial", sums="noted") == []
    assert problems([], "commercial") == []


def test_one_sentence_for_each_name_in_order(chosen: Path) -> None:
    said = problems(["tiny", "gfpgan", "codeformer", "tiny"], "commercial")
    assert said[:2] == [
        "the model tiny is not here; run 'landmarkdiff weights pull tiny'.",
        "the file gfpgan is not here; run 'landmarkdiff weights pull gfpgan'.",
    ]
    assert said[2].startswith("codeformer is not for commercial use")
    assert len(said) == 3
    assert problems(["codeformer"], "research") == [
        "the file codeformer is not here; run 'landmarkdiff weights pull codeformer'."
    ]


def test_sizes_at_once_and_sums_on_demand(chosen: Path) -> None:
    root = place(chosen)
    data = bytearray(CHECKPOINT)
    data[-1] ^= 1
    (root / LARGE).write_bytes(data)
    assert problems(["tiny"], "commercial") == []
    damaged = ["the model tiny is damaged; run 'landmarkdiff weights pull tiny'."]
    assert problems(["tiny"], "commercial", sums="noted", remember=False) == damaged
    assert not (chosen / "models" / "verified.json").exists()
    (root / LARGE).unlink()
    assert problems(["tiny"], "commercial") == [
        "the model tiny is not complete; run 'landmarkdiff weights pull tiny'."
    ]


def test_files_of_the_first_run_too(chosen: Path) -> None:
    chosen.mkdir()
    (chosen / "GFPGANv1.4.pth").write_bytes(b"short")
    damaged = ["the file gfpgan is damaged; run 'landmarkdiff weights pull gfpgan'."]
    assert problems(["gfpgan"], "commercial") == damaged
    assert problems(["gfpgan"], "commercial", sums="fresh") == damaged


def test_what_nothing_vouches_for_is_lacking(unpinned: Path) -> None:
    root = place(unpinned, files=FILES)
    (said,) = problems(["tiny"], "commercial")
    assert said.startswith("nothing vouches for files of the model tiny")
    assert "weights adopt tiny" in said
    weights.adopt("tiny")
    assert problems(["tiny"], "commercial") == []
    (root / "sub" / "x.bin").write_bytes(b"")
    assert "move sub/x.bin elsewhere" in problems(["tiny"], "commercial")[0]
    (root / "sums.json").write_text("{")
    assert "record of sums" in problems(["tiny"], "commercial")[0]


def test_unknown_names_and_policies_fail(chosen: Path) -> None:
    with pytest.raises(WeightsError, match="vgg"):
        problems(["vgg"], "commercial")
    with pytest.raises(ParameterError, match="academic"):
        problems(["tiny"], "academic")
