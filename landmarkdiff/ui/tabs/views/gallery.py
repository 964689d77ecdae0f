"""One plan in all views of a patient: the gallery for the page, and the report on paper."""

from __future__ import annotations

import datetime
import gc
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.errors import LandmarkDiffError, ParameterError
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.notices import Notice
from landmarkdiff.photo import encode_jpeg, encode_png
from landmarkdiff.procedures.planning import DEFAULT_INTENSITY
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.sessions import Progress, Session
from landmarkdiff.ui.server.steps import Telling
from landmarkdiff.ui.tabs.tiles import JPEG_QUALITY
from landmarkdiff.workflows.consultation import Consultation
from landmarkdiff.workflows.multiview import (
    ShownView,
    SimulatedViews,
    gallery,
    simulate_views,
)
from landmarkdiff.workflows.settings import ConsultationSettings
from landmarkdiff.workflows.views import ViewSet, read_views

__all__ = ["MadeGallery", "MadeView", "make_gallery", "make_report", "plan_settings", "plan_words"]

#: The report draws its own pictures, so the tiles of its simulations need not be large.
_UNUSED_TILE = (96, 120)


@dataclass(frozen=True)
class MadeView:
    """One view before and after, as files.

    Attributes
    ----------
    view : str
        Its name, ``unknown`` for a photo without a place.
    before, after : bytes
        JPEG; ``after`` is labelled, and empty where there is no simulation.
    refusal : LandmarkDiffError or None
        Why there is none.
    notices : tuple of Notice
        Of the photo, the landmarks and the simulation.
    warp, raw : bytes
        What a painting came from, labelled; empty where no network painted.
    """

    view: str
    before: bytes
    after: bytes
    refusal: LandmarkDiffError | None
    notices: tuple[Notice, ...]
    warp: bytes = b""
    raw: bytes = b""


@dataclass(frozen=True)
class MadeGallery:
    """All views before and after.

    Attributes
    ----------
    views : tuple of MadeView
    sheet : bytes
        The labelled gallery with its manifest, PNG.
    """

    views: tuple[MadeView, ...]
    sheet: bytes


def plan_settings(session: Session, wanted: Mapping[str, Any]) -> ConsultationSettings:
    """Return whose plan all views are to show: tab 1's, or a procedure and its intensity.

    What tab 1's settings say of its photo alone, nudges and the number of the face, is left out.

    Parameters
    ----------
    session : Session
    wanted : mapping
        ``procedure`` and ``intensity``, used where tab 1 has no photo.

    Raises
    ------
    ParameterError
    """
    consultation = session.consultation
    if isinstance(consultation, Consultation):
        return consultation.settings.model_copy(update={"nudges": {}, "face": 0})
    procedure = wanted.get("procedure")
    if not isinstance(procedure, str):
        raise ParameterError("no procedure is named", fix="choose a procedure")
    chosen: dict[str, Any] = {"procedures": [procedure]}
    if "intensity" in wanted:
        chosen["intensity"] = {procedure: wanted["intensity"]}
    return ConsultationSettings.from_dict(chosen)


def plan_words(settings: ConsultationSettings, texts: Texts) -> str:
    """Return a plan as words: procedures with their intensities, and the side if it is one."""
    named = []
    for name in settings.procedures:
        level = settings.intensity.get(name, DEFAULT_INTENSITY)
        percent = texts.number(level, 0 if level == round(level) else 1)
        named.append(
            f"{texts.procedure(name)} ({texts('common.intensity_value', percent=percent)})"
        )
    if settings.side != "both":
        named.append(texts.side(settings.side))
    return ", ".join(named)


def make_gallery(
    pipeline: LandmarkDiffPipeline,
    views: ViewSet,
    settings: ConsultationSettings,
    texts: Texts,
    telling: Telling,
) -> MadeGallery:
    """Show the plan of settings, made on the most frontal photo, in all views.

    Raises
    ------
    ParameterError
        There is no photo.
    ProcedureError, FaceUnusableError
        No photo can carry the plan. One that cannot is no error: its view says so.
    """
    _require_photos(views)
    request, progress = settings.request(pipeline.configuration), telling.progress
    ready = _calibrated(pipeline, views, settings, progress)
    simulated = simulate_views(pipeline, ready, request, progress=progress, on_step=telling.on_step)
    count = len(simulated.views)
    progress(count, count + 1, "progress.drawing")
    made = tuple(_made(one) for one in simulated.views)
    progress(count, count + 1, "progress.writing")
    manifest = {"product": "landmarkdiff", **simulated.to_dict()}
    sheet = encode_png(_sheet(simulated, settings, texts), manifest=manifest)
    progress(count + 1, count + 1, "progress.done")
    return MadeGallery(made, sheet)


def make_report(
    pipeline: LandmarkDiffPipeline,
    views: ViewSet,
    settings: ConsultationSettings,
    texts: Texts,
    telling: Telling,
    *,
    patient: str = "",
    clinician: str = "",
) -> bytes:
    """Return one PDF of all views that carry the plan; its note names the others.

    The simulations are made anew: kept from the gallery, they would take ten times the memory
    of the photos.
    """
    from landmarkdiff.report import ReportDetails, ReportView, write_report

    _require_photos(views)
    progress = telling.progress
    simulated = simulate_views(
        pipeline,
        _calibrated(pipeline, views, settings, progress),
        settings.request(pipeline.configuration),
        progress=progress,
        size=_UNUSED_TILE,
        keep=True,
        on_step=telling.on_step,
    )
    count = len(simulated.views)
    progress(count, count + 1, "progress.report")
    shown = [
        ReportView(one.outcome.prediction, texts.view(one.name), one.photo.photo.notices)
        for one in simulated.views
        if one.outcome.prediction is not None
    ]
    absent = [
        f"{texts.view(one.name)}: {texts('views.not_simulated')}"
        for one in simulated.views
        if one.outcome.refusal is not None
    ]
    details = ReportDetails(
        date=datetime.date.today(),  # the clinic's own calendar day
        patient=patient,
        clinician=clinician,
        note="\n".join(absent),
    )
    data = write_report(shown, details, texts)
    # The document's parts refer to each other and to the simulations, 30 MB a view, which would
    # stay until the collector comes by.
    del simulated, shown
    gc.collect()
    return data


def _require_photos(views: ViewSet) -> None:
    if not len(views):
        raise ParameterError("there is no photo yet", fix="add at least one view")


def _calibrated(
    pipeline: LandmarkDiffPipeline,
    views: ViewSet,
    settings: ConsultationSettings,
    progress: Progress,
) -> ViewSet:
    """Return the set with the calibration of the settings, without what earlier plans left."""
    photos = [photo for _, photo in views]
    if settings.ipd_mm is None:
        found = [p.prepared and p.prepared.with_landmarks(p.prepared.landmarks) for p in photos]
    else:
        sources = [photo.photo for photo in photos]
        request = settings.request(pipeline.configuration)
        again = read_views(pipeline, sources, request, look=False, progress=progress)
        found = [photo.prepared for photo in again]
    ready = {
        id(photo): replace(photo, prepared=prepared)
        for photo, prepared in zip(photos, found, strict=True)
    }
    return replace(
        views,
        places={name: ready[id(photo)] for name, photo in views.places.items()},
        unplaced=tuple(ready[id(photo)] for photo in views.unplaced),
    )


def _made(shown: ShownView) -> MadeView:
    outcome = shown.outcome
    return MadeView(
        shown.name,
        _jpeg(outcome.before),
        _jpeg(outcome.after) if outcome.refusal is None else b"",
        outcome.refusal,
        shown.notices,
        b"" if outcome.warp is None else _jpeg(outcome.warp),
        b"" if outcome.raw is None else _jpeg(outcome.raw),
    )


def _sheet(
    simulated: SimulatedViews, settings: ConsultationSettings, texts: Texts
) -> NDArray[np.uint8]:
    if texts.facts.script != "latin":  # the letters that the gallery's typeface has
        return gallery(simulated)
    title = f"{texts('app.simulation')}: {plan_words(settings, texts)}"
    warp = (f"{texts('app.simulation')}, {texts('paint.warp')}", texts("paint.warp_hint"))
    return gallery(simulated, title=title, captions=partial(_captions, texts), warp_caption=warp)


def _captions(texts: Texts, shown: ShownView) -> tuple[tuple[str, str], tuple[str, str]]:
    view = texts.view(shown.name)
    before = (f"{texts('common.before')}, {view}", "")
    if shown.outcome.refusal is not None:
        return before, (texts("views.not_simulated"), texts.error(shown.outcome.refusal))
    codes = {notice.code for notice in shown.notices}
    mark = texts("paint.refused_mark") if "painting_refused" in codes else ""
    return before, (f"{texts('app.simulation')}, {view}", mark)


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    return encode_jpeg(pixels, quality=JPEG_QUALITY)
