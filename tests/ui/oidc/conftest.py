"""A provider on the loopback, and an app that leads to it."""

from __future__ import annotations

import pytest
from loopback_provider import SECRET, loopback_provider
from oidc_browser import Clock, settings_of
from small_app import small_client

from landmarkdiff.ui.server.oidc import Provider
from landmarkdiff.ui.server.settings import AppSettings


@pytest.fixture(scope="module")
def running():
    with loopback_provider() as running:
        yield running


@pytest.fixture
def there(running):
    running.reset()
    return running


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
