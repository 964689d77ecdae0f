"""What the page may ask: kinds of question, each with its question, its answer and its work.

A tab lists its kinds; :mod:`landmarkdiff.ui.server.ask_route` answers them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.generators import DEFAULT_MODE, OnStep
from landmarkdiff.photo import Photo, PhotoLimits, read_photo
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.blobs import Put
from landmarkdiff.ui.server.case import Case
from landmarkdiff.ui.server.responses import NamedBytes
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.server.sessions import Progress, Session
from landmarkdiff.workflows.consultation import Consultation
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = [
    "PHOTO",
    "Answer",
    "Empty",
    "Job",
    "Kind",
    "NoPhotoError",
    "Question",
    "UploadRule",
    "always",
    "another_plan",
    "mode_of_plan",
    "stage_text",
]


class NoPhotoError(LandmarkDiffError):
    """A tab was used before a photo was there."""

    def __init__(self) -> None:
        super().__init__("no_photo")


class Question(BaseModel):
    """Base of every question: what it may hold and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Empty(Question):
    """A question without parameters."""


@dataclass(frozen=True)
class Answer:
    """Base of every answer: a frozen dataclass of what JSON can hold."""

    def to_dict(self) -> dict[str, Any]:
        """Return the answer, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class FileAnswer(Answer):
    """Blob of a file, and the name under which it is saved."""

    blob: str
    filename: str


@dataclass(frozen=True)
class UploadRule:
    """What file may come with a question.

    Attributes
    ----------
    seconds : float
        In which it has to arrive.
    max_bytes : int or None
        None: the app's largest photo.
    photo : bool
        Whether it counts among the photos of a minute.
    """

    seconds: float
    max_bytes: int | None = None
    photo: bool = False


#: A photo on a slow wireless network takes a minute; a body that never ends is cut off here.
PHOTO = UploadRule(120.0, photo=True)


@dataclass(frozen=True)
class Job:
    """One question under way: whose it is, in which language, and whom to tell how far it is.

    Attributes
    ----------
    services : AppServices
    session : Session
    case : Case
        The session's, as it was when the work began.
    texts : Texts
    progress : callable
        ``progress(done, total, what)``, as the workflows call it. It and ``on_step`` raise
        WorkCancelled once the work is not wanted any more.
    on_step : callable
        Hears every loaded model and every step of a network.
    pause : callable
        Call it between steps that have nothing to tell; it raises WorkCancelled as they do.
    upload : bytearray
        The file that came with the question; empty where none did.
    """

    services: AppServices
    session: Session
    case: Case
    texts: Texts
    progress: Progress
    on_step: OnStep
    pause: Callable[[], None]
    upload: bytearray = field(default_factory=bytearray)

    @property
    def consultation(self) -> Consultation:
        """The photo and its plan; NoPhotoError before there is one."""
        if self.case.consultation is None:
            raise NoPhotoError
        return self.case.consultation

    @property
    def blobs(self) -> str:
        """Address below which the session's blobs lie."""
        return f"{self.services.settings.root_path}/ld/{self.session.token}/blob/"

    @property
    def photo_limits(self) -> PhotoLimits:
        """What a photo may be like."""
        return PhotoLimits(max_file_bytes=self.services.settings.max_upload_bytes)

    def photo(self, name: str, limits: PhotoLimits | None = None) -> Photo:
        """Decode the photo that came with the question; its bytes are let go at once.

        Raises
        ------
        PhotoError
        """
        with NamedBytes(self.upload, name[:255]) as source:
            self.upload.clear()
            return read_photo(source, limits=limits or self.photo_limits)

    @contextmanager
    def files(self, slot: str) -> Iterator[Put]:
        """Replace what a part of the page shows: give ``put(data, media_type, filename)``.

        Raises
        ------
        WorkCancelled
            There is another photo by now, or nobody waits for the result any more: it must not
            take the place of one that the page has asked for since.
        """
        with self.session.lock:
            self.pause()
            self.session.require(self.case)
            yield self.session.blobs.replace(slot)


Q = TypeVar("Q", bound=BaseModel)
StageText = Callable[[Texts, int, int, str], str]


def stage_text(texts: Texts, done: int, total: int, what: str) -> str:
    """Return the words for a stage of work, as the workflows name it."""
    if not what:
        return texts("progress.step", number=min(done + 1, total), count=total)
    return texts.progress(what)


def _no_network(_case: Case, _question: BaseModel) -> str:
    return DEFAULT_MODE


def _never(_case: Case, _question: BaseModel) -> bool:
    return False


def always(_case: Case, _question: BaseModel) -> bool:
    """Of a kind that simulates other plans than the one at hand."""
    return True


def another_plan(case: Case, settings: ConsultationSettings) -> bool:
    """Whether settings are not those of the plan at hand."""
    return settings != case.settings


def mode_of_plan(case: Case, _question: BaseModel) -> str:
    """Return the mode of the first tab's plan."""
    return DEFAULT_MODE if case.settings is None else case.settings.mode


@dataclass(frozen=True)
class Kind(Generic[Q]):
    """One kind of question.

    Attributes
    ----------
    name : str
        Unique in its tab.
    question : type
        Pydantic model of what is asked.
    work : callable
        ``work(job, question)`` runs in a thread and returns the answer.
    gated : bool
        Whether a turn of a gate is held; what answers at once needs none.
    mode : callable
        ``mode(case, question)`` is the mode in which the work is done, whose gate it is; by
        default no network paints.
    upload : UploadRule or None
        Where a file comes with the question.
    opens : bool
        Whether a photo is opened without one being sent, which the audit log notes as well.
    exports : bool
        Whether the answer is a file to keep, which the audit log notes; it needs the role
        ``export``.
    edits : callable
        ``edits(case, question)`` tells whether another plan is asked for than the one at hand,
        which needs the role ``edit``. Whatever is asked needs ``view``.
    slot : str
        Of one page, the next question of the same slot takes this one's place: nobody waits for
        the answer to the former any more, whether or not its connection is still there.
    stage : callable
        Says a stage of the work in words.
    """

    name: str
    question: type[Q]
    work: Callable[[Job, Q], Answer]
    gated: bool = True
    mode: Callable[[Case, Q], str] = _no_network
    upload: UploadRule | None = None
    opens: bool = False
    exports: bool = False
    edits: Callable[[Case, Q], bool] = _never
    slot: str = ""
    stage: StageText = stage_text
