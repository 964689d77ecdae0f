"""``landmarkdiff weights`` on models, with a hub on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_hub import CHECKPOINT, FILES, Hub, entry, place, sha256, use_catalogue

from landmarkdiff import weights
from landmarkdiff.cli import main
from landmarkdiff.cli.weights import _wanted

LARGE = "sub/model.fp16.safetensors"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["weights", *arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_the_real_catalogue_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "list", "--json")
    record = json.loads(out)
    assert status == 0
    (depth,) = [item for item in record["models"] if item["name"] == "controlnet_depth"]
    assert (depth["conditioning"], depth["pinned"], depth["size"]) == ("depth", False, None)
    assert depth["licence"] == "CreativeML OpenRAIL-M"
    assert record["sets"]["finishing"] == ["gfpgan", "realesrgan_x4plus"]
    status, out, _ = run(capsys, "list")
    assert status == 0
    for word in ("ip_adapter_faceid", "mediapipe_face", "2134.2", "about 723", "unpinned", "no"):
        assert word in out


def test_a_model_is_pulled_verified_and_listed(
    hub: Hub, chosen: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "pull", "tiny") == (0, f"tiny: {chosen / 'models' / 'tiny' / 'sub'}\n", "")
    status, out, _ = run(capsys, "verify", "tiny")
    assert (status, "intact" in out) == (0, True)
    record = json.loads(run(capsys, "list", "--json")[1])
    (tiny,) = record["models"]
    assert tiny["state"] == "whole"
    assert tiny["path"] == str(chosen / "models" / "tiny" / "sub")
    assert tiny["sums"][LARGE] == sha256(CHECKPOINT)
    assert set(tiny["origins"].values()) == {"catalogue"}


def test_a_damaged_model_is_told_and_mended(
    hub: Hub, chosen: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = place(chosen)
    run(capsys, "verify", "tiny")
    data = bytearray(CHECKPOINT)
    data[-1] ^= 1
    (root / LARGE).write_bytes(data)
    status, out, _ = run(capsys, "verify")
    assert status == 1
    assert "DAMAGED" in out
    assert "Mend with: landmarkdiff weights pull tiny" in out
    assert run(capsys, "pull", "tiny")[0] == 0
    assert run(capsys, "verify", "tiny")[0] == 0
    (root / "sub" / "model.bin").write_bytes(b"")
    status, out, _ = run(capsys, "verify", "tiny")
    assert (status, "Will not be used as they are: tiny" in out) == (1, True)


def test_a_missing_model_fails_only_when_it_is_named(
    chosen: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "verify")[0] == 0
    assert run(capsys, "verify", "tiny")[0] == 1


def test_a_set_is_pulled_whole_and_stops_at_the_licence(
    hub: Hub,
    chosen: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sets = {"mine": ["tiny", "small"], "bad": ["codeformer"]}
    use_catalogue(tmp_path, monkeypatch, entry("tiny"), entry("small"), sets=sets)
    status, out, _ = run(capsys, "pull", "--set", "mine")
    assert status == 0
    assert [line.partition(":")[0] for line in out.splitlines()] == ["tiny", "small"]
    status, out, err = run(capsys, "pull", "tiny", "--set", "bad")
    assert (status, out) == (2, "")
    assert "codeformer is not for commercial use" in err
    assert "gfpgan, which is used instead" in err
    assert "no such set" in run(capsys, "pull", "--set", "everything")[2]


@pytest.mark.parametrize("name", ["codeformer", "arcface_buffalo_l", "ip_adapter_faceid"])
def test_a_non_commercial_weight_is_not_even_fetched(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = run(capsys, "pull", name)
    assert status == 2
    assert f"{name} is not for commercial use" in err
    assert "unknown licence policy" in run(capsys, "pull", name, "--policy", "academic")[2]


def test_a_plain_pull_fetches_what_the_first_run_needs() -> None:
    first = list(weights.first_run())
    assert _wanted(None, None) == _wanted(["all"], None) == first
    assert _wanted(["all", "taesd", "sface"], None) == [*first, "taesd"]
    assert _wanted(["taesd"], "finishing") == ["gfpgan", "realesrgan_x4plus", "taesd"]


def test_hand_placed_files_need_a_persons_word(
    unpinned: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = place(unpinned)
    status, out, _ = run(capsys, "verify", "tiny")
    assert (status, "nothing vouches for" in out) == (1, True)
    status, out, err = run(capsys, "adopt", "tiny")
    assert status == 2
    assert sha256(FILES[LARGE]) in out
    assert "people/tiny at 0123456789abcdef" in out
    assert "--yes" in err
    assert not (root / "sums.json").exists()
    status, out, _ = run(capsys, "adopt", "tiny", "--yes")
    assert (status, "Recorded: 2 sums." in out) == (0, True)
    assert run(capsys, "verify", "tiny")[0] == 0
    assert "adopted" in run(capsys, "list")[1]
    assert "Nothing to record." in run(capsys, "adopt", "tiny", "--yes")[1]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of its own")
def test_a_terminal_is_asked(
    unpinned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person at a terminal answers no, then yes."""
    import os
    import pty

    place(unpinned)
    file = use_catalogue(tmp_path, monkeypatch, entry(pinned=False))
    code = (
        "import pathlib, sys; from landmarkdiff.weights import catalogue;"
        f"catalogue._FILE = pathlib.Path({str(file)!r});"
        "from landmarkdiff.cli import main; sys.exit(main(['weights', 'adopt', 'tiny']))"
    )
    for answer, status, recorded in ((b"n\n", 1, False), (b"y\n", 0, True)):
        ours, theirs = pty.openpty()
        process = subprocess.Popen([sys.executable, "-c", code], stdin=theirs, stdout=theirs)
        os.close(theirs)
        os.write(ours, answer)
        assert process.wait(timeout=120) == status
        os.close(ours)
        assert (unpinned / "models" / "tiny" / "sums.json").exists() is recorded
