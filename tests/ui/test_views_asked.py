"""The five views as the page asks for them, with real photos and the real pipeline."""

from __future__ import annotations

import io
import threading

import cv2
import numpy as np
import pytest
import waiting
from asking import answer_of, ask, lines_of
from PIL import Image
from small_app import browser_of, open_session, small_client
from turned_heads import VIEW_OF, turned_head

from landmarkdiff.photo import read_manifest
from landmarkdiff.texts import Texts
from landmarkdiff.ui.tabs.views.tab import FRAME_BYTES, FRAME_SIDE

PLAN = {"procedure": "rhinoplasty", "intensity": 80}


@pytest.fixture(scope="module")
def client():
    with small_client() as client:
        yield client


def add(client, token, yaw, place=None):
    """Add a photo; the last line of the answer."""
    answer = ask(client, token, "views/add", {"place": place}, turned_head(yaw))
    return lines_of(answer)[-1]


def state_of(client, token):
    return answer_of(ask(client, token, "views/state"))


def frame(yaw, side=FRAME_SIDE):
    pixels = np.asarray(Image.open(io.BytesIO(turned_head(yaw))).convert("RGB"))
    small = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
    buffer = io.BytesIO()
    Image.fromarray(small).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def by_place(state):
    return {entry["place"]: entry["view"] for entry in state["places"]}


def test_five_shuffled_files_find_their_places(client):
    token = open_session(client)
    for yaw in (80, 0, -45, 45, -80):
        state = add(client, token, yaw)["answer"]
    assert [entry["place"] for entry in state["places"]] == list(VIEW_OF.values())
    assert state["count"] == 5
    assert (state["unplaced"], state["unsorted"], state["plan"], state["results"]) == (
        [],
        False,
        "",
        None,
    )
    views = by_place(state)
    assert all(view["accepted"] for view in views.values())
    for yaw, place in VIEW_OF.items():
        if abs(yaw) == 80:
            assert not views[place]["simulated"]
            assert views[place]["measured"] == ""
            assert "shown without a simulation" in views[place]["notices"][0]
        else:
            assert views[place]["yaw"] == pytest.approx(yaw, abs=6)
            assert views[place]["simulated"]
    assert state["places"][1]["expected"] == "Expected −65° to −25°"
    thumbnail = client.get(f"/ld/{token}/blob/{views['frontal']['blob']}")
    assert thumbnail.headers["content-type"] == "image/jpeg"
    assert "more photos than views" in add(client, token, 0)["error"]


def test_a_photo_in_the_wrong_place_says_which_way_to_turn(client):
    token = open_session(client)
    state = add(client, token, 0, "left_three_quarter")["answer"]
    view = by_place(state)["left_three_quarter"]
    assert not view["accepted"]
    assert view["sentence"] == "This photo does not fit the view"
    assert "to the patient's right" in view["notices"][0]
    assert state_of(client, token)["unsorted"]
    assert by_place(answer_of(ask(client, token, "views/sort")))["frontal"]["accepted"]


def test_photos_are_moved_and_removed(client):
    token = open_session(client)
    name = by_place(add(client, token, 0)["answer"])["frontal"]["id"]
    target = {"photo": name, "place": "right_profile"}
    moved = answer_of(ask(client, token, "views/move", target))
    assert by_place(moved)["right_profile"]["id"] == name
    assert answer_of(ask(client, token, "views/remove", {"photo": name}))["count"] == 0
    (again,) = lines_of(ask(client, token, "views/remove", {"photo": name}))
    assert again["error"] == "This photo is no longer there; reload the page."
    add(client, token, 0)
    assert answer_of(ask(client, token, "views/clear"))["count"] == 0


@pytest.mark.parametrize(
    ("yaw", "place", "ok", "code"),
    [
        (0, "frontal", True, "good"),
        (45, "frontal", False, "back_right"),
        (0, "left_three_quarter", False, "turn_right"),
        (-45, "left_three_quarter", True, "good"),
        (45, "left_three_quarter", False, "turn_right"),
        (80, "right_profile", True, "good_profile"),
        (80, "left_profile", False, "profile_right"),
    ],
)
def test_a_frame_of_the_camera_gets_a_hint(client, yaw, place, ok, code):
    token = open_session(client)
    hint = answer_of(ask(client, token, "views/hint", {"place": place}, frame(yaw)))
    assert (hint["ok"], hint["code"]) == (ok, code)
    assert hint["text"].endswith(".")
    # Nothing of it is kept.
    assert state_of(client, token)["count"] == 0


def test_a_hint_is_in_the_language_of_the_page(client):
    token = open_session(client)
    german = {"X-Language": "de"}
    answer = ask(client, token, "views/hint", {"place": "frontal"}, frame(0), german)
    assert answer_of(answer)["text"] == Texts.load("de")("guide.good")


def test_only_small_frames_are_looked_at(client):
    token, place = open_session(client), {"place": "frontal"}
    long = ask(client, token, "views/hint", place, b"x" * (FRAME_BYTES + 1))
    assert (long.status_code, long.json()["code"]) == (413, "BodyTooLargeError")
    for content, code in (
        (b"no picture at all", "UnsupportedPhotoError"),
        (frame(0, 2 * FRAME_SIDE), "PhotoTooLargeError"),
    ):
        (line,) = lines_of(ask(client, token, "views/hint", place, content))
        assert line["code"] == code


@pytest.mark.parametrize("kind", ["views/add", "views/hint"])
def test_there_are_five_places(client, kind):
    answer = ask(client, open_session(client), kind, {"place": "behind"}, frame(0))
    assert "Left profile" in lines_of(answer)[-1]["error"]


def test_one_plan_in_all_views_with_its_stages(client):
    token = open_session(client)
    for yaw in (0, 45, 80):
        add(client, token, yaw)
    answer = ask(client, token, "views/apply", PLAN, headers={"X-Language": "es"})
    *stages, last = lines_of(answer)
    state = last["answer"]
    spanish = Texts.load("es")
    said = [stage["text"] for stage in stages]
    for number, view in enumerate(("frontal", "right_three_quarter", "right_profile"), start=1):
        step = spanish("progress.view", number=number, count=3)
        assert said[number - 1] == f"{step}: {spanish.view(view)}"
    assert said[3:] == [spanish(f"progress.{name}") for name in ("drawing", "writing", "done")]
    assert [stage["share"] for stage in stages] == sorted(stage["share"] for stage in stages)
    shown = {view["view"]: view for view in state["results"]["views"]}
    assert list(shown) == ["frontal", "right_three_quarter", "right_profile"]
    assert shown["right_profile"]["after"] == ""
    assert shown["right_profile"]["reason"].endswith(".")
    pictures = {}
    for part in ("before", "after"):
        data = client.get(f"/ld/{token}/blob/{shown['frontal'][part]}").content
        pictures[part] = np.asarray(Image.open(io.BytesIO(data)), np.int16)
    assert pictures["before"].shape == (720, 576, 3)
    change = np.abs(pictures["after"] - pictures["before"]).max(axis=2)
    assert (change[250:560, 150:430] > 20).sum() > 500  # the nose
    assert (change[:200] > 20).sum() == 0
    sheet = client.get(f"/ld/{token}/blob/{state['results']['gallery']}?download=1")
    assert "views-simulation.png" in sheet.headers["content-disposition"]
    manifest = read_manifest(io.BytesIO(sheet.content))
    assert (manifest["simulation"], manifest["kind"]) == (True, "multiview")
    assert [view["status"] for view in manifest["views"]] == [
        "simulated",
        "simulated",
        "no_simulation",
    ]


def test_the_report_is_one_pdf(client):
    token = open_session(client)
    early = lines_of(ask(client, token, "views/report"))
    assert early[-1]["error"] == "There is no simulation of the views; apply the plan first."
    add(client, token, 0)
    answer_of(ask(client, token, "views/apply", PLAN))
    typed = {"patient": "Ana Pérez", "surgeon": "Dr. Wu"}
    made = answer_of(ask(client, token, "views/report", typed))
    assert made["filename"] == "views-simulation.pdf"
    data = client.get(f"/ld/{token}/blob/{made['blob']}?download=1").content
    assert data.startswith(b"%PDF-")


def test_nothing_to_apply_is_one_sentence(client):
    answer = ask(client, open_session(client), "views/apply", PLAN)
    assert lines_of(answer)[-1]["error"] == "There is no photo yet; add at least one view."
    none = ask(client, open_session(client), "views/apply")
    assert (none.status_code, none.json()["error"]) == (
        422,
        "No procedure is named; choose a procedure.",
    )


def test_work_on_the_views_can_be_stopped(client):
    token = open_session(client)
    for yaw in (-45, 0, 45):
        add(client, token, yaw)

    def stop_soon():
        waiting.until(lambda: client.services.work.load[0])
        client.post(f"/ld/{token}/cancel")

    watcher = threading.Thread(target=stop_soon)
    watcher.start()
    seen = lines_of(ask(client, token, "views/apply", PLAN))
    watcher.join()
    assert seen[-1]["code"] == "WorkCancelled"
    assert len(seen) <= 3  # of six stages
    assert state_of(client, token)["results"] is None
    # What comes after a stop is not stopped.
    assert answer_of(ask(client, token, "views/apply", PLAN))["results"]


def test_no_one_reaches_anothers_views(client):
    token = open_session(client)
    name = by_place(add(client, token, 0)["answer"])["frontal"]["id"]
    stranger = browser_of(client)
    strangers = open_session(stranger)
    tries = [
        ("views/add", {}, turned_head(0)),
        ("views/hint", {"place": "frontal"}, frame(0)),
        ("views/state", {}, None),
        ("views/sort", {}, None),
        ("views/clear", {}, None),
        ("views/remove", {"photo": name}, None),
        ("views/move", {"photo": name, "place": "frontal"}, None),
        ("views/confirm", {"one_person": True}, None),
        ("views/apply", PLAN, None),
        ("views/report", {}, None),
    ]
    for kind, question, file in tries:
        answer = ask(stranger, token, kind, question, file)
        assert (answer.status_code, answer.json()["code"]) == (404, "UnknownSessionError")
    # Nor does the photo's name help in a session of one's own.
    (line,) = lines_of(ask(stranger, strangers, "views/remove", {"photo": name}))
    assert line["error"] == "This photo is no longer there; reload the page."
    assert state_of(client, token)["count"] == 1


def test_a_closed_page_forgets_its_views(client):
    token = open_session(client)
    add(client, token, 0)
    client.post(f"/ld/session/{token}/close")
    assert ask(client, token, "views/state").status_code == 404
