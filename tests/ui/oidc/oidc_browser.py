"""A browser on its way to the clinic's provider of logins and back."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from loopback_provider import CLIENT
from small_app import BASE, browser_of

from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.auth import CALLBACK
from landmarkdiff.ui.server.oidc_settings import OidcSettings

SAID = Texts.load("en")
#: What a browser says when it follows a link on another site; it sends no strict cookie then.
FOREIGN = {
    "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document",
    "Accept": "text/html",
}  # fmt: skip
GROUPS = {"surgeons": ("edit", "export"), "nurses": ("view",), "it": ("admin",)}


def settings_of(there, **more):
    return OidcSettings(
        issuer=there.issuer,
        client_id=CLIENT,
        redirect_uri=f"{BASE}{CALLBACK}",
        groups=GROUPS,
        **more,
    )


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def begin(browser):
    """Go to the provider; return the address that the browser is sent to."""
    answer = browser.get("/login/oidc", headers={"Accept-Language": "en"})
    assert answer.status_code == 303
    return answer.headers["location"]


def lax(browser):
    """The cookies that a browser sends with a link on another site."""
    return {name: value for name, value in browser.cookies.items() if "login" in name}


def come_back(browser, address, cookies=None):
    """Follow the provider's link back, as a browser does."""
    parts = urlsplit(address)
    fresh = browser_of(browser)
    fresh.cookies.update(lax(browser) if cookies is None else cookies)
    answer = fresh.get(f"{parts.path}?{parts.query}", headers=FOREIGN)
    for cookie in fresh.cookies.jar:
        if cookie.domain:  # those that the answer has set
            browser.cookies.jar.set_cookie(cookie)
    return answer


def log_in(browser, there):
    return come_back(browser, there.log_in(begin(browser)))


def reasons(log):
    lines = map(json.loads, log.read_text("utf-8").splitlines())
    return [one.get("what") for one in lines if one["event"] in ("login failed", "login refused")]


def refused(answer, key, status):
    assert answer.status_code == status
    assert SAID(key) in answer.text.replace("&#39;", "'")
    return True
