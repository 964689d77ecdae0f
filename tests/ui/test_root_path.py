"""Below a path of a proxy: every address that is given out begins with it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from small_app import BASE, open_session, small_client
from starlette.testclient import TestClient

from landmarkdiff.errors import ParameterError
from landmarkdiff.ui.server.auth import Browsers
from landmarkdiff.ui.server.network import page_address
from landmarkdiff.ui.server.passwords import PasswordHash, Users
from landmarkdiff.ui.server.settings import AppSettings

ROOT = "/landmarkdiff"
PASSWORD = "correct horse battery"  # noqa: S105
PAGE = {"Accept": "text/html,*/*"}

#: What a proxy leaves of the path: all of it, or what comes after the root path.
PROXIES = {"leaves the path": ROOT, "takes it off": ""}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with small_client(root_path=ROOT) as client:
        yield client


@pytest.fixture(params=PROXIES)
def kept(request: pytest.FixtureRequest) -> str:
    """The part of the root path that the proxy leaves."""
    return PROXIES[request.param]


def addresses(html: str) -> list[str]:
    """Every address of the server in a page's attributes and scripts."""
    found = re.findall(r"""(?:href|src|action)=["'](/[^"']*)["']""", html)
    return found + re.findall(r"""import\((?:'|\\u0027|\\")(/[^'"\\]*)""", html)


def test_the_page_names_only_addresses_below_the_path(client: TestClient, kept: str) -> None:
    page = client.get(f"{kept}/de/", headers=PAGE)
    assert page.status_code == 200
    found = addresses(page.text)
    assert f"{ROOT}/manifest.webmanifest" in found
    assert f"{ROOT}/ld/static/header.js" in found
    assert f"{ROOT}/ld/static/tabs/single/single.js" in found
    assert [one for one in found if not one.startswith(f"{ROOT}/")] == []
    assert f"{ROOT}/ld/static/all.css" in found
    assert f"{ROOT}/ld/static/live/preview.js" in found
    assert re.findall(r".{30}(?<!landmarkdiff)/(?:ld|logout|de)/", page.text) == []
    assert f'"root":"http://127.0.0.1:7860{ROOT}/de"' in page.text.replace(": ", ":")


def test_redirects_stay_below_the_path(client: TestClient, kept: str) -> None:
    def target(path: str) -> str:
        location: str = client.get(f"{kept}{path}").headers["location"]
        return location

    assert target("/") == f"{ROOT}/en/"
    assert target("/de") == f"{ROOT}/de/"
    assert target("/favicon.ico") == f"{ROOT}/ld/static/icons/icon-192.png"
    assert client.get(ROOT).headers["location"] == f"{ROOT}/"
    for path in ("/ld/health/", "/ld/static", "/login/", "/ld/session/"):
        assert client.get(f"{kept}{path}").status_code == 404


def test_the_manifest_stays_below_the_path(client: TestClient, kept: str) -> None:
    manifest = client.get(f"{kept}/manifest.webmanifest").json()
    assert manifest["id"] == manifest["start_url"] == manifest["scope"] == f"{ROOT}/"
    for icon in manifest["icons"]:
        assert icon["src"].startswith(f"{ROOT}/ld/static/icons/")
        assert client.get(kept + icon["src"].removeprefix(ROOT)).status_code == 200


def test_the_cookie_is_sent_below_the_path_alone(client: TestClient, kept: str) -> None:
    fresh = TestClient(client.app, base_url=BASE, follow_redirects=False)
    cookie = fresh.post(f"{kept}/ld/session").headers["set-cookie"]
    assert f"; Path={ROOT}/; HttpOnly; SameSite=Strict" in cookie
    # A name with the prefix __Host- would have to be sent everywhere.
    assert Browsers("ld", secure=True, root_path=ROOT).name == "__Secure-ld"
    assert Browsers("ld", secure=True).name == "__Host-ld"


def test_files_are_served_with_what_browsers_may_keep(client: TestClient, kept: str) -> None:
    static = client.get(f"{kept}/ld/static/header.js")
    assert (static.status_code, static.headers["cache-control"]) == (200, "no-cache")
    page = client.get(f"{kept}/en/", headers=PAGE).text
    asset = re.search(r'src="\./(assets/[^"]+)"', page) or re.search(r"(assets/[\w.-]+\.js)", page)
    assert asset is not None
    kept_for_ever = client.get(f"{kept}/en/{asset[1]}")
    assert kept_for_ever.status_code == 200
    assert "immutable" in kept_for_ever.headers["cache-control"]
    assert client.get(f"{kept}/ld/health").json() == {"status": "ok"}
    assert client.get(f"{kept}/nothing").status_code == 404


def test_the_policy_is_the_same_as_without_a_path(client: TestClient, kept: str) -> None:
    with small_client() as plain:
        policies = [
            re.sub("nonce-[^']+", "nonce", one.get(path).headers["content-security-policy"])
            for one, path in ((plain, "/en/"), (client, f"{kept}/en/"))
        ]
    assert policies[0] == policies[1]


def test_a_header_chooses_no_path(client: TestClient, kept: str) -> None:
    forwarded = {
        "X-Forwarded-Prefix": "/elsewhere", "X-Gradio-Server": "http://elsewhere", **PAGE
    }  # fmt: skip
    page = client.get(f"{kept}/en/", headers=forwarded)
    assert page.status_code == 200
    assert "elsewhere" not in page.text
    assert client.get(f"{kept}/", headers=forwarded).headers["location"] == f"{ROOT}/en/"
    with small_client(behind_proxy=True, auth_file=None) as plain:
        assert plain.get("/", headers=forwarded).headers["location"] == "/en/"


def test_a_link_from_elsewhere_comes_back_below_the_path(client: TestClient, kept: str) -> None:
    fresh = TestClient(client.app, base_url=BASE, follow_redirects=False)
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    again = fresh.get(f"{kept}/de/", headers={**link, "Sec-Fetch-Dest": "document"})
    assert f'content="0;url={ROOT}/de/"' in again.text


def test_logging_in_and_out_stays_below_the_path(kept: str) -> None:
    users = Users({"alice": PasswordHash.of(PASSWORD, cost=1 << 14)})
    with small_client(users=users, root_path=ROOT) as client:
        closed = client.get(f"{kept}/en/", headers=PAGE)
        assert (closed.status_code, closed.headers["location"]) == (303, f"{ROOT}/login")
        form = client.get(f"{kept}/login").text
        assert f'action="{ROOT}/login"' in form
        assert [one for one in addresses(form) if not one.startswith(f"{ROOT}/")] == []
        answer = client.post(f"{kept}/login", data={"user": "alice", "password": PASSWORD})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{ROOT}/")
        name, _, value = answer.headers["set-cookie"].partition(";")[0].partition("=")
        client.cookies.clear()
        client.cookies.set(name, value)
        page = client.get(f"{kept}/en/", headers=PAGE)
        assert page.status_code == 200
        assert f'action=\\"{ROOT}/logout\\"' in page.text or f"{ROOT}/logout" in page.text
        assert client.get(f"{kept}/login").headers["location"] == f"{ROOT}/"
        assert open_session(client)
        left = client.post(f"{kept}/logout")
        assert (left.status_code, left.headers["location"]) == (303, f"{ROOT}/login")
        assert f"Path={ROOT}/" in left.headers["set-cookie"]


@pytest.mark.parametrize("path", ["/landmarkdiff", "/landmarkdiff/", "/a/b-c_d.e", ""])
def test_paths_that_the_app_can_stand_below(path: str) -> None:
    settings = AppSettings(port=7860, root_path=path)
    assert settings.root_path == path.rstrip("/")
    assert page_address(settings) == f"http://127.0.0.1:7860{path.rstrip('/')}/"


@pytest.mark.parametrize(
    "path",
    [
        "landmarkdiff", "//host", "/a//b", "/a/../b", "/.well-known", "/a b", "/a?b", '/a"b', "/ä",
        "http://host/a", "/ld", "/ld/x", "/de", "/login", "/logout/x",
    ],
)  # fmt: skip
def test_paths_that_it_cannot(path: str) -> None:
    with pytest.raises(ParameterError, match="cannot stand below this path"):
        AppSettings(root_path=path)
