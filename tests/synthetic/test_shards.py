"""Shards: an ordinary tar, read by index, also by the library whose format it is."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

from landmarkdiff.errors import PhotoError
from landmarkdiff.synthetic.examining import statistics, verify_shards
from landmarkdiff.synthetic.recipes import drawn_names
from landmarkdiff.synthetic.record import MEMBERS, split_of
from landmarkdiff.synthetic.shards import ShardSet, index_of, pack


@pytest.fixture
def copied(shards: Path, tmp_path: Path) -> Path:
    for file in shards.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def test_index_says_where_the_files_lie(shards: Path) -> None:
    held = ShardSet(shards)
    for shard in held.shards:
        data = (shards / shard.url).read_bytes()
        with tarfile.open(shards / shard.url) as tar:
            entries = {entry.name: entry for entry in tar}
        for place in held.places(shard):
            for ending in MEMBERS:
                first, size = place.members[ending]
                entry = entries[f"{place.key}.{ending}"]
                assert (entry.offset_data, entry.size) == (first, size)
                assert (entry.mtime, entry.uid, entry.uname) == (0, 0, "")
            first, size = place.members["json"]
            assert json.loads(data[first : first + size])["person"] == place.person


def test_record_is_the_same_after_it_was_kept(shards: Path) -> None:
    held = ShardSet(shards)
    shard, place = held.of_split("train")[0]
    record = held.read(shard, place)
    members = record.members()
    first, size = place.members["landmarks.npy"]
    data = (shards / shard.url).read_bytes()
    assert members["landmarks.npy"] == data[first : first + size]
    first, size = place.members["json"]
    assert members["json"] == data[first : first + size]
    assert record.face.points.shape == (478, 3)
    assert record.face.scale.mm_per_px == pytest.approx(1 / 2.2, rel=0.3)


def test_the_library_of_the_format_streams_a_shard(shards: Path) -> None:
    reading = pytest.importorskip("webdataset.tariterators")
    held = ShardSet(shards)
    shard, place = held.of_split("train")[0]
    own = held.read(shard, place)
    with (shards / shard.url).open("rb") as file:
        files = reading.tar_file_expander([{"url": shard.url, "stream": file}])
        (found,) = reading.group_by_keys(files)
    assert found["__key__"] == place.key
    assert json.loads(found["json"])["person"] == own.person
    points = np.load(io.BytesIO(found["landmarks.npy"]))
    assert np.array_equal(points, own.face.points.astype(np.float32))


def test_same_records_make_the_same_tar(shards: Path) -> None:
    held = ShardSet(shards)
    shard, place = held.of_split("train")[0]
    members = held.read(shard, place).members()
    assert pack([("a", members)])[0] == pack([("a", members)])[0]


def test_split_hangs_on_the_name_alone() -> None:
    sides = [split_of(f"person {number}") for number in range(2000)]
    assert 0.76 < sides.count("train") / 2000 < 0.84
    assert 0.07 < sides.count("test") / 2000 < 0.13
    assert sides == [split_of(f"person {number}") for number in range(2000)]


def test_whole_shards_have_no_faults(shards: Path) -> None:
    assert verify_shards(shards) == []


def test_a_changed_byte_is_found(copied: Path) -> None:
    held = ShardSet(copied)
    shard, place = held.of_split("train")[0]
    path = copied / shard.url
    data = bytearray(path.read_bytes())
    first, size = place.members["json"]
    data[first + size // 2] ^= 255
    path.write_bytes(data)
    faults = verify_shards(copied)
    assert any("sum" in fault for fault in faults)
    assert any("damaged" in fault for fault in faults)


def test_a_wrong_index_is_found(copied: Path) -> None:
    shard = ShardSet(copied).shards[0]
    path = index_of(copied / shard.url)
    listed = json.loads(path.read_text())
    listed["records"][0]["members"]["jpg"][0] += 512
    path.write_text(json.dumps(listed))
    assert any("where its files lie" in fault for fault in verify_shards(copied))


def test_a_moved_person_is_found(copied: Path) -> None:
    listed = json.loads((copied / "shards.json").read_text())
    for shard in listed["shardlist"]:
        shard["split"] = "validation"
    (copied / "shards.json").write_text(json.dumps(listed))
    held = ShardSet(copied)
    with pytest.raises(PhotoError, match="damaged"):
        held.read(*held.of_split("validation")[0])
    assert verify_shards(copied)


def test_a_list_that_names_files_elsewhere_is_refused(copied: Path) -> None:
    path = copied / "shards.json"
    data = json.loads(path.read_text())
    data["shardlist"][0]["url"] = f"../elsewhere/{data['shardlist'][0]['url']}"
    path.write_text(json.dumps(data))
    with pytest.raises(PhotoError, match="holds no shards that can be read"):
        ShardSet(copied)


def test_a_lost_shard_is_named(copied: Path) -> None:
    lost = next(copied.glob("train-*.tar"))
    lost.unlink()
    assert f"{lost.name}: cannot be read (No such file or directory)" in verify_shards(copied)


def test_statistics_count_everything(shards: Path) -> None:
    found = statistics(shards)
    assert found["splits"]["train"]["photos"] == 2
    assert found["splits"]["test"]["persons"] == 1
    assert found["splits"]["train"]["tones"] == {"I": 2}
    assert found["splits"]["train"]["licences"] == {"CC0-1.0": 2}
    assert found["left_out"] == {}
    assert set(found["pairs"]["procedures"]) == set(drawn_names())
