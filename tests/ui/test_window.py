"""The app in a window: which program, with what, and what its end means."""

from __future__ import annotations

import os
import sys
import threading

import pytest
import waiting

from landmarkdiff.errors import ParameterError
from landmarkdiff.ui.server.window import BROWSER_VARIABLE, AppWindow, find_window_command


def program(folder, name, text="#!/bin/sh\nexit 0\n"):
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def empty_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(BROWSER_VARIABLE, raising=False)
    return tmp_path


def test_a_browser_is_found_and_started_quietly(empty_machine, tmp_path):
    path = program(empty_machine, "microsoft-edge")
    command = find_window_command()("http://127.0.0.1:7860/", tmp_path / "profile")
    assert command[0] == str(path)
    assert "--app=http://127.0.0.1:7860/" in command
    assert f"--user-data-dir={tmp_path / 'profile'}" in command
    assert "--proxy-server=http://127.0.0.1:9" in command  # for all that is not the app
    assert "--proxy-bypass-list=127.0.0.1" in command
    for flag in ("--no-first-run", "--disable-background-networking", "--disable-sync"):
        assert flag in command


def test_the_variable_chooses(empty_machine, monkeypatch):
    program(empty_machine, "chromium")
    chosen = program(empty_machine, "mine")
    monkeypatch.setenv(BROWSER_VARIABLE, str(chosen))
    assert find_window_command()("http://x/", empty_machine)[0] == str(chosen)
    monkeypatch.setenv(BROWSER_VARIABLE, str(empty_machine / "none"))
    with pytest.raises(ParameterError, match="does not name a program"):
        find_window_command()


def test_pywebview_is_the_second_choice(empty_machine, monkeypatch):
    (empty_machine / "webview.py").touch()
    monkeypatch.syspath_prepend(str(empty_machine))
    command = find_window_command()("http://x/", empty_machine)
    assert command[0] == sys.executable
    assert command[-1] == "http://x/"


def test_without_either_there_is_a_sentence(empty_machine):
    with pytest.raises(ParameterError, match=r"no browser was found.*--window"):
        find_window_command()


def test_closing_the_window_is_told(tmp_path):
    told, done = [], threading.Event()

    def closed(was_open):
        told.append(was_open)
        done.set()

    AppWindow([str(program(tmp_path, "quits"))], closed)
    assert done.wait(120)
    assert told == [True]


def test_a_window_that_never_opened_is_told_apart(tmp_path):
    told, done = [], threading.Event()

    def closed(was_open):
        told.append(was_open)
        done.set()

    AppWindow([str(program(tmp_path, "fails", "#!/bin/sh\nexit 1\n"))], closed)
    assert done.wait(120)
    assert told == [False]


def test_the_app_closes_its_window(tmp_path):
    told = []
    stays = program(tmp_path, "stays", f'#!/bin/sh\necho $$ > "{tmp_path}/pid"\nexec sleep 600\n')
    window = AppWindow([str(stays)], told.append)
    waiting.until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())
    window.close()
    window.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert told == []
