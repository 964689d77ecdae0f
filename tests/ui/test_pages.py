"""Pages by language: chosen, built late, served side by side."""

from __future__ import annotations

import json

import pytest
from small_app import small_client

from landmarkdiff.clinical import KELOID_ZONES
from landmarkdiff.texts import Texts
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
    assert pages.built == ["en"]
    assert Texts.load("de")("tab.single") in client.get("/de/").text
    assert pages.built == ["en", "de"]
    assert Texts.load("de")("tab.single") in client.get("/de/").text
    assert pages.built == ["en", "de"]
    assert Texts.load("en")("tab.single") in client.get("/en/").text


def test_a_page_without_its_slash_is_found(client):
    answer = client.get("/en")
    assert (answer.status_code, answer.headers["location"]) == (307, "/en/")


@pytest.mark.parametrize("path", ["/pt/", "/xx/", "/EN/", "/e/", "/de/../en/x"])
def test_other_languages_do_not_exist(client, path):
    assert client.get(path).status_code == 404


def config_of(client, language="en"):
    """What Gradio's page is told of itself."""
    page = client.get(f"/{language}/").text
    start = page.index("window.gradio_config = ") + len("window.gradio_config = ")
    config, _ = json.JSONDecoder().raw_decode(page[start:])
    return config


def test_the_page_shows_no_footer_and_records_no_runs(client):
    config = config_of(client)
    assert config["footer_links"] == []
    assert config["run_history"] is False
    assert config["analytics_enabled"] is False
    assert config["show_error"] is False
    assert config["connect_heartbeat"] is False


def test_texts_reach_the_page_as_they_are(client):
    """Nothing in a text is read as a template, by Gradio or by Jinja."""
    components = config_of(client)["components"]
    header = next(one["props"] for one in components if one["props"].get("elem_id") == "ld-head")
    assert header["html_template"] == "${value}"
    data = header["value"].split("data-config='")[1].split("'")[0]
    config = json.loads(data)
    assert list(config["zones"]) == list(KELOID_ZONES)
    texts = config["texts"]
    assert texts["session.too_large"] == Texts.load("en").table(["session"])["session.too_large"]
    assert "{megabytes}" in texts["session.too_large"]
