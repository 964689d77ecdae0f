"""Host names, origins, headers and the content policy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from small_app import BASE, small_client
from starlette.testclient import TestClient

from landmarkdiff.ui.server.security import content_policy, host_name, prepare_page
from landmarkdiff.ui.server.settings import AppSettings

REPOSITORY = Path(__file__).parents[2]
DOCUMENT = REPOSITORY / "docs" / "reference" / "security.md"
SAME = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def client():
    with small_client() as client:
        yield client


def policy_of(answer) -> dict[str, set[str]]:
    parts = (part.split() for part in answer.headers["content-security-policy"].split(";"))
    return {name: set(values) for name, *values in parts}


@pytest.mark.parametrize(
    "host", ["127.0.0.1:7860", "localhost:7860", "LOCALHOST", "[::1]:7860", "localhost.:7860"]
)
def test_names_of_this_machine_are_answered(client, host):
    assert client.get("/ld/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:7860",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "",
        "192.168.0.7",
        "[::2]",
        "localhost@evil.example",
    ],
)
def test_a_rebound_name_gets_nothing(client, host):
    answer = client.get("/ld/health", headers={"Host": host})
    assert answer.status_code == 421
    assert "--allowed-host" in answer.text


def test_a_configured_name_is_answered():
    with small_client(AppSettings(allowed_hosts=("Sim.Clinic.example",))) as client:
        for host in ("sim.clinic.example", "SIM.clinic.example:443", "127.0.0.1"):
            assert client.get("/ld/health", headers={"Host": host}).status_code == 200
        assert client.get("/ld/health", headers={"Host": "clinic.example"}).status_code == 421


def test_an_exposed_app_answers_to_addresses_and_no_names():
    with small_client(AppSettings(host="0.0.0.0")) as client:  # noqa: S104
        for host, status in (("10.1.2.3:7860", 200), ("[fe80::1]", 200), ("evil.example", 421)):
            assert client.get("/ld/health", headers={"Host": host}).status_code == status


def test_what_only_a_proxy_may_say_is_not_believed(client):
    answer = client.get("/en/", headers={"X-Forwarded-Host": "evil.example"})
    assert answer.status_code == 200
    assert "evil.example" not in answer.text
    proxy = {"behind_proxy": True, "trusted_proxies": ("10.0.0.1",)}
    with small_client(AppSettings(allowed_hosts=("sim.example",), **proxy)) as made:
        proxied = TestClient(made.app, BASE, client=("10.0.0.1", 1), follow_redirects=False)
        for name, status in (("sim.example", 200), ("evil.example", 421)):
            headers = {"X-Forwarded-Host": name, "X-Forwarded-Proto": "https"}
            answer = proxied.get("/ld/health", headers=headers)
            assert answer.status_code == status
            assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # not a browser
        (SAME, 200),
        ({"Origin": "http://127.0.0.1:7860"}, 200),
        ({"Sec-Fetch-Site": "none", "Origin": "http://127.0.0.1:7860"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:8888"}, 403),
        ({"Origin": "http://127.0.0.1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 403),
        ({"Sec-Fetch-Site": "invented"}, 403),
    ],
)
def test_only_the_page_itself_may_send(client, headers, status):
    assert client.post("/ld/session", headers=headers).status_code == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_checked_too(client, method):
    foreign = client.request(method, "/ld/session", headers={"Origin": "http://evil.example"})
    assert foreign.status_code == 403
    assert client.request(method, "/ld/session").status_code == 405


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_page_may_link_and_not_embed(client, site):
    embedded = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    assert client.get("/ld/health", headers=embedded).status_code == 403
    framed = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    assert client.get("/en/", headers=framed).status_code == 403
    link = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.get("/en/", headers=link).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/en/", "/ld/health", "/nowhere", "/en/gradio_api/info", "/manifest.webmanifest"]
)
def test_every_answer_carries_the_headers(client, path):
    answer = client.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"
    assert "camera=(self)" in answer.headers["permissions-policy"]
    assert "microphone=()" in answer.headers["permissions-policy"]
    assert "strict-transport-security" not in answer.headers
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert policy_of(answer)["default-src"] == {"'none'"}
    assert policy_of(answer)["frame-ancestors"] == {"'none'"}


def test_refusals_carry_them_too(client):
    for headers in ({"Host": "evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = client.post("/ld/session", headers=headers)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_page_runs_only_scripts_of_its_own(client):
    first, second = client.get("/en/"), client.get("/en/")
    policy = policy_of(first)
    nonces = [
        next(one for one in policy_of(page)["script-src"] if one.startswith("'nonce-"))
        for page in (first, second)
    ]
    assert nonces[0] != nonces[1]
    assert policy["script-src"] == {"'self'", "'unsafe-eval'", nonces[0]}
    assert policy["connect-src"] == policy["form-action"] == {"'self'"}
    assert policy["img-src"] == {"'self'", "data:"}
    assert not {"font-src", "media-src", "frame-src", "worker-src", "object-src"} & policy.keys()
    scripts = re.findall(r"<script[^>]*>", first.text)
    assert len(scripts) >= 4
    assert all(f'nonce="{nonces[0][7:-1]}"' in script for script in scripts)


def test_the_page_names_no_other_host(client):
    page = client.get("/en/").text
    tags = "".join(re.findall(r"<(?:meta|link|script|img|iframe)[^>]*>", page))
    assert re.findall(r"(?:https?:)?//[\w.-]+", tags) == []
    assert "iframeResizer" not in page
    assert '<link rel="manifest" href="/manifest.webmanifest">' in page


def test_pages_say_their_language(client):
    assert re.search(r'<html\s+lang="de"', client.get("/de/").text)


def test_assets_are_kept_and_the_rest_is_not(client):
    page = client.get("/en/").text
    asset = re.search(r'src="\./(assets/index-[^"]+\.js)"', page)[1]
    kept = client.get(f"/en/{asset}")
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get("/en/assets/none.js").headers["cache-control"] == "no-store"
    ours = client.get("/ld/static/icons/icon.svg")
    assert ours.headers["cache-control"] == "no-cache"
    assert ours.headers["etag"]


def test_a_page_may_be_compressed(client):
    assert (
        client.get("/en/", headers={"Accept-Encoding": "gzip"}).headers["content-encoding"]
        == "gzip"
    )
    plain = client.get("/en/", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert int(plain.headers["content-length"]) == len(plain.content)


def test_a_script_inside_data_is_left_alone():
    html = b'<html lang="en"><script>window.x = "\\u003cscript>";</script><scripty></html>'
    page = prepare_page(html, "N", "fr")
    assert page == (
        b'<html lang="fr"><script nonce="N">window.x = "\\u003cscript>";</script><scripty></html>'
    )


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("A.b:1", "a.b"),
        ("[::1]:80", "::1"),
        ("x.", "x"),
        ("x.:80", "x"),
        ("x:", "x"),
        ("127.0.0.1", "127.0.0.1"),
        ("", ""),
        ("localhost:7860@evil.test", ""),
        ("localhost:7860/evil.test", ""),
        ("[::1]evil", ""),
        ('127.0.0.1:"><script>', ""),
        ("localhost:123456", ""),
        ("a@localhost", ""),
        ("[::1", ""),
        ("localhost evil", ""),
        ("localhost,evil", ""),
    ],
)
def test_host_names(header, name):
    assert host_name(header) == name


def test_the_documentation_explains_every_source_of_the_policy():
    text = DOCUMENT.read_text(encoding="utf-8")
    for part in content_policy("NONCE").split("; "):
        name, *sources = part.split()
        assert f"`{name}`" in text, name
        for source in sources:
            assert f"`{source.replace('NONCE', '…')}`" in text, (name, source)


def test_a_page_is_installable(client):
    manifest = client.get("/manifest.webmanifest")
    assert manifest.headers["content-type"] == "application/manifest+json"
    content = manifest.json()
    assert content["display"] == "standalone"
    assert content["start_url"] == "/"
    sides = {icon["sizes"] for icon in content["icons"]}
    assert {"192x192", "512x512"} <= sides
    for icon in content["icons"]:
        answer = client.get(icon["src"])
        assert answer.status_code == 200
        assert answer.headers["content-type"] == icon["type"]


def test_every_attack_that_is_named_is_a_test() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    table = text.partition("## What is promised, and against whom")[2].partition("\n## ")[0]
    rows = [line.split("|")[4] for line in table.splitlines() if line.startswith("| ")][1:]
    named = [re.findall(r"`([^`]+\.py)`", row) for row in rows if not row.startswith(" ---")]
    assert len(named) >= 11
    for names in named:
        assert names
        folder = REPOSITORY
        for name in names:
            if "/" in name:
                folder = (REPOSITORY / name).parent
            assert "def test_" in (folder / Path(name).name).read_text(encoding="utf-8"), name
