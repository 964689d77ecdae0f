"""What routes and tabs share: settings, sessions, the loaded pipeline, the gates."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from landmarkdiff.configuration import Configuration
from landmarkdiff.generators import MODES
from landmarkdiff.ui.server.audit import AuditLog, Event
from landmarkdiff.ui.server.memory import machine_memory
from landmarkdiff.ui.server.modes import ModeState, find_modes
from landmarkdiff.ui.server.reloads import Reloads
from landmarkdiff.ui.server.roles import NotAllowedError, Role, Roles
from landmarkdiff.ui.server.screens import Screens
from landmarkdiff.ui.server.sessions import Owner, Session, SessionLimits, SessionStore
from landmarkdiff.ui.server.settings import AppSettings
from landmarkdiff.ui.server.work import WorkGate
from landmarkdiff.workflows.own_presets_file import OwnPresetFile

if TYPE_CHECKING:
    from landmarkdiff.inference import LandmarkDiffPipeline

__all__ = ["AppServices", "SharedPipeline", "owner_of", "roles_of"]

#: Where the authentication leaves the owner of a request, in the ASGI scope.
OWNER_KEY = "landmarkdiff.owner"
#: And what that owner may do.
ROLES_KEY = "landmarkdiff.roles"
#: Photos take at most this part of the memory, since computing with one takes several times as
#: much; but a gigabyte, which some five of the largest have, is always theirs.
_SHARE_OF_PHOTOS, _LEAST_FOR_PHOTOS = 8, 1 << 30
#: What the page asks for after its first photo: the grammar of the words.
_LATER = ("landmarkdiff.lato.language.understanding",)


class SharedPipeline:
    """The pipeline of all sessions and modes, made in a thread while the first page opens.

    The models of a repainting mode are loaded when the mode is first used.

    Parameters
    ----------
    configuration : Configuration
    """

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._thread: threading.Thread | None = None
        self._pipeline: LandmarkDiffPipeline | None = None
        self._failure: Exception | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to load; further calls do nothing."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._load, name="pipeline", daemon=True)
                self._thread.start()

    def _load(self) -> None:
        try:
            from landmarkdiff.inference import LandmarkDiffPipeline

            self._pipeline = LandmarkDiffPipeline(configuration=self._configuration).load()
            for name in _LATER:
                import_module(name)
        except Exception as failure:  # noqa: BLE001  # carried to whoever asks for the pipeline
            self._failure = failure

    def get(self) -> LandmarkDiffPipeline:
        """Return the loaded pipeline, waiting for it if need be.

        Raises
        ------
        LandmarkDiffError
            Whatever kept it from loading.
        """
        self.start()
        if self._thread is not None:
            self._thread.join()
        if self._failure is not None:
            raise self._failure
        if self._pipeline is None:
            raise RuntimeError("the pipeline's thread ended without a pipeline")
        return self._pipeline


@dataclass
class AppServices:
    """Everything a route or a tab may use.

    Attributes
    ----------
    settings : AppSettings
    store : SessionStore
    configuration : Configuration
        Of the repainting modes.
    work : WorkGate
        Hold a turn of it around anything that computes for more than a moment.
    painting : WorkGate
        The same for the repainting modes, whose networks serve one after another.
    loader : SharedPipeline
    audit : AuditLog
        Who did what and when.
    own_presets : OwnPresetFile
        What users keep for later plans.
    logins : bool
        Whether people sign in, and so can sign out; set by
        :func:`landmarkdiff.ui.app.create_app`.
    """

    settings: AppSettings
    configuration: Configuration
    store: SessionStore
    work: WorkGate
    painting: WorkGate
    loader: SharedPipeline
    audit: AuditLog = field(default_factory=lambda: AuditLog(None))
    own_presets: OwnPresetFile = field(default_factory=OwnPresetFile)
    logins: bool = False

    @classmethod
    def from_settings(cls, settings: AppSettings) -> AppServices:
        """Make the services of a run.

        Raises
        ------
        ParameterError
            The configuration of the repainting modes is not valid, or the audit log cannot be
            written.
        """
        limits = SessionLimits(
            idle_seconds=settings.session_seconds,
            photo_bytes=max(_LEAST_FOR_PHOTOS, machine_memory() // _SHARE_OF_PHOTOS),
        )
        configuration = settings.configuration()
        return cls(
            settings,
            configuration,
            SessionStore(limits),
            work=WorkGate(settings.workers, settings.queue),
            painting=WorkGate(1, settings.queue),
            loader=SharedPipeline(configuration),
            audit=AuditLog(settings.audit_log),
        )

    @cached_property
    def reloads(self) -> Reloads:
        """The pages that are loaded again, and the sessions that wait for one."""
        return Reloads(self.store)

    @cached_property
    def screens(self) -> Screens:
        """What pages show on other screens."""
        return Screens(self.audit)

    @cached_property
    def modes(self) -> tuple[ModeState, ...]:
        """Every mode, and why it cannot run here; looked for once."""
        return find_modes(self.configuration)

    def gate(self, mode: str) -> WorkGate:
        """Return the gate of the work of a mode."""
        descriptor = MODES.get(mode)  # a name that is no mode is refused where it is read
        return self.work if descriptor is not None and not descriptor.paints else self.painting

    @property
    def pipeline(self) -> LandmarkDiffPipeline:
        """The loaded pipeline; waits while it loads, raises what kept it from loading."""
        return self.loader.get()

    def note(self, event: Event, request: HTTPConnection, what: str = "") -> None:
        """Write an event of a request's owner into the audit log."""
        address = request.client.host if request.client else ""
        self.audit.note(event, owner_of(request).user, address, what)

    def require(self, role: Role, request: HTTPConnection, what: str) -> None:
        """Refuse a request whose owner may not do this; the audit log hears of it.

        Parameters
        ----------
        role : str
            That it needs.
        request : HTTPConnection
        what : str
            Names what was asked for, without a patient's data.

        Raises
        ------
        NotAllowedError
        """
        if role not in roles_of(request):
            self.note("not allowed", request, what)
            raise NotAllowedError(role)

    def session(self, token: str, request: HTTPConnection) -> Session:
        """Return the session of a token for the owner of a request.

        Raises
        ------
        UnknownSessionError
        """
        return self.store.get(token, owner_of(request))


def owner_of(request: HTTPConnection) -> Owner:
    """Return whom a request comes from."""
    owner: Owner = request.scope[OWNER_KEY]  # left there by the authentication
    return owner


def roles_of(request: HTTPConnection) -> Roles:
    """Return what whoever sent a request may do."""
    roles: Roles = request.scope[ROLES_KEY]
    return roles
