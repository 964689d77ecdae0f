"""Asking over HTTP, with real photos and the real pipeline; sessions and files."""

from __future__ import annotations

import io
import json
import logging
import threading

import numpy as np
import pytest
import waiting
from asking import answer_of, ask, lines_of
from PIL import Image
from small_app import browser_of, open_session, small_client

from landmarkdiff.ui.server.responses import content_disposition
from landmarkdiff.ui.server.settings import AppSettings

SETTINGS = {"procedures": ["rhinoplasty"]}


@pytest.fixture(scope="module")
def client():
    with small_client() as client:
        yield client


@pytest.fixture(scope="module")
def portrait(astronaut):
    buffer = io.BytesIO()
    Image.fromarray(astronaut).save(buffer, "PNG")
    return buffer.getvalue()


def test_health_says_nothing_else(client):
    answer = client.get("/ld/health")
    assert answer.json() == {"status": "ok"}


def test_the_way_of_a_photo(client, portrait):
    token = open_session(client)
    photo = answer_of(ask(client, token, "single/photo", {"name": "Jürg.png"}, portrait))
    assert (photo["width"], photo["height"], photo["stem"]) == (512, 512, "Jürg")
    shown = client.get(f"/ld/{token}/blob/{photo['display']}")
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.headers["cache-control"] == "no-store"
    assert Image.open(io.BytesIO(shown.content)).size == (512, 512)
    name = answer_of(ask(client, token, "single/model", SETTINGS))["model"]
    model = client.get(f"/ld/{token}/blob/{name}")
    assert model.headers["content-type"] == "application/octet-stream"
    length = int.from_bytes(model.content[8:12], "little")
    points = np.array(json.loads(model.content[12 : 12 + length])["landmarks"])
    assert points.shape == (478, 2)
    assert 100 < points[:, 0].mean() < 400
    # The next model takes its place.
    ask(client, token, "single/model", SETTINGS)
    assert client.get(f"/ld/{token}/blob/{name}").status_code == 404


def test_a_file_is_saved_under_its_own_name(client, portrait):
    token = open_session(client)
    ask(client, token, "single/photo", {"name": "Jürg.png"}, portrait)
    answer_of(ask(client, token, "single/warp", SETTINGS))
    made = answer_of(ask(client, token, "single/download", {"file": "plan"}))
    assert made["filename"] == "Jürg-plan.json"
    inline = client.get(f"/ld/{token}/blob/{made['blob']}")
    assert inline.headers["content-type"] == "application/json"
    assert inline.headers["content-disposition"] == (
        "inline; filename=\"J_rg-plan.json\"; filename*=UTF-8''J%C3%BCrg-plan.json"
    )
    saved = client.get(f"/ld/{token}/blob/{made['blob']}?download=1")
    assert saved.headers["content-disposition"].startswith("attachment; ")


def test_no_one_fetches_anothers_file(client, portrait):
    token = open_session(client)
    blob = answer_of(ask(client, token, "single/photo", file=portrait))["display"]
    other_token = open_session(client)
    stranger = browser_of(client)
    strangers_token = open_session(stranger)
    nobody = browser_of(client)
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
    for kind in ("single/model", "comparison/compare", "views/state"):
        assert ask(stranger, token, kind).status_code == 404
    assert ask(stranger, token, "single/photo", file=portrait).status_code == 404
    assert stranger.post(f"/ld/{token}/cancel").status_code == 404
    assert stranger.post(f"/ld/session/{token}/alive").status_code == 404
    stranger.post(f"/ld/session/{token}/close")
    assert client.get(f"/ld/{token}/blob/{blob}").status_code == 200


def test_foreign_and_unknown_sessions_are_answered_alike(client):
    token = open_session(client)
    stranger = browser_of(client)
    foreign = stranger.get(f"/ld/{token}/blob/x")
    unknown = stranger.get(f"/ld/{'x' * 43}/blob/x")
    assert foreign.json() == unknown.json()
    assert foreign.json()["code"] == "UnknownSessionError"


def test_a_closed_session_is_gone_with_its_files(client, portrait):
    token = open_session(client)
    blob = answer_of(ask(client, token, "single/photo", file=portrait))["display"]
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
    (line,) = lines_of(ask(client, open_session(client), "single/photo", file=body))
    assert line["code"] == code
    assert sentence in line["error"]


def test_a_photo_without_a_face_gets_a_sentence(client):
    buffer = io.BytesIO()
    Image.new("RGB", (300, 300), (90, 120, 40)).save(buffer, "PNG")
    answer = ask(client, open_session(client), "single/photo", file=buffer.getvalue())
    assert lines_of(answer)[-1]["code"] == "NoFaceError"


def test_answers_are_in_the_language_of_the_page(client):
    token = open_session(client)
    german = ask(client, token, "single/photo", file=b"", headers={"X-Language": "de"})
    french = client.get("/ld/x/blob/y", headers={"Accept-Language": "fr-CH, en;q=0.5"})
    assert "Foto" in lines_of(german)[-1]["error"]
    assert "session" in french.json()["error"]
    assert french.json()["error"] != client.get("/ld/x/blob/y").json()["error"]


@pytest.mark.parametrize(
    "body",
    [
        b"[1]",
        b"{",
        b"\xff",
        b"[" * 60_000,
        b"",
        b'{"procedures": "rhinoplasty"}',
        b'{"procedures": ["rhinoplasty"], "more": 1}',
        b'{"procedures": ["rhinoplasty"], "ipd_mm": NaN}',
    ],
    ids=range(8),
)
def test_what_the_page_would_not_send_is_not_understood(client, body):
    answer = client.post(f"/ld/{open_session(client)}/ask/single/model", content=body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "MalformedRequestError"
    assert answer.json()["error"] == "The request is not understood."


@pytest.mark.parametrize("kind", ["single/unheard_of", "unheard_of/open"])
def test_there_are_no_other_kinds(client, kind):
    assert ask(client, open_session(client), kind).status_code == 400


def test_a_question_beside_a_file_is_understood_or_not(client, portrait):
    for question in ("%5B1%5D", "%7B", '{"name": 3}', '{"face": 1}'):
        answer = client.post(
            f"/ld/{open_session(client)}/ask/single/photo",
            content=portrait,
            headers={"X-Question": question},
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "MalformedRequestError")


def test_questions_that_are_too_long_are_refused(client):
    answer = ask(client, open_session(client), "probe/echo", {"text": "b" * 70_000})
    assert answer.status_code == 413


def test_stages_come_before_the_answer(client):
    *stages, last = lines_of(ask(client, open_session(client), "probe/echo", {"text": "hello"}))
    assert stages == [
        {"share": 0.0, "text": "Simulating"},
        {"share": 0.75, "text": "Step 4 of 4"},
    ]
    assert last == {"answer": {"text": "hello", "html": "<p>hello</p>"}}


def test_what_a_template_shows_is_escaped(client):
    text = "<img src=x onerror='alert(1)'> & \"more\""
    answer = answer_of(ask(client, open_session(client), "probe/echo", {"text": text}))
    assert answer["html"] == (
        "<p>&lt;img src=x onerror=&#39;alert(1)&#39;&gt; &amp; &#34;more&#34;</p>"
    )


def test_an_error_nobody_foresaw_says_and_logs_nothing_of_the_patient(client, caplog):
    token = open_session(client)
    with caplog.at_level(logging.DEBUG):
        answer = ask(client, token, "probe/explode", {"text": "Jane Doe 1961"})
    (line,) = lines_of(answer)
    assert line == {
        "error": "Something went wrong in the program. The last result is kept; try again.",
        "code": "InternalError",
    }
    ours = [record for record in caplog.records if record.name.startswith("landmarkdiff")]
    assert len(ours) == 1
    assert "unexpected KeyError" in ours[0].getMessage()
    assert "in explode" in ours[0].getMessage()
    assert not any("Doe" in record.getMessage() for record in caplog.records)
    assert client.services.work.load == (0, 0)


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(portrait):
    with small_client(max_upload_mb=1) as client:
        token = open_session(client)
        announced = ask(client, token, "single/photo", file=bytes(2**20 + 1))
        assert announced.status_code == 413
        assert announced.json()["code"] == "BodyTooLargeError"
        assert announced.json()["error"] == "The file is too large. Up to 1 MB are accepted."
        assert announced.headers["connection"] == "close"
        sent = []

        def stream():
            for _ in range(64):
                sent.append(1)
                yield bytes(2**16)

        streamed = ask(client, token, "single/photo", file=stream())
        assert streamed.status_code == 413
        answer_of(ask(client, token, "single/photo", file=portrait))


def test_the_budget_of_pixels_holds(client):
    buffer = io.BytesIO()
    Image.new("L", (20_000, 10_000)).save(buffer, "PNG")
    answer = ask(client, open_session(client), "single/photo", file=buffer.getvalue())
    assert lines_of(answer)[-1]["code"] == "PhotoTooLargeError"


def test_too_many_photos_in_a_minute(client, monkeypatch):
    # The minute stands still, however long the questions take.
    monkeypatch.setattr(client.services.store, "_clock", lambda: 0.0)
    token = open_session(client)
    statuses = [ask(client, token, "single/photo", file=b"").status_code for _ in range(62)]
    assert statuses == [200] * 60 + [429] * 2
    answer = ask(client, token, "single/photo", file=b"")
    assert answer.json()["code"] == "TooManyRequestsError"
    assert int(answer.headers["retry-after"]) >= 1


def test_a_full_queue_answers_busy_and_cancel_ends_the_work():
    with small_client(AppSettings(workers=1, queue=0)) as client:
        token, other = open_session(client), open_session(client)
        answers = {}

        def long_work():
            answers["long"] = ask(client, token, "probe/endless")

        worker = threading.Thread(target=long_work)
        worker.start()
        waiting.until(lambda: client.services.work.load[0])
        busy = ask(client, other, "probe/echo")
        assert busy.status_code == 503
        assert busy.json()["code"] == "busy"
        assert busy.headers["retry-after"] == "5"
        assert client.post(f"/ld/{token}/cancel").status_code == 204
        worker.join(waiting.LONGEST)
        assert not worker.is_alive()
        assert lines_of(answers["long"])[-1]["code"] == "WorkCancelled"
        assert client.services.work.load == (0, 0)
        # What comes after a stop is not stopped.
        answer_of(ask(client, token, "probe/echo"))


def test_who_waits_is_told_how_many_come_before():
    with small_client(AppSettings(workers=1, queue=4)) as client:
        first, second = open_session(client), open_session(client)
        answers = {}

        def long_work(token, kind):
            answers[kind] = lines_of(ask(client, token, kind))

        workers = []
        for token, kind, load in ((first, "probe/endless", 1), (second, "probe/echo", 2)):
            workers.append(threading.Thread(target=long_work, args=(token, kind)))
            workers[-1].start()
            waiting.until(lambda load=load: sum(client.services.work.load) == load)
        client.post(f"/ld/{first}/cancel")
        for worker in workers:
            worker.join(waiting.LONGEST)
        assert answers["probe/echo"][0] == {"share": 0.0, "text": "Waiting: 1 before you"}
        assert "answer" in answers["probe/echo"][-1]


def test_eight_people_at_once_see_their_own_faces(client, astronaut):
    def person(index, results):
        one = browser_of(client)
        token = open_session(one)
        width = 400 + 8 * index
        buffer = io.BytesIO()
        Image.fromarray(astronaut).resize((width, width)).save(buffer, "PNG")
        photo = ask(one, token, "single/photo", {"name": str(index)}, buffer.getvalue())
        model = answer_of(ask(one, token, "single/model", SETTINGS))["model"]
        data = one.get(f"/ld/{token}/blob/{model}").content
        header = json.loads(data[12 : 12 + int.from_bytes(data[8:12], "little")])
        results[index] = answer_of(photo), np.array(header["landmarks"])

    results = {}
    people = [threading.Thread(target=person, args=(index, results)) for index in range(8)]
    for one in people:
        one.start()
    for one in people:
        one.join(waiting.LONGEST)
    alone = results[0][1][:, 0].mean() / 400
    for index in range(8):
        photo, points = results[index]
        width = 400 + 8 * index
        assert (photo["width"], photo["height"], photo["stem"]) == (width, width, str(index))
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
