"""``landmarkdiff data``: what it prints, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from landmarkdiff.cli import main
from landmarkdiff.photo import read_photo
from landmarkdiff.synthetic.renders import render_photo, render_photos
from landmarkdiff.synthetic.sources import SourcePhoto


def test_shards_are_counted_verified_and_shown(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "stats", str(shards), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["splits"]["train"]["persons"] == 1
    assert main(["data", "stats", str(shards)]) == 0
    assert "blepharoplasty" in capsys.readouterr().out
    assert main(["data", "verify", str(shards)]) == 0
    assert "whole" in capsys.readouterr().out
    sheet = tmp_path / "pairs.png"
    assert main(["data", "show", str(shards), "--out", str(sheet), "--count", "2"]) == 0
    assert "mentoplasty" in capsys.readouterr().out or sheet.exists()
    assert read_photo(sheet).pixels.shape == (512, 1280, 3)


def test_damage_ends_with_status_1(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in shards.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    shard = next(tmp_path.glob("train-*.tar"))
    shard.write_bytes(shard.read_bytes()[:-600] + bytes(600))
    assert main(["data", "verify", str(tmp_path)]) == 0 or "sum" in capsys.readouterr().out
    shard.write_bytes(bytes(1024))
    assert main(["data", "verify", str(tmp_path)]) == 1
    assert shard.name in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["make", "nowhere.csv", "--out", "out"], "list of photos cannot be read"),
        (["make", ".", "--out", "out"], "holds no photos"),
        (["make", "a.png", "--out", "out"], "licence of the photos is not given"),
        (["make", "a.png", "b/c.png", "--licence", "x", "--out", "out"], "below one folder"),
        (["make", "a.csv", "--out", "out", "--workers", "0"], "workers"),
        (["make", "a.csv", "--out", "out", "--size", "9"], "size"),
        (["stats", "."], "holds no shards"),
        (["verify", "nowhere"], "holds no shards"),
        (["show", "nowhere"], "holds no shards"),
        (["show", "nowhere", "--out", "sheet.gif"], "is a PNG or a JPEG"),
        (["render", "0", "--out", "heads"], "count"),
        (["render", "0", "--edits", "--out", "heads"], "count"),
        (["edits", "nowhere", "--out", "out"], "neither a list of photos nor a folder"),
        (["edits", ".", "--out", "out"], "holds no photos"),
        (["edits", "a/set", "b/set", "--out", "out"], "two folders have one name"),
        (["edits", "a.csv", "--out", "out", "--per-photo", "0"], "per_photo"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_made(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["data", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_drawn_photos_are_a_function_of_seed_and_number(
    photos: list[SourcePhoto], tmp_path: Path
) -> None:
    assert (read_photo(photos[0].path).pixels.astype(int) - render_photo(17, 0)).std() < 3.0
    persons = [photo.person for photo in photos]
    assert persons == ["head-17-0000000"] * 2 + ["head-17-0000001"] * 2
    assert [photo.tone for photo in photos] == ["I", "I", "II", "II"]
    before = {path: path.stat().st_mtime_ns for path in photos[0].path.parent.glob("*.jpg")}
    render_photos(4, photos[0].path.parent, seed=17)
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_folder_of_photos_is_its_users_alone(tmp_path: Path) -> None:
    out = tmp_path / "heads"
    assert main(["data", "render", "1", "--out", str(out)]) == 0
    modes = {path.name: path.stat().st_mode & 0o777 for path in (out, *out.iterdir())}
    assert modes == {"heads": 0o700, "photos.csv": 0o600, "head-0-0000000.jpg": 0o600}
