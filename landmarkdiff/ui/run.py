"""Running the app: from the settings to a server that stops within two seconds."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from landmarkdiff.errors import ParameterError
from landmarkdiff.runtime.collector import collector_at_work
from landmarkdiff.ui.server.audit import AuditLog, default_audit_file
from landmarkdiff.ui.server.memory import wipe_what_is_freed
from landmarkdiff.ui.server.network import bind, check_exposure, page_address
from landmarkdiff.ui.server.oidc import Provider
from landmarkdiff.ui.server.oidc_settings import load_oidc
from landmarkdiff.ui.server.passwords import Users, load_users
from landmarkdiff.ui.server.run_folder import PrivateFolder
from landmarkdiff.ui.server.settings import DEFAULT_PORT, AppSettings
from landmarkdiff.ui.server.window import AppWindow, find_window_command
from landmarkdiff.weights.access import OFFLINE_VARIABLE

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette

    from landmarkdiff.ui.server.connections import ConnectionLimits
    from landmarkdiff.ui.tabs.tab import Tab

__all__ = ["Display", "require_app_extra", "serve"]

#: Answers to open pages get this long to end, in seconds; then they are cut.
_GRACE = 1
#: After this long the process ends even if a computation will not.
_DEADLINE = 1.8
_SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK")


@dataclass(frozen=True)
class Display:
    """How the page comes to the eye.

    Attributes
    ----------
    window : bool
        In a window of its own; closing it stops the app.
    browser : bool or None
        In the default browser; None does so when someone sits at a terminal with a display.
    """

    window: bool = False
    browser: bool | None = None

    @property
    def opens_browser(self) -> bool:
        """Whether the default browser is opened."""
        if self.browser is not None or self.window:
            return bool(self.browser)
        graphical = sys.platform in {"win32", "darwin"} or any(
            os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
        )
        return graphical and sys.stdin is not None and sys.stdin.isatty()


def require_app_extra() -> None:
    """Refuse to start without the packages of the app.

    Raises
    ------
    ParameterError
    """
    if any(find_spec(name) is None for name in ("gradio", "jinja2", "starlette", "uvicorn")):
        raise ParameterError("app_not_installed")


def serve(
    settings: AppSettings,
    display: Display = Display(),
    *,
    find_tabs: Callable[[], Sequence[Tab]] | None = None,
) -> None:
    """Run the app until it is stopped by a signal, Ctrl-C or the closing of its window.

    Parameters
    ----------
    settings : AppSettings
    display : Display
    find_tabs : callable, optional
        Finds the tabs; by default those of the package.

    Raises
    ------
    ParameterError
        The settings must not be combined, or the app cannot listen; nothing was started.
    """
    wipe_what_is_freed()
    require_app_extra()
    users = load_users(settings.auth_file)
    registered = load_oidc(settings.oidc, settings.root_path)
    provider = None if registered is None else Provider(*registered)
    named = users is not None or provider is not None
    check_exposure(settings, has_users=named)
    settings.configuration()
    make_command = find_window_command() if display.window else None
    with ExitStack() as stack:
        stack.enter_context(_signals_leave())
        listener = stack.enter_context(bind(settings))
        asked = settings.port
        settings = replace(
            settings, port=listener.getsockname()[1], audit_log=_audit_log(settings, named)
        )
        folder = stack.enter_context(PrivateFolder.make())
        address = page_address(settings)
        desktop = stack.enter_context(_Desktop(address, folder, make_command))
        server, app, limits = _make_server(settings, users, folder.path, find_tabs, provider)

        def show() -> None:
            if asked is None and settings.port != DEFAULT_PORT:
                print(f"Port {DEFAULT_PORT} is taken; using {settings.port}.")
            print(f"LandmarkDiff is ready at {address} (Ctrl-C stops it)", flush=True)
            collector_at_work()
            desktop.attend(server)
            if display.opens_browser:
                threading.Thread(target=_open_browser, args=(address,), daemon=True).start()

        _run(server, app, listener, limits, on_ready=show, on_late=desktop.clear_away)
    print("LandmarkDiff has stopped.", flush=True)


def _audit_log(settings: AppSettings, named: bool) -> Path | None:
    """Where the audit log is kept: where it was asked for, or where it can be."""
    if not settings.audited or (settings.audit_log is None and not named):
        return None
    if settings.audit_log is not None:
        AuditLog(settings.audit_log).close()  # whoever asks for one does not run without it
        return settings.audit_log
    try:
        AuditLog(default_audit_file()).close()
    except ParameterError as problem:
        print(f"There is no audit log: {problem}", flush=True)
        return None
    return default_audit_file()


class _Desktop:
    """The window, where one was asked for, and the folder in which its browser has its profile.

    The window opens while the server is still being made: browsers take a second to start, and
    the listening socket lets their first request wait.
    """

    def __init__(
        self,
        address: str,
        folder: PrivateFolder,
        make_command: Callable[[str, Path], list[str]] | None,
    ) -> None:
        self._address = address
        self._folder = folder
        self._server: uvicorn.Server | None = None
        self._closed = False
        self._window: AppWindow | None = None
        if make_command is not None:
            self._window = AppWindow(make_command(address, folder.path / "window"), self._end)

    def _end(self, was_open: bool) -> None:
        if not was_open:
            print(f"The window could not be opened; open {self._address} yourself.", flush=True)
            return
        self._closed = True
        if self._server is not None:
            self._server.should_exit = True

    def attend(self, server: uvicorn.Server) -> None:
        """Stop the server when the window is closed, or was already."""
        self._server = server
        server.should_exit = server.should_exit or self._closed

    def clear_away(self) -> None:
        """Close the window, then remove the folder; further calls do nothing."""
        if self._window is not None:
            self._window.close()
        self._folder.remove()

    def __enter__(self) -> _Desktop:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear_away()


def _make_server(
    settings: AppSettings,
    users: Users | None,
    folder: Path,
    find_tabs: Callable[[], Sequence[Tab]] | None,
    provider: Provider | None = None,
) -> tuple[uvicorn.Server, Starlette, ConnectionLimits]:
    """Import what is heavy, isolated, and put the server together."""
    from landmarkdiff.ui.server import isolation, logs

    isolation.isolate(folder)
    # What could be fetched was, before; the rest is said to be missing.
    os.environ[OFFLINE_VARIABLE] = "1"
    logs.start_logging()
    import uvicorn

    from landmarkdiff.ui.app import create_app
    from landmarkdiff.ui.server.connections import ConnectionLimits, patient_protocol

    # A proxy stands for all its browsers.
    limits = ConnectionLimits(counted=not settings.behind_proxy)
    tabs = None if find_tabs is None else find_tabs()
    app = create_app(settings, users=users, provider=provider, tabs=tabs)
    config = uvicorn.Config(
        app,
        http=patient_protocol(limits),
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # Forwarding reads them
        ssl_certfile=settings.certfile,
        ssl_keyfile=settings.keyfile,
        limit_concurrency=512,
        timeout_graceful_shutdown=_GRACE,
    )
    return uvicorn.Server(config), app, limits


def _run(
    server: uvicorn.Server,
    app: Starlette,
    listener: socket.socket,
    limits: ConnectionLimits,
    *,
    on_ready: Callable[[], None],
    on_late: Callable[[], None],
) -> None:
    """Serve until the end, which no open page and no computation holds up.

    Parameters
    ----------
    on_ready : callable
        Called once the page can be asked for.
    on_late : callable
        Called before the process is ended because something will not end by itself.
    """
    from landmarkdiff.ui.server.connections import CountingListener, hurry_handshakes

    startup, shutdown = server.startup, server.shutdown

    async def start(sockets: list[socket.socket] | None = None) -> None:
        if server.config.is_ssl:
            hurry_handshakes(asyncio.get_running_loop(), limits.header_seconds)
        await startup(sockets)
        if server.started:
            on_ready()

    async def stop(sockets: list[socket.socket] | None = None) -> None:
        end = threading.Timer(_DEADLINE, _end_now, [on_late])
        end.daemon = True
        end.start()
        app.state.services.store.close_all()
        await shutdown(sockets)

    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, server.handle_exit)  # uvicorn hears only the others
    server.startup = start  # type: ignore[method-assign]
    server.shutdown = stop  # type: ignore[method-assign]
    server.run([CountingListener(listener, limits)])
    if not server.started:
        raise ParameterError("app_not_started")


def _end_now(on_late: Callable[[], None]) -> None:
    on_late()
    os._exit(0)


class _Stopped(SystemExit):
    """A signal asked the app to stop, which is no failure."""


@contextmanager
def _signals_leave() -> Iterator[None]:
    """Leave through every ``finally`` when told to stop, also before the server runs."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise _Stopped(0)

    numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    # What nohup or a shell's background ignores stays ignored.
    heard = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, leave) for number in heard}
    try:
        yield
    except _Stopped:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _open_browser(address: str) -> None:
    import webbrowser

    webbrowser.open(address)
