"""``landmarkdiff app``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landmarkdiff.cli.options import Config, Device, Options, Policy, with_options
from landmarkdiff.errors import ParameterError, WeightsError
from landmarkdiff.runtime.collector import collector_at_rest

if TYPE_CHECKING:
    from landmarkdiff.ui.server.settings import AppSettings

__all__ = ["app"]


@dataclass(frozen=True)
class AppOptions(Options):
    """What a command line says about the app."""

    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Address to listen on; any that other machines reach needs users and TLS.",
        ),
    ] = "127.0.0.1"
    port: Annotated[
        int | None, typer.Option(metavar="N", help="Port; by default 7860 or the next free one.")
    ] = None
    auth_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Users with hashed passwords, written by --add-user."),
    ] = None
    add_user: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Ask for a password, write the user into --auth-file, and stop."
        ),
    ] = None
    role: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE",
            help="With --add-user, what the user may do: view, edit, export, admin; may be "
            "repeated.",
        ),
    ] = None
    oidc: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Provider of logins (OpenID Connect), in YAML."),
    ] = None
    certfile: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Certificate (PEM) for the app's own TLS.")
    ] = None
    keyfile: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Private key of the certificate (PEM).")
    ] = None
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="A reverse proxy in front of the app speaks TLS.")
    ] = False
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS",
            help="Address or network of that proxy, whose X-Forwarded-For is believed; may be "
            "repeated.",
        ),
    ] = None
    audit_log: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Who logged in, opened and exported, when, without patient data; with users, by "
            "default in the user's folder for logs.",
        ),
    ] = None
    audited: Annotated[
        bool, typer.Option("--audit/--no-audit", help="Keep that log.", show_default=False)
    ] = True
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Name in the browser's address; may be repeated."),
    ] = None
    root_path: Annotated[
        str,
        typer.Option(
            metavar="PATH",
            help="Path below which a reverse proxy shows the app, like /landmarkdiff.",
        ),
    ] = ""
    consultations: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder in which surgeons may keep consultations, each in an encrypted file.",
        ),
    ] = None
    session_minutes: Annotated[
        float, typer.Option(metavar="N", help="A page silent for so long is deleted.")
    ] = 15.0
    max_upload_mb: Annotated[int, typer.Option(metavar="N", help="Largest photo in MB.")] = 64
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", help="Requests computed at once; by default one per core."),
    ] = None
    config: Config = None
    device: Device = None
    policy: Policy = None
    window: Annotated[
        bool, typer.Option("--window", help="Open a window; closing it stops the app.")
    ] = False
    browser: Annotated[
        bool | None,
        typer.Option(
            "--browser/--no-browser",
            help="Open the default browser; by default at a terminal with a display.",
            show_default=False,
        ),
    ] = None

    def settings(self) -> AppSettings:
        """Return the checked settings; LandmarkDiffError says in one sentence what is wrong."""
        from landmarkdiff.ui.server.settings import AppSettings

        settings = AppSettings(
            host=self.host,
            port=self.port,
            auth_file=self.auth_file,
            oidc=self.oidc,
            certfile=self.certfile,
            keyfile=self.keyfile,
            behind_proxy=self.behind_proxy,
            trusted_proxies=tuple(self.trusted_proxy or ()),
            audit_log=self.audit_log,
            audited=self.audited,
            allowed_hosts=tuple(self.allowed_host or ()),
            root_path=self.root_path,
            session_minutes=self.session_minutes,
            max_upload_mb=self.max_upload_mb,
            config=self.config,
            device=self.device,
            policy=self.policy,
            consultations=self.consultations,
        )
        return settings if self.workers is None else replace(settings, workers=self.workers)


#: Model files without which the app does less, and what it does not do then.
_NOT_NEEDED = (
    (("sface",), "The person is not compared"),
    (("face_detection_full_range", "selfie_segmentation"), "Profiles are not read"),
    (("makehuman_head",), "No head is fitted, and light follows the average face"),
)


@with_options()
def app(options: AppOptions) -> None:
    """Start the browser app. It runs until Ctrl-C, and no photo leaves or stays on the machine."""
    if options.add_user is not None:
        _add_user(options.add_user, options.auth_file, options.role or ())
        return
    if options.role:
        raise ParameterError("roles_without_user")
    with collector_at_rest():  # until the app is ready
        _run(options)


def _run(options: AppOptions) -> None:
    from landmarkdiff import weights
    from landmarkdiff.ui.run import Display, require_app_extra, serve

    settings = options.settings()
    require_app_extra()
    weights.obtain("face_landmarker")  # while it may fetch; the server itself never does
    for names, without in _NOT_NEEDED:
        try:
            for name in names:
                weights.obtain(name)
        except WeightsError as error:  # every result says so too
            print(f"{without}: {error}")
    serve(settings, Display(options.window, options.browser))


def _add_user(name: str, auth_file: Path | None, roles: Sequence[str]) -> None:
    from landmarkdiff.ui.server.passwords import add_user
    from landmarkdiff.ui.server.roles import checked_roles

    if auth_file is None:
        raise ParameterError("users_without_file")
    if roles:
        checked_roles(roles)  # before a password is asked for
    password = typer.prompt("Password", hide_input=True)
    if typer.prompt("Again", hide_input=True) != password:
        raise ParameterError("passwords_differ")
    known = add_user(auth_file, name, password, roles)
    print("The password was changed." if known else "The user was added.")
