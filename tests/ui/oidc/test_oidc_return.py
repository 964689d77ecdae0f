"""The way back from a clinic's provider, and every way to cheat on it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from loopback_provider import SECRET
from oidc_browser import FOREIGN, begin, come_back, lax, reasons, refused, settings_of
from small_app import BASE, browser_of, small_client

from landmarkdiff.ui.server import oidc, oidc_login
from landmarkdiff.ui.server.attempts import Attempts
from landmarkdiff.ui.server.auth import CALLBACK
from landmarkdiff.ui.server.oidc import Provider


def test_what_comes_back_belongs_to_the_browser_that_left(client, there, log):
    """Another's link, with their code and state, logs nobody in: neither as them."""
    thief = browser_of(client)
    planted = there.log_in(begin(thief))
    assert refused(come_back(client, planted, {}), "login.start_again", 400)
    begin(client)
    assert refused(come_back(client, planted), "login.start_again", 400)
    assert client.get("/en/").status_code == 401
    assert "/token" not in there.asked
    assert reasons(log) == ["oidc: state"] * 2


@pytest.mark.parametrize("state", ["", "wrong", "é", "x" * 40000])
def test_a_wrong_state_is_refused(client, there, state):
    begin(client)
    answer = come_back(client, f"{BASE}{CALLBACK}?code=x&state={state}")
    assert refused(answer, "login.start_again", 400)
    assert "/token" not in there.asked


def test_nothing_comes_back_twice(client, there, log):
    cookies_of = browser_of(client)
    address = there.log_in(begin(cookies_of))
    cookies = lax(cookies_of)
    assert come_back(cookies_of, address, cookies).status_code == 200
    again = come_back(client, address, cookies)
    assert refused(again, "login.start_again", 400)
    assert there.asked.count("/token") == 1
    assert client.get("/en/").status_code == 401
    assert reasons(log) == ["oidc: state used"]


def test_a_code_that_was_used_or_guessed_is_refused(client, there):
    address = there.log_in(begin(client))
    there.codes.clear()  # the provider has given a token for it
    assert refused(come_back(client, address), "login.provider_refused", 401)


def test_a_code_of_another_login_does_not_fit_the_verifier(client, there):
    other = there.log_in(begin(browser_of(client)))
    stolen = parse_qs(urlsplit(other).query)["code"][0]
    state = parse_qs(urlsplit(there.log_in(begin(client))).query)["state"][0]
    answer = come_back(client, f"{BASE}{CALLBACK}?code={stolen}&state={state}")
    assert refused(answer, "login.provider_refused", 401)


def test_too_late_is_too_late(client, there, clock):
    address = there.log_in(begin(client))
    clock.now += oidc.FLOW_SECONDS
    assert refused(come_back(client, address), "login.start_again", 400)


def test_what_the_provider_says_of_an_error_is_not_shown(client, there, log):
    state = parse_qs(urlsplit(there.log_in(begin(client))).query)["state"][0]
    told = "&error=access_denied&error_description=<script>hello</script>"
    answer = come_back(client, f"{BASE}{CALLBACK}?state={state}{told}")
    assert refused(answer, "login.provider_refused", 401)
    assert "hello" not in answer.text
    assert reasons(log) == ["oidc: refused there"]


def test_another_provider_does_not_answer_for_this_one(client, there):
    """RFC 9207: who speaks beside the code, where the provider says its name."""
    there.facts["authorization_response_iss_parameter_supported"] = True
    address = there.log_in(begin(client))
    assert refused(come_back(client, address), "login.provider_refused", 401)
    address = there.log_in(begin(client))
    assert refused(
        come_back(client, f"{address}&iss=http://evil.test"), "login.provider_refused", 401
    )
    address = there.log_in(begin(client))
    assert come_back(client, f"{address}&iss={there.issuer}").status_code == 200


@pytest.mark.parametrize(
    "more", ["next=//evil.test", "redirect_uri=http://evil.test", "url=%2F%2Fevil.test/"]
)
def test_no_link_leads_elsewhere(client, there, more):
    left = client.get(f"/login/oidc?{more}").headers["location"]
    assert "evil" not in left
    answer = come_back(client, f"{there.log_in(begin(client))}&{more}")
    assert 'content="0;url=/"' in answer.text
    assert "evil" not in answer.text


def test_beginning_again_and_again_asks_nobody(client, there):
    addresses = {begin(browser_of(client)) for _ in range(20)}
    assert len(addresses) == 20
    assert there.asked == ["/.well-known/openid-configuration"]


def test_a_foreign_link_begins_no_login(client):
    answer = browser_of(client).get("/login/oidc", headers=FOREIGN)
    assert 'content="0;url=/"' in answer.text
    assert "set-cookie" not in answer.headers
    framed = {**FOREIGN, "Sec-Fetch-Dest": "iframe"}
    assert browser_of(client).get(CALLBACK, headers=framed).status_code == 403


def test_guessing_waits(there, monkeypatch):
    monkeypatch.setattr(oidc_login, "Attempts", lambda: Attempts(clock=lambda: 0.0))
    with small_client(provider=Provider(settings_of(there), SECRET)) as client:
        statuses = []
        for number in range(5):
            state = parse_qs(urlsplit(begin(client)).query)["state"][0]
            answer = come_back(client, f"{BASE}{CALLBACK}?code=guess{number}&state={state}")
            statuses.append(answer.status_code)
        assert statuses == [401, 401, 401, 429, 429]
        assert there.asked.count("/token") == 3
