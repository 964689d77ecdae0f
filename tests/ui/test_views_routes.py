"""The routes of the five views, with real photos and the real pipeline."""

from __future__ import annotations

import io
import json
import threading
import time

import cv2
import numpy as np
import pytest
from PIL import Image
from small_app import BASE, open_session, small_client
from starlette.testclient import TestClient
from turned_heads import VIEW_OF, turned_head

from landmarkdiff.photo import read_manifest
from landmarkdiff.texts import Texts
from landmarkdiff.ui.tabs.views.routes import FRAME_BYTES, FRAME_SIDE

PLAN = {"procedure": "rhinoplasty", "intensity": 80}


@pytest.fixture(scope="module")
def client():
    with small_client() as client:
        yield client


def stranger_of(client):
    """Another browser at the same app."""
    return TestClient(client.app, base_url=BASE, follow_redirects=False)


def add(client, token, yaw, place=None):
    where = "" if place is None else f"?place={place}"
    return client.post(f"/ld/{token}/view{where}", content=turned_head(yaw))


def frame(yaw, side=FRAME_SIDE):
    pixels = np.asarray(Image.open(io.BytesIO(turned_head(yaw))).convert("RGB"))
    small = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
    buffer = io.BytesIO()
    Image.fromarray(small).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def lines_of(answer):
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def by_place(answer):
    return {entry["place"]: entry["view"] for entry in answer.json()["places"]}


def test_five_shuffled_files_find_their_places(client):
    token = open_session(client)
    for yaw in (80, 0, -45, 45, -80):
        answer = add(client, token, yaw)
        assert answer.status_code == 200
    state = answer.json()
    assert [entry["place"] for entry in state["places"]] == list(VIEW_OF.values())
    assert state["count"] == 5
    assert (state["unplaced"], state["unsorted"], state["plan"], state["results"]) == (
        [],
        False,
        None,
        None,
    )
    views = by_place(answer)
    assert all(view["accepted"] for view in views.values())
    for yaw, place in VIEW_OF.items():
        if abs(yaw) == 80:
            assert not views[place]["simulated"]
            assert views[place]["measured"] == ""
            assert "shown without a simulation" in views[place]["remarks"][0]
        else:
            assert views[place]["yaw"] == pytest.approx(yaw, abs=6)
            assert views[place]["simulated"]
    assert state["places"][1]["expected"] == "Expected −65° to −25°"
    thumbnail = client.get(f"/ld/{token}/blob/{views['frontal']['blob']}")
    assert thumbnail.headers["content-type"] == "image/jpeg"
    sixth = add(client, token, 0)
    assert sixth.status_code == 422
    assert "more photos than views" in sixth.json()["error"]


def test_a_photo_in_the_wrong_place_says_which_way_to_turn(client):
    token = open_session(client)
    view = by_place(add(client, token, 0, "left_three_quarter"))["left_three_quarter"]
    assert not view["accepted"]
    assert view["sentence"] == "This photo does not fit the view"
    assert "to the patient's right" in view["remarks"][0]
    assert client.post(f"/ld/{token}/view/set").json()["unsorted"]
    assert by_place(client.post(f"/ld/{token}/view/sort"))["frontal"]["accepted"]


def test_photos_are_moved_and_removed(client):
    token = open_session(client)
    name = by_place(add(client, token, 0))["frontal"]["id"]
    moved = client.post(f"/ld/{token}/view/{name}/move?place=right_profile")
    assert by_place(moved)["right_profile"]["id"] == name
    gone = client.post(f"/ld/{token}/view/{name}/remove")
    assert gone.json()["count"] == 0
    again = client.post(f"/ld/{token}/view/{name}/remove")
    assert again.status_code == 422
    assert again.json()["error"] == "This photo is no longer there; reload the page."
    add(client, token, 0)
    assert client.post(f"/ld/{token}/view/all/remove").json()["count"] == 0


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
    answer = client.post(f"/ld/{token}/view/hint?place={place}", content=frame(yaw))
    assert answer.status_code == 200
    hint = answer.json()
    assert (hint["ok"], hint["code"]) == (ok, code)
    assert hint["text"].endswith(".")
    # Nothing of it is kept.
    assert client.post(f"/ld/{token}/view/set").json()["count"] == 0


def test_a_hint_is_in_the_language_of_the_page(client):
    token = open_session(client)
    answer = client.post(
        f"/ld/{token}/view/hint?place=frontal", content=frame(0), headers={"X-Language": "de"}
    )
    assert answer.json()["text"] == Texts.load("de")("guide.good")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"x" * (FRAME_BYTES + 1), 413, "BodyTooLargeError"),
        (b"no picture at all", 422, "UnsupportedPhotoError"),
        (frame(0, 2 * FRAME_SIDE), 422, "PhotoTooLargeError"),
    ],
    ids=["bytes", "text", "pixels"],
)
def test_only_small_frames_are_looked_at(client, content, status, code):
    answer = client.post(f"/ld/{open_session(client)}/view/hint?place=frontal", content=content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("path", ["view?place=behind", "view/hint?place=behind"])
def test_there_are_five_places(client, path):
    answer = client.post(f"/ld/{open_session(client)}/{path}", content=frame(0))
    assert answer.status_code == 422
    assert "Left profile" in answer.json()["error"]


def test_one_plan_in_all_views_with_its_stages(client):
    token = open_session(client)
    for yaw in (0, 45, 80):
        add(client, token, yaw)
    answer = client.post(f"/ld/{token}/view/apply", json=PLAN, headers={"X-Language": "es"})
    *stages, state = lines_of(answer)
    spanish = Texts.load("es")
    said = [stage["text"] for stage in stages]
    for number, view in enumerate(("frontal", "right_three_quarter", "right_profile"), start=1):
        step = spanish("progress.view", number=number, count=3)
        assert said[number - 1] == f"{step}: {spanish.view(view)}"
    assert said[3:] == [spanish(f"progress.{name}") for name in ("drawing", "writing", "done")]
    assert [stage["share"] for stage in stages] == sorted(stage["share"] for stage in stages)
    shown = {view["view"]: view for view in state["results"]["views"]}
    assert list(shown) == ["frontal", "right_three_quarter", "right_profile"]
    assert shown["right_profile"]["after"] is None
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
    early = lines_of(client.post(f"/ld/{token}/view/report", json={}))
    assert early[-1]["error"] == "There is no simulation of the views; apply the plan first."
    add(client, token, 0)
    client.post(f"/ld/{token}/view/apply", json=PLAN)
    typed = {"patient": "Ana Pérez", "clinician": "Dr. Wu"}
    last = lines_of(client.post(f"/ld/{token}/view/report", json=typed))[-1]
    assert last["filename"] == "views-simulation.pdf"
    data = client.get(f"/ld/{token}/blob/{last['blob']}?download=1").content
    assert data.startswith(b"%PDF-")


def test_nothing_to_apply_is_one_sentence(client):
    answer = client.post(f"/ld/{open_session(client)}/view/apply", json=PLAN)
    assert lines_of(answer)[-1]["error"] == "There is no photo yet; add at least one view."
    none = client.post(f"/ld/{open_session(client)}/view/apply", json={})
    assert (none.status_code, none.json()["error"]) == (
        422,
        "No procedure is named; choose a procedure.",
    )


def test_work_on_the_views_can_be_stopped(client):
    token = open_session(client)
    for yaw in (-45, 0, 45):
        add(client, token, yaw)

    def stop_soon():
        while not client.services.work.load[0]:
            time.sleep(0.002)
        client.post(f"/ld/{token}/cancel")

    watcher = threading.Thread(target=stop_soon)
    watcher.start()
    seen = lines_of(client.post(f"/ld/{token}/view/apply", json=PLAN))
    watcher.join()
    assert seen[-1]["code"] == "WorkCancelled"
    assert len(seen) <= 3  # of six stages
    assert client.post(f"/ld/{token}/view/set").json()["results"] is None
    # What comes after a stop is not stopped.
    assert lines_of(client.post(f"/ld/{token}/view/apply", json=PLAN))[-1]["results"]


def test_no_one_reaches_anothers_views(client):
    token = open_session(client)
    name = by_place(add(client, token, 0))["frontal"]["id"]
    stranger = stranger_of(client)
    strangers = open_session(stranger)
    tries = [
        ("view", turned_head(0)),
        ("view/hint?place=frontal", frame(0)),
        ("view/set", b""),
        ("view/sort", b""),
        ("view/all/remove", b""),
        (f"view/{name}/remove", b""),
        (f"view/{name}/move?place=frontal", b""),
        ("view/apply", json.dumps(PLAN).encode()),
        ("view/report", b"{}"),
    ]
    for path, content in tries:
        answer = stranger.post(f"/ld/{token}/{path}", content=content)
        assert (answer.status_code, answer.json()["code"]) == (404, "UnknownSessionError")
    # Nor does the photo's name help in a session of one's own.
    assert stranger.post(f"/ld/{strangers}/view/{name}/remove").status_code == 422
    assert client.post(f"/ld/{token}/view/set").json()["count"] == 1


def test_a_closed_page_forgets_its_views(client):
    token = open_session(client)
    add(client, token, 0)
    client.post(f"/ld/session/{token}/close")
    assert client.post(f"/ld/{token}/view/set").status_code == 404
