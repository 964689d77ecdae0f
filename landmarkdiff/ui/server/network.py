"""Where the app listens, and what it needs before other machines may reach it."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from ipaddress import ip_address

from landmarkdiff.errors import ParameterError
from landmarkdiff.ui.server.settings import DEFAULT_PORT, AppSettings, is_loopback

__all__ = ["bind", "check_exposure", "page_address"]

#: Ports that are tried when none was asked for.
_PORTS = range(DEFAULT_PORT, DEFAULT_PORT + 20)
_BACKLOG = 256


def check_exposure(settings: AppSettings, *, has_users: bool) -> None:
    """Refuse what would show patients' faces to a network without users and encryption.

    Raises
    ------
    ParameterError
        Says what is missing.
    """
    if settings.host.lower() != "localhost":
        try:
            ip_address(settings.host.strip("[]"))
        except ValueError:
            raise ParameterError("host_not_an_address", host=settings.host) from None
    _check_certificate(settings)
    exposed = settings.behind_proxy or not is_loopback(settings.host)
    if exposed and not has_users:
        raise ParameterError(
            "app_open_without_users",
            host=f"--behind-proxy at {settings.host}" if settings.behind_proxy else settings.host,
        )
    if exposed and not settings.secure:
        raise ParameterError("app_open_without_encryption", host=settings.host)


def _check_certificate(settings: AppSettings) -> None:
    if (settings.certfile is None) != (settings.keyfile is None):
        missing = "--keyfile" if settings.keyfile is None else "--certfile"
        raise ParameterError("certificate_without_key", option=missing)
    if settings.certfile is None:
        return
    try:
        for file in (settings.certfile, settings.keyfile):
            if file is not None and file.exists() and not file.is_file():
                raise OSError(errno.EINVAL, "not a file")  # a pipe would be waited for
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            settings.certfile, settings.keyfile, password=""
        )
    except (OSError, ssl.SSLError) as failure:
        reason = failure.reason if isinstance(failure, ssl.SSLError) else failure.strerror
        raise ParameterError(
            "certificate_unusable", problem=reason or "not in PEM", file=settings.certfile.name
        ) from failure


def bind(settings: AppSettings) -> socket.socket:
    """Return a socket that listens where the settings say.

    Browsers that come before the server is ready wait in its queue.

    Raises
    ------
    ParameterError
        The port is taken or not allowed, or the address is none of this machine's.
    """
    host = "127.0.0.1" if settings.host.lower() == "localhost" else settings.host.strip("[]")
    ports = [settings.port] if settings.port is not None else list(_PORTS)
    for port in ports:
        try:
            return _listen(host, port)
        except OSError as failure:
            if failure.errno == errno.EADDRINUSE and port != ports[-1]:
                continue
            raise ParameterError(
                "app_cannot_listen", problem=failure.strerror, host=host, port=port
            ) from failure
    raise AssertionError("there is at least one port")


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def page_address(settings: AppSettings) -> str:
    """Return the address to type into a browser on this machine."""
    scheme = "https" if settings.certfile is not None else "http"
    host = settings.host.strip("[]")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # not bound here
    if ":" in host:
        host = f"[{host}]"
    return f"{scheme}://{host}:{settings.port}{settings.root_path}/"
