"""Consultations that the app keeps: only when asked, encrypted, each user's apart."""

from __future__ import annotations

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from asking import answer_of, ask, lines_of
from small_app import open_session, small_client

from landmarkdiff.errors import OutputError, ParameterError
from landmarkdiff.photo import Photo, encode_png
from landmarkdiff.ui.server.settings import AppSettings
from landmarkdiff.workflows.annotations import PenStroke
from landmarkdiff.workflows.output.archive import read_consultation, save_consultation
from landmarkdiff.workflows.output.consultation_folder import (
    keep_consultation,
    kept_consultations,
    kept_file,
)
from landmarkdiff.workflows.output.encryption import is_encrypted
from landmarkdiff.workflows.plan_history import PlanHistory
from landmarkdiff.workflows.settings import ConsultationSettings

WORDS = "a quiet consultation"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("consultations")


@pytest.fixture(scope="module")
def client(folder):
    with small_client(AppSettings(consultations=folder)) as client:
        yield client


def error_of(response):
    return lines_of(response)[-1]


def test_a_consultation_is_kept_listed_and_opened(client, folder, astronaut):
    token = open_session(client)
    photo = answer_of(ask(client, token, "single/photo", {}, encode_png(astronaut)))
    assert list(folder.iterdir()) == []
    plan = {**photo["settings"], "effects": {"rhinoplasty.tip_rotation": 3.5}}
    answer_of(ask(client, token, "single/warp", plan))
    history = {"past": [photo["settings"]], "future": [], "kept": plan}
    question = {"passphrase": WORDS, "history": history, "name": "Case 12"}
    kept = answer_of(ask(client, token, "single/keep", question))
    assert kept == {"blob": "", "filename": "Case 12.landmarkdiff"}
    (file,) = folder.iterdir()
    assert is_encrypted(file.read_bytes())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    taken = error_of(ask(client, token, "single/keep", question))
    assert "already" in taken["error"]
    (listed,) = answer_of(ask(client, token, "single/kept"))["files"]
    assert (listed["name"], listed["encrypted"]) == ("Case 12", True)
    other = open_session(client)
    asked = error_of(ask(client, other, "single/take", {"name": "Case 12"}))
    assert asked["code"] == "PassphraseNeededError"
    wrong = error_of(ask(client, other, "single/unlock", {"passphrase": "another passphrase"}))
    assert wrong["code"] == "PassphraseError"
    opened = answer_of(ask(client, other, "single/unlock", {"passphrase": WORDS}))
    assert opened["settings"] == plan
    assert opened["history"] == {**history, "names": []}
    gone = error_of(ask(client, other, "single/unlock", {"passphrase": WORDS}))
    assert "waits" in gone["error"]


@pytest.mark.parametrize("name", ["", " ", "../x", "a/b", "..", ".x", "x" * 81, "a\\b", "a\0b"])
def test_a_name_leads_nowhere_else(folder, name):
    with pytest.raises(ParameterError, match="name of the consultation"):
        kept_file(folder, name)


def test_a_short_passphrase_writes_nothing(client, folder, astronaut):
    token = open_session(client)
    answer_of(ask(client, token, "single/photo", {}, encode_png(astronaut)))
    before = set(folder.iterdir())
    question = {"passphrase": "short", "name": "Case 13"}
    assert "10 to 1024" in error_of(ask(client, token, "single/keep", question))["error"]
    assert set(folder.iterdir()) == before


def test_the_folder_has_to_be_there(tmp_path):
    with pytest.raises(ParameterError, match="no such folder"):
        AppSettings(consultations=tmp_path / "nowhere")


def test_one_file_that_is_gone_hides_no_other(tmp_path, monkeypatch):
    for name in ("first", "second"):
        (tmp_path / f"{name}.landmarkdiff").write_bytes(b"LMDCRYPT")
    opened = Path.open

    def gone(path, *how):
        if path.stem == "first":
            raise FileNotFoundError(2, "No such file or directory")
        return opened(path, *how)

    monkeypatch.setattr(Path, "open", gone)
    assert [one.name for one in kept_consultations(tmp_path)] == ["second"]


def test_a_name_may_not_hide_behind_a_space():
    with pytest.raises(ParameterError):
        kept_file(Path(), " .hidden")


def test_of_many_that_ask_for_one_name_at_once_one_is_kept(tmp_path):
    started = threading.Barrier(8)

    def keep(number):
        started.wait()
        try:
            keep_consultation(tmp_path, "Case", bytes([number]) * 4096)
        except ParameterError as error:
            assert error.code == "consultation_name_taken"
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        kept = [number for number in pool.map(keep, range(8)) if number is not None]
    assert len(kept) == 1
    [file] = tmp_path.iterdir()
    assert file.read_bytes() == bytes(kept) * 4096


def test_a_name_is_given_back_where_the_file_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OutputError):
        keep_consultation(tmp_path / "file", "Case", b"data")
    with pytest.raises(OutputError):
        keep_consultation(tmp_path / "gone", "Case", b"data")
    with pytest.raises(TypeError):
        keep_consultation(tmp_path, "Case", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_settings_that_could_not_be_opened_again_are_not_saved(astronaut):
    stroke = PenStroke(points=[(10_000.125 + n, n) for n in range(120)])
    step = ConsultationSettings(annotations=[stroke] * 10)
    history = PlanHistory(past=[step] * 20)
    photo = Photo(astronaut, stem="long", format="PNG")
    with pytest.raises(ParameterError) as raised:
        save_consultation(photo, step, history)
    assert raised.value.code == "consultation_too_long"
    shorter = PlanHistory(past=[step] * 5)
    saved = read_consultation(save_consultation(photo, step, shorter))
    assert saved.history == shorter
    assert saved.settings.annotations == step.annotations
