"""The head of all views: fitted once, with its files; both profiles are simulated."""

from __future__ import annotations

import io

import numpy as np
import pypdfium2
import pytest
from asking import answer_of, ask, lines_of
from drawn_views import DRAWN, drawn_file
from PIL import Image
from small_app import open_session, small_client

from landmarkdiff.photo import encode_png

PLAN = {"procedure": "rhinoplasty", "intensity": 60}


@pytest.fixture(scope="module")
def client():
    with small_client() as client:
        yield client


@pytest.fixture(scope="module")
def token(client):
    """A page with the five views of one drawn head, which sorted themselves."""
    token = open_session(client)
    for name in DRAWN:
        state = answer_of(ask(client, token, "views/add", {}, drawn_file(name)))
    assert all(place["view"]["simulated"] for place in state["places"])
    assert not state["person"]["doubted"] and len(state["person"]["lines"]) == 5
    assert "similar build" in state["person"]["lines"][-1]["text"]
    # Whichever test comes first finds the head fitted.
    *stages, _ = lines_of(ask(client, token, "views/head", PLAN))
    assert [stage["text"] for stage in stages] == ["Fitting the head"]
    return token


def blob(client, token, name):
    return client.get(f"/ld/{token}/blob/{name}").content


def test_one_head_of_all_photos_follows_the_plan(client, token):
    *stages, last = lines_of(ask(client, token, "views/head", PLAN))
    answer = last["answer"]
    assert stages == []
    titles = ("Left profile", "Left three-quarter", "Frontal", "Right three-quarter")
    assert answer["text"] == f"Fitted to: {', '.join(titles)}, Right profile"
    none, typical, full = answer["levels"]
    assert (none["intensity"], typical["intensity"], full["intensity"]) == (0, 60, 100)
    assert set(none["values"].values()) == {0.0}
    hump, tip = (
        [level["values"][f"rhinoplasty.{name}"] for level in answer["levels"]]
        for name in ("dorsal_hump", "tip_rotation")
    )
    assert tip[0] < tip[1] < tip[2]
    assert hump[0] > hump[1] == hump[2] == pytest.approx(-1.88, abs=0.1)  # its bridge is straight
    assert b"rhinoplasty.dorsal_hump" in blob(client, token, answer["head"])[:20_000]
    # Another plan does not need another fit.
    *stages, last = lines_of(ask(client, token, "views/head", {"procedure": "mentoplasty"}))
    assert stages == [] and last["answer"]["head"] != answer["head"]


def test_its_files_are_those_of_the_plan(client, token):
    for file, begins in (("glb", b"glTF"), ("obj", b"PK"), ("stl", b"")):
        made = answer_of(ask(client, token, "views/head_file", {**PLAN, "file": file}))
        assert made["filename"].startswith("views-head-simulation")
        data = blob(client, token, made["blob"])
        assert data.startswith(begins) and len(data) > 100_000


def test_both_profiles_get_their_pictures_in_the_page_and_in_the_report(client, token):
    results = answer_of(ask(client, token, "views/apply", PLAN))["results"]
    shown = {view["view"]: view for view in results["views"]}
    for side in ("left_profile", "right_profile"):
        before, after = (
            np.asarray(Image.open(io.BytesIO(blob(client, token, shown[side][part]))), np.int16)
            for part in ("before", "after")
        )
        changed = np.abs(after - before).max(axis=2) > 25
        assert 100 < changed[:500].sum() < 20_000  # the nose; the label is below
        assert not any("average size" in notice for notice in shown[side]["notices"])
    made = answer_of(ask(client, token, "views/report"))
    pages = pypdfium2.PdfDocument(blob(client, token, made["blob"]))
    text = " ".join(" ".join(p.get_textpage().get_text_bounded() for p in pages).split())
    assert "Left profile" in text and "no simulation in this view" not in text
    assert "Frontal and Left profile: the outline lies 0." in text


def test_without_a_face_there_is_no_head(client):
    token = open_session(client)
    blank = encode_png(np.full((300, 300, 3), 128, np.uint8))
    answer_of(ask(client, token, "views/add", {"place": "frontal"}, blank))
    last = lines_of(ask(client, token, "views/head", PLAN))[-1]
    assert last["error"].startswith("No photo was given to fit a head to")
