"""The head of all photos in three dimensions: what the page turns, and its files."""

from __future__ import annotations

from dataclasses import dataclass

from landmarkdiff.errors import HeadFitError
from landmarkdiff.generators import DEFAULT_MODE
from landmarkdiff.procedures.band import FULL_INTENSITY, TYPICAL_INTENSITY
from landmarkdiff.ui.server.ask import Answer, FileAnswer, Job
from landmarkdiff.ui.tabs.heads import HeadFormat, head_blob, head_file
from landmarkdiff.ui.tabs.views.gallery import calibrated, kept_within
from landmarkdiff.ui.tabs.views.photos import ViewPhotos
from landmarkdiff.workflows.heads import DressedHead, PatientHead, dressed_head
from landmarkdiff.workflows.heads.reading import reads_of_views
from landmarkdiff.workflows.request import SimulationRequest
from landmarkdiff.workflows.settings import ConsultationSettings
from landmarkdiff.workflows.views import ViewPhoto

__all__ = ["HeadLevel", "ViewsHeadAnswer", "file_of_views_head", "views_head"]

#: Between these the values of a plan are linear in its intensity.
_LEVELS = (0.0, TYPICAL_INTENSITY, FULL_INTENSITY)


@dataclass(frozen=True)
class HeadLevel:
    """The values of the effects, by their keys, at an intensity."""

    intensity: float
    values: dict[str, float]


@dataclass(frozen=True)
class ViewsHeadAnswer(Answer):
    """The head of the views.

    Attributes
    ----------
    head : str
        Its blob, see :mod:`landmarkdiff.head.payload`.
    text : str
        To which photos it was fitted, and what of the plan lies at the ends of their ranges.
    levels : tuple of HeadLevel
        What the plan is at other intensities, between which it is linear; empty where the plan
        is that of the first tab.
    """

    head: str
    text: str
    levels: tuple[HeadLevel, ...]


def views_head(job: Job, settings: ConsultationSettings) -> ViewsHeadAnswer:
    """Fit a head to all photos, where that is not done yet, and put the plan on it.

    Raises
    ------
    HeadFitError, ParameterError, WeightsError
    """
    dressed, shown = _dressed(job, settings)
    carried = settings.within_bounds(dressed.face)
    request = _warped(job, carried)
    patient = dressed.with_plan(request)
    blob = head_blob(job, patient.simulation, "views.head")
    names = ", ".join(job.texts.view(name) for name in shown)
    levels: tuple[HeadLevel, ...] = ()
    if job.case.settings is None:
        levels = tuple(_level(dressed, request, level) for level in _LEVELS)
    said = job.texts("views.head_of", views=names), kept_within(settings, carried, job.texts)
    return ViewsHeadAnswer(blob, " ".join(filter(None, said)), levels)


def file_of_views_head(job: Job, settings: ConsultationSettings, file: HeadFormat) -> FileAnswer:
    """Write the head with its plan for another program.

    Raises
    ------
    HeadFitError, ParameterError, WeightsError
    """
    dressed, _ = _dressed(job, settings)
    job.progress(0, 1, "progress.writing")
    carried = settings.within_bounds(dressed.face)
    patient: PatientHead = dressed.with_plan(_warped(job, carried))
    return head_file(job, patient.simulation, file, "views")


def _warped(job: Job, settings: ConsultationSettings) -> SimulationRequest:
    """The request for a head, which no network paints."""
    warped = settings.model_copy(update={"mode": DEFAULT_MODE})
    return warped.request(job.services.configuration)


def _level(dressed: DressedHead, request: SimulationRequest, level: float) -> HeadLevel:
    plan = dressed.plan(request.at_intensity(level))
    return HeadLevel(level, {item.key: item.value for item in plan.effects})


def _dressed(job: Job, settings: ConsultationSettings) -> tuple[DressedHead, tuple[str, ...]]:
    """The head of the photos, fitted once for each set and calibration; the views it is of."""
    views = ViewPhotos(job.session, job.case)
    configuration = job.services.configuration
    views.require_one_person(configuration)
    photos = views.photos
    shown = tuple(view.name if view else "unknown" for view, one in photos if one.measurable)
    kept = views.head(settings.ipd_mm)
    if kept is not None:
        return kept, shown
    job.progress(0, 1, "progress.head")
    ready = [one for _, one in calibrated(job, photos, settings) if one.measurable]
    if not ready:
        raise HeadFitError("head_without_photo")
    try:
        fitted = _fit(job, ready, same_person=views.confirmed)
    except HeadFitError as cause:
        raise HeadFitError("views_without_head", views=list(shown), cause=cause) from cause
    views.keep_head(photos, settings.ipd_mm, fitted)
    return fitted, shown


def _fit(job: Job, photos: list[ViewPhoto], *, same_person: bool) -> DressedHead:
    reads = reads_of_views(photos)
    return dressed_head(reads, job.services.configuration, same_person=same_person, pause=job.pause)
