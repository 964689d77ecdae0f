"""What the app is started with, and which of it may be combined."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path

from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import ParameterError
from landmarkdiff.texts import languages
from landmarkdiff.workflows.request_parser import read_configuration

__all__ = ["DEFAULT_PORT", "AppSettings", "is_loopback"]

DEFAULT_PORT = 7860
_MEGABYTE = 1024 * 1024
#: One or more names, none of which begins with a full stop or needs an escape.
_ROOT_PATH = re.compile(r"(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")


def _cores() -> int:
    return max(2, os.cpu_count() or 2)


def is_loopback(host: str) -> bool:
    """Tell whether an address is reachable from this machine only."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class AppSettings:
    """Settings of one run of the app; nothing in them changes while it runs.

    Attributes
    ----------
    host : str
        Address to listen on. Any that other machines reach needs users and TLS.
    port : int or None
        None takes 7860, or the next free port.
    auth_file : Path or None
        File of users with hashed passwords, see ``docs/reference/security.md``.
    oidc : Path or None
        File that names a provider of logins, see ``docs/how-to/logins.md``.
    certfile, keyfile : Path or None
        Certificate and key, in PEM, of the app's own TLS.
    behind_proxy : bool
        A reverse proxy in front of the app speaks TLS.
    trusted_proxies : tuple of str
        Addresses or networks of that proxy, from which ``X-Forwarded-For`` and
        ``X-Forwarded-Host`` are believed; from nobody else.
    audit_log : Path or None
        File of logins, failed ones, opened photos and exports; None takes the user's folder for
        logs where there are users.
    audited : bool
        Whether there is such a log.
    allowed_hosts : tuple of str
        Names under which browsers may ask for the app, besides the address itself.
    root_path : str
        Path below which a proxy shows the app, ``"/landmarkdiff"``; with or without a slash at
        the end, kept without. Empty where the app has a name of its own.
    session_minutes : float
        A page that asked for nothing for so long is forgotten with all its pictures.
    max_upload_mb : int
        Largest photo in MiB.
    workers : int
        How many requests compute at once.
    queue : int
        How many more may wait; further ones are told that the app is busy.
    languages : tuple of str
        Languages of the page; the first is built at start, the others when asked for.
    config : Path or None
        Configuration of the repainting modes; by default what ``LANDMARKDIFF_CONFIG`` names, or
        the built-in values.
    device : str or None
        Where they run, instead of the configuration's ("auto", "cuda", "mps", "cpu").
    policy : str or None
        Licence policy, instead of the configuration's ("commercial", "research").
    consultations : Path or None
        Folder in which consultations are kept, encrypted, when a surgeon asks for it; where there
        are users, each has a folder of their own in it.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    auth_file: Path | None = None
    oidc: Path | None = None
    certfile: Path | None = None
    keyfile: Path | None = None
    behind_proxy: bool = False
    trusted_proxies: tuple[str, ...] = ()
    audit_log: Path | None = None
    audited: bool = True
    allowed_hosts: tuple[str, ...] = ()
    root_path: str = ""
    session_minutes: float = 15.0
    max_upload_mb: int = 64
    workers: int = field(default_factory=_cores)
    queue: int = 32
    languages: tuple[str, ...] = field(default_factory=lambda: tuple(languages()))
    config: Path | None = None
    device: str | None = None
    policy: str | None = None
    consultations: Path | None = None

    def __post_init__(self) -> None:
        if self.port is not None:
            _check("port", self.port, 1, 65535)
        _check("session_minutes", self.session_minutes, 0.01, 24 * 60)
        _check("upload_megabytes", self.max_upload_mb, 1, 256)
        _check("workers", self.workers, 1, 64)
        _check("queue", self.queue, 0, 1024)
        object.__setattr__(self, "root_path", self.root_path.rstrip("/"))
        if not _is_root_path(self.root_path):
            raise ParameterError("app_root_path", path=self.root_path)
        _check_proxies(self.trusted_proxies, self.behind_proxy)
        if self.consultations is not None and not self.consultations.is_dir():
            raise ParameterError("consultation_folder_missing", name=self.consultations.name)
        if not self.languages:
            raise ParameterError("app_without_language", languages=list(languages()))

    def configuration(self) -> Configuration:
        """Return the configuration of the repainting modes.

        Raises
        ------
        ParameterError
            The file cannot be read, or it or an option is not valid.
        """
        return read_configuration(self.config, self.device, self.policy)

    @property
    def max_upload_bytes(self) -> int:
        """Largest photo in bytes."""
        return self.max_upload_mb * _MEGABYTE

    @property
    def session_seconds(self) -> float:
        """Time after which a silent page is forgotten, in seconds."""
        return self.session_minutes * 60.0

    @property
    def secure(self) -> bool:
        """Whether browsers reach the app over TLS."""
        return self.certfile is not None or self.behind_proxy


def _check_proxies(proxies: tuple[str, ...], behind_proxy: bool) -> None:
    if proxies and not behind_proxy:
        raise ParameterError("proxy_trusted_without_one")
    for proxy in proxies:
        try:
            network = ip_network(proxy, strict=False)
        except ValueError:
            raise ParameterError("proxy_not_an_address", proxy=proxy) from None
        if network.prefixlen == 0:  # everybody would be believed
            raise ParameterError("proxy_not_an_address", proxy=proxy)


def _is_root_path(path: str) -> bool:
    """Tell whether the app can stand below a path that none of its own begin with."""
    if not path:
        return True
    first = path.split("/")[1:2]
    taken = {"ld", "login", "logout", *languages()}
    return bool(_ROOT_PATH.fullmatch(path)) and first != [] and first[0] not in taken


def _check(quantity: str, value: float, low: float, high: float) -> None:
    if isinstance(value, bool) or not low <= value <= high:
        raise ParameterError("out_of_range", quantity=quantity, value=value, low=low, high=high)
