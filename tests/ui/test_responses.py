"""Bodies within their limits, errors as answers, languages."""

from __future__ import annotations

import asyncio
import json

import pytest
from event_loops import run_in_thread
from starlette.requests import Request

from landmarkdiff.errors import NoFaceError, OutOfBandError, ParameterError, WorkCancelled
from landmarkdiff.ui.server.blobs import UnknownBlobError
from landmarkdiff.ui.server.responses import (
    BodyTooLargeError,
    SlowBodyError,
    choose_language,
    error_response,
    read_body,
)
from landmarkdiff.ui.server.sessions import TooManyRequestsError, UnknownSessionError
from landmarkdiff.ui.server.work import BusyError


def request(chunks=(), pause=0.0, **headers):
    """A request whose body comes in chunks, each after a pause in seconds."""
    waiting = list(chunks)

    async def receive():
        await asyncio.sleep(pause)
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    raw = [
        (name.replace("_", "-").encode(), value.encode("latin-1"))
        for name, value in headers.items()
    ]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": raw, "query_string": b""}
    return Request(scope, receive)


def read(limit, seconds, *arguments, **named):
    return run_in_thread(read_body(request(*arguments, **named), limit, seconds))


def test_a_body_is_put_together():
    assert read(10, 1, [b"ab", b"", b"cd"]) == b"abcd"


def test_a_body_that_is_announced_too_long_is_not_read():
    with pytest.raises(BodyTooLargeError):
        read(10, 1, [], content_length="11")  # reading would fail: there is no chunk


def test_a_body_that_lies_about_its_length_is_cut_off():
    with pytest.raises(BodyTooLargeError):
        read(10, 1, [b"12345"] * 3, content_length="5")


def test_a_slow_body_is_given_up():
    with pytest.raises(SlowBodyError):
        read(10_000, 0.05, [b"x"] * 10_000, pause=0.02)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (UnknownSessionError(), 404, "UnknownSessionError"),
        (UnknownBlobError(), 404, "UnknownBlobError"),
        (WorkCancelled(), 409, "WorkCancelled"),
        (SlowBodyError(), 408, "SlowBodyError"),
        (BodyTooLargeError(2**20), 413, "BodyTooLargeError"),
        (TooManyRequestsError("photos_sent_too_fast", 7), 429, "TooManyRequestsError"),
        (BusyError(), 503, "busy"),
        (NoFaceError("no_face"), 422, "NoFaceError"),
        (ParameterError("seed_negative", value=3), 422, "ParameterError"),
        (OutOfBandError("effect_given_twice", effect="tip_width"), 422, "OutOfBandError"),
        (ValueError("Jane Doe"), 500, "InternalError"),
    ],
)
def test_every_error_has_its_status_and_a_sentence(error, status, code):
    answer = error_response(error)
    content = json.loads(answer.body)
    assert (answer.status_code, content["code"]) == (status, code)
    assert content["error"].endswith(".")
    assert "Doe" not in content["error"]
    wait = getattr(error, "retry_after", None)
    assert answer.headers.get("retry-after") == (None if wait is None else str(wait))


def test_an_error_says_its_value_and_what_is_allowed():
    error = ParameterError("out_of_range", quantity="seed", value=3, low=1, high=2)
    content = json.loads(error_response(error).body)
    assert content["error"] == "The seed is out of range (here: 3); allowed: 1 to 2."


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pt", "zh"])
def test_the_servers_own_sentences_exist_in_each_language(language):
    errors = (BusyError(), UnknownSessionError(), BodyTooLargeError(2**26), KeyError())
    sentences = [json.loads(error_response(error, language).body)["error"] for error in errors]
    assert len(set(sentences)) == 4
    assert "64 MB" in sentences[2] or "64" in sentences[2]
    if language != "en":
        english = [json.loads(error_response(error).body)["error"] for error in errors]
        assert not set(sentences) & set(english)


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({"x_language": "de", "cookie": "ld-language=fr", "accept_language": "es"}, "de"),
        ({"cookie": "ld-language=fr", "accept_language": "es"}, "fr"),
        ({"x_language": "../..", "cookie": "ld-language=x", "accept_language": "es"}, "es"),
        ({}, "en"),
    ],
)
def test_the_language_of_an_answer(headers, language):
    assert choose_language(request(**headers)) == language
