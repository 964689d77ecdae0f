"""Pages by language: chosen, built late, served side by side."""

from __future__ import annotations

import json

import pytest
from small_app import small_client

from landmarkdiff.ui.server.settings import AppSettings


@pytest.fixture(scope="module")
def client():
    with small_client(AppSettings(languages=("en", "de", "fr"))) as client:
        yield client


@pytest.mark.parametrize(
    ("headers", "target"),
    [
        ({}, "/en/"),
        ({"Accept-Language": "de-CH,de;q=0.9,en;q=0.5"}, "/de/"),
        ({"Accept-Language": "ja, fr;q=0.3"}, "/fr/"),
        ({"Accept-Language": "pt-BR"}, "/en/"),  # not among this app's languages
        ({"Accept-Language": "de", "Cookie": "ld-language=fr"}, "/fr/"),
        ({"Accept-Language": "de", "Cookie": "ld-language=//evil.example"}, "/de/"),
        ({"Accept-Language": "x" * 10_000}, "/en/"),
    ],
)
def test_home_leads_to_the_language(client, headers, target):
    answer = client.get("/", headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (307, target)


def test_pages_are_built_when_asked_for(client):
    pages = client.app.state.pages
    before = len(pages.mounted)
    assert "Small de" in client.get("/de/").text
    assert len(pages.mounted) == before + 1
    assert "Small de" in client.get("/de/").text
    assert len(pages.mounted) == before + 1
    assert "Small en" in client.get("/en/").text


def test_a_page_without_its_slash_is_found(client):
    answer = client.get("/en")
    assert (answer.status_code, answer.headers["location"]) == (307, "/en/")


@pytest.mark.parametrize("path", ["/pt/", "/xx/", "/EN/", "/e/", "/de/../en/x"])
def test_other_languages_do_not_exist(client, path):
    assert client.get(path).status_code == 404


def test_a_late_page_answers_events(client):
    body = {"data": [4], "fn_index": 0, "session_hash": "latepage1"}
    client.get("/fr/")
    assert client.post("/fr/gradio_api/queue/join", json=body).status_code == 200
    with client.stream("GET", "/fr/gradio_api/queue/data?session_hash=latepage1") as stream:
        lines = [json.loads(line[5:]) for line in stream.iter_lines() if line.startswith("data:")]
    done = next(line for line in lines if line["msg"] == "process_completed")
    assert done["output"]["data"] == ["8"]


def test_the_page_shows_no_footer_and_records_no_runs(client):
    config = client.get("/en/config").json()
    assert config["footer_links"] == []
    assert config["run_history"] is False
    assert config["analytics_enabled"] is False
    assert config["show_error"] is False
