"""Which of Gradio's routes exist."""

from __future__ import annotations

import re

import pytest
from small_app import small_client


@pytest.fixture(scope="module")
def client():
    with small_client() as client:
        client.get("/en/")  # brings the cookie
        yield client


@pytest.mark.parametrize("path", ["/", "/theme.css"])
def test_what_the_page_needs_is_there(client, path):
    assert client.get(f"/en{path}").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/config"),
        ("GET", "/gradio_api/app_id"),
        ("POST", "/gradio_api/queue/join"),
        ("GET", "/gradio_api/queue/data?session_hash=abcdefgh1"),
        ("GET", "/gradio_api/heartbeat/abcdefgh1"),
        ("POST", "/gradio_api/cancel"),
        ("POST", "/gradio_api/component_server/"),
        ("POST", "/gradio_api/component_server"),
        ("POST", "/gradio_api/upload"),
        ("GET", "/gradio_api/upload_progress?upload_id=1"),
        ("GET", "/gradio_api/file=/etc/passwd"),
        ("HEAD", "/gradio_api/file=/etc/passwd"),
        ("GET", "/gradio_api/file/etc/passwd"),
        ("GET", "/gradio_api/proxy=https://x.hf.space/"),
        ("GET", "/gradio_api/info"),
        ("GET", "/gradio_api/openapi.json"),
        ("POST", "/gradio_api/run/double"),
        ("POST", "/gradio_api/api/double"),
        ("POST", "/gradio_api/call/double"),
        ("POST", "/gradio_api/call/v2/double"),
        ("GET", "/gradio_api/call/double/1"),
        ("GET", "/gradio_api/queue/status"),
        ("GET", "/gradio_api/runs"),
        ("GET", "/gradio_api/run-history/records"),
        ("GET", "/gradio_api/deep_link?session_hash=abcdefgh1"),
        ("GET", "/gradio_api/dev/reload"),
        ("GET", "/gradio_api/startup-events"),
        ("GET", "/gradio_api/token"),
        ("GET", "/gradio_api/user"),
        ("GET", "/gradio_api/custom_component/a/client/b/c"),
        ("POST", "/gradio_api/process_recording"),
        ("GET", "/gradio_api/vibe-code"),
        ("POST", "/gradio_api/vibe-edit"),
        ("POST", "/gradio_api/stream/1"),
        ("GET", "/gradio_api/stream/a/b/1/playlist.m3u8"),
        ("GET", "/gradio_api/mcp"),
        ("GET", "/monitoring"),
        ("GET", "/monitoring/summary"),
        ("POST", "/login"),
        ("GET", "/logout"),
        ("GET", "/manifest.json"),
        ("GET", "/pwa_icon"),
        ("GET", "/robots.txt"),
        ("GET", "/svelte/svelte.js"),
        ("GET", "/assets/../../index.html"),
        ("GET", "/assets/%2e%2e/%2e%2e/index.html"),
        ("GET", "/static/js/iframeResizer.contentWindow.min.js"),
        ("PUT", "/"),
        ("POST", "/"),
        ("GET", "//etc/passwd"),
    ],
)
def test_everything_else_does_not_exist(client, method, path):
    answer = client.request(method, f"/en{path}")
    assert answer.status_code == 404
    if method != "HEAD":
        assert answer.json()["code"] == "NotFound"


def test_an_asset_of_the_page_is_there(client):
    asset = re.search(r'src="\./(assets/index-[^"]+\.js)"', client.get("/en/").text)[1]
    assert client.get(f"/en/{asset}").status_code == 200


def test_a_deep_link_loads_nothing(client):
    page = client.get("/en/?deep_link=abcdefgh")
    assert page.status_code == 200
    assert "abcdefgh" not in page.text
