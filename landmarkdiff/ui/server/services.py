"""What routes and tabs share: settings, sessions, the loaded pipeline, the gate, the studio."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from landmarkdiff.configuration import Configuration
from landmarkdiff.generators import MODES
from landmarkdiff.ui.server.modes import ModeState, find_modes
from landmarkdiff.ui.server.sessions import Owner, Session, SessionLimits, SessionStore
from landmarkdiff.ui.server.settings import AppSettings
from landmarkdiff.ui.server.work import WorkGate

if TYPE_CHECKING:
    from landmarkdiff.inference import LandmarkDiffPipeline
    from landmarkdiff.photo import Photo, PhotoLimits

__all__ = ["AppServices", "SharedPipeline", "StudioLike", "owner_of"]

#: Where the authentication leaves the owner of a request, in the ASGI scope.
OWNER_KEY = "landmarkdiff.owner"


class StudioLike(Protocol):
    """What the routes ask of :class:`landmarkdiff.ui.studio.Studio`."""

    def open_photo(self, session: Session, photo: Photo) -> dict[str, Any]:
        """Take a new photo and return what the page shows of it, ready for JSON."""

    def open_consultation(
        self, session: Session, data: bytearray, limits: PhotoLimits
    ) -> dict[str, Any]:
        """Take a saved consultation and return what :meth:`open_photo` does."""

    def live_model(self, session: Session, settings: dict[str, Any]) -> bytes:
        """Return the live model of the session's photo for these settings."""


class SharedPipeline:
    """The pipeline of all sessions and modes, made in a thread while the app starts.

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
    studio : StudioLike or None
    logins : bool
        Whether people sign in, and so can sign out. Both are set by
        :func:`landmarkdiff.ui.server.create_app`.
    """

    settings: AppSettings
    configuration: Configuration
    store: SessionStore
    work: WorkGate
    painting: WorkGate
    loader: SharedPipeline
    studio: StudioLike | None = None
    logins: bool = False

    @classmethod
    def from_settings(cls, settings: AppSettings) -> AppServices:
        """Make the services of a run.

        Raises
        ------
        ParameterError
            The configuration of the repainting modes is not valid.
        """
        limits = SessionLimits(idle_seconds=settings.session_seconds)
        configuration = settings.configuration()
        return cls(
            settings,
            configuration,
            SessionStore(limits),
            work=WorkGate(settings.workers, settings.queue),
            painting=WorkGate(1, settings.queue),
            loader=SharedPipeline(configuration),
        )

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

    def session(self, token: str, request: Any) -> Session:
        """Return the session of a token for the owner of a request.

        Parameters
        ----------
        token : str
        request : starlette.requests.Request or gradio.Request

        Raises
        ------
        UnknownSessionError
        """
        return self.store.get(token, owner_of(request))


def owner_of(request: Any) -> Owner:
    """Return whom a Starlette or Gradio request comes from."""
    inner = getattr(request, "request", None) or request
    owner = inner.scope.get(OWNER_KEY)
    if not isinstance(owner, Owner):
        raise RuntimeError("the request did not pass the authentication")
    return owner
