"""Saved consultations: opened, put under a passphrase, kept in a folder of the surgeon's."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from landmarkdiff.errors import LandmarkDiffError, ParameterError
from landmarkdiff.generators import DEFAULT_MODE
from landmarkdiff.ui.server.ask import Answer, Empty, Job, Question
from landmarkdiff.ui.tabs.single.downloads import saved_file
from landmarkdiff.ui.tabs.single.photo import PhotoAnswer, begin
from landmarkdiff.workflows.annotations import Annotations
from landmarkdiff.workflows.output.archive import (
    SUFFIX,
    SavedConsultation,
    read_consultation,
)
from landmarkdiff.workflows.output.consultation_folder import (
    keep_consultation,
    kept_consultations,
    kept_file,
)
from landmarkdiff.workflows.output.encryption import (
    check_passphrase,
    decrypt,
    encrypt,
    is_encrypted,
)
from landmarkdiff.workflows.plan_history import PlanHistory

__all__ = [
    "KeepQuestion",
    "NameQuestion",
    "PassphraseNeededError",
    "PassphraseQuestion",
    "keep",
    "kept",
    "open_consultation",
    "take",
    "unlock",
]

#: Where the page's session holds an encrypted file until its passphrase is there.
_SLOT = "single.sealed"


class PassphraseNeededError(LandmarkDiffError):
    """The consultation is encrypted; its file waits for the passphrase."""

    def __init__(self) -> None:
        super().__init__("passphrase_needed")


class PassphraseQuestion(Question):
    """The passphrase of the file that waits for one."""

    passphrase: str


class NameQuestion(Question):
    """A consultation of the folder."""

    name: str


class KeepQuestion(Question):
    """How to keep the consultation.

    Attributes
    ----------
    passphrase : str
    history : PlanHistory
    annotations : tuple of Annotation or None
        Drawn over the photo at present; None leaves those of its settings.
    name : str
        In the folder; empty: the browser saves the file.
    """

    passphrase: str
    history: PlanHistory = PlanHistory()
    annotations: Annotations | None = None
    name: str = ""


@dataclass(frozen=True)
class KeptAnswer(Answer):
    """Blob of the file, empty where it lies in the folder; and its name."""

    blob: str
    filename: str


@dataclass(frozen=True)
class FolderAnswer(Answer):
    """The consultations of the folder: ``name``, ``size``, ``modified``, ``encrypted`` of each."""

    files: list[dict[str, Any]]


def open_consultation(job: Job, _question: Empty) -> PhotoAnswer:
    """Open a saved consultation.

    Raises
    ------
    PassphraseNeededError
        It is encrypted, and waits for :func:`unlock`.
    LandmarkDiffError
    """
    return _open_or_ask(job, bytes(job.upload) if is_encrypted(job.upload) else job.upload)


def take(job: Job, question: NameQuestion) -> PhotoAnswer:
    """Open a consultation of the folder.

    Raises
    ------
    PassphraseNeededError
    LandmarkDiffError
    """
    path = kept_file(_folder(job), question.name)
    try:
        data = path.read_bytes()
    except OSError as failure:
        problem = failure.strerror or "not readable"
        raise ParameterError(
            "consultation_folder_unreadable", name=question.name, problem=problem
        ) from None
    return _open_or_ask(job, data)


def unlock(job: Job, question: PassphraseQuestion) -> PhotoAnswer:
    """Open the encrypted consultation that waits.

    Raises
    ------
    PassphraseError, DamagedFileError
        And the file waits on.
    LandmarkDiffError
    """
    waiting = job.session.blobs.in_slot(_SLOT)
    if not waiting:
        raise ParameterError("consultation_not_waiting")
    job.progress(0, 1, "progress.reading")
    data = decrypt(job.session.blobs.get(waiting[0]).data, question.passphrase)
    job.pause()
    return _open(job, read_consultation(data, job.photo_limits))


def keep(job: Job, question: KeepQuestion) -> KeptAnswer:
    """Put the consultation under a passphrase, and keep it or hand it to the browser.

    Raises
    ------
    NoPhotoError, ParameterError, OutputError
    """
    consultation = job.consultation
    check_passphrase(question.passphrase)
    folder = _folder(job) if question.name else None
    job.progress(0, 1, "progress.writing")
    data = saved_file(consultation, question.history, question.annotations)
    sealed = encrypt(data, question.passphrase)
    if folder is not None:
        return KeptAnswer("", keep_consultation(folder, question.name, sealed).name)
    name = f"{consultation.photo.stem}{SUFFIX}"
    return KeptAnswer(job.session.blobs.put(sealed, "application/octet-stream", name), name)


def kept(job: Job, _question: Empty) -> FolderAnswer:
    """List the consultations of the folder."""
    return FolderAnswer([asdict(one) for one in kept_consultations(_folder(job))])


def _folder(job: Job) -> Path:
    """The folder of the app or, where there are users, this one's inside it."""
    base = job.services.settings.consultations
    if base is None:
        raise ParameterError("no_consultation_folder")
    user = job.session.owner.user
    if not user:
        return base
    own = base / f"user-{quote(user, safe='')}"
    own.mkdir(mode=0o700, exist_ok=True)
    return own


def _open_or_ask(job: Job, data: bytes | bytearray) -> PhotoAnswer:
    if not is_encrypted(data):
        return _open(job, read_consultation(data, job.photo_limits))
    with job.files(_SLOT) as put:
        put(bytes(data), "application/octet-stream", f"consultation{SUFFIX}")
    raise PassphraseNeededError


def _open(job: Job, saved: SavedConsultation) -> PhotoAnswer:
    settings = saved.settings
    asked = settings.mode
    refused = {mode.name for mode in job.services.modes if mode.refusal is not None}
    if asked in refused:  # saved where more can run; the plan itself is the same
        settings = settings.model_copy(update={"mode": DEFAULT_MODE})
    # One sentence now rather than a page that cannot be used.
    settings.request(job.services.configuration)
    answer = begin(job, saved.photo, settings, asked_mode=asked, later=saved.later)
    return replace(answer, history=saved.history.to_dict())
