"""Scores of edits: hand values, a source that is its own edit, a judge's words, the report."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import cv2
import numpy as np
import pytest

from landmarkdiff.arrays import ImageArray
from landmarkdiff.cli import main
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import EvaluationError, ModeUnavailableError, WeightsError
from landmarkdiff.evaluation.edits import (
    Edit,
    LocalJudge,
    landmark_error,
    moved_amplitude,
    read_marks,
    rectified_identity,
    report_edits,
    report_page,
    score_edit,
    ssim_amplitude,
)
from landmarkdiff.evaluation.edits.listing import read_edits
from landmarkdiff.evaluation.edits.report import published
from landmarkdiff.landmarks import extract_landmarks
from landmarkdiff.lato.tokenizer.points import landmarks_68

ALL = np.ones(68, bool)


@pytest.mark.parametrize(
    ("alike", "wanted", "shown", "value"),
    [
        (0.8, 0.5, 0.5, 0.8),
        (0.8, 0.5, 0.25, 0.55),  # half is missing: a quarter off
        (0.8, 0.5, 0.75, 0.55),  # and half too much
        (0.8, 0.5, 0.0, 0.0),  # the photo itself: a whole off, never below 0
        (0.5, 1e-9, 0.0, 0.5),  # nothing was asked for
    ],
)
def test_rectified_identity_has_hand_values(alike, wanted, shown, value) -> None:
    assert rectified_identity(alike, wanted, shown) == pytest.approx(value, abs=1e-5)


def test_the_landmark_error_is_in_pixels_of_512() -> None:
    wanted = np.zeros((68, 2))
    found = np.zeros((68, 2))
    found[:34, 0] = 8.0
    assert landmark_error(found, wanted, ALL, (512, 512)) == pytest.approx(2.0)
    assert landmark_error(found, wanted, ALL, (512, 1024)) == pytest.approx(1.0)
    seen = ALL.copy()
    seen[34:] = False  # those that were not given do not count
    assert landmark_error(found, wanted, seen, (512, 512)) == pytest.approx(4.0)


@pytest.fixture(scope="module")
def moved(astronaut: ImageArray) -> tuple[np.ndarray, ImageArray, float]:
    """Landmarks of a portrait, the portrait moved by 6 pixels, and the eye distance."""
    points = landmarks_68(extract_landmarks(astronaut).points)[:, :2]
    height, width = astronaut.shape[:2]
    way = np.array([[1.0, 0.0, 6.0], [0.0, 1.0, 0.0]])
    shifted = cv2.warpAffine(astronaut, way, (width, height), borderMode=cv2.BORDER_REFLECT)
    return points, shifted, float(np.linalg.norm(points[45] - points[36]))


def test_amplitude_by_movement_is_the_movement(astronaut: ImageArray, moved) -> None:
    points, shifted, eyes = moved
    found = moved_amplitude(astronaut, shifted, points, ALL)
    assert found == pytest.approx(6.0 / eyes, rel=0.1)
    brighter = np.clip(astronaut.astype(int) + 25, 0, 255).astype(np.uint8)
    assert moved_amplitude(astronaut, brighter, points, ALL) < 0.15 * found
    # Structure sees any change of it, movement or not.
    blurred = cv2.GaussianBlur(astronaut, (0, 0), 2.0)
    assert moved_amplitude(astronaut, blurred, points, ALL) < 0.15 * found
    assert ssim_amplitude(astronaut, blurred) > 0.05
    assert ssim_amplitude(astronaut, astronaut) == pytest.approx(0.0, abs=1e-9)


def test_an_edit_that_does_what_was_asked_is_better_than_none(astronaut: ImageArray, moved) -> None:
    points, shifted, _ = moved
    wanted = points + np.array([6.0, 0.0])

    def scored(picture: ImageArray, judge=None):
        edit = Edit("one", astronaut, picture, shifted, wanted, None, "move to the right")
        return score_edit(edit, Configuration(), judge)

    right, idle = scored(shifted).scores, scored(astronaut).scores
    assert right["landmark_error"].value < 1.5
    assert idle["landmark_error"].value == pytest.approx(3.0, abs=0.8)
    assert {right[mark].value for mark in ("sc", "vq", "na")} == {None}
    if right["identity"].value is not None:  # its network is there
        assert right["ip_ssim"].value == pytest.approx(right["identity"].value, abs=1e-6)
        assert right["ip_moved"].value > right["identity"].value - 0.05
        assert idle["ip_ssim"].value < 1e-4
        assert idle["ip_moved"].value < 0.1
    else:
        assert "not" in right["ip_ssim"].unavailable
    judged = scored(shifted, lambda *_: read_marks("SC=9 VQ=8")).scores
    assert judged["sc"].value == 0.9
    assert judged["na"].unavailable == "the judge's answer has no such mark"
    report = report_edits([scored(shifted), scored(np.zeros_like(shifted))])
    assert report.edits == 2
    assert report.counts["landmark_error"] == 1
    assert ("no face was found in the edit", 1) in report.unavailable["landmark_error"]
    page = report_page(report)
    assert "| LaTo (target) | 0.832 | 0.749 | 0.805 | 0.634 |" in page
    assert "no face was found in the edit" in page


@pytest.mark.parametrize(
    ("answer", "marks"),
    [
        ("SC=7 VQ=6 NA=8", (0.7, 0.6, 0.8)),
        ("sc: 10, vq: 0 na=2.5.", (1.0, 0.0, 0.25)),
        ("VQ=5", (None, 0.5, None)),
        ("SC=70 VQ=-3 NA=x", (None, None, None)),
        ("", (None, None, None)),
    ],
)
def test_marks_are_read_from_a_judges_words(answer, marks) -> None:
    found = read_marks(answer)
    assert (found.sc, found.vq, found.na) == marks


def test_a_judge_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModeUnavailableError):
        LocalJudge(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"PK")
    with pytest.raises(WeightsError, match="pickle"):
        LocalJudge(tmp_path)


def test_the_papers_tables_are_there() -> None:
    tables = published()
    lato = {row["name"]: row for row in tables["guidance"]["rows"]}
    errors = [lato[weight]["landmark_error"] for weight in ("1", "4", "7", "10")]
    assert errors == sorted(errors, reverse=True) == [9.63, 2.34, 1.94, 1.82]
    assert {key: len(table["rows"]) for key, table in tables.items()} == {
        "hfl_150k": 5, "gedit_ice": 5, "conditions": 7, "guidance": 4,
    }  # fmt: skip


def test_a_list_of_edits_is_scored_from_the_command_line(
    astronaut: ImageArray, moved, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, picture in (("a", astronaut), ("b", moved[1]), ("small", astronaut[:400])):
        cv2.imwrite(str(tmp_path / f"{name}.png"), picture[..., ::-1])
    listed = tmp_path / "edits.csv"
    listed.write_text("pred,source,target,instruction\nb.png,a.png,b.png,move\n")
    assert main(["evaluate", "--edits", str(listed), "-o", str(tmp_path / "out"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["scores"]["landmark_error"]["mean"] == pytest.approx(0.0, abs=1e-6)
    assert said["published"]["guidance"]["rows"][1]["landmark_error"] == 2.34
    assert (tmp_path / "out" / "edits.md").is_file()
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert main(["evaluate", "--edits", str(listed), "-o", str(tmp_path / "only.json")]) == 0
    assert json.loads((tmp_path / "only.json").read_text())["edits"] == 1
    for text, code in (
        (b"", "evaluation_column_missing"),
        (b"pred,source\n", "evaluation_manifest_empty"),
        (b"pred,sauce\na.png,b.png\n", "evaluation_column_unknown"),
        (b"\xff\xfepred,source\n", "evaluation_manifest_unreadable"),
        (b"pred,source\na.png,a.png,b.png\n", "evaluation_manifest_ragged"),
        (b"pred,source\nsmall.png,a.png\n", "evaluation_edit_size"),
        (b"pred,source,target\nb.png,a.png,small.png\n", "evaluation_edit_size"),
        (b"pred,source\na.png,\n", "evaluation_file_missing"),
        (b"pred,source\nc.png,a.png\n", "evaluation_file_missing"),
    ):
        listed.write_bytes(text)
        with pytest.raises(EvaluationError) as caught:
            list(read_edits(listed))
        assert caught.value.code == code
    for more in (["--generate"], ["--pred", str(tmp_path)], [str(tmp_path / "a.png")]):
        assert main(["evaluate", "--edits", str(listed), *more]) == 2
        assert capsys.readouterr().err.count("\n") == 1
