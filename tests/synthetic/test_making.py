"""Making shards: the same bytes whoever does it, and after a kill at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from quick_shards import QUICK

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import OutputError, ParameterError, PhotoError
from landmarkdiff.photo import read_photo, write_jpeg, write_png
from landmarkdiff.synthetic.filters import ALIKE_BITS, likeness_of
from landmarkdiff.synthetic.making import Part, in_turn, make_shards, parts_of
from landmarkdiff.synthetic.sources import SourcePhoto, read_photo_list, unlisted_photos
from landmarkdiff.synthetic.workers import processes


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def _make(photos: list[SourcePhoto], out: Path) -> list[str]:
    """The command that makes the same shards."""
    listed = str(photos[0].path.parent / "photos.csv")
    options = ["--passes", str(QUICK.passes), "--per-shard", str(QUICK.per_shard)]
    command = [sys.executable, "-m", "landmarkdiff", "data", "make", listed, "--out", str(out)]
    return [*command, *options]


def test_tars_of_somebody_else_are_left_alone(photos: list[SourcePhoto], tmp_path: Path) -> None:
    foreign = tmp_path / "train-00000.tar"
    foreign.write_bytes(b"another set")
    with pytest.raises(OutputError) as raised:
        make_shards(photos, tmp_path, QUICK)
    assert raised.value.code == "shards_of_others"
    assert contents(tmp_path) == {"train-00000.tar": b"another set"}


def test_two_processes_write_the_bytes_of_one(
    photos: list[SourcePhoto], shards: Path, tmp_path: Path
) -> None:
    make_shards(photos, tmp_path, QUICK, runner=processes(2))
    assert contents(tmp_path) == contents(shards)


def test_ray_writes_the_bytes_of_one(
    photos: list[SourcePhoto], shards: Path, tmp_path: Path
) -> None:
    pytest.importorskip("ray")
    done = subprocess.run(
        [*_make(photos, tmp_path), "--ray"], capture_output=True, text=True, check=False
    )
    if "Ray could not be started" in done.stderr:  # its own parts wait 15 s for each other
        pytest.skip("Ray itself does not start on this machine")
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path) == contents(shards)


def test_killed_and_resumed_it_writes_the_same(
    photos: list[SourcePhoto], shards: Path, tmp_path: Path
) -> None:
    started = subprocess.Popen(_make(photos, tmp_path))
    while not list(tmp_path.glob(".parts/*.tar.json")):
        assert started.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    os.kill(started.pid, signal.SIGKILL)
    started.wait()
    assert not (tmp_path / "shards.json").exists()
    done_before = {file.name: file.stat().st_mtime_ns for file in tmp_path.glob(".parts/*.json")}
    looked_at: list[str] = []

    def watching(work, parts):  # type: ignore[no-untyped-def]
        looked_at.extend(part.name for part in parts)
        return in_turn(work, parts)

    make_shards(photos, tmp_path, QUICK, runner=watching)
    assert contents(tmp_path) == contents(shards)
    assert len(looked_at) == 4 - len(done_before)


def test_what_is_made_is_not_made_again(photos: list[SourcePhoto], shards: Path) -> None:
    def nobody(work, parts):  # type: ignore[no-untyped-def]
        raise AssertionError(parts)

    record = make_shards(photos, shards, QUICK, runner=nobody)
    assert len(record["shardlist"]) == 4
    with pytest.raises(OutputError, match="other photos or settings"):
        make_shards(photos[:1], shards, QUICK, runner=nobody)


def test_faults_leave_photos_out(
    photos: list[SourcePhoto], grace_hopper: ImageArray, tmp_path: Path
) -> None:
    first = read_photo(photos[0].path).pixels
    pictures = {
        "kept.png": first,
        "again.jpg": cv2.resize(first, None, fx=0.9, fy=0.9, interpolation=cv2.INTER_AREA),
        "glasses.png": grace_hopper,
        "blurred.png": cv2.GaussianBlur(first, (0, 0), 9.0),
        "small.png": cv2.resize(first, None, fx=0.2, fy=0.2, interpolation=cv2.INTER_AREA),
        "cut.png": first[:, first.shape[1] // 2 - 60 :],
        "wall.png": np.full_like(first, 120),
    }
    for name, picture in pictures.items():
        write = write_png if name.endswith("png") else write_jpeg
        write(tmp_path / name, np.ascontiguousarray(picture))
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    names = [*pictures, "broken.jpg"]
    found = unlisted_photos([tmp_path / name for name in names], tmp_path, "test")
    found = [replace(each, person="one") for each in found]
    record = make_shards(found, tmp_path / "out", replace(QUICK, size=256, per_shard=8))
    reasons = dict(record["left_out"])
    assert sum(shard["nsamples"] for shard in record["shardlist"]) == 1
    assert reasons["again.jpg"] == "duplicate"
    assert reasons["glasses.png"] == "covered"
    assert reasons["blurred.png"] == "blurred"
    assert reasons["small.png"] == "too_small"
    assert reasons["cut.png"] in ("cut", "turned", "covered")
    assert reasons["wall.png"] == "no_face"
    assert reasons["broken.jpg"] == "unreadable"


def test_nothing_left_is_said(tmp_path: Path) -> None:
    write_png(tmp_path / "wall.png", np.full((300, 300, 3), 120, np.uint8))
    wall = unlisted_photos([tmp_path / "wall.png"], tmp_path, "test")
    with pytest.raises(PhotoError, match=r"of 1 photos none is left for the set \(1 no_face\)"):
        make_shards(wall, tmp_path / "out", QUICK)
    assert not list((tmp_path / "out").iterdir())  # nor anything half done


def test_other_sizes_of_a_photo_are_alike_and_other_photos_not(
    photos: list[SourcePhoto], astronaut: ImageArray
) -> None:
    small = cv2.resize(astronaut, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    brighter = np.clip(astronaut.astype(float) * 1.1 + 8, 0, 255).astype(np.uint8)
    same = likeness_of(astronaut)
    assert (likeness_of(np.asarray(small, np.uint8)) ^ same).bit_count() <= ALIKE_BITS
    assert (likeness_of(brighter) ^ same).bit_count() <= ALIKE_BITS
    others = [likeness_of(read_photo(each.path).pixels) for each in photos]
    assert all((other ^ same).bit_count() > 2 * ALIKE_BITS for other in others)


def test_every_person_is_in_parts_of_one_side() -> None:
    photos = [SourcePhoto(Path(f"{n}.png"), f"{n}.png", f"p{n % 40}", "CC0") for n in range(400)]
    parts = parts_of(photos, replace(QUICK, per_shard=16))
    sides: dict[str, set[str]] = {}
    for part in parts:
        for photo in part.photos:
            sides.setdefault(photo.person, set()).add(part.split)
    assert len(sides) == 40
    assert all(len(side) == 1 for side in sides.values())
    assert sum(len(part.photos) for part in parts) == 400
    assert max(len(part.photos) for part in parts) == 16
    assert isinstance(parts[0], Part)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,person\na.png,anna\n", "has no column licence"),
        ("file,person,licence\na.png,anna,\n", "line 2 of the list"),
        ("file,person,licence,tone\na.png,anna,CC0,VII\n", "unknown tone"),
        ("file,person,licence\n", "holds no photos"),
    ],
)
def test_a_list_without_its_facts_is_refused(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "photos.csv"
    path.write_text(text)
    with pytest.raises(PhotoError, match=said):
        read_photo_list(path)


def test_a_list_is_read(tmp_path: Path) -> None:
    path = tmp_path / "photos.csv"
    path.write_text("\ufefffile,licence,person,tone,author\nx/a.png, CC0 ,anna,V,somebody\n")
    (photo,) = read_photo_list(path)
    assert photo == SourcePhoto(tmp_path / "x/a.png", "x/a.png", "anna", "CC0", "V")


def test_photos_without_a_list_need_a_licence(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="licence of the photos is not given"):
        unlisted_photos([tmp_path / "a.png"], tmp_path, None)
