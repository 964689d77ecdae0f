"""From photos and videos to pairs for edits."""

from __future__ import annotations

import csv
import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from landmarkdiff.cli import main
from landmarkdiff.errors import LandmarkDiffError, PhotoError
from landmarkdiff.lato.data.face_state import FaceState
from landmarkdiff.lato.language import understand
from landmarkdiff.synthetic.edit_renders import render_edit_photos
from landmarkdiff.synthetic.edits import EDITS_FILE, EditDataset, make_edits
from landmarkdiff.synthetic.frames import extract_frames, sharpness
from landmarkdiff.synthetic.framing import framed_pair
from landmarkdiff.synthetic.making import MakeSettings, make_shards
from landmarkdiff.synthetic.record import SPLITS, split_of
from landmarkdiff.synthetic.shards import ShardSet
from landmarkdiff.synthetic.sources import persons_of_folder, read_photo_list, videos_of

SEED = 3
PERSON = f"head-{SEED}-0000000"


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """List of four drawn photos of one person with what they show."""
    return render_edit_photos(4, tmp_path_factory.mktemp("edit-heads"), seed=SEED)


@pytest.fixture(scope="module")
def pairs(heads: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shards of them with their pairs."""
    out = tmp_path_factory.mktemp("edits")
    make_shards(read_photo_list(heads), out, MakeSettings(size=256, passes=1))
    make_edits(out)
    return out


def test_a_pair_is_two_photos_of_a_person_and_words_that_say_what_changes(
    pairs: Path,
) -> None:
    found = EditDataset(pairs, split=split_of(PERSON))
    held = ShardSet(pairs)
    face = held.read(*held.of_split(split_of(PERSON))[0]).face
    assert len(found) >= 2
    assert set(found.persons) == {PERSON}
    for number in range(len(found)):
        example, change = found[number], found.pair(number).change
        assert example.source.shape == example.target.shape == (256, 256, 3)
        assert example.source_seen.sum() > 50
        heard = understand(example.instruction, face, language=example.language)
        assert not heard.not_understood
        assert (heard.pose is None) == (
            change.turn.yaw == change.turn.pitch == change.turn.roll == 0
        )
        if heard.pose is not None:
            assert heard.pose == change.turn
        assert change.pose_error_deg <= 5.0
    again = EditDataset(pairs, split=split_of(PERSON))[0]
    assert (again.instruction, again.language) == (found[0].instruction, found[0].language)
    assert np.array_equal(again.source, found[0].source)
    with pytest.raises(IndexError):
        found[len(found)]


def test_the_wall_stands_still_between_two_photos_of_a_scene(pairs: Path) -> None:
    held = ShardSet(pairs)
    records = [held.read(*item) for split in SPLITS for item in held.of_split(split)]
    first, second = max(
        ((a, b) for a in records for b in records if a is not b),
        key=lambda both: abs(both[0].square[0] - both[1].square[0]),  # type: ignore[index]
    )
    assert first.square != second.square
    cut = framed_pair(first, second)
    # Columns beside the head show the wall in both photos, up to the camera's noise.
    wall = [part.picture[40:90, :12].astype(float) for part in cut]
    apart = [record.picture[40:90, :12].astype(float) for record in (first, second)]
    assert np.abs(wall[0] - wall[1]).mean() < 0.5 * np.abs(apart[0] - apart[1]).mean() + 2.0
    inside = [part.points[part.seen] for part in cut]
    assert all(((points > -0.5) & (points < 255.5)).all() for points in inside)


def test_what_is_listed_is_a_function_of_the_photos(pairs: Path) -> None:
    listed = pairs / EDITS_FILE
    before, when = listed.read_bytes(), listed.stat().st_mtime_ns
    make_edits(pairs)
    assert listed.stat().st_mtime_ns == when  # it is there
    listed.unlink()
    make_edits(pairs)
    assert listed.read_bytes() == before
    make_edits(pairs, per_photo=1)
    assert listed.read_bytes() != before
    make_edits(pairs)
    assert listed.read_bytes() == before


def test_pairs_of_other_shards_are_refused(pairs: Path, tmp_path: Path) -> None:
    for file in pairs.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    split = split_of(PERSON)
    listed = json.loads((tmp_path / EDITS_FILE).read_text())
    (tmp_path / EDITS_FILE).write_text(json.dumps(listed | {"made_from": "others"}))
    with pytest.raises(LandmarkDiffError, match="shards of other photos"):
        EditDataset(tmp_path, split=split)
    (tmp_path / EDITS_FILE).write_text("{")
    with pytest.raises(PhotoError, match="no pairs for edits"):
        EditDataset(tmp_path, split=split)
    (tmp_path / EDITS_FILE).write_text(json.dumps(listed))
    other = next(name for name in SPLITS if name != split)
    with pytest.raises(PhotoError, match="no person"):
        EditDataset(tmp_path, split=other)


def test_the_command_makes_pairs_and_says_what_it_left_out(
    heads: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with heads.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["file"] = str(heads.parent / row["file"])
    rows[1]["yaw"] = str(float(rows[1]["yaw"]) + 25.0)  # a head that is not turned as it is said
    with (tmp_path / "list.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows[:2])
    command = ["data", "edits", str(tmp_path / "list.csv"), "--passes", "1", "--size", "256"]
    assert main([*command, "--out", str(tmp_path / "out")]) == 2
    assert "no two of 2 photos make a pair (2 pose_disagrees)" in capsys.readouterr().err


def test_of_a_video_the_sharp_frames_are_taken(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    still = cv2.resize(rng.integers(0, 255, (60, 80, 3), np.uint8), (320, 240))
    blurred = cv2.GaussianBlur(still, (0, 0), 4)
    assert sharpness(blurred) < 0.2 * sharpness(still)
    video = tmp_path / "anna.avi"
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter_fourcc(*"MJPG"), 4.0, (320, 240))
    for frame in (blurred, still, still // 2, blurred, blurred, blurred):  # windows of two frames
        writer.write(frame)
    writer.release()
    found = extract_frames(video, tmp_path / "frames")
    assert [path.name for path in found] == ["0000001.jpg", "0000002.jpg"]
    assert stat.S_IMODE((tmp_path / "frames").stat().st_mode) == 0o700
    before = found[0].stat().st_mtime_ns
    assert extract_frames(video, tmp_path / "frames") == found
    assert found[0].stat().st_mtime_ns == before
    listed = (tmp_path / "frames" / "frames.json").read_text()
    other = shutil.copy(video, tmp_path / "other.avi")  # another video where the first one was
    with other.open("ab") as file:
        file.write(b"end")
    assert extract_frames(other, tmp_path / "frames") == found
    assert (tmp_path / "frames" / "frames.json").read_text() != listed
    (tmp_path / "broken.mp4").write_bytes(b"nothing")
    with pytest.raises(PhotoError, match="video cannot be read"):
        extract_frames(tmp_path / "broken.mp4", tmp_path / "none")
    assert not (tmp_path / "none").exists()
    # In a process of its own, as the decoder asks once how much it may say.
    reading = (
        "import sys; from pathlib import Path; from landmarkdiff.synthetic.frames import _sharpest;"
        "sys.exit(len(list(_sharpest(Path(sys.argv[1])))))"
    )
    command = [sys.executable, "-c", reading, str(tmp_path / "broken.mp4")]
    read = subprocess.run(command, capture_output=True, check=True)
    assert read.stderr == b""
    folder = tmp_path / "set"
    (folder / "berta").mkdir(parents=True)
    video.rename(folder / "anna.avi")
    (folder / "berta" / "1.png").write_bytes(b"")
    paths = [folder / "berta" / "1.png", *videos_of(folder)]
    photos = persons_of_folder(paths, folder, "consent", frames=tmp_path / "frames")
    assert [photo.person for photo in photos] == ["set/berta", "set/anna.avi", "set/anna.avi"]
    assert [photo.scene for photo in photos] == [None, "set/anna.avi", "set/anna.avi"]
    # A damaged video beside it ends nothing, where somebody listens; alone it is the error.
    (folder / "clara.mp4").write_bytes(b"no video")
    paths = [folder / "berta" / "1.png", *videos_of(folder)]
    told: list[PhotoError] = []
    again = persons_of_folder(
        paths, folder, "consent", frames=tmp_path / "frames", skipped=told.append
    )
    assert again == photos
    assert [failure.params["name"] for failure in told] == ["clara.mp4"]
    with pytest.raises(PhotoError, match=r"clara\.mp4"):
        persons_of_folder(paths, folder, "consent", frames=tmp_path / "frames")


def test_a_list_states_all_of_a_gesture_or_nothing(heads: Path, tmp_path: Path) -> None:
    photos = read_photo_list(heads)
    assert photos[0].stated == FaceState.from_dict(
        {"expression": "neutral", "strength": 1, "yaw": 0, "pitch": 0, "roll": 0}
    )
    assert {photo.scene for photo in photos} == {PERSON}
    head = "file,person,licence,expression,strength,yaw,pitch,roll\n"
    for cells in ("happy,1,2,3,", "merry,1,0,0,0", "happy,2,0,0,0", "happy,1,nan,0,0"):
        (tmp_path / "list.csv").write_text(f"{head}a.jpg,anna,mine,{cells}\n")
        with pytest.raises(PhotoError, match="line 2"):
            read_photo_list(tmp_path / "list.csv")
    (tmp_path / "list.csv").write_text(f"{head}a.jpg,anna,mine,,,,,\n")
    assert read_photo_list(tmp_path / "list.csv")[0].stated is None
