"""Points of a profile among the views: dragged, followed by everything, and undone."""

from __future__ import annotations

import io

import numpy as np
import pytest
from asking import answer_of, ask, lines_of
from drawn_views import drawn_file
from PIL import Image
from small_app import open_session, small_client

from landmarkdiff.photo.manifest import read_manifest

PLAN = {"procedure": "rhinoplasty", "intensity": 60}


@pytest.fixture(scope="module")
def client():
    with small_client() as client:
        yield client


@pytest.fixture(scope="module")
def token(client):
    """A page with a frontal photo and a profile of one drawn head."""
    token = open_session(client)
    for name in ("frontal", "left_profile"):
        answer_of(ask(client, token, "views/add", {}, drawn_file(name)))
    return token


def card(client, token, name):
    state = answer_of(ask(client, token, "views/state"))
    return next(place["view"] for place in state["places"] if place["place"] == name)


def places(answer):
    return {point["name"]: (point["x"], point["y"]) for point in answer["points"]}


@pytest.fixture
def profile(client, token):
    """The profile's id and what the page is shown of it, with nothing placed."""
    photo = card(client, token, "left_profile")["id"]
    yield photo, answer_of(ask(client, token, "views/profile", {"photo": photo}))
    answer_of(ask(client, token, "views/points", {"photo": photo}))


def test_a_profile_is_shown_with_its_photo(client, token, profile):
    _, shown = profile
    picture = Image.open(io.BytesIO(client.get(f"/ld/{token}/blob/{shown['picture']}").content))
    assert picture.size == (shown["width"], shown["height"]) == (600, 700)
    assert (shown["placed"], shown["reason"]) == ({}, "")
    found = places(shown)
    assert found["glabella"][1] < found["pronasale"][1] < found["pogonion"][1]
    line = np.array(shown["contour"])
    assert np.hypot(*(line - found["pronasale"]).T).min() < 1.5


def test_a_placed_point_moves_the_contour_and_the_head(client, token, profile):
    photo, shown = profile
    x, y = places(shown)["pronasale"]
    before = answer_of(ask(client, token, "views/state"))["head_of"]
    moved = answer_of(
        ask(client, token, "views/points", {"photo": photo, "points": {"pronasale": [x - 6, y]}})
    )
    assert places(moved)["pronasale"] == pytest.approx((x - 6, y), abs=0.01)
    assert np.array(moved["contour"])[:, 0].min() == pytest.approx(x - 6, abs=1.0)
    assert moved["placed"] == {"pronasale": [x - 6, y]}
    state = answer_of(ask(client, token, "views/state"))
    assert state["head_of"] != before  # the head is another
    assert (state["count"], state["results"]) == (2, None)
    # Undone, it is as it was found.
    again = answer_of(ask(client, token, "views/points", {"photo": photo}))
    assert places(again) == places(shown)
    assert answer_of(ask(client, token, "views/state"))["head_of"] == before


def test_a_placed_point_goes_into_results_and_files(client, token, profile):
    photo, shown = profile
    x, y = places(shown)["pronasale"]
    answer_of(
        ask(client, token, "views/points", {"photo": photo, "points": {"pronasale": [x - 6, y]}})
    )
    results = answer_of(ask(client, token, "views/apply", PLAN))["results"]
    shown_view = next(view for view in results["views"] if view["view"] == "left_profile")
    assert any("placed by hand: 1" in notice for notice in shown_view["notices"])
    sheet = client.get(f"/ld/{token}/blob/{results['gallery']}").content
    manifest = read_manifest(io.BytesIO(sheet))
    record = next(view for view in manifest["views"] if view["view"] == "left_profile")
    assert record["profile_points"] == {"pronasale": [x - 6, y]}


def test_what_cannot_be_followed_is_said_and_changes_nothing(client, token, profile):
    photo, shown = profile
    x, y = places(shown)["pronasale"]
    far = {"photo": photo, "points": {"pronasale": [x - 80, y]}}
    assert "mm from the contour" in lines_of(ask(client, token, "views/points", far))[-1]["error"]
    assert answer_of(ask(client, token, "views/profile", {"photo": photo}))["placed"] == {}


def test_a_face_from_the_front_takes_no_points(client, token):
    frontal = card(client, token, "frontal")
    assert (frontal["points"], card(client, token, "left_profile")["points"]) == (False, True)
    photo = {"photo": frontal["id"]}
    placed = {**photo, "points": {"pronasale": [1, 1]}}
    for kind, question in (("views/profile", photo), ("views/points", placed)):
        last = lines_of(ask(client, token, kind, question))[-1]
        assert "face from the front" in last["error"]
