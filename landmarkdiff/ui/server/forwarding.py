"""What a reverse proxy says of the request that it passes on, and from whom it is believed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from landmarkdiff.ui.server.settings import AppSettings

__all__ = ["Forwarding"]

_HOST = b"x-forwarded-host"
_FOR = b"x-forwarded-for"
#: More addresses than a row of proxies has.
_MOST_ADDRESSES = 16


class Forwarding:
    """Replaces the proxy's address by the browser's, and drops what a stranger only claims.

    ``X-Forwarded-For`` and ``X-Forwarded-Host`` are believed from the addresses that
    ``--trusted-proxy`` names; from all others, and all other headers of the kind, are taken away,
    so that nothing behind this reads them.

    Parameters
    ----------
    app : ASGI application
    settings : AppSettings
    """

    def __init__(self, app: ASGIApp, settings: AppSettings) -> None:
        self._app = app
        self._scheme = "https" if settings.behind_proxy else None
        self._trusted = _Networks(settings.trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        seen: dict[str, Any] = {"headers": list(_without_forwarding(scope["headers"]))}
        if self._scheme is not None:
            seen["scheme"] = self._scheme
        if client is not None and client[0] in self._trusted:
            seen["headers"] += [pair for pair in scope["headers"] if pair[0] == _HOST]
            seen["client"] = (self._browser(scope["headers"], client[0]), 0)
        await self._app({**scope, **seen}, receive, send)

    def _browser(self, headers: Iterable[tuple[bytes, bytes]], proxy: str) -> str:
        """The last address that is not one of our proxies: only they wrote what follows it."""
        listed = b",".join(value for name, value in headers if name == _FOR).decode("latin-1")
        for address in reversed(listed.split(",")[-_MOST_ADDRESSES:]):
            try:
                proxy = str(ip_address(address.strip().strip('[]"')))
            except ValueError:
                break
            if proxy not in self._trusted:
                break
        return proxy


class _Networks:
    def __init__(self, names: Sequence[str]) -> None:
        self._networks: list[IPv4Network | IPv6Network] = [
            ip_network(name, strict=False) for name in names
        ]

    def __contains__(self, address: str) -> bool:
        try:
            known = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        plain = getattr(known, "ipv4_mapped", None) or known
        return any(plain in network or known in network for network in self._networks)


def _without_forwarding(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[bytes, bytes]]:
    for name, value in headers:
        if not name.startswith(b"x-forwarded-") and name not in {b"forwarded", b"x-real-ip"}:
            yield name, value
