"""A token that is forged, old or for another is worth nothing."""

from __future__ import annotations

import base64
import hmac
import json
import time

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from loopback_provider import CLIENT
from oidc_browser import log_in, reasons, refused
from small_app import browser_of


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
