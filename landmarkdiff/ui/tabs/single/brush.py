"""What the page needs for the brush that pushes the skin of a photo."""

from __future__ import annotations

from dataclasses import dataclass

from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.manipulation.push_live import encode_pushes
from landmarkdiff.ui.server.ask import Answer, Job
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["BrushAnswer", "brush"]


@dataclass(frozen=True)
class BrushAnswer(Answer):
    """Blob of :func:`~landmarkdiff.manipulation.push_live.encode_pushes`; None of a profile."""

    brush: str | None


def brush(job: Job, settings: ConsultationSettings) -> BrushAnswer:
    """Make room, pose and bounds of the brush for the photo and these settings."""
    prepared = job.consultation.prepared(settings, job.pause)
    if isinstance(prepared, PreparedProfile):
        return BrushAnswer(None)
    job.pause()
    data = encode_pushes(prepared, settings.clinical_flags())
    with job.files("single.brush") as put:
        return BrushAnswer(put(data, "application/octet-stream", "brush.bin"))
