"""One plan in all views of a patient: the gallery for the page, and the report on paper."""

from __future__ import annotations

import datetime
import gc
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.lato.language.words import value_phrase
from landmarkdiff.photo import encode_png
from landmarkdiff.procedures.planning import DEFAULT_INTENSITY
from landmarkdiff.procedures.procedure import Procedure, procedure
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.ask import Job
from landmarkdiff.workflows.multiview import (
    ShownView,
    SimulatedViews,
    face_of_plan,
    gallery,
    simulate_views,
)
from landmarkdiff.workflows.output.pictures import FRAME_SIZE
from landmarkdiff.workflows.settings import ConsultationSettings
from landmarkdiff.workflows.view_reading import in_one_scale, read_views
from landmarkdiff.workflows.views import ViewPhoto, ViewSet

__all__ = [
    "Gallery",
    "calibrated",
    "kept_within",
    "make_gallery",
    "make_report",
    "plan_in_words",
]

#: The report draws its own pictures, so the tiles of its simulations need not be large.
_UNUSED_TILE = (96, 120)


@dataclass(frozen=True)
class Gallery:
    """All views before and after.

    Attributes
    ----------
    views : tuple of ShownView
    sheet : bytes
        The labelled gallery with its manifest, PNG.
    carried : ConsultationSettings
        Those that were asked for, with values by hand within the bounds of these photos.
    """

    views: tuple[ShownView, ...]
    sheet: bytes
    carried: ConsultationSettings


def plan_in_words(settings: ConsultationSettings, texts: Texts) -> str:
    """Return a plan in words: procedures, their intensities, what is set by hand, the side.

    Intensity 0 is not said where effects are set by hand.
    """
    named = []
    for name in settings.procedures:
        level = settings.intensity.get(name, DEFAULT_INTENSITY)
        percent = texts.number(level, 0 if level == round(level) else 1)
        by_hand = _by_hand(settings, procedure(name), texts)
        says = [texts("common.intensity_value", percent=percent)] if level or not by_hand else []
        inner = texts("common.list_separator").join([*says, *by_hand])
        named.append(f"{texts.procedure(name)} ({inner})")
    if settings.side != "both":
        named.append(texts.side(settings.side))
    return ", ".join(named)


def kept_within(asked: ConsultationSettings, carried: ConsultationSettings, texts: Texts) -> str:
    """Return which values by hand another face or scale has moved to the ends of their ranges.

    Empty where none was.
    """
    moved = [
        value_phrase(key, value, texts, 2)
        for key, value in carried.effects.items()
        if not isinstance(value, str) and value != asked.effects[key]
    ]
    named = texts("common.list_separator").join(moved)
    return texts("single.kept_within", effects=named) if moved else ""


def _by_hand(settings: ConsultationSettings, preset: Procedure, texts: Texts) -> list[str]:
    """Name the effects of a procedure that have a value of their own, with it."""
    said = []
    for effect in preset.effects:
        value = settings.effects.get(f"{preset.name}.{effect.name}")
        if isinstance(value, float):
            said.append(value_phrase(f"{preset.name}.{effect.name}", value, texts, 1))
    return said


def make_gallery(
    job: Job,
    photos: ViewSet,
    settings: ConsultationSettings,
    one_person: Mapping[str, Any] | None = None,
) -> Gallery:
    """Show the plan of settings, made on the most frontal photo, in all views.

    ``one_person`` is what the gallery's manifest says of the photos as one patient's.

    Raises
    ------
    ParameterError
        There is no photo.
    ProcedureError, FaceUnusableError
        No photo can carry the plan. One that cannot is no error: its view says so.
    """
    simulated, carried = _simulate(job, photos, settings)
    count = len(simulated.views)
    job.progress(count, count + 1, "progress.drawing")
    sheet = _sheet(simulated, carried, job.texts)
    job.progress(count, count + 1, "progress.writing")
    manifest = {"product": "landmarkdiff", **simulated.to_dict(), "one_person": one_person}
    data = encode_png(sheet, manifest=manifest)
    job.progress(count + 1, count + 1, "progress.done")
    return Gallery(simulated.views, data, carried)


def make_report(
    job: Job,
    photos: ViewSet,
    settings: ConsultationSettings,
    *,
    one_person: tuple[str, ...] = (),
    patient: str = "",
    clinician: str = "",
) -> bytes:
    """Return one PDF of all views that carry the plan; its note names the others.

    ``one_person`` is how the photos were compared with one another, in words.

    The simulations are made anew: kept from the gallery, they would take ten times the memory
    of the photos.
    """
    from landmarkdiff.report import ReportDetails, ReportView, write_report

    texts = job.texts
    simulated, carried = _simulate(job, photos, settings, size=_UNUSED_TILE, keep=True)
    count = len(simulated.views)
    job.progress(count, count + 1, "progress.report")
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
        note="\n".join(filter(None, [kept_within(settings, carried, texts), *absent])),
        one_person=one_person,
    )
    data = write_report(shown, details, texts)
    # The document's parts refer to each other and to the simulations, 30 MB a view, which would
    # stay until the collector comes by.
    del simulated, shown
    gc.collect()
    return data


def _simulate(
    job: Job,
    photos: ViewSet,
    settings: ConsultationSettings,
    *,
    size: tuple[int, int] = FRAME_SIZE,
    keep: bool = False,
) -> tuple[SimulatedViews, ConsultationSettings]:
    """Simulate all views, and the settings within the bounds of the face that they are made on."""
    if not len(photos):
        raise ParameterError("views_without_photo")
    pipeline = job.services.pipeline
    ready = calibrated(job, photos, settings)
    carried = settings.within_bounds(face_of_plan(ready))
    simulated = simulate_views(
        pipeline,
        ready,
        carried.request(pipeline.configuration),
        progress=job.progress,
        size=size,
        keep=keep,
        on_step=job.on_step,
    )
    return simulated, carried


def calibrated(job: Job, photos: ViewSet, settings: ConsultationSettings) -> ViewSet:
    """Return the set with the calibration of the settings, without what earlier plans left."""
    every = [photo for _, photo in photos]
    if settings.ipd_mm is None:
        scaled = [photo.prepared for photo in in_one_scale(every)]
        faces = [one and one.with_landmarks(one.landmarks) for one in scaled]
    else:
        pipeline = job.services.pipeline
        request = settings.request(pipeline.configuration)
        again: list[ViewPhoto] = []
        for done, photo in enumerate(every):
            job.progress(done, len(every), "progress.landmarks")
            own = replace(request, profile_points=photo.placed)
            again += read_views(pipeline, [photo.photo], own, look=False)
        faces = [photo.prepared for photo in in_one_scale(again)]
    ready = {
        id(photo): replace(photo, prepared=prepared)
        for photo, prepared in zip(every, faces, strict=True)
    }
    return replace(
        photos,
        places={name: ready[id(photo)] for name, photo in photos.places.items()},
        unplaced=tuple(ready[id(photo)] for photo in photos.unplaced),
    )


def _sheet(simulated: SimulatedViews, settings: ConsultationSettings, texts: Texts) -> ImageArray:
    if texts.facts.script != "latin":  # the letters that the gallery's typeface has
        return gallery(simulated)
    title = f"{texts('app.simulation')}: {plan_in_words(settings, texts)}"
    warp = (f"{texts('app.simulation')}, {texts('paint.warp')}", texts("paint.warp_hint"))
    return gallery(simulated, title=title, captions=partial(_captions, texts), warp_caption=warp)


def _captions(texts: Texts, shown: ShownView) -> tuple[tuple[str, str], tuple[str, str]]:
    view, refusal = texts.view(shown.name), shown.outcome.refusal
    before = (f"{texts('common.before')}, {view}", "")
    if refusal is not None:
        return before, (texts("views.not_simulated"), texts.error(refusal))
    codes = {notice.code for notice in shown.notices}
    mark = texts("paint.refused_mark") if "painting_refused" in codes else ""
    return before, (f"{texts('app.simulation')}, {view}", mark)
