"""What the comparison asks and answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from landmarkdiff.errors import ParameterError
from landmarkdiff.inference import PreparedFace
from landmarkdiff.inference.merged_notices import merged_notices
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.photo import encode_png
from landmarkdiff.procedures.band import FULL_INTENSITY
from landmarkdiff.procedures.planning import DEFAULT_INTENSITY, MAX_UNLOCKED_INTENSITY
from landmarkdiff.procedures.procedure import procedures
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.ask import Job, Kind, always, mode_of_plan
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.tabs import tiles
from landmarkdiff.ui.tabs.forms import FormQuestion, FormState, Parts, form_state, parts
from landmarkdiff.ui.tabs.results import effect_rows, facts_of_painting
from landmarkdiff.ui.tabs.tab import Tab
from landmarkdiff.ui.templates import Templates
from landmarkdiff.workflows.comparison import close_ups, compare_on
from landmarkdiff.workflows.consultation import Consultation
from landmarkdiff.workflows.grids import grid_record
from landmarkdiff.workflows.outcome import Outcome
from landmarkdiff.workflows.output.pictures import FRAME_SIZE
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["TAB", "Chosen", "combine", "compare", "opened"]

#: Fewer make neither a comparison nor a combination.
LEAST = 2


class Chosen(FormQuestion):
    """The form.

    Attributes
    ----------
    procedures : tuple of str
        Those that are ticked.
    intensity : mapping of str to float
        Of every procedure.
    """

    procedures: tuple[str, ...] = ()
    intensity: dict[str, float] = Field(default_factory=dict)

    def settings(self, plan: ConsultationSettings) -> ConsultationSettings:
        """Return the first tab's settings with the procedures and intensities of the form.

        Raises
        ------
        ParameterError
            Fewer than two procedures are chosen.
        """
        names = tuple(name for name in procedures() if name in self.procedures)
        if len(names) < LEAST:
            raise ParameterError("one_procedure_to_compare")
        levels = {name: self.intensity.get(name, DEFAULT_INTENSITY) for name in names}
        changes: dict[str, Any] = {"procedures": names, "intensity": levels, "effects": {}}
        return plan.model_copy(update=changes)


def opened(job: Job, _question: Chosen) -> FormState:
    """Offer the procedures of the first tab, the typical change where it plans none yet."""
    settings = job.case.settings
    if settings is None:
        return FormState(None)
    levels = {
        f"intensity.{name}": settings.intensity.get(name) or DEFAULT_INTENSITY
        for name in settings.procedures
    }
    highest = MAX_UNLOCKED_INTENSITY if settings.unlock else FULL_INTENSITY
    return form_state(
        job, offer={"procedures": settings.procedures, **levels}, limits={"intensity": highest}
    )


def compare(job: Job, question: Chosen) -> Parts:
    """Simulate each chosen procedure by itself and show them beside the photo."""
    consultation, texts = job.consultation, job.texts
    settings = question.settings(consultation.settings)
    prepared = consultation.prepared(settings, job.pause)
    outcomes = compare_on(
        consultation.pipeline,
        prepared,
        [_one(settings, name).request(job.services.configuration) for name in settings.procedures],
        progress=job.progress,
        size=FRAME_SIZE,
        on_step=job.on_step,
    )
    job.progress(1, 1, "progress.drawing")
    sheet = _sheet(consultation, prepared, settings, outcomes)
    with job.files("comparison.gallery") as put:
        photo = put(tiles.encode_tile(outcomes[0].before), "image/jpeg", "photo.jpg")
        stored = [tiles.store(put, outcome, outcome.procedures[0]) for outcome in outcomes]
        grid = put(sheet, "image/png", f"{consultation.photo.stem}-compare.png")
    shown = [
        tiles.Tile.of(
            outcome,
            pictures,
            texts.procedure(outcome.procedures[0], outcome.title),
            texts("sweep.step_label", intensity=f"{outcome.intensity:g}"),
            texts,
        )
        for outcome, pictures in zip(outcomes, stored, strict=True)
    ]
    gallery = TEMPLATES.render(
        "gallery.html",
        texts,
        blobs=job.blobs,
        photo=photo,
        tiles=shown,
        layers=tiles.layers_of(stored),
        grid=grid,
    )
    return parts(job, gallery=gallery)


def combine(job: Job, question: Chosen) -> Parts:
    """Simulate the chosen procedures in one plan and show it beside the photo."""
    consultation = job.consultation
    settings = question.settings(consultation.settings)
    prepared = consultation.prepared(settings, job.pause)
    job.progress(0, 1, "progress.simulate")
    (outcome,) = compare_on(
        consultation.pipeline,
        prepared,
        [settings.request(job.services.configuration)],
        progress=lambda done, total, _: job.progress(done, total, "progress.simulate"),
        size=FRAME_SIZE,
        keep=True,
        on_step=job.on_step,
    )
    if outcome.prediction is None:
        raise outcome.refusal or ParameterError("nothing_chosen_to_compare")
    job.progress(1, 1, "progress.drawing")
    with job.files("comparison.combined") as put:
        photo = put(tiles.encode_tile(outcome.before), "image/jpeg", "photo.jpg")
        stored = tiles.store(put, outcome, "combined")
    return parts(job, combined=_combined(job, outcome.prediction, settings, photo, stored))


def _one(settings: ConsultationSettings, name: str) -> ConsultationSettings:
    changes = {"procedures": (name,), "intensity": {name: settings.intensity[name]}}
    return settings.model_copy(update=changes)


def _sheet(
    consultation: Consultation,
    prepared: PreparedFace,
    settings: ConsultationSettings,
    outcomes: tuple[Outcome, ...],
) -> bytes:
    """The grid for download; in English, whose letters the pictures' typeface has."""
    request = settings.request(consultation.pipeline.configuration)
    manifest = {
        "product": "landmarkdiff",
        "kind": "compare",
        **grid_record(consultation.photo, prepared, request),
        "panels": [{"procedure": one.procedures[0], **one.to_dict()} for one in outcomes],
    }
    return encode_png(close_ups(outcomes, prepared.landmarks, request), manifest=manifest)


@dataclass(frozen=True)
class _Layer:
    """A picture of a combined plan, with what it leads to, its caption and what stands for it."""

    blob: str
    full: str
    caption: str
    alternative: str
    detail: str = ""


def _combined(
    job: Job,
    prediction: Prediction,
    settings: ConsultationSettings,
    photo: str,
    stored: Mapping[str, str],
) -> str:
    texts = job.texts
    titles = " + ".join(texts.procedure(name) for name in settings.procedures)
    levels = ", ".join(
        f"{texts.procedure(name)} {level:g}" for name, level in settings.intensity.items()
    )
    before = stored["before"]
    pictures = [_Layer(before, photo, texts("common.before"), texts("single.before_alt"))]
    for name in tiles.layers_of([stored]):
        caption = texts(f"paint.{name}")
        alternative = texts("paint.layer_alt", picture=caption, title=titles)
        pictures.append(_Layer(stored[name], stored[name], caption, alternative))
    simulation = f"{texts('app.simulation')}: {titles}"
    final, whole = stored["final"], stored["whole"]
    pictures.append(_Layer(final, whole, texts("compare.combined"), simulation, levels))
    return TEMPLATES.render(
        "combined.html",
        texts,
        blobs=job.blobs,
        pictures=pictures,
        plan={
            "procedures": settings.procedures,
            "intensity": settings.intensity,
            "effects": {},
        },
        marks=tiles.notice_marks(prediction.notices, texts),
        notices=[texts.notice(notice) for notice in merged_notices(prediction.notices)],
        facts=facts_of_painting(prediction, texts),
        rows=effect_rows(prediction, texts),
    )


def _form(texts: Texts, _services: AppServices) -> Mapping[str, Any]:
    return {
        "parts": ("gallery", "combined"),
        "least": LEAST,
        "highest": FULL_INTENSITY,
        "intensity": DEFAULT_INTENSITY,
        "procedures": [
            {
                "name": name,
                "title": texts.procedure(name, preset.title),
                "summary": texts.summary(name, preset.summary),
                "of_photos": preset.on_mesh,
            }
            for name, preset in procedures().items()
        ],
    }


TEMPLATES = Templates(Path(__file__).parent)
TAB = Tab(
    TEMPLATES,
    place=2,
    area="compare",
    kinds=(
        Kind("open", Chosen, opened, gated=False),
        Kind("compare", Chosen, compare, mode=mode_of_plan, edits=always),
        Kind("combine", Chosen, combine, mode=mode_of_plan, edits=always),
    ),
    values=_form,
    for_editors=True,
)
