"""The app below a path of nginx, configured as the documentation says, in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from certificates import self_signed
from chromium import new_page
from nginx_proxy import NGINX, ROOT, documented, proxied
from odd_requests import BELIEVED, HIDDEN, REFUSED
from odd_requests import answer as answer_to
from playwright.sync_api import Browser, BrowserContext, Locator, Response, expect
from running_app import add_photo, free_port, go_to_tab, serving
from visits import Visit, new_context

from landmarkdiff import weights
from landmarkdiff.ui.server.security import content_policy

USER = {"LANDMARKDIFF_USER": "alice", "LANDMARKDIFF_PASSWORD": "correct horse battery"}


@dataclass(frozen=True)
class Behind:
    """An app behind nginx: the ports of both, its audit log, the certificate."""

    port: int
    app: int
    log: Path
    certificate: Path

    def addresses(self) -> list[str]:
        """Where those came from who have sent a login, by the audit log."""
        events = [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]
        return [one["address"] for one in events if one["event"].startswith("login ")]


@pytest.fixture(scope="module", params=["leaves the path", "takes the path off"])
def behind(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Behind]:
    """The app below a path of nginx, of both kinds."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("nginx")
    certificate, key = self_signed(folder)
    log = folder / "audit.jsonl"
    options = ("--behind-proxy", "--trusted-proxy", "127.0.0.1", "--root-path", ROOT,
               "--allowed-host", "localhost", "--audit-log", str(log))  # fmt: skip
    with serving(*options, environment=USER) as served:
        port = free_port()
        slash = "/" if request.param == "takes the path off" else ""
        server = documented(port, served.url + slash, certificate, key)
        with proxied(server, folder):
            app = int(served.url.rpartition(":")[2])
            yield Behind(port, app, log, certificate)


@pytest.fixture
def address(behind: Behind) -> str:
    """The app's address at the proxy, without a slash at the end."""
    return f"https://localhost:{behind.port}{ROOT}"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = new_context(
        browser,
        ignore_https_errors=True,
        locale="en-GB",
        extra_http_headers={"X-Forwarded-Prefix": "/elsewhere"},
    )
    yield made
    made.close()


def answer(form: Locator, button: str) -> None:
    """Click a button of a form and wait for its answer."""
    before = int(form.get_attribute("data-answered") or "0")
    form.get_by_role("button", name=button, exact=True).click()
    expect(form).to_have_attribute("data-answered", str(before + 1))


def shows_pictures(part: Locator) -> None:
    """Wait until every picture of a part is there, and not as a broken one."""
    part.page.wait_for_function(
        "(part) => { const all = [...part.querySelectorAll('img')];"
        " return all.length > 0 && all.every((image) => image.complete && image.naturalWidth); }",
        arg=part.element_handle(),
    )


def saved(visit: Visit, link: Locator) -> bytes:
    """Click a download link; return the file's content."""
    with visit.page.expect_download() as waiting:
        link.click()
    return Path(waiting.value.path()).read_bytes()


def log_in(context: BrowserContext, address: str) -> None:
    page = new_page(context)
    page.goto(f"{address}/")
    expect(page).to_have_url(f"{address}/login")
    page.get_by_label("User name").fill(USER["LANDMARKDIFF_USER"])
    page.get_by_label("Password").fill(USER["LANDMARKDIFF_PASSWORD"])
    page.get_by_role("button").click()
    page.wait_for_selector(".ld-intake-start")
    expect(page).to_have_url(f"{address}/en/")
    page.close()


def look_on(context: BrowserContext, visit: Visit, address: str) -> None:
    """A second screen, by its code and without a login, sees the picture until it ends."""
    page = visit.page
    page.get_by_role("button", name="Second screen").click()
    code = page.locator(".ld-screen-code")
    expect(code).to_be_visible()
    assert page.locator(".ld-screen-address").inner_text() == f"{address}/screen"
    assert context.browser is not None
    other = new_context(context.browser, ignore_https_errors=True, locale="en-GB")
    screen = new_page(other)
    screen.goto(f"{address}/screen")
    screen.get_by_label("Code").fill(code.inner_text())
    screen.get_by_role("button").click()
    expect(screen.locator("body")).to_have_attribute("data-number", re.compile(r"\d+"))
    (cookie,) = other.cookies()
    assert cookie["name"].startswith("__Secure-ld-")
    assert cookie["name"].endswith("-screen")
    assert (cookie["path"], cookie["secure"], cookie["httpOnly"]) == (f"{ROOT}/", True, True)
    assert other.request.get(f"{address}/en/").status == 401
    assert other.request.post(f"{address}/ld/session").status == 401
    page.get_by_role("button", name="Stop showing").click()
    expect(screen.get_by_role("alert")).to_be_visible()
    assert screen.url == f"{address}/screen?ended=1"
    page.keyboard.press("Escape")
    other.close()


def test_everything_works_below_the_path(context: BrowserContext, address: str) -> None:
    answers: list[Response] = []
    # Playwright marks what it is given, which a method of a list does not let it.
    context.on("response", lambda response: answers.append(response))  # noqa: PLW0108
    log_in(context, address)
    cookies = {cookie["name"]: cookie for cookie in context.cookies()}
    (session,) = (cookie for name, cookie in cookies.items() if name.startswith("__Secure-ld-"))
    assert (session["path"], session["secure"], session["httpOnly"]) == (f"{ROOT}/", True, True)

    visit = Visit(context, address)
    page = visit.page
    add_photo(page, Path(weights.obtain("astronaut")))
    visit.settle()
    expect(page.locator(".ld-single canvas").first).to_be_visible()
    look_on(context, visit, address)

    go_to_tab(page, visit.texts("tab.compare"))
    comparison = page.locator("[data-tab=comparison]")
    expect(comparison).to_have_attribute("data-state", "ready")
    comparison.get_by_role("checkbox", name="Brow lift").check()
    answer(comparison, "Compare")
    gallery = comparison.locator("[data-part=gallery]")
    shows_pictures(gallery)
    sheet = saved(visit, gallery.get_by_role("link", name="Gallery (PNG)"))
    assert sheet.startswith(b"\x89PNG")

    go_to_tab(page, visit.texts("tab.sweep"))
    sweep = page.locator("[data-tab=sweep]")
    expect(sweep).to_have_attribute("data-state", "ready")
    sweep.get_by_role("slider", name="Steps").fill("3")
    answer(sweep, "Compute the sweep")
    shows_pictures(sweep.locator("[data-part=gallery]"))

    page.locator("[data-language]").select_option("de")
    expect(page).to_have_url(f"{address}/de/")
    # Photo and plan go on in the other language, so whoever logs out is asked.
    page.wait_for_selector(".ld-single.ld-has-photo[data-state=settled]")
    page.once("dialog", lambda dialog: dialog.accept())
    expect(page.locator("html")).to_have_attribute("lang", "de")
    language = {cookie["name"]: cookie for cookie in context.cookies()}["ld-language"]
    assert (language["value"], language["path"]) == ("de", f"{ROOT}/")
    page.locator("header form button").click()
    expect(page).to_have_url(f"{address}/login")
    page.goto(f"{address}/de/")
    expect(page).to_have_url(f"{address}/login")

    asked = [urlsplit(one.url) for one in answers if one.url.startswith("http")]
    assert {f"{one.scheme}://{one.netloc}" for one in asked} == {address.removesuffix(ROOT)}
    assert [one.path for one in asked if not one.path.startswith(f"{ROOT}/")] == []
    assert [one.url for one in answers if one.status >= 400] == []
    pages = [one for one in answers if urlsplit(one.url).path == f"{ROOT}/en/"]
    policy = re.sub("nonce-[^']+", "nonce", pages[0].headers["content-security-policy"])
    assert policy == content_policy("x").replace("nonce-x", "nonce")
    visit.end()


def test_no_request_hides_in_another(behind: Behind) -> None:
    """Neither nginx nor the app takes what lies in an odd body for a request of its own."""
    for port, certificate in ((behind.port, behind.certificate), (behind.app, None)):
        for name, request in REFUSED(ROOT).items():
            said = answer_to(port, request, certificate)
            assert re.match(rb"HTTP/1\.1 (?:400|501) |$", said), (name, said[:200])
            assert said.count(b"HTTP/1.1 ") <= 1, name
    assert HIDDEN not in behind.addresses()
    # The test could tell: without a proxy before it, what claims an address is believed.
    answer_to(behind.app, BELIEVED(ROOT)["as it is"])
    assert behind.addresses()[-1] == HIDDEN


def test_nobody_writes_their_own_address_past_the_proxy(behind: Behind) -> None:
    before = len(behind.addresses())
    for name, request in BELIEVED(ROOT).items():
        said = answer_to(behind.port, request, behind.certificate)
        assert re.match(rb"HTTP/1\.1 (?:401|429) ", said), (name, said[:200])
    told = behind.addresses()[before:]
    assert told == ["127.0.0.1"] * len(BELIEVED(ROOT))
