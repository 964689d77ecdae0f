"""A page on which people score predicted landmarks, and what their scores come to."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import numpy as np
import pytest

from landmarkdiff.arrays import ImageArray
from landmarkdiff.cli import main
from landmarkdiff.errors import EvaluationError
from landmarkdiff.evaluation.rating import RatedFace, write_rating_page
from landmarkdiff.evaluation.rating_scores import PUBLISHED_ACCURACY, read_scores
from landmarkdiff.lato.language import understand
from landmarkdiff.lato.predictor.embedded import embedded_points
from landmarkdiff.lato.tokenizer.points import landmarks_68
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.photo import write_png


class Silent:
    """A model that answers nothing that can be read."""

    def answer(self, picture: object, question: str, grammar: str) -> str:
        return ""


@pytest.fixture(scope="module")
def written(
    prepared_portraits: dict[str, PreparedFace], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    faces = [RatedFace(name, prepared) for name, prepared in prepared_portraits.items()]
    out = tmp_path_factory.mktemp("rating")
    return write_rating_page(faces, out, model=Silent(), per_face=3, language="de")


def test_the_page_shows_points_and_does_not_say_whose_they_are(
    written: tuple[Path, Path], prepared_portraits: dict[str, PreparedFace]
) -> None:
    page, key = (path.read_text(encoding="utf-8") for path in written)
    assert "kinematics" not in page
    assert "astronaut" not in page
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found is not None
    shown = json.loads(found.group(1))
    listed = json.loads(key)
    assert [sample["id"] for sample in shown["samples"]] == sorted(listed["samples"])
    assert len(shown["samples"]) == 6
    assert len(listed["unpredicted"]) == 6  # of the model
    for sample in shown["samples"]:
        assert len(sample["points"]) == 68
        said = listed["samples"][sample["id"]]
        assert said["instruction"] == sample["words"]
        heard = understand(
            sample["words"], prepared_portraits["astronaut"].landmarks, language="de"
        )
        assert not heard.not_understood
    assert not re.search(r"(src|href)=\"http", page)
    assert "default-src 'none'" in page


def test_the_embedded_points_turn_and_express(
    prepared_portraits: dict[str, PreparedFace],
) -> None:
    prepared = prepared_portraits["grace_hopper"]
    face = prepared.landmarks
    turned = embedded_points(prepared, understand("turn the head 10 degrees to the left", face))
    assert turned.pose.yaw - face.pose.yaw == pytest.approx(10.0, abs=1e-6)
    smile = embedded_points(prepared, understand("smile", face))
    moved = landmarks_68(smile.points)[:, :2] - landmarks_68(face.points)[:, :2]
    assert moved[[48, 54], 1].max() < -0.01 * face.interocular_px  # corners of the mouth go up
    assert np.abs(moved[27:31]).max() < 0.02 * face.interocular_px  # the bridge stays


def scores_of(key: Path, rater: str, right: int) -> str:
    listed = json.loads(key.read_text(encoding="utf-8"))
    rows = [
        f'{listed["page"]},"{rater}",{name},{int(number < right)}'
        for number, name in enumerate(sorted(listed["samples"]))
    ]
    return "\r\n".join(("page,rater,sample,score", *rows)) + "\r\n"


def test_scores_are_shares_of_all_predictions(
    written: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "again.csv"]
    files[0].write_text(scores_of(written[1], "anna", 6))
    files[1].write_text(scores_of(written[1], "berta", 0))
    files[2].write_text(scores_of(written[1], "berta", 3))  # the later scores count
    found = {each.method: each for each in read_scores(files, written[1])}
    own, model = found["kinematics"], found["model"]
    assert (own.accuracy, own.scores, own.raters, own.photos) == (9 / 12, 12, 2, 2)
    assert own.low <= own.accuracy <= own.high
    assert (model.accuracy, model.scores, model.unpredicted) == (0.0, 0, 6)
    command = ["data", "ratings", *map(str, files), "--key", str(written[1])]
    assert main([*command, "--json"]) == 0
    read = json.loads(capsys.readouterr().out)
    assert read["published"] == dict(PUBLISHED_ACCURACY)
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "0.750" in printed
    assert "0.730" in printed  # the published predictor


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a CSV"),
        ("a,b\n", "not a CSV"),
        ("page,rater,sample,score\n", "nobody scored"),
        ("page,rater,sample,score\nPAGE,anna,0001,2\n", "line 2"),
        ("page,rater,sample,score\nPAGE,,0001,1\n", "line 2"),
        ("page,rater,sample,score\nother,anna,0001,1\n", "of another page"),
        ("page,rater,sample,score\nPAGE,anna,9999,1\n", "of another page"),
    ],
)
def test_what_are_no_scores_is_refused(
    text: str, said: str, written: tuple[Path, Path], tmp_path: Path
) -> None:
    page = json.loads(written[1].read_text(encoding="utf-8"))["page"]
    (tmp_path / "scores.csv").write_text(text.replace("PAGE", page))
    with pytest.raises(EvaluationError, match=said):
        read_scores([tmp_path / "scores.csv"], written[1])
    with pytest.raises(EvaluationError, match="not the key"):
        read_scores([tmp_path / "scores.csv"], tmp_path / "scores.csv")


def test_the_page_lies_in_a_folder_of_its_owner(
    astronaut: ImageArray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photos").mkdir()
    write_png(tmp_path / "photos" / "one.png", astronaut)
    out = tmp_path / "out"
    few = ["--per-face", "1", "--passes", "1"]
    assert main(["data", "rate", str(tmp_path / "photos"), "--out", str(out), *few]) == 0
    assert "Key, not for those who score" in capsys.readouterr().out
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (out, *out.iterdir())}
    assert modes == {"out": 0o700, "rating.html": 0o600, "rating-key.json": 0o600}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rate", ".", "--out", "out"], "holds no photos"),
        (["rate", ".", "--out", "out", "--faces", "0"], "faces"),
        (["rate", ".", "--out", "out", "--lang", "xx"], "language"),
        (["ratings", "a.csv", "--key", "none.json"], "not the key"),
    ],
)
def test_bad_input_is_one_sentence(
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
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())
