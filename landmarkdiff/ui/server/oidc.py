"""Logging in with a clinic's own accounts: OpenID Connect, by the authorisation code with PKCE.

What a browser must bring back lies in a cookie that this run has signed, so nothing is kept here
for browsers that never come back. Nothing a provider says of an error reaches the page or a log.
"""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from landmarkdiff.errors import ParameterError
from landmarkdiff.ui.server.auth import LOGIN_SECONDS, Identity
from landmarkdiff.ui.server.oidc_settings import OidcSettings, is_safe_address
from landmarkdiff.ui.server.roles import Role, checked_roles

__all__ = ["FLOW_SECONDS", "Flow", "LoginRefused", "Provider"]

#: Within which somebody has to log in at the provider.
FLOW_SECONDS = 600.0
#: What the provider says of itself is asked for again after so long; after a failure, and for an
#: unknown key, not sooner than the second.
_KEEP, _PAUSE = 3600.0, 5.0
#: For one request to the provider, and for all of one login.
_REQUEST_SECONDS, _LOGIN_SECONDS = 10.0, 20.0
#: Signatures by a private key that the provider alone has; "none" and those by a shared secret
#: are none of them.
ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519",
)  # fmt: skip
#: What must be in the provider's description of itself.
_ADDRESSES = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class LoginRefused(Exception):  # noqa: N818  # an answer, not a fault
    """A login at the provider that leads to none here.

    Attributes
    ----------
    complaint : str
        Key of the text that the page shows.
    reason : str
        A word for the audit log.
    status : int
        Of the answer.
    """

    def __init__(self, complaint: str, reason: str, status: int = 401) -> None:
        super().__init__(reason)
        self.complaint = complaint
        self.reason = reason
        self.status = status


def _unreachable(reason: str) -> LoginRefused:
    return LoginRefused("login.provider_unreachable", reason, 502)


def _refused(reason: str) -> LoginRefused:
    return LoginRefused("login.provider_refused", reason)


@dataclass(frozen=True)
class Flow:
    """A login under way at the provider, as its browser keeps it.

    Attributes
    ----------
    state, nonce, verifier : str
        Random: come back with the browser, in the ID token, and go with the code.
    language : str
        Of the page.
    until : float
        Seconds of the run's clock.
    """

    state: str
    nonce: str
    verifier: str
    language: str
    until: float

    @classmethod
    def new(cls, language: str, until: float) -> Flow:
        """Begin a login."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, language, until)

    def to_text(self) -> str:
        """Return the flow in letters that a cookie may have, without a full stop."""
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()

    @classmethod
    def from_text(cls, text: str) -> Flow:
        """Read what :meth:`to_text` wrote; its signature has been looked at."""
        return cls(**json.loads(base64.urlsafe_b64decode(text)))


class Provider:
    """A provider of logins.

    Parameters
    ----------
    settings : OidcSettings
    secret : str or None
        The client's.
    clock : callable
        Seconds that only grow; tests pass their own.
    """

    def __init__(
        self,
        settings: OidcSettings,
        secret: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self._secret = secret
        self._lock = asyncio.Lock()
        self._facts: dict[str, Any] = {}
        self._facts_until = self._facts_not_before = 0.0
        self._keys: Any = None
        self._keys_until = self._keys_not_before = 0.0
        try:  # once: it takes as long as a login
            self._trust = ssl.create_default_context(cafile=settings.certificates)
        except (OSError, ssl.SSLError) as failure:
            raise ParameterError(
                "oidc_unreadable", problem="no certificates", path=str(settings.certificates)
            ) from failure

    async def address(self, flow: Flow) -> str:
        """Return where a browser is sent to log in.

        Raises
        ------
        LoginRefused
            The provider cannot be asked what it is.
        """
        from authlib.oauth2.client import OAuth2Client

        if self.clock() < self._facts_until:  # strangers may ask for this: it has to be cheap
            facts = self._facts
        else:
            async with self._asking() as client:
                facts = await self._described(client)
        maker = OAuth2Client(None, **self._registered())
        address, _ = maker.create_authorization_url(
            facts["authorization_endpoint"],
            state=flow.state,
            code_verifier=flow.verifier,
            nonce=flow.nonce,
        )
        return str(address)

    def _registered(self) -> dict[str, Any]:
        """What both kinds of client are told of this one."""
        settings = self.settings
        return {
            "client_id": settings.client_id,
            "client_secret": self._secret,
            "redirect_uri": settings.redirect_uri,
            "scope": " ".join(dict.fromkeys(("openid", *settings.scopes))),
            "code_challenge_method": "S256",
        }

    async def identify(self, flow: Flow, code: str, issuer: str | None) -> Identity:
        """Return who brought a code back.

        Parameters
        ----------
        flow : Flow
            Of the same browser.
        code : str
        issuer : str or None
            As the provider named itself beside the code.

        Raises
        ------
        LoginRefused
        """
        async with self._asking() as client:
            facts = await self._described(client)
            named = facts.get("authorization_response_iss_parameter_supported") is True
            if (named or issuer is not None) and issuer != self.settings.issuer:
                raise _refused("issuer")
            token = await self._token(client, facts, code, flow.verifier)
            claims = await self._claims(client, facts, token, flow.nonce)
            return self._identity(facts, claims, str(token["id_token"]))

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[Any]:
        """Give a client of the provider; whatever goes wrong on the way is that it is away."""
        import httpx2
        from authlib.integrations.httpx_client import AsyncOAuth2Client

        try:
            async with (
                asyncio.timeout(_LOGIN_SECONDS),
                AsyncOAuth2Client(
                    **self._registered(),
                    timeout=_REQUEST_SECONDS,
                    verify=self._trust,
                    proxy=self.settings.proxy,
                    trust_env=False,
                    follow_redirects=False,
                ) as client,
            ):
                yield client
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as failure:
            raise _unreachable("unreachable") from failure

    async def _described(self, client: Any) -> dict[str, Any]:
        """Return what the provider says of itself, asking where that is not known yet."""
        async with self._lock:
            now = self.clock()
            if now < self._facts_until:
                return self._facts
            if now < self._facts_not_before:
                raise _unreachable("unreachable")
            self._facts_not_before = now + _PAUSE
            place = self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
            facts = await _fetch(client, place)
            if facts.get("issuer") != self.settings.issuer:
                raise _unreachable("another issuer")
            if not all(is_safe_address(str(facts.get(name, ""))) for name in _ADDRESSES):
                raise _unreachable("addresses")
            self._facts, self._facts_until = facts, now + _KEEP
        return facts

    async def _token(
        self, client: Any, facts: Mapping[str, Any], code: str, verifier: str
    ) -> Mapping[str, Any]:
        from authlib.integrations.base_client import OAuthError

        methods = facts.get("token_endpoint_auth_methods_supported")
        if self._secret and isinstance(methods, list) and "client_secret_basic" not in methods:
            client.token_endpoint_auth_method = "client_secret_post"  # noqa: S105  # a method
        try:
            token: Mapping[str, Any] = await client.fetch_token(
                facts["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
            )
        except (OAuthError, ValueError) as failure:
            raise _refused("code") from failure
        if not isinstance(token.get("id_token"), str):
            raise _refused("no ID token")
        return token

    async def _claims(
        self, client: Any, facts: Mapping[str, Any], token: Mapping[str, Any], nonce: str
    ) -> dict[str, Any]:
        """Return what a checked ID token says, with the groups of userinfo where it has none."""
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import InvalidKeyIdError, JoseError

        settings = self.settings
        try:
            try:
                signed = _decode(token["id_token"], await self._key_set(client, facts))
            except InvalidKeyIdError:  # the provider has another key by now
                signed = _decode(token["id_token"], await self._key_set(client, facts, anew=True))
            claims = CodeIDToken(
                signed.claims,
                signed.header,
                {
                    "iss": {"essential": True, "value": settings.issuer},
                    "aud": {"essential": True, "value": settings.client_id},
                },
                {
                    "client_id": settings.client_id,
                    "nonce": nonce,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(now=int(time.time()), leeway=settings.skew_seconds)
        except (JoseError, ValueError, TypeError, KeyError) as failure:
            claim = getattr(failure, "claim", None)
            raise _refused(str(claim) if claim else "signature") from failure
        said = dict(claims)
        if settings.groups_claim in said and settings.user_claim in said:
            return said
        return await self._more(client, facts, token, said)

    async def _more(
        self,
        client: Any,
        facts: Mapping[str, Any],
        token: Mapping[str, Any],
        said: dict[str, Any],
    ) -> dict[str, Any]:
        """Return the claims with what userinfo adds to them."""
        place = facts.get("userinfo_endpoint")
        if not isinstance(place, str) or not is_safe_address(place) or "access_token" not in token:
            return said
        bearer = {"Authorization": f"Bearer {token['access_token']}"}
        more = await _fetch(client, place, bearer)
        if more.get("sub") != said["sub"]:
            raise _refused("sub")
        return {**more, **said}

    async def _key_set(self, client: Any, facts: Mapping[str, Any], *, anew: bool = False) -> Any:
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        async with self._lock:
            now = self.clock()
            known = self._keys is not None and now < self._keys_until
            if known and (not anew or now < self._keys_not_before):
                return self._keys
            self._keys_not_before = now + _PAUSE
            found: Any = await _fetch(client, facts["jwks_uri"])
            try:
                self._keys = KeySet.import_key_set(found)
            except (JoseError, ValueError, TypeError, KeyError) as failure:
                raise _unreachable("keys") from failure
            self._keys_until = now + _KEEP
            return self._keys

    def _identity(
        self, facts: Mapping[str, Any], claims: Mapping[str, Any], id_token: str
    ) -> Identity:
        settings = self.settings
        name = claims.get(settings.user_claim)
        if not isinstance(name, str) or not 1 <= len(name) <= 64 or not name.isprintable():
            raise _refused("no name")
        if settings.user_claim == "email" and claims.get("email_verified") is False:
            raise _refused("email")
        listed = claims.get(settings.groups_claim)
        groups = [listed] if isinstance(listed, str) else listed
        found: set[Role] = set()
        if isinstance(groups, list):
            for group in groups:
                found.update(settings.groups.get(group, ()) if isinstance(group, str) else ())
        if not found:
            raise LoginRefused("login.not_in_group", "no group", 403)
        seconds = min(LOGIN_SECONDS, settings.login_hours * 3600.0)
        leave = self._leave(facts, id_token)
        return Identity(f"oidc:{name}", checked_roles(found), seconds, leave)

    def _leave(self, facts: Mapping[str, Any], id_token: str) -> str:
        """Return where a browser logs out at the provider, where it has such a place."""
        place = facts.get("end_session_endpoint")
        if not self.settings.provider_logout or not isinstance(place, str):
            return ""
        if not is_safe_address(place):
            return ""
        said = urlencode({"client_id": self.settings.client_id, "id_token_hint": id_token})
        return f"{place}{'&' if '?' in place else '?'}{said}"


def _decode(value: str, keys: Any) -> Any:
    from joserfc import jwt

    return jwt.decode(value, keys, algorithms=list(ALGORITHMS))


async def _fetch(
    client: Any, place: str, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the JSON object at an address of the provider."""
    response = await client.request("GET", place, headers=headers, withhold_token=True)
    try:
        found = response.json() if response.status_code == 200 else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _unreachable("no answer")
    return found
