"""The shell that the package carries, held against the Gradio that is installed."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from landmarkdiff.ui.page import load_shell as shells
from landmarkdiff.ui.page.load_shell import SHELL_FILE, gradio_assets, load_shell
from landmarkdiff.ui.page.shell import Shell, slot
from landmarkdiff.ui.tabs.registry import find_tabs

TABS = [tab.name for tab in find_tabs()]
CARRIED = Shell.from_dict(json.loads(SHELL_FILE.read_text(encoding="utf-8")))


def test_the_carried_shell_is_what_gradio_renders() -> None:
    """Where this fails, ``scripts/make_shell.py`` writes the file anew."""
    # In a process of its own, as everything that imports Gradio.
    code = (
        "import json, sys; from landmarkdiff.ui.page.render_shell import render_shell; "
        "print(json.dumps(render_shell(sys.argv[1:]).to_dict()))"
    )
    done = subprocess.run([sys.executable, "-c", code, *TABS], capture_output=True, check=True)
    assert Shell.from_dict(json.loads(done.stdout)) == CARRIED


def test_the_page_has_no_event_that_gradio_would_answer() -> None:
    ids = {component["props"].get("elem_id") for component in CARRIED.config["components"]}
    assert {"ld-head", "ld-tabs", *(f"ld-{tab}" for tab in TABS)} <= ids
    assert CARRIED.config["dependencies"] == []


def test_scripts_that_the_shell_names_are_installed() -> None:
    assert load_shell(TABS) is load_shell(TABS)
    named = CARRIED.after.split('src="./assets/')[1].split('"')[0]
    assert (gradio_assets() / named).is_file()


def test_another_gradio_renders_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def rendered(tabs: tuple[str, ...]) -> Shell:
        return replace(CARRIED, gradio="7.0.0", tabs=tabs)

    monkeypatch.setattr(shells, "_rendered", rendered)
    assert load_shell(TABS).gradio == CARRIED.gradio
    assert load_shell([*TABS, "sixth"]).gradio == "7.0.0"
    monkeypatch.setattr(shells, "version", lambda _: "6.99.0")
    assert load_shell(TABS).gradio == "7.0.0"


def test_texts_fill_slots_and_end_no_script() -> None:
    config = {"a": slot("title"), "b": ["{not", {"c": "x"}], "root": slot("root")}
    shell = Shell("6", ("single",), "<script>c = ", config, ";</script></head>", "")
    page = shell.fill(
        {slot("title"): "</script>'&é", slot("root"): "http://a/en", slot("ahead"): "<link>"}
    )
    start, rest = page.split("c = ")
    told, end = rest.split(";</script>")
    assert (start, end) == ("<script>", "<link></head>")
    assert json.loads(told) == {**config, "a": "</script>'&é", "root": "http://a/en"}
    assert not set(told) & set("<>&'")


def test_a_slot_without_content_is_no_page() -> None:
    with pytest.raises(KeyError):
        CARRIED.fill({slot("ahead"): ""})


def test_the_app_starts_without_gradio() -> None:
    code = (
        "import asyncio, sys; from landmarkdiff.ui.app import create_app; "
        "from landmarkdiff.ui.server.settings import AppSettings; "
        "app = create_app(AppSettings()); asyncio.run(app.state.pages.open()); "
        "print(app.state.pages.built, *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.startswith("['en']")
    heavy = {"gradio", "fastapi", "pandas", "huggingface_hub", "matplotlib", "torch", "cv2.gapi"}
    assert not heavy & set(done.stdout.split())
