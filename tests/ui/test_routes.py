"""The routes under /ld/, with real photos and the real pipeline."""

from __future__ import annotations

import io
import logging
import threading
import time

import numpy as np
import pytest
from PIL import Image
from small_app import BASE, open_session, small_client
from starlette.testclient import TestClient

from landmarkdiff.ui.server.responses import content_disposition
from landmarkdiff.ui.server.settings import AppSettings


@pytest.fixture(scope="module")
def client():
    with small_client() as client:
        yield client


@pytest.fixture(scope="module")
def portrait(astronaut):
    buffer = io.BytesIO()
    Image.fromarray(astronaut).save(buffer, "PNG")
    return buffer.getvalue()


def stranger_of(client):
    """Another browser at the same app."""
    return TestClient(client.app, base_url=BASE, follow_redirects=False)


def test_health_says_nothing_else(client):
    answer = client.get("/ld/health")
    assert answer.json() == {"status": "ok"}


def test_the_way_of_a_photo(client, portrait):
    token = open_session(client)
    answer = client.post(
        f"/ld/{token}/photo", content=portrait, headers={"X-Name": "J%C3%BCrg.png"}
    )
    assert answer.status_code == 200
    facts = answer.json()
    assert facts["shape"] == [512, 512, 3]
    assert facts["stem"] == "Jürg"
    live = client.post(f"/ld/{token}/live", json={})
    assert live.headers["content-type"] == "application/octet-stream"
    points = np.frombuffer(live.content, np.float32).reshape(478, 3)
    assert 100 < points[:, 0].mean() < 400
    blob = client.get(f"/ld/{token}/blob/{facts['blob']}")
    assert blob.headers["content-type"] == "image/png"
    assert blob.headers["content-disposition"] == (
        "inline; filename=\"J_rg.png\"; filename*=UTF-8''J%C3%BCrg.png"
    )
    assert blob.headers["cache-control"] == "no-store"
    assert len(blob.content) == 512 * 3
    saved = client.get(f"/ld/{token}/blob/{facts['blob']}?download=1")
    assert saved.headers["content-disposition"].startswith("attachment; ")


def test_no_one_fetches_anothers_file(client, portrait):
    token = open_session(client)
    blob = client.post(f"/ld/{token}/photo", content=portrait).json()["blob"]
    other_token = open_session(client)
    stranger = stranger_of(client)
    strangers_token = open_session(stranger)
    nobody = stranger_of(client)
    tries = [
        (client, other_token, blob),  # another page of the same browser
        (stranger, token, blob),  # another browser that knows both names
        (stranger, strangers_token, blob),
        (nobody, token, blob),  # no cookie
        (client, token, "A" * 24),  # a guess
        (client, token[:-1], blob),
        (client, token.lower(), blob),
    ]
    answers = [one.get(f"/ld/{at}/blob/{name}") for one, at, name in tries]
    assert [answer.status_code for answer in answers] == [404] * len(tries)
    assert len({answer.json()["error"] for answer in answers if "closed" in answer.text}) <= 1
    for method in ("photo", "live", "cancel"):
        assert stranger.post(f"/ld/{token}/{method}", json={}).status_code == 404
    assert stranger.post(f"/ld/session/{token}/alive").status_code == 404
    stranger.post(f"/ld/session/{token}/close")
    assert client.get(f"/ld/{token}/blob/{blob}").status_code == 200


def test_foreign_and_unknown_sessions_are_answered_alike(client):
    token = open_session(client)
    stranger = stranger_of(client)
    foreign = stranger.get(f"/ld/{token}/blob/x")
    unknown = stranger.get(f"/ld/{'x' * 43}/blob/x")
    assert foreign.json() == unknown.json()
    assert foreign.json()["code"] == "UnknownSessionError"


def test_a_closed_session_is_gone_with_its_files(client, portrait):
    token = open_session(client)
    blob = client.post(f"/ld/{token}/photo", content=portrait).json()["blob"]
    assert client.post(f"/ld/session/{token}/close").status_code == 204
    assert client.get(f"/ld/{token}/blob/{blob}").status_code == 404
    assert client.post(f"/ld/session/{token}/close").status_code == 204  # a beacon never fails


def test_a_page_says_that_it_is_alive(client):
    token = open_session(client)
    answer = client.post(f"/ld/session/{token}/alive")
    assert answer.json()["idle_seconds"] == pytest.approx(900, abs=5)


@pytest.mark.parametrize(
    ("body", "code", "sentence"),
    [
        (b"", "PhotoError", "The photo is empty (0 bytes)."),
        (b"hello world, this is text" * 9, "UnsupportedPhotoError", "not"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 64, "PhotoError", "damaged or incomplete"),
    ],
    ids=["empty", "text", "damaged"],
)
def test_what_is_no_photo_gets_a_sentence(client, body, code, sentence):
    answer = client.post(f"/ld/{open_session(client)}/photo", content=body)
    assert answer.status_code == 422
    assert answer.json()["code"] == code
    assert sentence in answer.json()["error"]


def test_a_photo_without_a_face_gets_a_sentence(client):
    buffer = io.BytesIO()
    Image.new("RGB", (300, 300), (90, 120, 40)).save(buffer, "PNG")
    answer = client.post(f"/ld/{open_session(client)}/photo", content=buffer.getvalue())
    assert answer.status_code == 422
    assert answer.json()["code"] == "NoFaceError"


def test_answers_are_in_the_language_of_the_page(client):
    token = open_session(client)
    german = client.post(f"/ld/{token}/photo", content=b"", headers={"X-Language": "de"})
    french = client.get("/ld/x/blob/y", headers={"Accept-Language": "fr-CH, en;q=0.5"})
    assert "Foto" in german.json()["error"]
    assert "session" in french.json()["error"]
    assert french.json()["error"] != client.get("/ld/x/blob/y").json()["error"]


@pytest.mark.parametrize("body", [b"[1]", b"{", b"\xff", b"[" * 60_000], ids=range(4))
def test_settings_that_are_no_object_are_refused(client, body):
    answer = client.post(f"/ld/{open_session(client)}/live", content=body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "MalformedRequestError"


def test_settings_that_are_too_long_are_refused(client):
    answer = client.post(f"/ld/{open_session(client)}/live", json={"a": "b" * 70_000})
    assert answer.status_code == 413


def test_an_error_nobody_foresaw_says_and_logs_nothing_of_the_patient(client, caplog):
    token = open_session(client)
    with caplog.at_level(logging.DEBUG):
        answer = client.post(f"/ld/{token}/live", json={"explode": "Jane Doe 1961"})
    assert answer.status_code == 500
    assert answer.json() == {
        "error": "Something went wrong in the program. The last result is kept; try again.",
        "code": "InternalError",
    }
    ours = [record for record in caplog.records if record.name.startswith("landmarkdiff")]
    assert len(ours) == 1
    assert "unexpected KeyError" in ours[0].getMessage()
    assert "live_model" in ours[0].getMessage()
    assert not any("Doe" in record.getMessage() for record in caplog.records)


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(portrait):
    with small_client(max_upload_mb=1) as client:
        token = open_session(client)
        announced = client.post(f"/ld/{token}/photo", content=bytes(2**20 + 1))
        assert announced.status_code == 413
        assert announced.json()["code"] == "BodyTooLargeError"
        assert announced.json()["error"] == "The file is too large. Up to 1 MB are accepted."
        assert announced.headers["connection"] == "close"
        sent = []

        def stream():
            for _ in range(64):
                sent.append(1)
                yield bytes(2**16)

        streamed = client.post(f"/ld/{token}/photo", content=stream())
        assert streamed.status_code == 413
        assert client.post(f"/ld/{token}/photo", content=portrait).status_code == 200


def test_the_budget_of_pixels_holds(client):
    buffer = io.BytesIO()
    Image.new("L", (20_000, 10_000)).save(buffer, "PNG")
    answer = client.post(f"/ld/{open_session(client)}/photo", content=buffer.getvalue())
    assert answer.status_code == 422
    assert answer.json()["code"] == "PhotoTooLargeError"


def test_too_many_photos_in_a_minute(client):
    token = open_session(client)
    statuses = [client.post(f"/ld/{token}/photo", content=b"").status_code for _ in range(62)]
    assert statuses == [422] * 60 + [429] * 2
    answer = client.post(f"/ld/{token}/photo", content=b"")
    assert answer.json()["code"] == "TooManyRequestsError"
    assert int(answer.headers["retry-after"]) >= 1


def test_a_full_queue_answers_busy_and_cancel_ends_the_work(portrait):
    settings = AppSettings(workers=1, queue=0)
    with small_client(settings) as client:
        token, other = open_session(client), open_session(client)
        client.post(f"/ld/{token}/photo", content=portrait)
        answers = {}

        def long_work():
            answers["long"] = client.post(f"/ld/{token}/live", json={"sleep": 20})

        worker = threading.Thread(target=long_work)
        worker.start()
        deadline = time.monotonic() + 10
        while client.services.work.load[0] == 0:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        busy = client.post(f"/ld/{other}/live", json={})
        assert busy.status_code == 503
        assert busy.json()["code"] == "busy"
        assert busy.headers["retry-after"] == "5"
        assert client.post(f"/ld/{token}/cancel").status_code == 204
        worker.join(5)
        assert not worker.is_alive()
        assert answers["long"].status_code == 409
        assert answers["long"].json()["code"] == "WorkCancelled"
        assert client.services.work.load == (0, 0)


def test_eight_people_at_once_see_their_own_faces(client, astronaut):
    def person(index, results):
        one = stranger_of(client)
        token = open_session(one)
        width = 400 + 8 * index
        buffer = io.BytesIO()
        Image.fromarray(astronaut).resize((width, width)).save(buffer, "PNG")
        facts = one.post(
            f"/ld/{token}/photo", content=buffer.getvalue(), headers={"X-Name": str(index)}
        )
        live = one.post(f"/ld/{token}/live", json={})
        results[index] = facts.json(), np.frombuffer(live.content, np.float32).reshape(-1, 3)

    results = {}
    people = [threading.Thread(target=person, args=(index, results)) for index in range(8)]
    for one in people:
        one.start()
    for one in people:
        one.join(60)
    alone = results[0][1][:, 0].mean() / 400
    for index in range(8):
        facts, points = results[index]
        width = 400 + 8 * index
        assert facts["shape"] == [width, width, 3]
        assert facts["stem"] == str(index)
        assert points[:, 0].mean() / width == pytest.approx(alone, abs=0.01)


@pytest.mark.parametrize(
    ("name", "plain", "encoded"),
    [
        ("plan.json", "plan.json", "plan.json"),
        ("../../etc/passwd", "passwd", "passwd"),
        ("C:\\photos\\a b.png", "a b.png", "a%20b.png"),
        ('x"; filename=evil.exe', "x_; filename=evil.exe", "x%22%3B%20filename%3Devil.exe"),
        ("a\r\nSet-Cookie: x=y", "aSet-Cookie: x=y", "aSet-Cookie%3A%20x%3Dy"),
        ("", "file", "file"),
        ("图.png", "_.png", "%E5%9B%BE.png"),
    ],
)
def test_names_of_downloads_are_safe(name, plain, encoded):
    assert content_disposition("attachment", name) == (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    )
