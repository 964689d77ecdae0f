"""The head of the photo in three dimensions: what the page turns, and its files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from landmarkdiff.head.export import encode_glb, encode_obj, encode_stl
from landmarkdiff.head.payload import encode_payload
from landmarkdiff.head.simulation import HeadSimulation
from landmarkdiff.ui.server.ask import Answer, Job, Question
from landmarkdiff.ui.tabs.single.downloads import DownloadAnswer
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["HeadAnswer", "HeadFileQuestion", "head", "head_file"]


@dataclass(frozen=True)
class HeadAnswer(Answer):
    """Blob of the head, see :mod:`landmarkdiff.head.payload`."""

    head: str


class HeadFileQuestion(Question):
    """Which file of the head, for which plan."""

    file: Literal["glb", "stl", "obj"]
    settings: ConsultationSettings


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """Files that belong together as one."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


#: How each file is made, its type and the end of its name.
_FILES: dict[str, tuple[Callable[[HeadSimulation], bytes], str, str]] = {
    "glb": (encode_glb, "model/gltf-binary", ".glb"),
    "stl": (encode_stl, "model/stl", ".stl"),
    "obj": (lambda simulation: _zipped(encode_obj(simulation)), "application/zip", "-obj.zip"),
}


def head(job: Job, settings: ConsultationSettings) -> HeadAnswer:
    """Fit the head to the photo, where that is not done yet, and put the plan on it.

    Raises
    ------
    NoPhotoError, HeadFitError, WeightsError
    """
    job.progress(0, 1, "progress.head")
    simulation = job.consultation.head(settings).simulation
    with job.files("single.head") as put:
        return HeadAnswer(put(encode_payload(simulation), "application/octet-stream", "head.bin"))


def head_file(job: Job, question: HeadFileQuestion) -> DownloadAnswer:
    """Write the head with its plan for another program.

    Raises
    ------
    NoPhotoError, HeadFitError, WeightsError
    """
    job.progress(0, 1, "progress.writing")
    encode, media_type, end = _FILES[question.file]
    data = encode(job.consultation.head(question.settings).simulation)
    filename = f"{job.consultation.photo.stem}-head-simulation{end}"
    return DownloadAnswer(job.session.blobs.put(data, media_type, filename), filename)
