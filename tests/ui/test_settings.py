"""Settings of the app: ranges, and what follows from them."""

from __future__ import annotations

import pytest

from landmarkdiff.errors import ParameterError
from landmarkdiff.ui.server.settings import AppSettings, is_loopback


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("port", 0, "the port is out of range (got 0); allowed: 1 to 65535."),
        ("port", 65536, "the port is out of range (got 65536); allowed: 1 to 65535."),
        ("session_minutes", 0, "the session's time in minutes is out of range (got 0)"),
        ("max_upload_mb", 257, "the largest upload in MB is out of range (got 257)"),
        ("workers", 0, "the number of workers is out of range (got 0)"),
        ("queue", -1, "the length of the queue is out of range (got -1)"),
        ("languages", (), "the app needs a language"),
    ],
)
def test_values_out_of_range_are_refused(name, value, said):
    with pytest.raises(ParameterError) as failure:
        AppSettings(**{name: value})
    assert str(failure.value).startswith(said)


def test_defaults_are_local_and_short():
    settings = AppSettings()
    assert settings.host == "127.0.0.1"
    assert settings.port is None
    assert settings.session_seconds == 900
    assert settings.max_upload_bytes == 64 * 2**20
    assert settings.workers >= 2
    assert settings.queue == 32
    assert not settings.secure


def test_tls_or_a_proxy_make_it_secure(tmp_path):
    assert AppSettings(certfile=tmp_path, keyfile=tmp_path).secure
    assert AppSettings(behind_proxy=True).secure


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("localhost", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
        ("192.168.1.4", False),
        ("clinic.example", False),
    ],
)
def test_loopback(host, expected):
    assert is_loopback(host) is expected
