from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tiny_hub import sha256

from landmarkdiff.errors import WeightsError
from landmarkdiff.weights import checksums
from landmarkdiff.weights.checksums import SumRecord, read_record, sum_of, write_record


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"numbers")
    return path


def another_process() -> None:
    """Forget what this process knows, as a new one would."""
    checksums._known.clear()


def test_a_sum_is_noted_and_read_again_by_another_process(file: Path, tmp_path: Path) -> None:
    assert sum_of(file, tmp_path) == sha256(b"numbers")
    note = tmp_path / "verified.json"
    table = json.loads(note.read_text())
    assert list(table) == [str(file)]
    assert table[str(file)][4] == sha256(b"numbers")
    # What the note says is believed: nothing is computed again.
    table[str(file)][4] = "f" * 64
    note.write_text(json.dumps(table))
    another_process()
    assert sum_of(file, tmp_path) == "f" * 64
    assert sum_of(file, tmp_path, fresh=True) == sha256(b"numbers")


def test_a_change_of_the_same_size_and_time_is_noticed(file: Path, tmp_path: Path) -> None:
    before = file.stat()
    assert sum_of(file, tmp_path) == sha256(b"numbers")
    with file.open("r+b") as stream:  # the same inode
        stream.write(b"NUMBERS")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_mtime_ns == before.st_mtime_ns
    another_process()
    assert sum_of(file, tmp_path) == sha256(b"NUMBERS")


def test_another_file_in_its_place_is_noticed(file: Path, tmp_path: Path) -> None:
    assert sum_of(file, tmp_path) == sha256(b"numbers")
    other = tmp_path / "other"
    other.write_bytes(b"NUMBERS")
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    other.replace(file)
    assert sum_of(file, tmp_path) == sha256(b"NUMBERS")


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"x": 1}', '{"x": [1, 2]}', '{"x": [{}]}'])
def test_a_broken_note_says_nothing(text: str, file: Path, tmp_path: Path) -> None:
    (tmp_path / "verified.json").write_text(text)
    another_process()
    assert sum_of(file, tmp_path) == sha256(b"numbers")
    assert str(file) in json.loads((tmp_path / "verified.json").read_text())


def test_a_note_forgets_files_that_are_gone(file: Path, tmp_path: Path) -> None:
    sum_of(file, tmp_path)
    other = tmp_path / "other"
    other.write_bytes(b"x")
    file.unlink()
    sum_of(other, tmp_path)
    assert list(json.loads((tmp_path / "verified.json").read_text())) == [str(other)]


def test_nothing_is_written_where_it_is_not_wanted_or_cannot_be(file: Path, tmp_path: Path) -> None:
    assert sum_of(file, tmp_path, remember=False) == sha256(b"numbers")
    another_process()
    assert sum_of(file, None) == sha256(b"numbers")
    another_process()
    assert sum_of(file, tmp_path / "absent") == sha256(b"numbers")
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]


def test_a_record_is_written_and_read(tmp_path: Path) -> None:
    assert read_record(tmp_path) == {}
    record = {
        "b": SumRecord("0" * 64, 3, "c" * 40, "hub"),
        "a": SumRecord("1" * 64, 4, "c" * 40, "adopted"),
    }
    write_record(tmp_path, record)
    assert read_record(tmp_path) == record
    assert [path.name for path in tmp_path.iterdir()] == ["sums.json"]


GOOD_ROW = {"sha256": "0" * 64, "size": 1, "revision": "c" * 40, "origin": "hub"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"files": 1}',
        json.dumps({"files": {"a": {**GOOD_ROW, "more": 1}}}),
        json.dumps({"files": {"a": {**GOOD_ROW, "size": "1"}}}),
        json.dumps({"files": {"a": {**GOOD_ROW, "origin": "catalogue"}}}),
    ],
)
def test_a_broken_record_is_refused(text: str, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "sums.json").write_text(text)
    with pytest.raises(WeightsError, match=r"record of sums of the model tiny.*pull tiny"):
        read_record(folder)
