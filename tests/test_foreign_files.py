"""Files that somebody else wrote, and that may be made to do harm."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

import pytest

from landmarkdiff.cli import main
from landmarkdiff.configuration import Configuration
from landmarkdiff.data_files import YamlError, parse_foreign_json, parse_foreign_yaml
from landmarkdiff.errors import LandmarkDiffError, OutputError, ParameterError, PlanError
from landmarkdiff.photo import Photo
from landmarkdiff.procedures import load_procedure_file
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.ui.server.passwords import load_users
from landmarkdiff.workflows.batch_state import BatchState
from landmarkdiff.workflows.output.archive import (
    ArchiveError,
    load_consultation,
    save_consultation,
)
from landmarkdiff.workflows.settings import ConsultationSettings

LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
DEEP = "a: " + "[" * 50_000
TWICE = '{"format": 1, "format": 1}'
MANY_DIGITS = '{"format": 1, "seed": ' + "7" * 5000 + "}"


@pytest.mark.parametrize(
    "text", [LAUGHS, DEEP, "a: &b 1\nc: *b\n", "x: &x {y: *x}\n", "seed: 1\nseed: 2\n"]
)
def test_yaml_that_stands_for_more_than_it_says_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(YamlError):
        parse_foreign_yaml(text)
    file = tmp_path / "c.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match="YAML"):
        Configuration.load(file)
    with pytest.raises(LandmarkDiffError):
        load_procedure_file(file)


@pytest.mark.parametrize("text", [MANY_DIGITS, "[" * 100_000, "{}}", "nan", TWICE])
def test_json_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises((ValueError, RecursionError)):
        parse_foreign_json(text)
    file = tmp_path / "plan.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PlanError):
        SurgicalPlan.from_file(file)


@pytest.fixture(params=["pipe", "device", "folder"])
def no_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "device":
        if not Path("/dev/zero").exists():
            pytest.skip("there is no such device")
        return Path("/dev/zero")
    path = tmp_path / "thing"
    if request.param == "folder":
        path.mkdir()
    elif hasattr(os, "mkfifo"):
        os.mkfifo(path)
    else:
        pytest.skip("there are no such pipes")
    return path


def test_what_is_no_file_is_refused_at_once(no_file: Path, capsys) -> None:
    with pytest.raises(PlanError):
        SurgicalPlan.from_file(no_file)
    with pytest.raises(ParameterError):
        Configuration.load(no_file)
    with pytest.raises(LandmarkDiffError):
        load_procedure_file(no_file)
    with pytest.raises(ParameterError):
        load_users(no_file, {})
    for option in ("--plan", "--config"):
        command = ["preview", "x.png", "--procedure", "rhinoplasty", option, str(no_file)]
        assert main(command) == 2
        assert capsys.readouterr().err.count("\n") == 1


def entry(**named):
    done = {"folder": "a", "key": "k", "sizes": {"after.png": 1}, "guard": None,
            "counts": {"effects": 1, "limited": 0, "warnings": 0}}  # fmt: skip
    return {"format": 1, "photos": {"x/a.png": {**done, **named}}}


def test_a_batch_reads_its_own_state(tmp_path: Path) -> None:
    (tmp_path / "batch.json").write_text(json.dumps(entry()))
    assert BatchState.read(tmp_path).photos["x/a.png"].folder == "a"


@pytest.mark.parametrize(
    "named",
    [
        *({"folder": name} for name in ("../../x", "..", "/etc", "a/b", "a\\b", "", ".", "a\0")),
        *({"sizes": {name: 1}} for name in ("../after.png", "/etc/passwd", "..")),
        {"sizes": {"after.png": "1"}},
        {"sizes": {"after.png": True}},
        {"folder": 7},
        {"strange": 1},
    ],
)
def test_a_batch_is_not_led_elsewhere(tmp_path: Path, named) -> None:
    (tmp_path / "batch.json").write_text(json.dumps(entry(**named)))
    with pytest.raises(OutputError, match=r"batch\.json"):
        BatchState.read(tmp_path)


@pytest.mark.parametrize("focal", [float("nan"), float("inf"), -50.0, 0, 1e300, True, "50", [50]])
def test_a_consultation_with_an_impossible_lens_is_refused(astronaut, focal) -> None:
    photo = Photo(astronaut, "a", "PNG", focal_length_35mm=focal)
    with pytest.raises(ArchiveError):
        load_consultation(save_consultation(photo, ConsultationSettings()))


def test_a_consultation_keeps_its_lens(astronaut) -> None:
    photo = Photo(astronaut, "a", "PNG", focal_length_35mm=85.0)
    read, _ = load_consultation(save_consultation(photo, ConsultationSettings()))
    assert read.focal_length_35mm == 85.0


def test_a_consultation_with_a_long_list_is_refused_unread(astronaut) -> None:
    photo = Photo(astronaut[:64, :64].copy(), "x", "PNG")
    data = save_consultation(photo, ConsultationSettings())
    assert load_consultation(data)[0].stem == "x"
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as archive:
        for number in range(100):
            archive.writestr(f"more-{number}", b"")
    locator = b"PK\6\7" + bytes(16)
    for hostile in (buffer.getvalue(), data[:-22] + locator + data[-22:], data[-22:], data[:21]):
        with pytest.raises(ArchiveError):
            load_consultation(hostile)
