"""Logging in at a clinic's provider: the way there and back, and every way to cheat on it."""

from __future__ import annotations

import base64
import hmac
import json
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from loopback_provider import CLIENT, SECRET, loopback_provider
from small_app import BASE, open_session, small_client
from starlette.testclient import TestClient

from landmarkdiff.texts import Texts
from landmarkdiff.ui.server import oidc, oidc_login
from landmarkdiff.ui.server.attempts import Attempts
from landmarkdiff.ui.server.auth import CALLBACK
from landmarkdiff.ui.server.oidc import Provider
from landmarkdiff.ui.server.oidc_settings import OidcSettings
from landmarkdiff.ui.server.passwords import PasswordHash, Users
from landmarkdiff.ui.server.settings import AppSettings

SAID = Texts.load("en")
#: What a browser says when it follows a link on another site; it sends no strict cookie then.
FOREIGN = {
    "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document",
    "Accept": "text/html",
}  # fmt: skip
GROUPS = {"surgeons": ("edit", "export"), "nurses": ("view",), "it": ("admin",)}


@pytest.fixture(scope="module")
def running():
    with loopback_provider() as running:
        yield running


@pytest.fixture
def there(running):
    running.reset()
    return running


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


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def log(tmp_path):
    return tmp_path / "audit.jsonl"


@pytest.fixture
def client(there, clock, log):
    provider = Provider(settings_of(there), SECRET, clock)
    with small_client(AppSettings(audit_log=log), provider=provider) as client:
        yield client


def browser_of(client):
    return TestClient(client.app, base_url=BASE, follow_redirects=False)


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


def test_somebody_of_a_group_gets_in(client, there, log):
    answer = log_in(client, there)
    assert answer.status_code == 200
    assert 'http-equiv="refresh" content="0;url=/"' in answer.text
    strict = next(one for one in answer.headers.get_list("set-cookie") if "Strict" in one)
    assert "HttpOnly; SameSite=Strict" in strict
    assert client.get("/en/").status_code == 200
    assert client.post("/ld/session").json()["roles"] == ["edit", "export", "view"]
    said = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert {"event": "login", "user": "oidc:anna", "what": "oidc"}.items() <= said[1].items()
    assert "id_token" not in log.read_text("utf-8")
    assert there.asked.count("/token") == 1
    # The provider is asked what it is, and for its keys, once for all logins.
    log_in(browser_of(client), there)
    assert there.asked.count("/.well-known/openid-configuration") == 1
    assert there.asked.count("/jwks") == 1


def test_without_a_login_only_the_way_to_it_is_open(client):
    page = client.get("/login")
    assert 'href="/login/oidc"' in page.text
    assert "<form" not in page.text
    assert client.post("/login", data={"user": "a", "password": "b"}).status_code == 404
    assert client.get("/en/").status_code == 401
    assert client.get("/login/oidc/other").status_code == 401


def test_passwords_stand_beside_it(there):
    users = Users({"anna": PasswordHash.of("correct horse battery", cost=1 << 14)})
    provider = Provider(settings_of(there, title="Clinic <ID>"), SECRET)
    with small_client(users=users, provider=provider) as client:
        page = client.get("/login").text
        assert "Sign in with Clinic &lt;ID&gt;" in page
        assert 'id="password"' in page
        form = {"user": "anna", "password": "correct horse battery"}
        assert client.post("/login", data=form).status_code == 303
        other = browser_of(client)
        log_in(other, there)
        # Two accounts: the shares of one are not those of the other.
        token = open_session(other)
        owners = {one.owner.user for one in client.services.store._sessions.values()}
        assert owners == {"oidc:anna"}
        assert client.post(f"/ld/{token}/cancel").status_code == 404


def test_logging_out_leads_out_of_the_provider_too(client, there):
    log_in(client, there)
    session = client.services.store._sessions[open_session(client)]
    answer = client.post("/logout")
    assert answer.status_code == 200
    assert f"url={there.issuer}/logout?client_id={CLIENT}&amp;id_token_hint=ey" in answer.text
    assert session.closed
    assert client.get("/en/").status_code == 401


def test_a_group_gives_a_role(client, there):
    there.person["groups"] = ["cleaners", "nurses"]
    log_in(client, there)
    assert client.post("/ld/session").json()["roles"] == ["view"]


@pytest.mark.parametrize("groups", [["cleaners"], [], None, {"surgeons": 1}, [["surgeons"]], 7])
def test_somebody_of_no_group_does_not_get_in(client, there, log, groups):
    there.person["groups"] = groups
    assert refused(log_in(client, there), "login.not_in_group", 403)
    assert client.get("/en/").status_code == 401
    assert reasons(log) == ["oidc: no group"]


def test_groups_of_userinfo_count_where_the_token_has_none(client, there):
    there.person["groups"] = None
    there.facts["userinfo_endpoint"] = f"{there.issuer}/userinfo"
    there.userinfo = {"groups": "nurses"}
    assert log_in(client, there).status_code == 200
    assert client.post("/ld/session").json()["roles"] == ["view"]
    there.userinfo = {"groups": "surgeons", "sub": "2"}  # somebody else's
    assert refused(log_in(browser_of(client), there), "login.provider_refused", 401)


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"nonce": "of another login"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"iss": "http://127.0.0.1:9"}, "iss"),
        ({"aud": "another client"}, "aud"),
        ({"aud": [CLIENT, "another"]}, "azp"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "azp"),
        ({"exp": -61}, "exp"),
        ({"exp": None}, "exp"),
        ({"iat": 900}, "iat"),
        ({"nbf": 900}, "nbf"),
        ({"sub": None}, "sub"),
        ({"at_hash": "bm90IGl0"}, "at_hash"),
        ({"preferred_username": None}, "no name"),
        ({"preferred_username": "a\nb"}, "no name"),
        ({"preferred_username": "x" * 65}, "no name"),
    ],
)
def test_a_token_with_a_wrong_claim_is_worth_nothing(client, there, log, claims, reason):
    # Times are counted from now, not from when the tests were gathered.
    now = int(time.time())
    there.person |= {
        name: now + value if name in ("exp", "iat", "nbf") and value is not None else value
        for name, value in claims.items()
    }
    assert refused(log_in(client, there), "login.provider_refused", 401)
    assert client.get("/en/").status_code == 401
    (told,) = reasons(log)
    assert reason in told


def test_clocks_may_differ_by_a_minute(client, there):
    now = int(time.time())
    there.person |= {"iat": now + 30, "nbf": now + 30, "exp": now - 30}
    assert log_in(client, there).status_code == 200


def encoded(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unsigned(there, claims):
    body = there.signed(claims).split(".")[1]
    return f"{encoded(json.dumps({'alg': 'none'}).encode())}.{body}."


def by_the_public_key(there, claims):
    """The oldest trick: the public key as the secret of HS256."""
    body = there.signed(claims).split(".")[1]
    said = f"{encoded(json.dumps({'alg': 'HS256', 'kid': 'one'}).encode())}.{body}"
    secret = there.key.as_pem(private=False)
    return f"{said}.{encoded(hmac.digest(secret, said.encode(), 'sha256'))}"


def by_another_key(there, claims):
    key = RSAKey.generate_key(2048, {"kid": "one"})
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)


def changed(there, claims):
    head, _, signature = there.signed(claims).split(".")
    other = there.signed({**claims, "groups": ["it"]}).split(".")[1]
    return f"{head}.{other}.{signature}"


@pytest.mark.parametrize(
    "forge",
    [unsigned, by_the_public_key, by_another_key, changed, lambda *_: "x", lambda *_: "a.b.c"],
)
def test_a_forged_token_is_worth_nothing(client, there, log, forge):
    there.sign = lambda claims: forge(there, claims)
    assert refused(log_in(client, there), "login.provider_refused", 401)
    assert client.get("/en/").status_code == 401
    assert reasons(log) == ["oidc: signature"]


def test_a_new_key_of_the_provider_is_fetched(client, there, clock):
    log_in(client, there)
    old, there.key = there.key, RSAKey.generate_key(2048, {"kid": "two"})
    try:
        there.sign = lambda claims: there.signed(claims, kid="two")
        clock.now += 10
        assert log_in(browser_of(client), there).status_code == 200
        assert there.asked.count("/jwks") == 2
        # Unknown names of keys do not make the app ask again and again.
        there.sign = lambda claims: jwt.encode({"alg": "RS256", "kid": "three"}, claims, old)
        for _ in range(2):
            assert log_in(browser_of(client), there).status_code == 401
        assert there.asked.count("/jwks") == 2
        assert KeySet([old]).as_dict(private=False)["keys"][0]["kid"] == "one"
    finally:
        there.key = old


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


@pytest.mark.parametrize(
    "facts",
    [
        {"issuer": "http://127.0.0.1:9"},
        {"token_endpoint": "http://clinic.test/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
    ],
)
def test_a_provider_that_describes_another_is_not_used(client, there, facts):
    there.facts |= facts
    answer = client.get("/login/oidc")
    assert refused(answer, "login.provider_unreachable", 502)


def test_a_provider_that_is_away_is_said_to_be(there, clock):
    away = settings_of(there).model_copy(update={"issuer": "http://127.0.0.1:9"})
    with small_client(provider=Provider(away, SECRET, clock)) as client:
        for _ in range(2):
            assert refused(client.get("/login/oidc"), "login.provider_unreachable", 502)


def test_the_login_below_a_path(there):
    settings = settings_of(there).model_copy(
        update={"redirect_uri": f"https://clinic.test/simulation{CALLBACK}"}
    )
    app = AppSettings(root_path="/simulation", behind_proxy=True, allowed_hosts=("clinic.test",))
    with small_client(app, provider=Provider(settings, SECRET)) as client:
        host = {"Host": "clinic.test"}
        left = client.get("/simulation/login/oidc", headers=host)
        flow = left.headers["set-cookie"]
        assert flow.startswith("__Secure-ld-7860-login=")
        assert "Path=/simulation/; HttpOnly; SameSite=Lax; Max-Age=600; Secure" in flow
        parts = urlsplit(there.log_in(left.headers["location"]))
        cookie = flow.partition(";")[0]
        answer = client.get(
            f"{parts.path}?{parts.query}", headers={**host, **FOREIGN, "Cookie": cookie}
        )
        assert 'content="0;url=/simulation/"' in answer.text


def test_the_login_ends_after_its_hours(there):
    from landmarkdiff.ui.server.auth import Identity, Logins

    clock = Clock()
    logins = Logins(None, clock)
    logins.add_identity("b", Identity("oidc:anna", frozenset({"view"}), 1800.0))
    clock.now += 1799
    assert (logins.user("b"), logins.roles("b")) == ("oidc:anna", {"view"})
    clock.now += 1
    assert logins.expire() == ["b"]
    assert (logins.user("b"), logins.roles("b")) == (None, frozenset())
