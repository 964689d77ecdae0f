"""Headers of a proxy: believed from the one that was named, and from nobody else."""

from __future__ import annotations

import pytest
from event_loops import run_in_thread

from landmarkdiff.errors import ParameterError
from landmarkdiff.ui.server.forwarding import Forwarding
from landmarkdiff.ui.server.settings import AppSettings

SAID = {
    "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Prefix": "/evil",
    "X-Real-IP": "6.6.6.6",
    "Forwarded": "for=6.6.6.6",
    "Accept": "*/*",
}


def seen(peer: str | None, headers: dict[str, str] | None = None, **settings):
    """Client, scheme and headers as they reach the app."""
    scope = {
        "type": "http",
        "scheme": "http",
        "client": None if peer is None else (peer, 1234),
        "headers": [
            (name.lower().encode(), value.encode()) for name, value in (headers or SAID).items()
        ],
    }
    passed = []

    async def app(scope, receive, send):
        passed.append(scope)

    run_in_thread(Forwarding(app, AppSettings(**settings))(scope, None, None))
    (found,) = passed
    client = found["client"] and found["client"][0]
    return client, found["scheme"], {name.decode() for name, _ in found["headers"]}


@pytest.mark.parametrize("peer", ["10.0.0.9", "192.168.1.4", "127.0.0.1", "::1", "unix", None])
@pytest.mark.parametrize(
    "settings",
    [{}, {"behind_proxy": True}, {"behind_proxy": True, "trusted_proxies": ("10.0.0.1",)}],
)
def test_a_stranger_is_not_believed(peer, settings):
    client, scheme, names = seen(peer, **settings)
    assert (client, names) == (peer, {"accept"})
    assert scheme == ("https" if settings else "http")


@pytest.mark.parametrize(
    ("peer", "trusted", "forwarded", "expected"),
    [
        ("10.0.0.1", ("10.0.0.1",), "10.0.0.77", "10.0.0.77"),
        ("::ffff:10.0.0.1", ("10.0.0.1",), "10.0.0.77", "10.0.0.77"),
        ("10.0.0.1", ("10.0.0.0/29",), "6.6.6.6, 10.0.0.77, 10.0.0.2", "10.0.0.77"),
        ("10.0.0.1", ("10.0.0.1",), "6.6.6.6, 10.0.0.77", "10.0.0.77"),
        ("10.0.0.1", ("10.0.0.1",), "10.0.0.1", "10.0.0.1"),
        ("10.0.0.1", ("10.0.0.1",), "nonsense", "10.0.0.1"),
        ("10.0.0.1", ("10.0.0.1",), "10.0.0.77, nonsense", "10.0.0.1"),
        ("10.0.0.1", ("10.0.0.1",), "", "10.0.0.1"),
        ("fd00::1", ("fd00::1",), "[2001:db8::5]", "2001:db8::5"),
    ],
)
def test_the_named_proxy_tells_the_browser(peer, trusted, forwarded, expected):
    headers = {**SAID, "X-Forwarded-For": forwarded}
    client, scheme, names = seen(peer, headers, behind_proxy=True, trusted_proxies=trusted)
    assert (client, scheme) == (expected, "https")
    assert names == {"accept", "x-forwarded-host"}


@pytest.mark.parametrize("proxy", ["nginx", "10.0.0.300", "0.0.0.0/0", "::/0", ""])
def test_everybody_is_no_proxy(proxy):
    with pytest.raises(ParameterError, match="trusted proxy is not an address"):
        AppSettings(behind_proxy=True, trusted_proxies=(proxy,))


def test_a_trusted_proxy_needs_one():
    with pytest.raises(ParameterError, match=r"there is none; give --behind-proxy too"):
        AppSettings(trusted_proxies=("10.0.0.1",))
