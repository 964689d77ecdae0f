"""The file that names a provider of logins (OpenID Connect), and what its groups may do."""

from __future__ import annotations

import os
import stat
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from landmarkdiff.data_files import YamlError, parse_foreign_yaml, read_foreign_text
from landmarkdiff.errors import ParameterError
from landmarkdiff.ui.server.auth import CALLBACK
from landmarkdiff.ui.server.roles import Role
from landmarkdiff.ui.server.settings import is_loopback

__all__ = ["SECRET_VARIABLE", "OidcSettings", "load_oidc"]

SECRET_VARIABLE = "LANDMARKDIFF_OIDC_SECRET"  # noqa: S105  # its name
_MOST_BYTES = 64 * 1024
_PACKAGES = ("authlib", "httpx2", "joserfc")


def is_safe_address(address: str) -> bool:
    """Tell whether an address is https, or http to this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    plain = not (parts.username or parts.password or parts.fragment)
    return safe and plain and bool(host) and address.isprintable() and " " not in address


def _checked_address(address: str) -> str:
    if not is_safe_address(address):
        raise ValueError("an address with https is needed")
    return address


_Address = Annotated[str, AfterValidator(_checked_address)]


class OidcSettings(BaseModel):
    """Where the logins are, and who may do what.

    Attributes
    ----------
    issuer : str
        The provider; ``/.well-known/openid-configuration`` below it says the rest.
    client_id : str
        Under which the app is registered there.
    client_secret_file : Path or None
        File of mode 0600 with the secret; else ``LANDMARKDIFF_OIDC_SECRET``; neither for a
        public client.
    redirect_uri : str
        The app's own address with ``/login/oidc/callback`` at its end, as it is registered.
    groups : mapping of str to tuple of role
        Who is in none of these groups does not get in.
    groups_claim, user_claim : str
        Where the ID token, or the answer of userinfo, has the groups and a unique name.
    scopes : tuple of str
        Asked for beside ``openid``.
    title : str
        What people call the provider; shown on the button.
    certificates : Path or None
        Authorities (PEM) that sign the provider's certificate, instead of the usual ones.
    proxy : str or None
        Through which the provider is reached.
    login_hours : float
        After which people log in again; at most 12. So long a change of groups may take.
    skew_seconds : int
        By how much the clocks of both machines may differ.
    provider_logout : bool
        Whether logging out here logs out there too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    issuer: _Address
    client_id: str = Field(min_length=1, max_length=512)
    client_secret_file: Path | None = None
    redirect_uri: _Address
    groups: dict[str, tuple[Role, ...]] = Field(min_length=1)
    groups_claim: str = "groups"
    user_claim: str = "preferred_username"
    scopes: tuple[str, ...] = ("profile",)
    title: str = Field("", max_length=40)
    certificates: Path | None = None
    proxy: str | None = None
    login_hours: float = Field(12.0, ge=0.1, le=12.0)
    skew_seconds: int = Field(60, ge=0, le=300)
    provider_logout: bool = True


def load_oidc(
    path: Path | None, root_path: str, environment: dict[str, str] | None = None
) -> tuple[OidcSettings, str | None] | None:
    """Return the settings of a file and the client's secret; None where there is no file.

    The secret is taken out of the environment, so that no child process inherits it.

    Raises
    ------
    ParameterError
        One sentence: what is wrong with the file or the secret, or which packages are missing.
    """
    surroundings = os.environ if environment is None else environment
    secret = surroundings.pop(SECRET_VARIABLE, "") or None
    if path is None:
        return None
    if any(find_spec(name) is None for name in _PACKAGES):
        raise ParameterError("oidc_not_installed")
    settings = _read(path)
    expected = f"{root_path}{CALLBACK}"
    if urlsplit(settings.redirect_uri).path != expected:
        raise ParameterError("oidc_redirect", address=settings.redirect_uri, path=expected)
    if settings.client_secret_file is not None:
        secret = _read_secret(path.parent / settings.client_secret_file)
    return settings, secret


def _read(path: Path) -> OidcSettings:
    try:
        data: Any = parse_foreign_yaml(read_foreign_text(path, _MOST_BYTES))
    except OSError as failure:
        raise ParameterError(
            "oidc_unreadable", problem=failure.strerror, path=str(path)
        ) from failure
    except YamlError as failure:
        raise ParameterError("oidc_not_yaml", path=str(path)) from failure
    try:
        settings = OidcSettings.model_validate(data)
    except ValidationError as failure:
        problem = failure.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in problem["loc"]) or "the whole file"
        raise ParameterError("oidc_invalid", where=where, problem=problem["msg"]) from None
    if settings.certificates is None:
        return settings
    return settings.model_copy(update={"certificates": path.parent / settings.certificates})


def _read_secret(path: Path) -> str:
    try:
        secret = read_foreign_text(path, _MOST_BYTES).strip()
        mode = path.stat().st_mode
    except (OSError, UnicodeDecodeError) as failure:
        problem = getattr(failure, "strerror", None) or "not text"
        raise ParameterError("oidc_unreadable", problem=problem, path=str(path)) from failure
    if sys.platform != "win32" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ParameterError("oidc_secret_open", mode=f"{stat.S_IMODE(mode):04o}", file=path.name)
    if not secret:
        raise ParameterError("oidc_unreadable", problem="empty", path=str(path))
    return secret
