"""A head in three dimensions as the tabs show it: what the page turns, and its files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Literal

from landmarkdiff.head.export import encode_glb, encode_obj, encode_stl
from landmarkdiff.head.payload import encode_payload
from landmarkdiff.head.simulation import HeadSimulation
from landmarkdiff.ui.server.ask import FileAnswer, Job

__all__ = ["HeadFormat", "head_blob", "head_file"]

HeadFormat = Literal["glb", "stl", "obj"]


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """Files that belong together as one."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


#: How each file is made, its type and the end of its name.
_FILES: dict[HeadFormat, tuple[Callable[[HeadSimulation], bytes], str, str]] = {
    "glb": (encode_glb, "model/gltf-binary", ".glb"),
    "stl": (encode_stl, "model/stl", ".stl"),
    "obj": (lambda simulation: _zipped(encode_obj(simulation)), "application/zip", "-obj.zip"),
}


def head_blob(job: Job, simulation: HeadSimulation, slot: str) -> str:
    """Keep a head for the page in place of the last one; return its blob.

    See :mod:`landmarkdiff.head.payload`.
    """
    data = encode_payload(simulation)
    with job.files(slot) as put:
        return put(data, "application/octet-stream", "head.bin")


def head_file(job: Job, simulation: HeadSimulation, file: HeadFormat, stem: str) -> FileAnswer:
    """Write a head with its plan for another program."""
    encode, media_type, end = _FILES[file]
    filename = f"{stem}-head-simulation{end}"
    return FileAnswer(job.session.blobs.put(encode(simulation), media_type, filename), filename)
