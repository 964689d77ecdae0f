"""``landmarkdiff consultation``: under a passphrase, out of it again, and what a folder holds."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from landmarkdiff.cli import main
from landmarkdiff.photo import Photo
from landmarkdiff.workflows.output.archive import save_consultation
from landmarkdiff.workflows.settings import ConsultationSettings

WORDS = "a quiet consultation"


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    photo = Photo(np.zeros((32, 32, 3), np.uint8), "case", "PNG")
    file = tmp_path / "case.landmarkdiff"
    file.write_bytes(save_consultation(photo, ConsultationSettings()))
    return file


@contextmanager
def descriptor(words: str) -> Iterator[str]:
    reading, writing = os.pipe()
    os.write(writing, f"{words}\n".encode())
    os.close(writing)
    yield str(reading)
    os.close(reading)


def run(command: str, source: Path, target: Path, words: str) -> int:
    with descriptor(words) as number:
        arguments = ["consultation", command, str(source), str(target)]
        return main([*arguments, "--passphrase-fd", number])


def test_there_and_back(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sealed, back = saved.with_name("sealed.landmarkdiff"), saved.with_name("back.landmarkdiff")
    assert run("encrypt", saved, sealed, WORDS) == 0
    assert run("decrypt", sealed, back, "another passphrase") == 2
    assert "not the passphrase" in capsys.readouterr().err
    assert not back.exists()
    assert run("decrypt", sealed, back, WORDS) == 0
    assert back.read_bytes() == saved.read_bytes()
    capsys.readouterr()
    assert main(["consultation", "list", str(saved.parent), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["consultations"]
    listed = {one["name"]: one["encrypted"] for one in found}
    assert listed == {"case": False, "sealed": True, "back": False}


def test_what_is_no_consultation_is_not_locked_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("nothing")
    assert run("encrypt", notes, tmp_path / "x.landmarkdiff", WORDS) == 2
    assert "not a consultation" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [notes]
    assert main(["consultation", "decrypt", str(notes), "x", "--passphrase-fd", "987"]) == 2
    assert "file descriptor" in capsys.readouterr().err
