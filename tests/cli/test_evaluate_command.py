"""``landmarkdiff evaluate``: from photos, folders, a manifest and shards to the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from installed import need

from landmarkdiff.arrays import ImageArray
from landmarkdiff.cli import main
from landmarkdiff.photo import read_manifest, read_photo, write_png
from landmarkdiff.workflows.evaluating import REPORT_FILES

need("matplotlib", "jinja2", "torch", "torchmetrics", "flip_evaluator")


@pytest.fixture(scope="module")
def generated(portraits: dict[str, ImageArray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an evaluation of the warp on both portraits and on a photo without a face."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "photos").mkdir()
    for name, pixels in portraits.items():
        write_png(folder / "photos" / f"{name}.png", pixels)
    write_png(folder / "photos" / "wall.png", np.full((120, 100, 3), 140, np.uint8))
    words = ["evaluate", "--generate", "-p", "rhinoplasty", str(folder / "photos")]
    assert main([*words, "--bootstrap", "100", "--out", str(folder / "out")]) == 0
    return folder / "out"


def report_in(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "report.json").read_text("utf-8"))


def metric(report: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (m for m in report["metrics"] if m["name"] == name)
    return found


def test_photos_are_simulated_and_scored_against_their_plan(generated: Path) -> None:
    assert set(REPORT_FILES) <= {path.name for path in generated.iterdir()}
    report = report_in(generated)
    assert report["model"]["name"] == "tps"
    assert (report["cases"]["pairs"], report["cases"]["failed"]) == (3, 1)
    (failure,) = report["failures"]
    assert failure["pair"] == "wall"
    assert "no face" in failure["reasons"][0]
    assert metric(report, "magnitude")["mean"] == pytest.approx(1.0, abs=0.15)
    assert metric(report, "direction")["mean"] > 0.9
    assert metric(report, "identity")["n"] == 2
    tip = next(e for e in report["effects"] if e["name"] == "tip_width")
    assert tip["achieved"]["mean"] == pytest.approx(tip["shown"], abs=0.3)


def test_predictions_are_unlabelled_and_say_what_they_are(
    generated: Path, astronaut: ImageArray
) -> None:
    prediction = generated / "astronaut.prediction.png"
    manifest = read_manifest(prediction)
    assert manifest is not None
    assert (manifest["simulation"], manifest["mode"]) == (True, "tps")
    mask = read_photo(generated / "astronaut.mask.png").pixels[..., 0]
    assert (read_photo(prediction).pixels[mask == 0] == astronaut[mask == 0]).all()


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two predictions without a face and their targets, of two persons, in the folder."""
    random = np.random.default_rng(0)
    lines = ["pred,target,person,seed,sex"]
    for folder in ("p", "t"):
        (tmp_path / folder).mkdir()
    slope = np.linspace(40, 200, 40).astype(np.uint8)[None, :, None]
    for k in range(2):
        target = np.broadcast_to(slope, (48, 40, 3)).copy()
        noise = random.integers(0, 10 + 8 * k, target.shape, dtype=np.uint8)
        write_png(tmp_path / "t" / f"{k}.png", target)
        write_png(
            tmp_path / "p" / f"{k}.png", np.minimum(target // 2 + noise, 255).astype(np.uint8)
        )
        lines.append(f"p/{k}.png,t/{k}.png,anna{k},{k % 2},{'fm'[k % 2]}")
    (tmp_path / "cases.csv").write_text("\n".join(lines), "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_folders_a_manifest_and_the_first_spelling_agree(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--pred", "p", "--target", "t", "-o", "one"]) == 0
    printed = capsys.readouterr().out
    assert "2 pairs of 2 persons; 2 failed, of which 2 show no face that could be found." in printed
    assert "Every case counts as another person's." in printed
    assert "No interval: nothing is claimed of 2 persons; 20 or more are needed." in printed
    first_spelling = ["--pred_dir", "p", "--target_dir", "t", "--output", "eval_results.json"]
    assert main(["evaluate", *first_spelling]) == 0
    first = report_in(small / "one")
    assert json.loads((small / "eval_results.json").read_text("utf-8")) == first
    assert not list(small.glob(".*"))
    assert main(["evaluate", "--manifest", "cases.csv", "-o", "two"]) == 0
    second = report_in(small / "two")
    assert metric(second, "ssim")["mean"] == metric(first, "ssim")["mean"]
    assert metric(second, "ssim")["seeds"] is None  # persons differ, not seeds
    assert {s["name"] for f in second["strata"] for s in f["strata"]} == {"f", "m"}


def test_where_nothing_can_be_scored_the_exit_status_says_so(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = (small / "p" / "0.png").read_bytes()
    for name in ("0.png", "1.png"):
        (small / "p" / name).write_bytes(whole[:200])
    assert main(["evaluate", "--pred", "p", "--target", "t", "-o", "one"]) == 1
    assert "2 failed" in capsys.readouterr().out
    (small / "p" / "0.png").write_bytes(whole)  # one of two is enough
    assert main(["evaluate", "--pred", "p", "--target", "t", "-o", "two"]) == 0


def test_a_single_pair(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", "--pred", "p/1.png", "--target", "t/0.png", "-p", "lip_lift", "--json"]
    assert main([*words, "-o", "out"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report == report_in(small / "out")
    assert report["pairs"][0]["facts"]["procedure"] == "lip_lift"
    assert metric(report, "ssim")["n"] == 1


def test_merged_shards_are_the_report_of_one_pass(small: Path) -> None:
    words = ["evaluate", "--manifest", "cases.csv"]
    for number in (1, 2):
        assert main([*words, "--shard", f"{number}/2", "-o", f"parts/{number}"]) == 0
    assert main([*words, "-o", "whole"]) == 0
    assert main(["evaluate", "--merge", "parts/2", "parts/1", "-o", "merged"]) == 0
    for name in ("report.json", "report.md", "report.html"):
        assert (small / "merged" / name).read_bytes() == (small / "whole" / name).read_bytes()


def test_what_was_scored_is_not_replaced_by_its_report(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (small / "made").mkdir()
    (small / "p" / "0.png").rename(small / "made" / "0.prediction.png")
    (small / "one.csv").write_text("pred,target\nmade/0.prediction.png,t/0.png\n", "utf-8")
    assert main(["evaluate", "--manifest", "one.csv", "-o", "made"]) == 2
    assert (small / "made" / "0.prediction.png").exists()
    words = ["evaluate", "--manifest", "cases.csv", "--shard", "1/2"]
    capsys.readouterr()
    assert main([*words, "-o", "part.json"]) == 2  # a shard is more than one file
    assert "--shard" in capsys.readouterr().err
    assert not (small / "part.json").exists()


def test_the_gate_sets_the_exit_status(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", "--pred", "p/0.png", "--target", "t/0.png"]
    assert main([*words, "-o", "base"]) == 0
    again = [*words, "--baseline", "base/report.json", "-o", "again"]
    assert main(again) == 0
    assert "No metric is worse than the baseline allows." in capsys.readouterr().out
    write_png(small / "p" / "0.png", np.zeros((48, 40, 3), np.uint8))
    assert main([*again, "--max-drop", "0.01"]) == 1
    printed = capsys.readouterr().out
    assert "ssim went from" in printed
    assert len(report_in(small / "again")["gate"]["fell"]) >= 3


def test_a_case_that_cannot_be_read_is_counted(small: Path) -> None:
    (small / "p" / "0.png").write_bytes(b"no picture")
    write_png(small / "p" / "1.png", np.zeros((20, 30, 3), np.uint8))
    assert main(["evaluate", "--pred", "p", "--target", "t", "-o", "out"]) == 1  # none was scored
    report = report_in(small / "out")
    reasons = {failure["pair"]: " ".join(failure["reasons"]) for failure in report["failures"]}
    assert (report["cases"]["pairs"], metric(report, "ssim")["n"]) == (2, 0)
    assert "content" in reasons["0"]
    assert "the prediction is 30 x 20 pixels" in reasons["1"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "there is nothing to evaluate"),
        ("--pred gone --target t", "a picture is compared with a picture|does not exist"),
        ("--pred gone.png --target t/0.png", "the photo does not exist (got gone.png)"),
        ("--pred p/0.png --target gone.png", "the photo does not exist (got gone.png)"),
        ("--pred p --target t/1.png", "a folder with a folder (got 1.png)"),
        ("--pred p --manifest cases.csv --generate x.png", "--generate and --pred are two ways"),
        ("--generate -p rhinoplasty", "--generate is of no use without PHOTOS"),
        ("--generate x.png", "no procedure"),
        ("--merge", "--merge is of no use without DIR"),
        ("--pred p x.png", "x.png is of no use without --generate or --merge"),
        ("--pred p --seeds 3", "--seeds is of no use without --generate"),
        ("--pred p --max-drop 0.1", "--max-drop is of no use without --baseline"),
        ("--pred p --shard 5/4", "this is not a shard (got 5/4)"),
        ("--pred p --shard 1/4 --ray", "--shard and --ray are two ways"),
        ("--pred p --shard 1/4 --baseline cases.csv", "--baseline is of no use without --merge"),
        ("--pred p --baseline cases.csv", "no report of an evaluation (got cases.csv)"),
        ("--pred p --bootstrap 3", "resamples"),
        ("--merge p", "does not hold the results of a shard (got p)"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(
    small: Path, words: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(small.rglob("*"))
    assert main(["evaluate", *words.split(), "-o", "out"]) == 2
    complaint = capsys.readouterr().err
    assert any(part in complaint for part in said.split("|")), complaint
    assert complaint.count("\n") == 1
    assert sorted(small.rglob("*")) == before


def test_shards_of_photos_simulate_only_their_own(small: Path) -> None:
    words = ["evaluate", "--generate", "-p", "lip_lift", "p"]
    for number in (1, 2):
        assert main([*words, "--shard", f"{number}/2", "-o", f"parts/{number}"]) == 0
    assert main([*words, "-o", "whole"]) == 1  # nothing could be scored, which a shard cannot know
    assert main(["evaluate", "--merge", "parts/1", "parts/2", "-o", "merged"]) == 1
    merged = report_in(small / "merged")
    assert merged == report_in(small / "whole")
    assert [failure["pair"] for failure in merged["failures"]] == ["0", "1"]
    assert all("no face" in failure["reasons"][0] for failure in merged["failures"])
