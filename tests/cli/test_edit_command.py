"""``landmarkdiff edit``: words give the picture that their effects give, and say what they mean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from landmarkdiff.cli import main


def test_words_give_the_bytes_that_their_effect_gives(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["edit", "photo.png", "rotate the tip 4°", "--passes", "2", "-o", "words"]) == 0
    assert capsys.readouterr().out.startswith("Tip rotation +4.0°, typical is 4.9°\n")
    arguments = ["--effect", "tip_rotation=4", "--passes", "2", "-o", "effect"]
    assert main(["preview", "photo.png", *arguments]) == 0
    for name in ("after.png", "compare.png", "mask.png", "mesh.png", "wireframe.png", "plan.json"):
        first, second = (photo.parent / out / "photo" / name for out in ("words", "effect"))
        assert first.read_bytes() == second.read_bytes()
    changed = ["edit", "photo.png", "die Hälfte davon", "--lang", "de", "--passes", "2"]
    changed += ["--plan", "words/photo/plan.json", "--dry-run", "--json"]
    capsys.readouterr()
    assert main(changed) == 0
    read = json.loads(capsys.readouterr().out)
    assert set(read) == {
        "plan", "expression", "pose", "echo", "not_understood", "conflicts",
    }  # fmt: skip
    assert read["plan"]["effects"][0]["value"] == 2.0
    assert read["echo"] == ["Nasenspitzenrotation +2,0°, typisch ist 4,9°"]


def test_a_dry_run_writes_nothing(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "Narrow the tip by 1 mm, smile slightly, flurb"
    assert main(["edit", "photo.png", words, "--dry-run", "--passes", "1"]) == 0
    printed = capsys.readouterr().out
    for said in ("Tip width -1.0 mm", "expression: happy, 33 %", "flurb"):
        assert said in printed
    assert sorted(path.name for path in photo.parent.iterdir()) == ["photo.png"]


def test_a_dry_run_needs_no_models_of_its_mode(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["edit", "photo.png", "rotate the tip 4°", "--dry-run", "--passes", "1", "--mode"]
    assert main([*asked, "lato"]) == 0
    assert "Tip rotation +4.0°" in capsys.readouterr().out
    assert main([*asked, "none"]) == 2
    assert "unknown mode" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["make the nose nicer"], "no plan was understood"),
        (["rotate the tip 20 degrees"], "beyond the usual range"),
        (["turn the head 30 degrees to the left"], "not drawn: one photo shows enough"),
        ([" "], "there are no words"),
        (["tip", "--lang", "xx"], "language"),
    ],
)
def test_words_that_make_no_plan_are_refused(
    arguments: list[str], said: str, photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["edit", "photo.png", *arguments, "--passes", "1"]) == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") == 1
    assert ".." not in printed.err
    assert not (photo.parent / "landmarkdiff-out").exists()


def test_words_one_after_the_other_draw_surgery_expression_and_pose(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["rotate the tip 4°", "half of that", "smile slightly, turn the head 5° to the left"]
    assert main(["edit", "photo.png", *words, "--passes", "2", "-o", "out", "--json"]) == 0
    read = json.loads(capsys.readouterr().out)
    assert read["effects"][0]["planned"] == 2.0
    assert read["gesture"]["drawn"] == {
        "expression": {"name": "happy", "strength": 0.33},
        "pose": {"yaw": 5.0, "pitch": 0.0, "roll": 0.0},
    }
    assert 2.0 < read["gesture"]["measured"]["pose"]["yaw"] < 6.0
    assert [step["echo"][0] for step in read["words"]["steps"]] == [
        "Tip rotation +4.0°, typical is 4.9°",
        "Tip rotation +2.0°, typical is 4.9°",
        "expression: happy, 33 %",
    ]
    assert "gesture_turn_from_one_photo" in {notice["code"] for notice in read["warnings"]}
    assert {path.name for path in (photo.parent / "out/photo").iterdir()} >= {"after.png"}
    plan = ["edit", "photo.png", "smile", "--passes", "1", "-o", "alone"]
    assert main(plan) == 0
    printed = capsys.readouterr().out
    assert "Simulation of an expression and a pose without surgery" in printed
    assert "No surgery is planned" in printed
    assert "scores of the network" in printed
