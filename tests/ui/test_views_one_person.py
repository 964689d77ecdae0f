"""Views that may show two people: said beside the photos, and confirmed before anything is made."""

from __future__ import annotations

import io

import pypdfium2
import pytest
from asking import answer_of, ask, lines_of
from small_app import open_session, small_client
from turned_heads import turned_head

from landmarkdiff.arrays import ImageArray
from landmarkdiff.photo import encode_png, read_manifest

PLAN = {"procedure": "rhinoplasty", "intensity": 80}


@pytest.fixture(scope="module")
def client():
    with small_client() as client:
        yield client


def add(client, token, data, place=None):
    return answer_of(ask(client, token, "views/add", {"place": place}, data))


def confirm(client, token, word):
    return answer_of(ask(client, token, "views/confirm", {"one_person": word}))


def test_photos_of_one_person_need_no_word(client):
    token = open_session(client)
    assert add(client, token, turned_head(0))["person"] == {
        "lines": [],
        "doubted": False,
        "confirmed": False,
    }
    person = add(client, token, turned_head(-45))["person"]
    (line,) = person["lines"]
    assert not person["doubted"] and line["verdict"] == "alike"
    assert line["text"].startswith("Frontal and Left three-quarter: similarity of the faces 0.")
    answer_of(ask(client, token, "views/apply", PLAN))
    made = answer_of(ask(client, token, "views/report"))
    said = words(client, token, made)
    assert "Photos compared Frontal and Left three-quarter: similarity of the faces 0." in said
    assert "same person" not in said and "Likeness to the photo" in said


def test_two_people_are_a_doubt_that_the_surgeon_confirms(client, grace_hopper: ImageArray):
    token = open_session(client)
    add(client, token, turned_head(0))
    state = add(client, token, encode_png(grace_hopper), "left_three_quarter")
    person = state["person"]
    assert person["doubted"] and not person["confirmed"]
    assert person["lines"][0]["verdict"] == "different"
    (refused,) = lines_of(ask(client, token, "views/apply", PLAN))
    assert "may show two people; look at them and confirm" in refused["error"]
    assert confirm(client, token, True)["person"]["confirmed"]
    results = answer_of(ask(client, token, "views/apply", PLAN))["results"]
    sheet = client.get(f"/ld/{token}/blob/{results['gallery']}").content
    told = read_manifest(io.BytesIO(sheet))["one_person"]
    assert told["confirmed"] and told["comparisons"][0]["verdict"] == "different"
    said = words(client, token, answer_of(ask(client, token, "views/report")))
    assert "Confirmed by the surgeon, in spite of the doubt: photos of one person" in said
    # Without the word, what was made of the photos goes.
    state = confirm(client, token, False)
    assert state["results"] is None
    assert client.get(f"/ld/{token}/blob/{results['gallery']}").status_code == 404


def test_another_photo_wants_another_word(client, grace_hopper: ImageArray):
    token = open_session(client)
    add(client, token, turned_head(0))
    add(client, token, encode_png(grace_hopper), "left_three_quarter")
    confirm(client, token, True)
    state = add(client, token, turned_head(45))
    assert state["person"]["doubted"] and not state["person"]["confirmed"]
    stranger = {entry["place"]: entry["view"] for entry in state["places"]}["left_three_quarter"]
    # Another place is no other photo.
    confirm(client, token, True)
    move = {"photo": stranger["id"], "place": "left_profile"}
    assert answer_of(ask(client, token, "views/move", move))["person"]["confirmed"]
    state = answer_of(ask(client, token, "views/remove", {"photo": stranger["id"]}))
    assert not state["person"]["doubted"] and len(state["person"]["lines"]) == 1


def words(client, token, made) -> str:
    """The text of a PDF in one line."""
    data = client.get(f"/ld/{token}/blob/{made['blob']}?download=1").content
    pages = pypdfium2.PdfDocument(data)
    text = " ".join(page.get_textpage().get_text_bounded() for page in pages)
    return " ".join(text.split())
