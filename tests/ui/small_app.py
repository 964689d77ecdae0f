"""The app with one tab more, in this process or in one of its own.

Tests mount it, or run this file to have a server of its own:
``python small_app.py '{"port": 7999, "session_minutes": 0.05}'``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landmarkdiff.ui.server.settings import AppSettings

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from landmarkdiff.ui.server.oidc import Provider
    from landmarkdiff.ui.server.passwords import Users
    from landmarkdiff.ui.server.services import SharedPipeline
    from landmarkdiff.ui.tabs.tab import Tab

BASE = "http://127.0.0.1:7860"
MORE_TABS = Path(__file__).with_name("more_tabs")


def six_tabs() -> Sequence[Tab]:
    """The five tabs, and the one in this folder."""
    from landmarkdiff.ui import tabs
    from landmarkdiff.ui.tabs.registry import find_tabs

    before = list(tabs.__path__)
    tabs.__path__.append(str(MORE_TABS))
    try:
        return find_tabs()
    finally:
        tabs.__path__[:] = before


@cache
def shared_pipeline() -> SharedPipeline:
    """The pipeline of all apps of this process that have the built-in configuration.

    Each of its own would take 0.3 s and 28 MB that the networks' library does not give back.
    """
    from landmarkdiff.ui.server.services import SharedPipeline

    return SharedPipeline(AppSettings().configuration())


@contextmanager
def small_client(
    settings: AppSettings | None = None,
    users: Users | None = None,
    provider: Provider | None = None,
    **named: Any,
) -> Iterator[TestClient]:
    """A client of the app, in this process."""
    from starlette.testclient import TestClient

    from landmarkdiff.ui.app import create_app
    from landmarkdiff.ui.server.services import AppServices

    settings = settings or AppSettings(**named)
    services = AppServices.from_settings(settings)
    if services.configuration == AppSettings().configuration():
        services.loader = shared_pipeline()
    app = create_app(settings, services=services, users=users, provider=provider, tabs=six_tabs())
    with TestClient(app, base_url=BASE, follow_redirects=False) as client:
        client.services = services  # type: ignore[attr-defined]
        yield client


def browser_of(client: TestClient) -> TestClient:
    """Another browser at the same app."""
    return type(client)(client.app, base_url=BASE, follow_redirects=False)


def open_session(client: TestClient) -> str:
    token: str = client.post("/ld/session").json()["token"]
    return token


if __name__ == "__main__":
    from landmarkdiff.ui.run import Display, serve

    chosen = json.loads(sys.argv[1])
    window = chosen.pop("window", False)
    for name in {"auth_file", "certfile", "keyfile"} & chosen.keys():
        chosen[name] = Path(chosen[name])
    serve(AppSettings(**chosen), Display(window, browser=False), find_tabs=six_tabs)
