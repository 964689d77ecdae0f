from __future__ import annotations

from pathlib import Path

import pytest
from tiny_hub import CHECKPOINT, FILES, place

from landmarkdiff import weights
from landmarkdiff.errors import ParameterError, WeightsError

LARGE = "sub/model.fp16.safetensors"


def test_nothing_is_lacking_when_all_is_there(chosen: Path) -> None:
    place(chosen)
    assert weights.lacking(["tiny", "tiny"], "commercial", sums="noted") == []
    assert weights.lacking([], "commercial") == []


def test_one_sentence_for_each_name_in_order(chosen: Path) -> None:
    said = weights.lacking(["tiny", "gfpgan", "codeformer", "tiny"], "commercial")
    assert said[:2] == [
        "the model tiny is not here; run 'landmarkdiff weights pull tiny'.",
        "the file gfpgan is not here; run 'landmarkdiff weights pull gfpgan'.",
    ]
    assert said[2].startswith("codeformer is not for commercial use")
    assert len(said) == 3
    assert weights.lacking(["codeformer"], "research") == [
        "the file codeformer is not here; run 'landmarkdiff weights pull codeformer'."
    ]


def test_sizes_at_once_and_sums_on_demand(chosen: Path) -> None:
    root = place(chosen)
    data = bytearray(CHECKPOINT)
    data[-1] ^= 1
    (root / LARGE).write_bytes(data)
    assert weights.lacking(["tiny"], "commercial") == []
    damaged = ["the model tiny is damaged; run 'landmarkdiff weights pull tiny'."]
    assert weights.lacking(["tiny"], "commercial", sums="noted", remember=False) == damaged
    assert not (chosen / "models" / "verified.json").exists()
    (root / LARGE).unlink()
    assert weights.lacking(["tiny"], "commercial") == [
        "the model tiny is not complete; run 'landmarkdiff weights pull tiny'."
    ]


def test_files_of_the_first_run_too(chosen: Path) -> None:
    chosen.mkdir()
    (chosen / "GFPGANv1.4.pth").write_bytes(b"short")
    damaged = ["the file gfpgan is damaged; run 'landmarkdiff weights pull gfpgan'."]
    assert weights.lacking(["gfpgan"], "commercial") == damaged
    assert weights.lacking(["gfpgan"], "commercial", sums="fresh") == damaged


def test_what_nothing_vouches_for_is_lacking(unpinned: Path) -> None:
    root = place(unpinned, files=FILES)
    (said,) = weights.lacking(["tiny"], "commercial")
    assert said.startswith("nothing vouches for files of the model tiny")
    assert "weights adopt tiny" in said
    weights.adopt_model("tiny")
    assert weights.lacking(["tiny"], "commercial") == []
    (root / "sub" / "x.bin").write_bytes(b"")
    assert "move sub/x.bin elsewhere" in weights.lacking(["tiny"], "commercial")[0]
    (root / "sums.json").write_text("{")
    assert "record of sums" in weights.lacking(["tiny"], "commercial")[0]


def test_unknown_names_and_policies_fail(chosen: Path) -> None:
    with pytest.raises(WeightsError, match="vgg"):
        weights.lacking(["vgg"], "commercial")
    with pytest.raises(ParameterError, match="academic"):
        weights.lacking(["tiny"], "academic")
