"""Questions and answers of a desk: what is understood, and what an error becomes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tab_room import TabRoom, make_services, photo_of

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ParameterError, WorkCancelled
from landmarkdiff.texts import Texts, languages
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.server.sessions import Session
from landmarkdiff.ui.server.steps import Telling
from landmarkdiff.ui.tabs.analysis.tab import AnalysisTab
from landmarkdiff.ui.tabs.comparison.tab import ComparisonTab
from landmarkdiff.ui.tabs.forms import Answer, Desk, Question, answers, photo_mark, shelf, skeleton
from landmarkdiff.ui.tabs.single.studio import NoPhotoError
from landmarkdiff.ui.tabs.sweep.tab import SweepTab


def echo(session: Session, question: Question, telling: Telling) -> Answer:
    telling.progress(0, 4, "progress.simulate")
    telling.progress(3, 4, "")
    if question.kind == "explode":
        raise KeyError(question.word("said"))
    return {"parts": {"echo": question.word("said")}}


DESK = Desk(
    "compare", "", ("echo",), lambda _session, _question: {}, {"echo": echo, "explode": echo}
)


@pytest.fixture(scope="module")
def services() -> AppServices:
    return make_services()


@pytest.fixture
def room(services: AppServices, astronaut: ImageArray, tmp_path: Path) -> TabRoom:
    found = TabRoom(services)
    found.open_photo(photo_of(astronaut, tmp_path))
    return found


def test_progress_comes_before_the_answer(room: TabRoom) -> None:
    replies = room.ask(DESK, "echo", {"said": ["hello"]})
    told = [(reply["kind"], reply.get("share"), reply.get("sentence")) for reply in replies]
    assert told == [
        ("progress", 0.0, "Simulating"),
        ("progress", 0.75, "Step 4 of 4"),
        ("done", None, None),
    ]
    assert replies[-1]["parts"] == {"echo": "hello"}
    assert replies[-1]["photo"] == photo_mark(room.session)


def test_an_unforeseen_error_is_answered_without_its_message(
    room: TabRoom, caplog: pytest.LogCaptureFixture
) -> None:
    error = room.ask(DESK, "explode", {"said": ["Jane Doe"]})[-1]
    assert error["kind"] == "error"
    assert error["sentence"] == room.texts("session.unexpected")
    assert "KeyError" in caplog.text
    assert "Jane Doe" not in caplog.text
    assert room.services.work.load == (0, 0)


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"kind": 3},
        {"kind": "echo", "number": "1"},
        {"kind": "echo", "fields": [1]},
        {"kind": "echo", "fields": {"said": "hello"}},
        {"kind": "unheard_of"},
    ],
)
def test_what_the_page_would_not_send_is_not_understood(room: TabRoom, data: Any) -> None:
    token, request = room.session.token, room.request
    (said,) = answers(room.frame, DESK, data, token, request)
    reply = json.loads(said)
    assert reply["kind"] == "error"
    assert reply["sentence"] == "The request is not understood."


def test_an_unknown_session_is_a_sentence(room: TabRoom) -> None:
    (said,) = answers(room.frame, DESK, {"kind": "open", "number": 1}, "no-token", room.request)
    assert "reload it" in json.loads(said)["sentence"]


def test_a_number_field_must_hold_a_number() -> None:
    question = Question("run", {"steps": ["5"], "level": [""], "list": [], "nan": ["nan"]})
    assert question.value("steps") == 5.0
    assert question.word("list") == ""
    for name in ("level", "list", "nan", "missing"):
        with pytest.raises(ParameterError):
            question.value(name)


def test_each_photo_has_a_mark_of_its_own(
    room: TabRoom, grace_hopper: ImageArray, tmp_path: Path
) -> None:
    first = photo_mark(room.session)
    assert photo_mark(room.session) == first
    room.open_photo(photo_of(grace_hopper, tmp_path))
    assert photo_mark(room.session) != first
    room.session.consultation = None
    with pytest.raises(NoPhotoError):
        photo_mark(room.session)


def test_a_shelf_holds_the_last_result_only(room: TabRoom) -> None:
    consultation, session = room.session.consultation, room.session
    for text in (b"one", b"two"):
        with shelf(session, consultation, "test.blobs") as put:
            put(text, "text/plain", "a.txt")
            put(text, "text/plain", "b.txt")
    names = session.state["test.blobs"]
    assert [session.blobs.get(name).data for name in names] == [b"two", b"two"]
    room.services.studio.open_photo(session, consultation.photo)
    with pytest.raises(WorkCancelled), shelf(session, consultation, "test.blobs"):
        pass


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("tab", [ComparisonTab, SweepTab, AnalysisTab])
def test_the_form_is_no_template(language: str, tab: type) -> None:
    # Gradio fills ${...} and {{...}} of what it shows, and a backtick would end its text.
    texts = Texts.load(language)
    html = skeleton(tab(texts).desk, texts)
    assert not any(sign in html for sign in ("${", "{{", "`", "\\"))
    assert html.count("<form") == html.count("</form>") == 1
    assert html.count("<div") == html.count("</div>")


BUILD = """
import json
from landmarkdiff.ui.page.build import build_page
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.server.settings import AppSettings
config = build_page("en", AppServices.from_settings(AppSettings())).blocks.get_config_file()
ids = [component["props"].get("elem_id") for component in config["components"]]
print(json.dumps([ids, [event["api_visibility"] for event in config["dependencies"]]]))
"""


def test_no_event_of_the_page_is_an_interface_for_programs() -> None:
    # In a process of its own: a page that is built and never served leaves event loops open.
    done = subprocess.run([sys.executable, "-c", BUILD], capture_output=True, check=True)
    ids, visibilities = json.loads(done.stdout.splitlines()[-1])
    assert {"ld-desk-compare", "ld-desk-sweep", "ld-desk-analysis"} <= set(ids)
    assert len(visibilities) > 6
    assert set(visibilities) == {"private"}
