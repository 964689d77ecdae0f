"""Logging in at a clinic's provider: who gets in, as what, and out again."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from loopback_provider import CLIENT, SECRET
from oidc_browser import FOREIGN, Clock, log_in, reasons, refused, settings_of
from small_app import browser_of, open_session, small_client

from landmarkdiff.ui.server.auth import CALLBACK
from landmarkdiff.ui.server.oidc import Provider
from landmarkdiff.ui.server.passwords import PasswordHash, Users
from landmarkdiff.ui.server.settings import AppSettings


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
