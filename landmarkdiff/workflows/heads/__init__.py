"""A head in three dimensions from photos of one patient, and what becomes of it."""

from __future__ import annotations

from landmarkdiff.workflows.heads.files import HEAD_FILES, HeadFiles, head_files
from landmarkdiff.workflows.heads.patient import (
    DressedHead,
    PatientHead,
    dressed_head,
    patient_head,
)
from landmarkdiff.workflows.heads.reading import HeadRead, read_for_head

__all__ = [
    "HEAD_FILES",
    "DressedHead",
    "HeadFiles",
    "HeadRead",
    "PatientHead",
    "dressed_head",
    "head_files",
    "patient_head",
    "read_for_head",
]
